"""The record of change: what the pages said before, what they say since when, and because of what.

It is record time (when we learned it), kept apart from what the facts say of the world.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from generator import strict_yaml
from generator.errors import ContentError, Problem
from generator.gazetteer import fold
from generator.kinds import Kind
from generator.model import FOLDERS, TYPES, Fact, Sheet
from generator.sheetfile import parse_fact, said
from generator.timeline import started

HEAD = "# Written by factsheets build: what the pages said before and after, and because of what. Only ever added to.\n"
PROGRAM = "program"
"""Stands in `because` where no article or override changed, but the program, its kinds, its names or a table did."""


class Change(NamedTuple):
    """One fact before and after; None where the pages said nothing. Facts read from the record have no claims."""

    sheet: Sheet  # its id, name and type
    before: Fact | None
    after: Fact | None
    on: str = ""  # EDTF day of the build
    because: tuple[str, ...] = ()  # "articles/x", "overrides/organisations/csto.yml", or PROGRAM

    @property
    def fact(self) -> Fact:
        """What the pages say or, where it is gone, what they said."""
        return cast(Fact, self.after or self.before)


def between(before: Iterable[Sheet], after: Iterable[Sheet], kinds: Mapping[str, Kind]) -> Iterator[Change]:
    """Facts that are new, gone, or no longer say the same; a further source for the same is no change.

    `because` is only where denials of the kind came or went.
    """
    before, after = [*before], [*after]
    denied = {(path, kind) for path, kind, _ in _denials(before) ^ _denials(after)}
    old, new = ({_key(it, fact, kinds): (it, fact) for it in some for fact in it.facts} for some in (before, after))
    for key in dict.fromkeys([*new, *old]):
        sheet, was = old.get(key, (None, None))
        sheet, now = new.get(key, (sheet, None))
        if sheet and (was is None or now is None or _content(was) != _content(now)):
            change = Change(sheet, was, now)
            path = f"{_place(change)}.yml"
            yield change._replace(because=(f"overrides/{path}",) if (path, change.fact.kind) in denied else ())


def to_record(
    found: Iterable[Change], recorded: Iterable[Change], on: str, moved: frozenset[str], kinds: Mapping[str, Kind]
) -> list[Change]:
    """The changes that readers see and that are not on record already, dated and with their causes.

    `moved` are the ids of articles that are new, changed or gone; where a claim of any other article moved, it was
    the program that reads it otherwise now. `on` is never before the last day on record: a clock may run back.
    """
    past = list(recorded)
    last = {_plain_key(change, kinds): change.after for change in past}
    day = max([on, *(change.on for change in past)])
    seen = [change._replace(before=_seen(change.before), after=_seen(change.after)) for change in found]
    seen = [change for change in seen if _told(change.before) != _told(change.after)]
    fresh = [c for c in seen if (key := _plain_key(c, kinds)) not in last or _told(last[key]) != _told(c.after)]
    causes: dict[tuple[str, str], set[str]] = defaultdict(set)  # a fact may change because another of its kind did
    for change in seen:
        causes[_about(change)].update(_origins(change, moved))
    return [c._replace(on=day, because=tuple(_origins(c, moved) or sorted(causes[_about(c)])) or (PROGRAM,)) for c in fresh]


def dump(found: Iterable[Change]) -> str:
    """Entries for the end of a record file; `parse` reads them back."""
    return "".join(strict_yaml.dump([_entry(change)]) for change in found)


def parse(data: Any, path: Path) -> list[Change]:
    """The changes in a file; raises ContentError where it is not as `dump` writes it."""
    try:
        return [_parse_entry(entry) for entry in data or ()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError(Problem(f"is not a record of changes as we write it ({error!r})", path)) from None


def _denials(sheets: Iterable[Sheet]) -> set[tuple[str | None, str, str]]:
    return {(claim.override, claim.kind, claim.id) for sheet in sheets for claim in sheet.denied if claim.denies}


def _key(sheet: Sheet, fact: Fact, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    kind = kinds.get(fact.kind)  # None where its file is gone
    names = kind.identity if kind else ("value",)
    parts = [fold(fact.value_name if name == "value" else fact.get(name) or "") for name in names]
    year = (started(fact) or "")[:4] if kind and kind.cardinality == "timeline" else ""
    return (sheet.type, sheet.id, fact.kind, *parts, year)


def _plain_key(change: Change, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """The key as far as the record tells, which holds no claims."""
    return _key(change.sheet, replace(change.fact, claims=()), kinds)


def _place(change: Change) -> str:
    return f"{FOLDERS[change.sheet.type]}/{change.sheet.id}"


def _about(change: Change) -> tuple[str, str]:
    return _place(change), change.fact.kind


def _content(fact: Fact) -> tuple[object, ...]:
    return *_told(fact), fact.decided_by, fact.events


def _told(fact: Fact | None) -> tuple[object, ...]:
    """What a reader is told."""
    return (fact.value, fact.value_name, dict(fact.fields), fact.verdict) if fact else ()


def _seen(fact: Fact | None) -> Fact | None:
    return None if fact and fact.verdict == "needs-review" else fact


def _origins(change: Change, moved: frozenset[str]) -> tuple[str, ...]:
    """Where the claims are from that only one side of the change has; else the denial that took or gave them back."""
    sides = [{claim.id: claim for claim in (fact.claims if fact else ())} for fact in (change.before, change.after)]
    apart = sides[0].keys() ^ sides[1].keys()
    claims = [claim for side in sides for key, claim in side.items() if key in apart]
    named = {f"overrides/{claim.override}" for claim in claims if claim.override}
    named |= {f"articles/{c.quote.article}" for c in claims if c.quote and c.quote.article in moved}
    return tuple(sorted(named)) or (change.because if apart else ())


def _entry(change: Change) -> dict[str, Any]:
    facts = {"before": change.before, "after": change.after}
    sides = {side: {**said(fact), "verdict": fact.verdict} for side, fact in facts.items() if fact}
    place = {"subject": _place(change), "name": change.sheet.name}
    return {"on": change.on, **place, "kind": change.fact.kind, **sides, "because": [*change.because]}


def _parse_entry(data: Mapping[str, Any]) -> Change:
    folder, _, stem = data["subject"].partition("/")
    more = {"kind": data["kind"], "decided_by": "articles"}
    before, after = (parse_fact({**data[side], **more}) if side in data else None for side in ("before", "after"))
    if not (before or after):
        raise ValueError("neither before nor after")
    return Change(Sheet(stem, data["name"], TYPES[folder]), before, after, data["on"], tuple(data["because"]))
