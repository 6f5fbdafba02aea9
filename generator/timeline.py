"""What holds on a given day: statuses from events, states of terms and offices from their dates.

Nothing here is more certain than the dates it is given: what their precision leaves open, the answer leaves open.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from generator import dates
from generator.model import Event, Fact

State = Literal["announced", "due", "current", "possibly over", "over"]
"""`due`: announced for a day that has come, and nobody has confirmed it since."""

_PLANNED = {"will-take", "elect"}


def status_on(fact: Fact, day: date) -> str | None:
    """The status that the events give for a day; None where they begin later or leave it open.

    An event dated to a year leaves all of that year open; so does one planned for a day that has passed, until a
    source published after it confirms it. An undated event counts from the publication that saw it.
    """
    status: str | None = None
    for event in fact.events:
        reached = dates.passed(event.date or event.as_of or "../..", day)
        if reached == "no":
            break
        if event.date and event.date != event.as_of and (reached == "perhaps" or is_planned(event)):
            status = status if event.status == status else None
        elif reached == "yes" or event.date is None:
            status = event.status
    return status


def is_planned(event: Event) -> bool:
    """Was the event still to come for the last source that spoke of it?"""
    return bool(event.date and event.as_of and dates.precedes(event.as_of, event.date))


def state(fact: Fact, today: date) -> State:
    """Where a term or an office stands by its own dates: of one still open, only that no end is known.

    Show "last confirmed" (`fact.confirmed`) beside `current`.
    """
    until, since = fact.get("until"), fact.get("since")
    ended = dates.passed(until, today) if until else "no"
    if ended == "yes" or fact.get("status") == "former":
        return "over"
    if ended == "perhaps" or (fact.get("phase") == "hands-over" and not until):
        return "possibly over"
    if fact.get("phase") in _PLANNED or fact.get("status") in _PLANNED:
        return "due" if since and dates.passed(since, today) != "no" else "announced"
    if since and dates.passed(since, today) == "no":
        return "announced"
    return "current"


def states(terms: Sequence[Fact], today: date) -> list[State]:
    """The state of each term of one presidency, in the order of the sheet (the earliest first).

    A term is over when a later one has certainly begun, and possibly over when a later one is due or the order is open.
    """
    result = [state(term, today) for term in terms]
    for place in range(1, len(terms)):
        if result[place] == "announced":
            continue
        for earlier in range(place):
            one, other = started(terms[earlier]), started(terms[place])
            certain = result[place] != "due" and one and other and dates.precedes(one, other)
            if certain:
                result[earlier] = "over"
            elif result[earlier] in ("current", "due"):
                result[earlier] = "possibly over"
    return result


def started(term: Fact) -> str | None:
    """The day a term began or, where none is given, the first publication that saw it, but no later than its end."""
    seen = [text for claim in term.claims for text in (claim.said, claim.fields.get("until")) if text]
    return term.get("since") or min(seen, key=dates.sort_key, default=None)
