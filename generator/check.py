"""Everything wrong with a project, as problems; never prints."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from generator import articlefile, content, dates, strict_yaml, timeline
from generator.build import RUN_BUILD, Project, extract_articles, refresh
from generator.errors import ContentError, Problem
from generator.export import claim_line
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, PUBLISH_AT, Article, Claim, Fact, Quote, Sheet
from generator.reconcile import denies, plain

Line: TypeAlias = Mapping[str, Any]
"""A claim by the keys of the machine interface."""


def check(root: Path, *, today: date) -> Iterator[Problem]:
    """Unusable files, facts not made from the content as it is, quotes that no longer match, idle overrides."""
    project = refresh(root, today=today)
    yield from project.problems
    yield from _orphans(project)
    yield from _unexpected(project, today)
    yield from _sourceless(project)
    yield from _altered(root)
    for sheet in (sheet for sheet in project.sheets if sheet.type == "organisation"):
        path = Path("content/facts/organisations") / f"{sheet.id}.yml"
        hint = f"correct it in content/overrides/organisations/{sheet.id}.yml, or add an article"
        yield from (Problem(text, path, None, hint, "warning") for text in _doubts(sheet, project.kinds, today))
    if not project.problems:
        for path in sorted(content.outdated(root, project.sheets)):  # an override was changed since the build
            yield Problem("is not what the articles and today's overrides give", path, None, RUN_BUILD, "warning")


def failing_examples(kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str | None) -> Iterator[Problem]:
    """Examples that are not read as their kind's file says, `not:` texts that are read, rules without an example.

    An example gives claims by the kind's fields, or the keys of `extract --jsonl`; only the keys given are compared.
    `a|b` allows either, nothing means none, `values:` stands for one claim a value, `optional: true` for one that may
    be missing.
    """
    from generator import extract

    cases = [(kind, example) for kind in kinds.values() for example in kind.examples]
    cases += [(kind, {"text": text}) for kind in kinds.values() for text in kind.nots]
    articles = [Article(f"example-{n}", "", it["text"].strip(), it.get("published")) for n, (_, it) in enumerate(cases)]
    for (kind, example), found in zip(cases, extract_articles(articles, kinds, gazetteer, model), strict=True):
        wanted = [one for claim in example.get("claims") or () for one in _wanted(kind, claim)]
        about = {kind.name} | {claim["kind"] for claim in wanted}
        shown = [claim for claim in found if claim.confidence >= PUBLISH_AT and claim.kind in about]
        missed, extra = compare([_line(claim) for claim in shown], wanted)
        yield from (Problem(f"not read: {claim} in {example['text']!r}", kind.path) for claim in missed)
        yield from (Problem(f"should not be read: {line} in {example['text']!r}", kind.path) for line in extra)
    fired = extract.rules_at_work(articles, kinds=kinds, gazetteer=gazetteer, model=model or extract.DEFAULT_MODEL)
    for kind in kinds.values():
        silent = (rule for rule in (*kind.frames, *kind.phrases) if f"{kind.name}/{rule['id']}" not in fired)
        yield from (Problem(f"no example shows the rule {rule['id']!r} at work", kind.path) for rule in silent)


def compare(lines: Iterable[Line], wanted: Iterable[Line]) -> tuple[list[Line], list[Line]]:
    """The wanted claims that no line says, and the lines that nobody wants."""
    left, missed = list(lines), []
    for claim in sorted(wanted, key=lambda claim: claim.get("optional") == "true"):
        keys = claim.keys() - {"optional"}
        if matches := [line for line in left if all(_fits(line.get(key), claim[key]) for key in keys)]:
            left.remove(matches[0])
        elif claim.get("optional") != "true":
            missed.append(claim)
    return missed, left


def _fits(said: str | None, wanted: str | None) -> bool:
    return said == wanted if wanted is None else plain(said or "~") in map(plain, wanted.split("|"))


def _wanted(kind: Kind, claim: Mapping[str, Any]) -> Iterator[Line]:
    """An example's claim with `subject` and `value` for what the kind calls them, once for each of its `values`."""
    keys = {kind.subject: "subject", kind.value: "value"}
    keyed = {"kind": kind.name, **{keys.get(name, name): value for name, value in claim.items()}}
    values = keyed.pop("values", None)
    yield from [keyed] if values is None else ({**keyed, "value": value} for value in values)


def _line(claim: Claim) -> Line:
    return {**claim_line(claim), **claim.fields}


def _orphans(project: Project) -> Iterator[Problem]:
    """A quote must stand in its article letter by letter, where the claim says; it is never moved elsewhere."""
    articles = {article.id: article for article in project.articles if article not in project.stale}
    for sheet in project.sheets:
        place = Path("content/facts") / FOLDERS[sheet.type] / f"{sheet.id}.yml"
        for quote in (quote for fact in sheet.facts for claim in fact.claims for quote in _quotes(claim)):
            if (article := articles.get(quote.article)) and article.text[quote.start : quote.end] != quote.text:
                where = content.article_path(project.root, quote.article)
                yield Problem(f"a quote no longer matches {where}: {quote.text!r}", place, None, RUN_BUILD)


def _quotes(claim: Claim) -> Iterable[Quote]:
    return (*filter(None, [claim.quote]), *(claim.derivation.quotes if claim.derivation else ()))


def _unexpected(project: Project, today: date) -> Iterator[Problem]:
    """Where an editor expects more or fewer facts on a sheet than are published; a status is that of today."""
    for named, least, most, line in project.overrides.expected:
        sheets = [sheet for sheet in project.sheets if (sheet.type, sheet.id) == (named.subject_type, named.subject)]
        facts = [fact for sheet in sheets for fact in _published(sheet, named.kind)]
        found = sum(denies(named, _as_of(fact, today), project.kinds) for fact in facts)
        if not least <= found <= most:
            wanted = f"at least {least}" if found < least else f"at most {most:.0f}"
            what = " ".join(filter(None, [named.kind, named.value_name, *named.fields.values()]))
            path = Path("content/overrides") / (named.override or "")
            yield Problem(f"{found} where {wanted} are expected: {what}", path, line, named.why, "warning")


def _sourceless(project: Project) -> Iterator[Problem]:
    """Overrides that rest on an article which is not there."""
    known = {f"articles/{article.id}" for article in project.articles}
    said = chain(project.overrides.claims, (expected.facts for expected in project.overrides.expected))
    for claim in (claim for claim in said if (claim.source or "").startswith("articles/")):
        if claim.source not in known:
            path = Path("content/overrides") / (claim.override or "")
            yield Problem(f"source: there is no {claim.source}", path, None, None, "warning")


def _altered(root: Path) -> Iterator[Problem]:
    """Bytes in `content/raw/` that are no longer those that were read: their digest is in their name and in the article."""
    for path in sorted(filter(Path.is_file, (root / "content" / "raw").glob("*"))):
        mark, place, said = f"sha256:{path.suffix[1:]}", content.article_path(root, path.stem), ""
        with suppress(ContentError):  # which the article's own problem tells
            said = articlefile.front_matter(strict_yaml.read_text(root / place), place)[0].get("raw", "") if place else ""
        if not articlefile.digest(path.read_bytes()).startswith(said if said.startswith(mark) else mark):
            hint = "they are no evidence any more; take the file from an earlier commit, or delete it"
            yield Problem("does not hold the bytes that were read", path.relative_to(root), None, hint)


def _as_of(fact: Fact, day: date) -> Claim:
    """What a fact says, with the status of a day."""
    says = {"status": "former"} if "status" in fact.fields and timeline.state(fact, day) == "over" else {}
    says |= {"status": status} if (status := timeline.status_on(fact, day)) else {}
    return Claim(fact.kind, "", "", "other", fact.value, fact.value_name, {**fact.fields, **says})


def _doubts(sheet: Sheet, kinds: Mapping[str, Kind], today: date) -> Iterator[str]:
    """Facts of a sheet that do not fit each other, or have aged."""
    yield from chain(_joined_before_it_was(sheet), _two_at_a_time(sheet), _taken_from_another(sheet))
    yield from chain(_chaired_from_outside(sheet, kinds, today), _counted_otherwise(sheet))
    yield from _long_unconfirmed(sheet, kinds, today)


def _joined_before_it_was(sheet: Sheet) -> Iterator[str]:
    """Nobody joins a body before the first of the events that founded it."""
    founded = [fact.value for fact in _published(sheet, "founding") if fact.value]
    for fact in _published(sheet, "membership"):
        since = fact.get("since")
        if since and founded and all(dates.precedes(since, day) for day in founded):
            yield f"{fact.value_name} joined in {since}, before the founding in {min(founded, key=dates.sort_key)}"


def _two_at_a_time(sheet: Sheet) -> Iterator[str]:
    """A presidency, and a post that only one can have, has one holder on any day."""
    for fact in sheet.facts:
        if rivals := fact.reason.get("rival"):
            yield f"two hold the {fact.get('post') or fact.kind} at one time: {fact.value_name} and {rivals}"


def _taken_from_another(sheet: Sheet) -> Iterator[str]:
    """Who hands over is who held the chair until then, where a term is known to end within a month of the next."""
    terms = _published(sheet, "presidency")
    for term in terms:
        since, giver = term.get("since"), term.get("from")
        ends = [(end, other) for other in terms if other is not term and (end := other.get("until"))]
        for end, other in ends if since and giver else ():
            apart = abs(dates.bounds(since or "").earliest - dates.bounds(end).latest)
            if apart <= timedelta(31) and other.value not in (giver, term.value):
                yield f"{term.value_name} takes over from {giver}, but until then {other.value_name} presides"


def _chaired_from_outside(sheet: Sheet, kinds: Mapping[str, Kind], today: date) -> Iterator[str]:
    """Who presides, or is about to, is not known to be anything else than a member."""
    known = {f.value: timeline.status_on(f, today) or f.get("status") for f in _published(sheet, "membership")}
    terms = _published(sheet, "presidency")
    for term, state in zip(terms, timeline.standings(terms, kinds, today), strict=True):
        if state != "over" and (status := known.get(term.value)) not in ("member", None):
            yield f"{term.value_name} presides and is no member: {status}"


def _counted_otherwise(sheet: Sheet) -> Iterator[str]:
    """The latest count that a source gives is the number of members on its day."""
    for size, listed in timeline.miscounted(sheet.facts):
        said = next((claim.quote.article for claim in size.claims if claim.quote), size.decided_by)
        yield f"{listed} members are listed, but {said} ({size.confirmed}) counts {size.value}"


def _long_unconfirmed(sheet: Sheet, kinds: Mapping[str, Kind], today: date) -> Iterator[str]:
    """What can change and has not ended is confirmed at least every two years."""
    changing = [f for name, kind in kinds.items() if kind.changes for f in _published(sheet, name) if f.confirmed]
    states = zip(changing, timeline.standings(changing, kinds, today), strict=True)
    old = [f for f, state in states if state != "over" and today - dates.bounds(f.confirmed or "").latest > timedelta(730)]
    if old:
        last = max((f.confirmed or "" for f in old), key=dates.sort_key)
        count = f"{len(old)} of {len(changing)} facts that can change"
        yield f"last confirmed more than two years ago: {count}, {last} at best"


def _published(sheet: Sheet, kind: str) -> list[Fact]:
    return [f for f in sheet.facts if f.kind == kind and f.verdict != "needs-review" and not timeline.has_lapsed(f)]
