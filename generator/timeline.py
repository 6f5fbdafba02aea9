"""What holds on a given day: statuses from events, states of terms and offices from their dates.

Nothing here is more certain than the dates it is given: what their precision leaves open, the answer leaves open.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from generator import dates
from generator.gazetteer import fold
from generator.kinds import Kind
from generator.model import Claim, Event, Fact

State = Literal["not known", "not begun", "announced", "due", "possibly begun", "current", "possibly over", "over"]
"""`due`: announced for a day that has come, and nobody has confirmed it since. `not known`: no source speaks of so early
a day; `not begun`: it is dated later, and no source had announced it by then."""

NOT_KNOWN = "not known"
"""The status after the last of some editions that list one: it may have ended, or not."""

_UNBEGUN = ("not known", "not begun", "announced")
_PLANNED = {"will-take", "elect"}


def status_on(fact: Fact, day: date) -> str | None:
    """The status that the events give for a day; None where they begin later or leave it open.

    What only some editions of a list say, they say of their own time. An event dated to a year leaves all of that year
    open; so does one planned for a day that has passed, until a source published after it confirms it; and so do two
    whose order is open, until one is seen after the other. An undated event counts from the publication that first saw
    it.
    """
    reached = [event for event in fact.events if dates.passed(when(event), day) != "no"]
    sure = [event for event in reached if dates.passed(when(event), day) == "yes" and not is_planned(event)]
    last = {event.status for event in reached if not any(_gives_way(event, other, day) for other in sure)}
    return last.pop() if sure and len(last) == 1 and NOT_KNOWN not in last else None


def when(event: Event) -> str:
    """When it came to be so or, undated, was first seen; what nobody dated was so from the first."""
    return event.date or event.seen or event.as_of or "0001-01-01"


def has_lapsed(fact: Fact) -> bool:
    """Do only earlier editions of a list speak of it?"""
    return bool(fact.events) and fact.events[-1].status == NOT_KNOWN


def _gives_way(event: Event, other: Event, day: date) -> bool:
    """Is the other certainly the later one, or where that is open, the one seen later?"""
    one, two = event.date or event.as_of or when(event), other.date or other.as_of or when(other)
    if dates.overlaps(one, two) and other.as_of and dates.passed(other.as_of, day) == "yes":
        return dates.precedes(event.as_of or one, other.as_of)
    return dates.precedes(one, two)


def is_planned(event: Event) -> bool:
    """Was the event still to come for the last source that spoke of it?"""
    return bool(event.date and event.as_of and dates.precedes(event.as_of, event.date))


def state(fact: Fact, day: date) -> State:
    """Where a term or an office stands on a day by its own dates and sightings: of one still open, only that no end is
    known.

    Show "last confirmed" (`fact.confirmed`) beside `current`.
    """
    until, since, seen = fact.get("until"), fact.get("since"), started(fact)
    first, last = dates.bounds(until) if until else (date.max, date.max)  # the last day may be any of these
    if last < day:
        return "over"
    if seen and dates.passed(seen, day) == "no":
        said = [claim.said for claim in fact.claims if claim.said]
        told = not said or any(dates.passed(text, day) != "no" for text in said)
        return "not known" if not since else "announced" if told else "not begun"
    if first < day or (fact.get("phase") == "hands-over" and not until):
        return "possibly over"
    if is_announced(fact):
        return "due" if since else "announced"
    if since and dates.passed(since, day) == "perhaps" and not any(_by(claim, day) for claim in fact.claims):
        return "possibly begun"
    return _left(fact, day) if fact.get("status") == "former" and not until else "current"


def standings(facts: Sequence[Fact], kinds: Mapping[str, Kind], day: date) -> list[State]:
    """How each fact of a sheet stands on a day, the others considered: see `standing`."""
    return [standing(fact, later(fact, facts, kinds), day) for fact in facts]


def standing(fact: Fact, later: Iterable[Fact], day: date) -> State:
    """The state of a term or an office that ends where a later one has begun: it is over when one has certainly begun,
    and possibly over when one is due or the order is open.
    """
    result, began = state(fact, day), started(fact)
    for other in later:
        theirs = state(other, day)
        if theirs in _UNBEGUN or result in _UNBEGUN:
            continue
        start = started(other)
        if theirs not in ("due", "possibly begun") and began and start and dates.precedes(began, start):
            return "over"
        if result in ("current", "due"):
            result = "possibly over"
    return result


def span(fact: Fact, later: Sequence[Fact]) -> tuple[tuple[date, str], ...]:
    """The days on which a fact's status (where it has events) or its state changes, and to what, from the first day of the
    calendar on: on any day what `status_on` or `standing` says. Empty where nothing is dated.
    """
    written = {text for event in fact.events for text in (event.date, event.seen, event.as_of)}
    if not fact.events:
        every = (fact, *later) if started(fact) or fact.get("until") else ()
        written = {text for one in every for text in (one.get("since"), one.get("until"), started(one))}
        written |= {claim.said for one in every for claim in one.claims}
    edges, found = {day for text in written if text for day in _edges(text)}, list[tuple[date, str]]()
    for day in sorted(edges | {date.min} if edges else ()):
        word = (status_on(fact, day) or "not known") if fact.events else standing(fact, later, day)
        word = "not begun" if word == "announced" and not any(claim.said for claim in fact.claims) else word
        if not found or word != found[-1][1]:
            found.append((day, word))
    return tuple(found)


def during(span: Sequence[tuple[date, str]], period: str) -> list[str]:
    """What `span` says of a fact in a period (EDTF), in order; more than one where it changes meanwhile."""
    first, last = dates.bounds(period)
    before = [word for day, word in span if day <= first]
    return [*(before[-1:] or ["not known"]), *(word for day, word in span if first < day <= last)]


def miscounted(facts: Iterable[Fact]) -> Iterator[tuple[Fact, int]]:
    """The latest count of members that a source gives, and how many are listed, where that cannot be their number on its
    day as far as their dates can tell.
    """
    shown = [fact for fact in facts if fact.verdict != "needs-review" and not has_lapsed(fact)]
    members = [fact for fact in shown if fact.kind == "membership"]
    sizes = [fact for fact in shown if fact.kind == "size" and fact.confirmed and (fact.value or "").isdecimal()]
    for size in sorted(sizes, key=lambda fact: dates.sort_key(fact.confirmed))[-1:]:
        counts = [_members(members, day) for day in dates.bounds(size.confirmed or "")]
        if not min(sure for sure, _ in counts) <= int(size.value or "") <= max(most for _, most in counts):
            yield size, counts[-1][0]


def _members(members: Iterable[Fact], day: date) -> tuple[int, int]:
    """How many members there were on a day, the suspended among them, and how many there may have been at most."""
    found = [status_on(fact, day) for fact in members if not _joins_after(fact, day)]
    return sum(status in ("member", "suspended") for status in found), sum(s in ("member", "suspended", None) for s in found)


def _joins_after(fact: Fact, day: date) -> bool:
    return any(e.status == "member" and dates.passed(e.date or "../..", day) == "no" for e in fact.events[:1])


def _edges(text: str) -> Iterator[date]:
    """The days on which the answer of `dates.passed` can change, and the one after the last."""
    for edge in dates.bounds(text):
        yield from (edge, edge + timedelta(1)) if date.min < edge < date.max else ()


def later(fact: Fact, facts: Sequence[Fact], kinds: Mapping[str, Kind]) -> list[Fact]:
    """The terms after a term of one presidency, and those that may be; the successor in an office that one person holds."""
    kind = kinds.get(fact.kind)
    if kind and kind.cardinality == "timeline":
        terms = [one for one in facts if one.kind == fact.kind and one.verdict != "needs-review"]
        terms.sort(key=lambda term: dates.sort_key(started(term)))
        place = terms.index(fact) if fact in terms else len(terms)
        return [term for n, term in enumerate(terms) if n > place or (n < place and _may_follow(term, fact))]
    if not (named := fact.reason.get("successor")):
        return []
    name, posts = fold(named), [field for field in (kind.identity if kind else ()) if field != "value"]
    called = (other for other in facts if fold(other.value_name) == name)
    return [other for other in called if all(fold(other.get(f) or "") == fold(fact.get(f) or "") for f in posts)]


def _may_follow(other: Fact, fact: Fact) -> bool:
    """Is it open which of two terms began first? Not where one had ended before the other began."""
    one, two, until = started(fact), started(other), other.get("until")
    return bool(one and two and dates.overlaps(one, two) and not (until and dates.precedes(until, one)))


def _left(fact: Fact, day: date) -> State:
    """Where an office stands that is former, but nobody says since when."""
    told = [claim for claim in fact.claims if claim.get("status") == "former"]
    if any(not claim.said or dates.passed(claim.said, day) != "no" for claim in told):
        return "over"
    others = (claim for claim in fact.claims if claim.get("status") != "former")
    held = any(claim.said and dates.passed(claim.said, day) != "yes" for claim in others)
    return "current" if held or not told else "possibly over"


def is_announced(item: Fact | Claim) -> bool:
    """Is it a term or an office that was still to come for the last source that spoke of it?"""
    return item.get("phase") in _PLANNED or item.get("status") in _PLANNED


def _by(claim: Claim, day: date) -> bool:
    """Had the source told by that day that it had begun?"""
    return bool(claim.said) and not is_announced(claim) and dates.passed(claim.said or "", day) != "no"


def started(term: Fact) -> str | None:
    """The day a term began or, where none is given, the first publication that saw it, but no later than its end."""
    seen = [text for claim in term.claims for text in (claim.said, claim.fields.get("until")) if text]
    return term.get("since") or min(seen, key=dates.sort_key, default=None)
