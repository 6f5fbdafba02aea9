"""What extraction scores on real articles never falls below `quality.yml`.

The evaluation set lies beside the checkout (or where SHARED_EVAL says); the newswire texts, which may not be handed on,
where FACTSHEETS_NEWSWIRE says. `python tests/test_quality.py --update` raises the floors to what is scored now, and
refuses to lower one: whoever has a reason to does it by hand, in a diff that people see.
"""

import hashlib
import math
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from generator import content, evaluate, strict_yaml
from generator.extract import extract
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds

FLOORS = Path(__file__).parent / "quality.yml"
SHARED = Path(os.environ.get("SHARED_EVAL") or Path(__file__).parents[1] / "../shared/eval")
SETS = {
    "dev": (SHARED / "gold", SHARED / "dev"),
    "newswire": (SHARED / "newswire/gold", Path(os.environ.get("FACTSHEETS_NEWSWIRE") or "newswire texts not given")),
}
KINDS = ("member", "founded", "official", "presidency", "micro")
RATIOS = ("precision", "recall")


def floors():
    return strict_yaml.read(FLOORS)[0]


@cache
def scored(name):
    """The figures of a set, strict, on publishable claims."""
    gold, texts = SETS[name]
    articles = [*content.read_articles(evaluate.article_paths(gold, [texts]), problems := [])]
    assert not problems, problems
    claims = extract(articles, kinds=load_kinds(), gazetteer=load_built_in())
    by_article = {article.id: some for article, some in zip(articles, claims, strict=True)}
    return evaluate.figures(evaluate.judge(evaluate.published(by_article), evaluate.load_gold([gold])))


def digest(folder):
    """SHA-256 of all gold files of a folder, names included."""
    whole = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def is_here(name):
    return all(path.is_dir() for path in SETS[name])


def need(name):
    if not is_here(name):
        pytest.skip(f"no {name} set here: {' or '.join(str(p) for p in SETS[name] if not p.is_dir())}")


@pytest.mark.parametrize("name", SETS)
def test_the_gold_is_the_one_the_floors_were_measured_on(name):
    need(name)
    assert digest(SETS[name][0]) == floors()[name]["gold"], "the gold has changed: python tests/test_quality.py --update"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SETS)
def test_no_figure_falls_below_its_floor(name, kind):
    need(name)
    figure = scored(name)[kind]
    for ratio in RATIOS:
        assert getattr(figure, ratio) >= float(floors()[name][kind][ratio]), f"{name} {kind}: {figure}"


def test_raising_never_lowers():
    old = {"member": {"precision": "0.50", "recall": "0.30"}}
    new = {"member": evaluate.Figures(6, 4, 5, 0.6, 0.2999, 0.4)}
    assert raised(old, new) == ({"member": {"precision": "0.60", "recall": "0.30"}}, ["member recall 0.30 > 0.299"])


def raised(old, figures):
    """The new floors, and those that what is scored now would have lowered."""
    new, refused = {}, []
    for kind, figure in figures.items():
        new[kind] = {}
        for ratio in RATIOS:
            floor, now = (old.get(kind) or {}).get(ratio, "0"), getattr(figure, ratio)
            if now < float(floor):
                refused.append(f"{kind} {ratio} {floor} > {math.floor(now * 1000) / 1000}")
            new[kind][ratio] = max(floor, f"{math.floor(now * 100) / 100:.2f}", key=float)
    return new, refused


def update():
    """Write the raised floors of every set that is here; exit code 1 where one would have been lowered."""
    told, code = floors(), 0
    for name in filter(is_here, SETS):
        new, refused = raised(told[name], scored(name))
        told[name] = {"gold": digest(SETS[name][0]), **new}
        for what in refused:
            print(f"{name}: not lowered: {what}", file=sys.stderr)  # noqa: T201
        code = 1 if refused else code
    FLOORS.write_text(HEAD + strict_yaml.dump(told), encoding="utf-8")
    return code


HEAD = """\
# What extraction must score, strict, on publishable claims: floors that may be raised and are never silently lowered.
# `gold` is the digest of the annotations they were measured on. Raise them with: python tests/test_quality.py --update
"""

if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/test_quality.py --update")
    sys.exit(update())
