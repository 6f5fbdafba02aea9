"""Claims against gold: precision, recall, calibration. `docs/evaluate.md` teaches the gold format.

A gold file is named after its article and holds a list `facts`. A claim is *right* (it finds a fact that no earlier
claim found), *wrong*, or *neutral* (it repeats a found fact, or says one marked `optional`: neither good nor bad).
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from generator import schemas, strict_yaml
from generator.errors import ContentError, Problem
from generator.export import claim_line
from generator.gazetteer import fold, load_built_in
from generator.model import PUBLISH_AT, Claim

Gold: TypeAlias = Mapping[str, Any]
"""One fact as annotated."""

GOLD_KINDS = {"membership": "member", "founding": "founded", "official": "official", "presidency": "presidency"}
"""Our kinds of fact and what gold calls them; other kinds are not judged."""

_TABLE = strict_yaml.read(Path(__file__).with_suffix(".yml"))[0]
_BUCKETS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.01)


class Judged(NamedTuple):
    """What became of one claim (`fact` is what it found), or of one fact that no claim found (`claim` is None).

    Its text is what the fact says, or the claim where there is none.
    """

    article: str
    kind: str  # as gold calls it
    verdict: str  # right | wrong | neutral | missed
    claim: Claim | None = None
    fact: Gold | None = None

    def __str__(self) -> str:
        names = ("org", "org_or_country", "value", "person", "to", "status", "event", "position", "from", "start")
        says = [str(self.fact[name]) for name in names if self.fact.get(name)] if self.fact else []
        if self.claim and not self.fact:
            says = [self.claim.subject_name, self.claim.value_name, *map(" ".join, self.claim.fields.items())]
        return " ".join(f"{self.article} {self.kind}: {' | '.join(says)}".split())


class Figures(NamedTuple):
    """Counts, and the ratios that follow from them (0 where nothing was counted)."""

    right: int
    wrong: int
    missed: int
    precision: float
    recall: float
    f1: float

    def __str__(self) -> str:
        ratios = f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"
        return f"{ratios}   right {self.right:3d}  wrong {self.wrong:3d}  missed {self.missed:3d}"


def load_gold(folders: Iterable[Path]) -> dict[str, list[Gold]]:
    """The facts of each article (by file stem) in folders of gold files; raises ContentError for what is not gold."""
    gold: dict[str, list[Gold]] = {}
    for folder in folders:
        if not (paths := sorted(folder.glob("*.yml"))):
            raise ContentError(Problem("no gold files (*.yml) here", folder))
        for path in paths:
            if path.stem in gold:
                raise ContentError(Problem(f"a second gold file for {path.stem!r}", path))
            gold[path.stem] = (schemas.read(path, _TABLE["schema"])[0] or {}).get("facts") or []
    return gold


def article_paths(gold: Path, folders: Iterable[Path]) -> Iterator[Path]:
    """The article of each gold file in a folder: looked for in `folders` first, then in the folders beside it."""
    places = [*folders, *(p for p in sorted(gold.parent.iterdir()) if p.is_dir() and p != gold)]
    for path in sorted(gold.glob("*.yml")):
        found = [file for place in places for end in (".md", ".txt") if (file := place / (path.stem + end)).is_file()]
        if not found:
            message = f"no article {path.stem}.md or .txt in {', '.join(map(str, places)) or gold.parent}"
            raise ContentError(Problem(message, path, hint="use --articles DIR"))
        yield found[0]


def judge(claims: Mapping[str, Iterable[Claim]], gold: Mapping[str, list[Gold]], *, strict: bool = True) -> list[Judged]:
    """Every claim on an article that has gold, and every fact missed.

    `strict` asks for a member's status, a founding's event, an official's post and a handover's `from` and start too.
    Give published claims for the figures, all claims for the calibration.
    """
    return [judged for stem, facts in gold.items() for judged in _article(stem, claims.get(stem, ()), facts, strict)]


def published(claims: Mapping[str, Iterable[Claim]]) -> dict[str, list[Claim]]:
    """Only what a page would show as fact."""
    return {stem: [claim for claim in some if claim.confidence >= PUBLISH_AT] for stem, some in claims.items()}


def figures(judged: Iterable[Judged]) -> dict[str, Figures]:
    """By kind, and `micro` for all together."""
    counts = Counter((name, j.verdict) for j in judged for name in (j.kind, "micro"))
    names = (*GOLD_KINDS.values(), "micro")
    return {name: _figures(*(counts[name, v] for v in ("right", "wrong", "missed"))) for name in names}


def _figures(right: int, wrong: int, missed: int) -> Figures:
    precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
    return Figures(right, wrong, missed, precision, recall, 2 * right / max(2 * right + wrong + missed, 1))


def report(claims: Mapping[str, list[Claim]], gold: Mapping[str, list[Gold]]) -> Iterator[str]:
    """The figures, line by line: what publishable claims score, by kind, and what all claims do, by rule."""
    shown = published(claims)
    yield f"{len(gold)} articles, {sum(len(shown.get(stem, ())) for stem in gold)} publishable claims"
    for level in ("strict", "lenient"):
        yield level
        scored = figures(judge(shown, gold, strict=level == "strict"))
        yield from (f"  {kind:11} {figure}" for kind, figure in scored.items())
    told = [(j.claim, j.verdict) for j in judge(claims, gold) if j.claim]
    counts = Counter((claim.rule, verdict) for claim, verdict in told)
    yield "by rule, all claims, strict: right, wrong, neutral"
    for rule in sorted({rule for rule, _ in counts}, key=lambda r: (-counts[r, "wrong"], -counts[r, "right"], r)):
        yield f"  {rule:44} " + " ".join(f"{counts[rule, verdict]:4d}" for verdict in ("right", "wrong", "neutral"))
    yield "by confidence, all claims, strict"
    for low, high in itertools.pairwise(_BUCKETS):
        if inside := [v for claim, v in told if v != "neutral" and low <= claim.confidence < high]:
            precision = inside.count("right") / len(inside)
            yield f"  {low:.2f} to {min(high, 1):.2f}  precision {precision:.3f}  of {len(inside)}"


def errors(judged: Iterable[Judged]) -> Iterator[str]:
    """Each miss and each wrong claim, with its sentence below it."""
    for j in judged:
        if j.verdict in ("missed", "wrong"):
            rule = f"  [{j.claim.rule} {j.claim.confidence:.2f}]" if j.claim else ""
            quote = j.claim.quote.text if j.claim and j.claim.quote else (j.fact or {}).get("evidence") or ""
            yield f"{j.verdict.upper():6} {j}{rule}\n         {' '.join(quote.split())}"


def judged_line(one: Judged) -> dict[str, Any]:
    """One judged claim or missed fact for a line of JSON: `verdict`, the claim as `extract` prints it, the fact."""
    return {"article": one.article, "verdict": one.verdict, "claim": one.claim and claim_line(one.claim), "fact": one.fact}


def run_file(judged: Iterable[Judged]) -> str:
    """A run for a later `compare`: what was right and what was wrong, line by line."""
    return "".join(sorted({f"{j.verdict} {j}\n" for j in judged if j.verdict in ("right", "wrong")}))


def compare(earlier: str, judged: Iterable[Judged], path: Path) -> Iterator[str]:
    """What a run gained and lost against an earlier `run_file`; raises ContentError where that is none."""
    before, now = set(earlier.splitlines()), set(run_file(judged).splitlines())
    if not all(line.startswith(("right ", "wrong ")) for line in before):
        raise ContentError(Problem("not a saved run", path, hint="make one with: factsheets evaluate GOLD --save FILE"))
    words = {"GAINED": now - before, "LOST": before - now, "NOW WRONG": now - before, "NO LONGER WRONG": before - now}
    meant = {word: "wrong " if "WRONG" in word else "right " for word in words}
    changes = {word: sorted(line[6:] for line in lines if line.startswith(meant[word])) for word, lines in words.items()}
    yield ", ".join(f"{len(items)} {word.lower()}" for word, items in changes.items())
    yield from (f"{word:15} {item}" for word, items in changes.items() for item in items)


def _article(stem: str, claims: Iterable[Claim], facts: list[Gold], strict: bool) -> Iterator[Judged]:
    """Each claim in turn takes the first free fact that it says; only then is it asked whether it repeats one."""
    unique: dict[tuple[str, ...], Claim] = {}
    for claim in claims:
        if claim.kind in GOLD_KINDS:
            unique.setdefault(_identity(claim), claim)
    free = [fact for fact in facts if fact.get("optional") != "true"]
    found: dict[tuple[str, ...], Gold] = {}
    for key, claim in unique.items():
        if first := next((fact for fact in free if _says(claim, fact, strict)), None):
            found[key] = first
            free.remove(first)
    for key, claim in unique.items():
        # neutral: a second way to say a fact, or an optional fact in any status, event or post
        repeats = any(_says(claim, fact, strict and fact.get("optional") != "true") for fact in facts)
        verdict = "right" if key in found else "neutral" if repeats else "wrong"
        yield Judged(stem, GOLD_KINDS[claim.kind], verdict, claim, found.get(key))
    yield from (Judged(stem, fact["kind"], "missed", None, fact) for fact in free)


def _says(claim: Claim, fact: Gold, strict: bool) -> bool:
    kind, aliases = GOLD_KINDS[claim.kind], tuple(fact.get("aliases") or ())
    body = fact["org_or_country" if fact["kind"] == "official" else "org"]
    if kind != fact["kind"] or not _same_name(claim.subject_name, body, aliases):
        return False
    if kind == "official":
        known = any(_same_person(claim.value_name, p) for p in (fact["person"], *(fact.get("person_aliases") or ())))
        return known and (not strict or _same_post(claim.get("post") or "", fact["position"]))
    if kind == "founded":
        event = claim.get("event") or "established"
        return _same_date(claim.value, fact["value"]) and (not strict or event in (fact["event"], fact.get("event_alt")))
    if not _same_name(claim.value_name, fact["value" if kind == "member" else "to"]):
        return False
    if kind == "member":
        return not strict or _member_status(claim) in (fact["status"], fact.get("status_alt"))
    return not strict or _same_handover(claim, fact)


def _same_handover(claim: Claim, fact: Gold) -> bool:
    record = load_built_in().record(giver := claim.get("from") or "")
    if fact.get("from") and not _same_name(record.name if record else giver, fact["from"]):
        return False
    return not fact.get("start") or _same_date(claim.get("since"), fact["start"])


def _identity(claim: Claim) -> tuple[str, ...]:
    """Claims of one article that agree in this are one claim."""
    start = (claim.kind, _canonical(claim.subject_name))
    if claim.kind == "official":
        return (*start, *_person(claim.value_name)[-1:], _plain(claim.get("post") or ""))
    if claim.kind == "founding":
        return (*start, claim.value or "", claim.get("event") or "")
    other = _member_status(claim) if claim.kind == "membership" else claim.get("since") or ""
    return (*start, _canonical(claim.value_name), other)


def _same_name(claimed: str, gold: str, aliases: tuple[str, ...] = ()) -> bool:
    """Equal in some spelling, or one the acronym (three letters or more) of the other."""
    names = (gold, *aliases)
    ours, theirs = _spellings(claimed), set().union(*map(_spellings, names))
    return bool(ours & theirs or _acronym(claimed) in theirs or ours.intersection(map(_acronym, names)))


def _spellings(name: str) -> set[str]:
    """The name folded, without and within its brackets, and the id of the country that it or its adjective names."""
    inner = {_plain(part) for part in re.findall(r"\(([^)]*)\)", name)}
    return {_plain(name), _plain(_unbracketed(name)), _canonical(name), *inner} - {""}


def _canonical(name: str) -> str:
    plain = _plain(name)
    return _countries().get(plain) or _countries().get(_plain(_unbracketed(name))) or plain


@cache
def _countries() -> dict[str, str]:
    gazetteer = load_built_in()
    forms = [f for f in gazetteer.forms() if f.id in gazetteer.countries and f.sense != "capital"]
    return {_plain(form.text): form.id for form in reversed(forms)}  # the first record of a form keeps it


@lru_cache(maxsize=65536)
def _plain(name: str) -> str:
    return fold(re.sub(r"['’]s\b", "", name))


def _unbracketed(name: str) -> str:
    return re.sub(r"\(.*?\)", "", name)


def _acronym(name: str) -> str:
    """Of three letters or more; else empty."""
    words = re.findall(r"\w+", _unbracketed(name))
    short = "".join(word[0] for word in words if word.casefold() not in _TABLE["small_words"]).casefold()
    return short if len(short) > 2 else ""


def _person(name: str) -> list[str]:
    return _plain(re.sub(r"\b(Dr|H\.E|Jr|Mrs|Mr|Ms|Sr)\b\.?", "", name)).split()


def _same_person(claimed: str, gold: str) -> bool:
    """One surname, or every part of one name among those of the other."""
    ours, theirs = _person(claimed), _person(gold)
    within = (len(ours) > 1 and set(ours) <= set(theirs)) or set(theirs) <= set(ours)
    return bool(ours and theirs) and (ours[-1] == theirs[-1] or within)


_POST_WORDS = {word: post.split() for post, words in _TABLE["same_posts"].items() for word in words}


def _post(text: str) -> set[str]:
    words = [word for word in _plain(text).split() if word not in (*_TABLE["small_words"], *_TABLE["post_noise"])]
    return {part for word in words for part in _POST_WORDS.get(word, [word])}


def _same_post(claimed: str, gold: str) -> bool:
    """Half or more of the words in gold, or none but them; a deputy or vice is never the principal."""
    ours, theirs = _post(claimed), _post(gold)
    if theirs and (not ours & theirs or {"deputy", "vice"} & (ours ^ theirs)):
        return False
    return 2 * len(ours & theirs) >= len(theirs) or ours <= theirs


def _same_date(claimed: str | None, gold: str) -> bool:
    """Equal to the gold's precision; of an interval, its start."""
    return bool(claimed) and re.sub(r"[~?%]", "", claimed or "").split("/")[0].startswith(gold)


def _member_status(claim: Claim) -> str:
    """Gold knows no `suspended`: a suspended member is still one."""
    status = claim.get("status") or "member"
    return "member" if status == "suspended" else status
