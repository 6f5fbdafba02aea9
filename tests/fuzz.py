"""Anything at all → a value, or an error in words with its file: nothing else may come out of what reads.

`make fuzz` tries a million cheap and fifty thousand full readings; `python tests/fuzz.py --cheap 1000 --full 50 --seed 7`
others. Texts are cut, mended, doubled and crossed from real ones and from what broke something once. A find names its
turn: `--first 1234 --cheap 0 --full 1` with the same seed reads that text again. `make guided` does the same led by what
each text reaches (atheris); `python tests/fuzz.py --atheris yaml date --seconds 60` those targets alone, for a minute each.
"""

import argparse
import gc
import html
import logging
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial
from heapq import nlargest
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import FunctionType

import yaml
from conftest import KINDS, NAMES, write_files
from loopback import page, pdf

from generator import articlefile, build, changes, content, dates, kinds, overridefile, schemas, sheetfile, strict_yaml
from generator.errors import ContentError, FactsheetsError
from generator.render.words import escape, front_matter, moment, web
from generator.sources import same, texts

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 1, 1)
HOME = Path("content/overrides")
SLOW = 20  # seconds of a processor that no reading may take


def read_article(text):
    """What is read is what is written and read again."""
    article = articlefile.parse(text, Path("content/articles/a.md"))
    again = articlefile.parse(articlefile.dump(article, "2026-01-01", b""), Path("a.md"))
    assert (again.title, again.text, again.published, again.url) == (
        article.title, article.text, article.published, article.url
    )  # fmt: skip


def read_plain(text):
    articlefile.parse(text, Path("content/articles/a.txt"))


def read_yaml(text):
    """What is read is what is written and read again."""
    data, _ = strict_yaml.parse(text, Path("x.yml"))
    if data not in (None, "") and not isinstance(data, str):
        assert strict_yaml.parse(strict_yaml.dump(data), Path("x.yml"))[0] == data


def read_kind(text):
    from generator.extract.rules import compile_rules

    path = Path("content/kinds/x.yml")
    schemas.parse(text, path, schemas.WRITTEN["kinds"])
    compile_rules([kinds.parse(text, path)])


def read_override(text):
    overridefile.read(HOME / "organisations" / "csto.yml", HOME, KINDS, NAMES, text)


def read_other(text):
    for schema in (
        schemas.WRITTEN["settings"],
        schemas.WRITTEN["feeds"],
        schemas.WRITTEN["organisations"],
        schemas.reference(KINDS),
    ):
        with suppress(ContentError):
            schemas.parse(text, Path("content/x.yml"), schema)


def read_saved(text):
    data = strict_yaml.parse(text, Path("x.yml"))[0]
    for parse in (lambda: sheetfile.parse(data, "organisation", Path("x.yml")), lambda: changes.parse(data, Path("x.yml"))):
        with suppress(ContentError):
            parse()


def read_date(text):
    """Every question that is asked of a date has an answer."""
    moment(text), dates.periods(text)
    try:
        earliest, latest = dates.bounds(text)
    except ValueError:
        return
    assert earliest <= latest
    dates.precision(text), dates.passed(text, TODAY), dates.sort_key(text)
    assert dates.backs(text, text)
    for duration in ("P1Y", "P99999D", "P9999Y", "P6M"):
        for ask in (dates.plus, dates.term_end):
            with suppress(ValueError):
                dates.bounds(ask(text, duration))


def read_duration(text):
    with suppress(ValueError):
        dates.term_end("2000-01-01", text)


def show(text):
    """Shown text is the text, and holds nothing that means anything."""
    shown = str(escape(text))
    assert not set(shown) & set("<>\"'`*[]{}|~")
    assert html.unescape(shown) == "".join(c for c in html.unescape(str(escape(html.unescape(shown)))))
    assert not set(str(front_matter(text))) & set("<>{}\n")
    address = web(text)
    assert address is None or (address.lower().startswith(("http://", "https://")) and not set(address) & set("<>\"' \n"))
    same(text)


CHEAP: dict[str, Callable[[str], None]] = {
    "article": read_article, "plain": read_plain, "yaml": read_yaml, "kind": read_kind, "override": read_override,
    "other": read_other, "saved": read_saved, "date": read_date, "duration": read_duration, "show": show,
}  # fmt: skip
"""Target → what reads a text; each raises nothing but FactsheetsError, with the file where there is one."""

SHORT = ("date", "duration")
WEIGHTS = {"date": 4, "duration": 10, "yaml": 20, "article": 15, "plain": 5, "show": 20, "kind": 8, "override": 8}


def import_source(raw: bytes, random: Random) -> None:
    """Bytes from the web or a file, to an article that is written and read again."""
    place = random.choice(["https://example.org/news/a", "a.html", "a.md", "a.txt", "a.pdf"])
    article = texts.read(raw, place, random.choice([None, "utf-8", "latin-1", "nonsense", "utf-16"]))
    again = articlefile.parse(articlefile.dump(article, "2026-01-01", raw), Path(f"{article.id}.md"))
    assert again.text == article.text
    assert content._ID.fullmatch(article.id), article.id


PLACES = """articles/a.md articles/b.txt articles/b.yml overrides/organisations/csto.yml overrides/countries/AM.yml
    references/list.yml references/list.csv settings.yml organisations/own.yml kinds/seat.yml changes/2025.yml
    facts/organisations/csto.yml facts/articles.yml templates/_own.md.jinja""".split()


def load_project(raw: bytes, random: Random, root: Path) -> None:
    """One broken file in a project that is whole: it is read, settled and shown, and what is wrong names a file."""
    from generator.publish import publish

    place = f"content/{random.choice(PLACES)}"
    old = (root / place).read_bytes() if (root / place).exists() else None
    write_files(root, {place: raw})
    try:
        project = build.refresh(root, today=TODAY)
        assert all(problem.path for problem in project.problems), project.problems
        if random.random() < 0.1:  # most of the time of all
            publish(project, [problem for problem in project.problems if problem.severity == "error"])
    finally:
        (root / place).unlink() if old is None else (root / place).write_bytes(old)


def small_project(root: Path) -> Path:
    files = {f"content/{path}": (ROOT / "content" / path).read_bytes() for path in sample_files()}
    table = "organisation,party,status\ncsto,AM,member\ncsto,BY,member\n"
    head = "title: A list\npublished: '2024'\nlicence: CC0-1.0\nkind: membership\n"
    write_files(root, {**files, "content/references/list.csv": table, "content/references/list.yml": head})
    return root


def sample_files() -> list[str]:
    """A few of each sort of the repository's own content."""
    found = []
    for pattern in ("articles/*.md", "overrides/*/*.yml", "facts/organisations/csto.yml", "changes/*.yml", "settings.yml"):
        found += [path.relative_to(ROOT / "content").as_posix() for path in sorted((ROOT / "content").glob(pattern))[:3]]
    return found


def seeds() -> list[bytes]:
    """Real files, real pages, attacks."""
    found = [(ROOT / "content" / path).read_bytes()[:6000] for path in sample_files()]
    found += [path.read_bytes()[:5000] for path in sorted((ROOT / "generator/kinds").glob("*.yml"))]
    found += [page("Summit", "Armenia is a member of the CSTO." * 3, "More.", published="2025-11-27"), pdf(["A line."])]
    attacks = (ROOT / "tests/attacks").glob("[!f]*.yml")
    found += [one["text"].encode() for path in attacks for one in yaml.safe_load(path.read_text("utf-8"))]
    found += [b"- {kind: membership, value: AM, status: member, since: '2002', why: Known.}\n" * 2]
    found += [b"kind: seat\ncardinality: one\nsubject: o\nvalue: p\nfields: {o: {type: organisation}, p: {type: text}}\n"]
    found += [b"2002-10-07", b"[2002-10-07,2003-01-01]", b"199X", b"2002~/2004?", b"2024-40", b"../2001", b"P1Y6M2W3D"]
    return found


PIECES = [
    piece.encode("utf-8", "surrogateescape")
    for piece in (
        *"[]{}'\"#\t\0~0X/PY()*|\\-\n\u202e\u200b\ufeff\U000e0041é𝟙٢", "---\n", ": ", "- ", "&a", "*a", "!!x ", "|\n", ">\n",
        "\udcff", "\udcc3", "\udced\udca0\udc80", "\r\n", "<div>", "</p>", "<!--", "<script>", "&#0;", "{{", "%}", "null",
        "9999", "-0001", "2002-13", "..", "$x", "<place>", "(?P<a>", "\x1b[2J", "value", "kind: ", "deny", "expect",
        "fields: ", "%PDF-1.7\n", "stream\n", "endobj\n", "/Filter /FlateDecode", "charset=utf-7",
    )
]  # fmt: skip


def mutated(random: Random, known: list[bytes], most: int = 8000) -> bytes:
    """A text cut, mended, doubled, or crossed with another; now and then one of pieces alone."""
    text = b"".join(random.choices(PIECES, k=random.randrange(1, 30))) if random.random() < 0.15 else random.choice(known)
    for _ in range(random.choice((1, 1, 2, 4, 9))):
        at = random.randrange(len(text) + 1)
        to = min(len(text), at + random.choice((0, 1, 1, 5, 40, 400)))
        other = random.choice(known)
        start = random.randrange(len(other) + 1)
        new = random.choice((
            b"", random.choice(PIECES), random.choice(PIECES) * random.choice((2, 9, 300)), bytes([random.randrange(256)]),
            other[start : start + random.choice((3, 30, 300))], text[at:to] * 2,
        ))  # fmt: skip
        text = text[:at] + new + text[to:]
    return text[:most]


SHAPES = (
    None,
    "",
    "x",
    "AM",
    "2002",
    [],
    {},
    ["x"],
    [[]],
    {"x": "y"},
    [{"x": "y"}],
    {"x": None},
    "$x",
    "<x>",
    "(?P<x>",
    "((",
)


def reshaped(random: Random, data: object, others: list[object]) -> object:
    """Data with one of its parts in another shape, or in the place of another."""
    if isinstance(data, (dict, list)) and data and random.random() < 0.85:
        place = random.choice([*data] if isinstance(data, dict) else range(len(data)))
        new = reshaped(random, data[place], [*others, data[place]])
        if isinstance(data, list):
            return [*data[:place], new, *data[place + 1 :]]
        key = place if random.random() < 0.9 else random.choice(("x", "kind", "value", "id", "match", "slots"))
        return {**{name: value for name, value in data.items() if name != place}, key: new}
    return random.choice([*SHAPES, *others])


def structured() -> dict[str, list[object]]:
    """By target, data of the form that it reads."""
    patterns = {"kind": "generator/kinds/*.yml", "override": "content/overrides/organisations/*.yml"}
    patterns |= {"saved": "content/facts/organisations/*.yml"}
    paths = {name: sorted(ROOT.glob(pattern))[:6] for name, pattern in patterns.items()}
    found = {name: [strict_yaml.read(path)[0] for path in some] for name, some in paths.items()}
    found["saved"] = [{**data, "facts": data["facts"][:3]} for data in found["saved"]]
    found["saved"] += [strict_yaml.read(path)[0][:5] for path in sorted((ROOT / "content/changes").glob("*.yml"))]
    for kind in found["kind"]:  # all of a kind takes ten times as long
        kind.update({name: kind[name][:2] for name in ("frames", "phrases", "examples", "not") if name in kind})
    return found


def tried(read: Callable[[], object], found: Counter[str]) -> tuple[str | None, float]:
    """Runs a reading; None, or what came out of it that should not have, and the seconds of a processor that it took."""
    start = time.process_time()
    wrong = None
    try:
        read()
        found["a value"] += 1
    except ContentError as error:
        found["an error with its file"] += 1
        if not all(problem.path for problem in error.problems):
            wrong = f"names no file: {error}"
    except FactsheetsError as error:
        found["an error in words"] += 1
        if not str(error):
            wrong = "says nothing"
    except BaseException:  # whatever else comes out is a find
        wrong = traceback.format_exc(limit=-4)
    took = time.process_time() - start
    return wrong or (f"took {took:.0f} s" if took > SLOW else None), took


def cheap_reading(
    random: Random, known: list[bytes], shaped: dict[str, list[object]]
) -> tuple[str, bytes, Callable[[], object]]:
    """A target, a text for it, and its reading."""
    (name,) = random.choices([*CHEAP], [WEIGHTS.get(name, 3) for name in CHEAP])
    short = name in SHORT
    text = mutated(random, known[-7:] if short else known, 60 if short else 800)
    if name in shaped and random.random() < 0.8:
        text = strict_yaml.dump(reshaped(random, random.choice(shaped[name]), [])).encode()
    return name, text, partial(CHEAP[name], text.decode("utf-8", random.choice(("ignore", "replace"))))


def full_reading(random: Random, known: list[bytes], turn: int, root: Path) -> tuple[str, bytes, Callable[[], object]]:
    """The same of an import or a whole project, in turns."""
    text = mutated(random, known)
    return ("import", text, partial(import_source, text, random)) if turn % 2 else (
        "project", text, partial(load_project, text, random, root)
    )  # fmt: skip


def fuzz(
    cheap: int, full: int, seed: int, tell: Callable[[str], None] = print, first: int = 0
) -> list[tuple[str, bytes, str]]:
    """So many readings of each sort, each of them told by its seed and turn alone; every find of a new sort is told and
    returned: target, text, what came out.
    """
    known, shaped, finds, slowest = seeds(), structured(), dict[str, tuple[str, bytes, str]](), list[tuple[float, str]]()
    results: dict[str, Counter[str]] = {name: Counter() for name in (*CHEAP, "import", "project")}

    def take(turn: int, name: str, text: bytes, read: Callable[[], object]) -> None:
        wrong, took = tried(read, results[name])
        slowest[:] = nlargest(10, [*slowest, (took, f"{name} {turn}")])
        if wrong:
            results[name]["FOUND"] += 1
            if (sort := f"{name} {wrong.splitlines()[-1][:60]}") not in finds:
                finds[sort] = name, text, wrong
                tell(f"FOUND by {name}, turn {turn} of seed {seed}: {text[:600]!r}\n{wrong}")

    with tempfile.TemporaryDirectory() as folder:
        root = small_project(Path(folder))
        for turn in range(first, first + cheap):
            if turn and turn % 50_000 == 0:
                tell(f"{turn:,} cheap readings, {len(finds)} sorts of find")
            take(turn, *cheap_reading(Random(f"cheap {seed} {turn}"), known, shaped))
        logging.disable()
        for turn in range(first, first + full):
            if turn and turn % 5_000 == 0:
                tell(f"{turn:,} full readings, {len(finds)} sorts of find")
            take(turn, *full_reading(Random(f"full {seed} {turn}"), known, turn, root))
        logging.disable(logging.NOTSET)
    for name, counts in results.items():
        if counts:
            tell(f"{name:9} {sum(counts.values()):9,}: {dict(counts)}")
    tell("the slowest by the processor: " + ", ".join(f"{name} {took:.2f} s" for took, name in slowest))
    return [*finds.values()]


GUIDED = [*CHEAP, "import", "project"]
FOLLOWED = ("generator", "yaml", "edtf", "trafilatura", "htmldate", "protego", "fuzz", "__mp_main__")
"""Packages of which atheris sees what a text reaches; to see all takes minutes before the first text."""


def guided(name: str, seconds: int, folder: Path) -> None:
    """Atheris on one target for so long, beginning with real texts; it ends this process: with 0, or with what broke."""
    import atheris

    logging.disable()
    corpus, words, root = folder / "corpus", folder / "words", small_project(folder / "project")
    data = [strict_yaml.dump(one).encode() for one in structured().get(name, [])]
    known = [*(seeds()[-7:] if name in SHORT else seeds()), *data]
    write_files(corpus, {str(at): text for at, text in enumerate(known)})
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in piece) + '"\n' for piece in PIECES))

    def read(raw: bytes) -> None:
        random = Random(zlib.crc32(raw))
        if name in CHEAP:
            CHEAP[name](raw.decode("utf-8", "replace"))
        elif name == "import":
            import_source(raw, random)
        else:
            load_project(raw, random, root)

    def once(raw: bytes) -> None:
        wrong, _ = tried(partial(read, raw), Counter())
        if wrong:
            raise AssertionError(f"FOUND by {name}: {raw!r}\n{wrong}")

    for text in known:  # and with that, all is imported
        tried(partial(read, text), Counter())
    for function in [one for one in gc.get_objects() if isinstance(one, FunctionType)]:
        if (function.__module__ or "").partition(".")[0] in FOLLOWED:
            atheris.instrument_func(function)
    options = {"max_total_time": seconds, "max_len": 60 if name in SHORT else 4000, "dict": words, "print_final_stats": 1}
    options |= {"artifact_prefix": f"{folder}/", "seed": 2002, "verbosity": 0}
    atheris.Setup([sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(corpus)], once)
    atheris.Fuzz()


def led(names: list[str], seconds: int) -> int:
    """Each target in a process of its own; 1 where anything was found."""
    broken = []
    for name in names:
        print(f"--- {name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            process = get_context("spawn").Process(target=guided, args=(name, seconds, Path(folder)))
            process.start()
            process.join()
        broken += [name] if process.exitcode else []
    print(f"{len(names)} targets, {seconds} s each: {len(broken)} broke {broken or ''}")
    return bool(broken)


def main() -> int:
    """1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cheap", type=int, default=1_000_000)
    parser.add_argument("--full", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=2002)
    parser.add_argument("--first", type=int, default=0, help="the turn to begin with")
    parser.add_argument("--atheris", nargs="*", choices=GUIDED, help="these targets, or all, led by what each text reaches")
    parser.add_argument("--seconds", type=int, default=200, help="for each target of --atheris")
    options = parser.parse_args()
    if options.atheris is not None:
        return led(options.atheris or GUIDED, options.seconds)
    finds = fuzz(options.cheap, options.full, options.seed, lambda line: print(line, flush=True), options.first)
    print(f"{options.cheap:,} cheap and {options.full:,} full readings, {len(finds)} sorts of find")
    return bool(finds)


if __name__ == "__main__":
    sys.exit(main())
