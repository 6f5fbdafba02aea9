"""Who led which state or body when: what "President Chirac" means where the text never says of which state."""

from functools import cache
from typing import NamedTuple

from generator.extract.words import table
from generator.gazetteer import fold


class Leader(NamedTuple):
    """One term of `gazetteer/leaders.yml`, which says where it comes from; `since` and `until` are years or months."""

    body: str  # id of a country or an organisation
    name: str
    short: str  # the surname that news puts behind the bare title
    since: str
    until: str | None


def body_of(post: str, name: str, status: str, published: str | None) -> str | None:
    """The one body that this bare title and name can mean in a text of that date; None where several, or none, fit.

    Former holders are sought among those out of office by then, those elected among those about to take it.
    """
    known = _read().get(_office(post), ())
    bodies = {leader.body for leader in known if _is(leader, name) and _fits(leader, status, published)}
    return next(iter(bodies)) if len(bodies) == 1 else None


def _is(leader: Leader, name: str) -> bool:
    """Is the surname this leader's and, of a full name, another part too?"""
    mine, theirs, short = (fold(text).split() for text in (name, leader.name, leader.short))
    if len(mine) <= len(short):
        return mine == short
    return set(short) <= set(mine) and bool((set(mine) - set(short)) & set(theirs))


def _fits(leader: Leader, status: str, published: str | None) -> bool:
    if not published or not published[:4].isdigit():
        return True
    since, until = leader.since, leader.until or "9999"
    if status == "former":
        return until <= published
    if status == "elect":
        return int(published[:4]) <= int(since[:4]) <= int(published[:4]) + 1
    return since[: len(published)] <= published[: len(since)] and published[: len(until)] <= until[: len(published)]


def _office(post: str) -> str:
    """The title under which the list has the holders of this one."""
    return str(table("gazetteer/posts.yml")["alike"].get(post, post))


@cache
def _read() -> dict[str, list[Leader]]:
    found: dict[str, list[Leader]] = {}
    for body, posts in table("gazetteer/leaders.yml").items():
        for post, lines in posts.items():
            found.setdefault(_office(post), []).extend(_leader(body, line) for line in lines)
    return found


def _leader(body: str, line: str) -> Leader:
    """ "Xi Jinping (Xi) 2013-03/": the surname in brackets where it is not the last word, the term behind."""
    text, _, term = line.rpartition(" ")
    since, _, until = term.partition("/")
    name, _, short = text.rstrip(")").partition(" (")
    return Leader(body, name, short or name.split()[-1], since, until or None)
