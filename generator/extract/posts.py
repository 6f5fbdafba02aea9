"""Offices in a text: the words of a post, and what says when (former, acting, -elect)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from spacy.tokens import Doc

from generator.extract.units import Unit
from generator.extract.words import table

_SEAT = re.compile(r"(?:chair|president|chairman|chairperson)(?:[- ]in[- ]office| pro tempore)?")
"""An office that a state may hold as well as a person: phrases see it as `<chair>`."""


class Words(NamedTuple):
    """The lists of `gazetteer/posts.yml`; heads by their first word, as tuples of words without hyphens."""

    states: dict[str, str]
    ranks: frozenset[str]
    domains: frozenset[str]
    heads: dict[str, list[tuple[str, ...]]]
    sending: frozenset[str]
    seats: dict[str, str]


@cache
def words() -> Words:
    """`gazetteer/posts.yml`, which says what each list means."""
    data = table("gazetteer/posts.yml")
    heads: dict[str, list[tuple[str, ...]]] = {}
    for head in data["heads"]:
        parts = tuple(head.replace("-", " ").split())
        heads.setdefault(parts[0], []).append(parts)
    for choices in heads.values():
        choices.sort(key=len, reverse=True)
    ranks, domains = frozenset(data["ranks"]), frozenset(data["domains"])
    return Words(data["states"], ranks, domains, heads, frozenset(data["sending"]), data["seats"])


@cache
def _heads_words() -> frozenset[str]:
    return frozenset(w for forms in words().heads.values() for form in forms for w in form)


def posts(doc: Doc, taken: set[int]) -> Iterator[Unit]:
    """The posts of a text, in order; tokens in `taken` (other entities) are never part of one."""
    lower = [_fold(t.lower_) for t in doc]
    before, i = None, 0
    while i < len(doc):
        end = None if i in taken or _is_verb(doc, i) else _head(lower, i, taken)
        if end is None:
            i += 1
            continue
        unit = _post(doc, lower, i, end, taken)
        if before and doc[before.end : unit.start].text in ("and", ",", "/"):
            unit.data["status"] = unit.data["status"] or before.data["status"]
        yield unit
        before, i = unit, unit.end


def _is_verb(doc: Doc, i: int) -> bool:
    """ "who heads the bank", "he also chairs the forum", "Malaysia chairs ASEAN" whatever the parser made of it."""
    behind = doc[min(i + (2 if i + 1 < len(doc) and doc[i + 1].lower_ == "the" else 1), len(doc) - 1)]
    if doc[i].lower_ in ("chair", "chairs", "chaired") and behind.ent_type_ == "ORG":
        return True
    before = doc[i - 1].lower_ if i else ""
    return doc[i].lower_ in _VERBS and (doc[i].pos_ == "VERB" or before in _BEFORE_VERBS)


_VERBS = frozenset("head heads chair chairs chaired aides".split())
_BEFORE_VERBS = frozenset("who which also that now currently still he she to will would and it".split())


def _fold(word: str) -> str:
    return "-" if word in ("-", "–", "‑") else word.rstrip(".") if word not in (".", "u.s.") else word


def _head(lower: list[str], i: int, taken: set[int]) -> int | None:
    """The index behind the longest head that begins at token `i`; a plural counts."""
    for parts in words().heads.get(lower[i], []) + words().heads.get(_singular(lower[i]), []):
        j, matched = i, True
        for part in parts:
            while j > i and j < len(lower) and lower[j] == "-":
                j += 1
            if j >= len(lower) or j in taken or part not in (lower[j], _singular(lower[j])):
                matched = False
                break
            j += 1
        if matched:
            return j
    return None


def _singular(word: str) -> str:
    if word.endswith("men"):
        return word[:-3] + "man"
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _post(doc: Doc, lower: list[str], head: int, end: int, taken: set[int]) -> Unit:
    """The whole post around its head, without the words that say when."""
    start, status, unit_start = head, None, head
    left = head - 1
    while left >= 0 and left not in taken and not doc[left + 1].is_sent_start:
        word = lower[left]
        if state := words().states.get(word):
            status = status or state
            unit_start = left
        elif word == "-" and lower[left - 1] in {"ex", "vice", "under", "deputy"} | words().domains:
            pass
        elif word in words().ranks or word in words().domains:
            start = unit_start = left
        elif word in ("and", ",", "&") and left and lower[left - 1] in words().domains and start < head:
            pass
        else:
            break
        left -= 1
    start, seat = _seat(lower, start, taken)
    unit_start = min(unit_start, start)
    first_end, end = end, _domain_after(doc, lower, end, taken)
    if end < len(lower) and lower[end] == "-" and end + 1 < len(lower) and lower[end + 1] in ("elect", "designate"):
        status, behind = "elect", end + 2
    elif end < len(lower) and lower[end] in ("elect", "designate"):
        status, behind = "elect", end + 1
    else:
        behind = end
    plural = [j for j in range(head, first_end) if lower[j] not in _heads_words() and _singular(lower[j]) in _heads_words()]
    text = "".join((_singular(t.lower_) if t.i in plural else t.text) + t.whitespace_ for t in doc[start:end]).strip()
    data = {"status": status, "head": lower[head], "plural": bool(plural), "seat": seat}
    data["chair"] = _SEAT.fullmatch(text.lower()) is not None
    return Unit("post", unit_start, behind, text, name=text, data=data)


def _seat(lower: list[str], start: int, taken: set[int]) -> tuple[int, str | None]:
    """Where the post begins with the seat of a government before it ("Kremlin spokesman"), and whose seat it is."""
    for first, end in ((start - 2, start), (start - 1, start), (start - 1, start + 1), (start, start + 2)):
        state = words().seats.get(" ".join(lower[first:end])) if first >= 0 else None
        if state and first not in taken:
            return first, state
    return start, None


def _domain_after(doc: Doc, lower: list[str], end: int, taken: set[int]) -> int:
    """ "of Foreign Affairs", "for trade and industry": capitalised or listed words behind the head."""
    if end + 1 >= len(lower) or lower[end] not in ("of", "for"):
        return end
    j = end + 1
    if lower[j] == "the":
        j += 1
    last = end
    while j < len(lower) and j not in taken and not doc[j].is_sent_start:
        if lower[j] in words().domains:
            last = j + 1
        elif not (lower[j] in ("and", ",", "&", "the") and last == j):
            break
        j += 1
    return last
