"""The rules for kinds whose facts have a status: what claims say happened → one timeline of events."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from generator import dates
from generator.kinds import Kind
from generator.model import Claim, Event
from generator.reprints import independent
from generator.timeline import NOT_KNOWN, is_planned, when

_INSIDE = {"member", "suspended"}  # statuses that mean: belongs to the body


def settle_events(ranked: list[Claim], kind: Kind) -> tuple[list[Event], list[str]]:
    """The timeline of a status: dated changes in order, each sighting in its place.

    Two dates for one change, and two sources that put the party inside and outside on the same day, are a
    disagreement; the newer source wins. An override's status and dates replace what they speak of.
    """
    usual = kind.fields["status"].values[0]
    sources = [claim for claim in ranked if claim.override is None]
    told = [event for claim in sources if not claim.ref for event in _events_of(claim, usual)]
    listed = [event for claim in sources if claim.ref for event in _events_of(claim, usual)]
    raw = told + [event for event in listed if not _outdated(event, told)]
    timeline = _dated(raw)
    for seen in sorted((e for e in raw if not e.date and e.as_of), key=lambda e: (dates.sort_key(e.as_of), e.status)):
        _see(timeline, seen, usual, is_list=seen in listed)
    if not timeline:
        timeline = [Event(status) for status in sorted({event.status for event in raw})[:1]]
    timeline, conflicts = _without_repeats(timeline)
    conflicts += _inside_and_outside(sources, usual)
    for override in reversed([claim for claim in ranked if claim.override]):
        if override.fields.keys() & {"status", "since", "until"} or not timeline:
            timeline, conflicts = _overridden(timeline, override, usual), []
    return timeline, conflicts


def with_history(timeline: list[Event], claims: Iterable[Claim], kind: Kind) -> list[Event]:
    """A timeline preceded by what editions of a table list, where that is certainly before all that anyone else tells:
    an edition may trail events by years. After an edition that the next does not repeat, none is known.
    """
    usual = kind.fields["status"].values[0]
    listed = [(period, c.fields.get("status", usual)) for c in claims if c.listed for period in c.listed.split()]
    first = dates.bounds(when(timeline[0])).earliest if timeline else date.max
    earlier: list[Event] = []
    for period, status in sorted(listed):
        start, _, end = period.partition("/")
        over = dates.bounds(period).latest
        if dates.bounds(start).latest < first:
            last = end if over < first else start
            earlier.append(Event(status, None, last, start if start != last else None))
        after = str(over + timedelta(1)) if (first - over).days > 1 else ""
        if after and not any(dates.overlaps(after, other) for other, _ in listed):
            earlier.append(Event(NOT_KNOWN, None, after))
    earlier.sort(key=lambda event: (dates.sort_key(when(event)), event.status))
    if earlier and timeline and earlier[-1].status == timeline[0].status:
        same = earlier.pop()
        timeline = timeline if timeline[0].date else [_seen_from(timeline[0], same), *timeline[1:]]
    return earlier + timeline


def _seen_from(event: Event, earlier: Event) -> Event:
    """An undated status that was seen before."""
    seen, as_of = earlier.seen or earlier.as_of, latest(earlier.as_of, event.as_of)
    return replace(event, as_of=as_of, seen=seen if seen != as_of else None)


def _events_of(claim: Claim, usual: str) -> Iterator[Event]:
    """What a claim says happened: `since` begins its status (of a former member: the membership), `until` ends
    it; who is to leave, or to join, has not yet.
    """
    status, since, until = claim.fields.get("status", usual), claim.fields.get("since"), claim.fields.get("until")
    if status == "former":
        if since or (until and claim.said and dates.precedes(claim.said, until)):
            yield Event(usual, since, claim.said)
        yield Event("former", until, claim.said)
    elif status == "candidate" and since and claim.said and dates.precedes(claim.said, since):
        yield Event("candidate", None, claim.said)
        yield Event(usual, since, claim.said)
    else:
        yield Event(status, since, claim.said)
        if until:
            yield Event(usual if status == "suspended" else "former", until, claim.said)


def _outdated(listed: Event, told: list[Event]) -> bool:
    """An older reference does not undo a change that a newer article dates before it: tables trail events."""
    seen = dates.sort_key(listed.as_of)
    later = [event for event in told if event.date and event.status != listed.status and not is_planned(event)]
    return not listed.date and any(dates.sort_key(e.date) <= seen <= dates.sort_key(e.as_of) for e in later)


def _dated(raw: list[Event]) -> list[Event]:
    """Dated changes in order; one told more exactly by another source is the same change."""
    result: list[Event] = []
    span = {e: dates.bounds(e.date).latest - dates.bounds(e.date).earliest for e in raw if e.date}
    for event in sorted(span, key=lambda e: (span[e], dates.sort_key(e.date), e.status, dates.sort_key(e.as_of))):
        told = (o for o in result if o.status == event.status and dates.backs(event.date or "", o.date or ""))
        if same := next(told, None):
            result[result.index(same)] = replace(same, as_of=latest(same.as_of, event.as_of))
        else:
            result.append(event)
    return sorted(result, key=lambda e: (dates.sort_key(e.date), e.status))


def _see(timeline: list[Event], seen: Event, usual: str, is_list: bool) -> None:
    """A sighting confirms the status it falls into (a suspended member is a member still, but a list tells them apart)
    or, not dated more exactly, the change to it that may lie just before; or it opens a new status.
    """
    earlier = [e for e in timeline if dates.sort_key(e.date or e.as_of) <= dates.sort_key(seen.as_of)]
    place = len(earlier)
    known = earlier[-1] if earlier else None
    after = timeline[place] if place < len(timeline) else None
    if after and after.date and after.status == seen.status and dates.backs(seen.as_of or "../..", after.date):
        timeline[place] = replace(after, as_of=latest(after.as_of, seen.as_of))
    elif known and (known.status == seen.status or (known.status == "suspended" and seen.status == usual and not is_list)):
        again = replace(known, as_of=latest(known.as_of, seen.as_of))
        timeline[place - 1] = again if known.date else _seen_from(again, known)
    else:
        timeline.insert(place, seen)


def _without_repeats(timeline: list[Event]) -> tuple[list[Event], list[str]]:
    """Of two beginnings of one status with nothing between them the newer source's; their date is in dispute."""
    result: list[Event] = []
    for event in timeline:
        if not result or result[-1].status != event.status:
            result.append(event)
        elif not result[-1].date or (event.date and dates.sort_key(event.as_of) > dates.sort_key(result[-1].as_of)):
            result[-1] = event
    return result, ["since"] if len(result) < len(timeline) else []


def _inside_and_outside(claims: list[Claim], usual: str) -> list[str]:
    """Do two sources put the party inside and outside on one day? Days between dates and publication count."""
    if usual not in _INSIDE:
        return []
    spans: dict[bool, list[tuple[Claim, tuple[date, date]]]] = {True: [], False: []}
    for claim in claims:
        if span := _asserted(claim):
            spans[claim.fields.get("status", usual) in _INSIDE].append((claim, span))
    for (one, a), (other, b) in product(spans[True], spans[False]):
        row, article = (one, other) if one.ref else (other, one)
        drifted = row.ref and article.quote and dates.sort_key(row.said) < dates.sort_key(article.said)
        if max(a[0], b[0]) <= min(a[1], b[1]) and not drifted and independent((one, other)) > 1:
            return ["status"]
    return []


def _asserted(claim: Claim) -> tuple[date, date] | None:
    """The days for which a claim certainly asserts its status; None if undated."""
    former = claim.fields.get("status") == "former"
    start = claim.fields.get("until" if former else "since") or claim.said
    end = claim.said if former else (claim.fields.get("until") or claim.said)
    first, last = dates.bounds(start or "../..").latest, dates.bounds(end or "../..").earliest
    return (first, last) if first <= last else None


def _overridden(timeline: list[Event], override: Claim, usual: str) -> list[Event]:
    """An override's events replace those of the same status; one that names a status or an end has the last word."""
    fields = dict(override.fields)
    status = timeline[-1].status if timeline else usual
    if "status" not in fields:
        fields["status"] = "former" if "until" in fields else usual if status == "former" else status
    own = list(_events_of(replace(override, fields=fields), usual))
    last = max((dates.sort_key(e.date) for e in own if e.date), default=None)
    kept = [e for e in timeline if e.date and e.status not in {o.status for o in own}]
    if last and override.fields.keys() & {"status", "until"}:
        kept = [event for event in kept if dates.sort_key(event.date) < last]
    undated = [event for event in own if not event.date]
    return sorted(kept + [e for e in own if e.date], key=lambda e: (dates.sort_key(e.date), e.status)) + undated


def latest(*said: str | None) -> str | None:
    """The latest of some publication dates; None where none is known."""
    return max((text for text in said if text), key=lambda text: (dates.sort_key(text), text), default=None)
