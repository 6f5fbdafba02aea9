"""Offices in a text: the words of a post, and what says when (former, acting, -elect)."""

import re
from collections.abc import Iterator
from itertools import chain

from spacy.tokens import Doc

from generator.extract.units import Unit
from generator.extract.words import table, words

_SEAT = re.compile(r"(?:chair|president|chairman|chairperson)(?:[- ]in[- ]office| pro tempore)?")
"""An office that a state may hold as well as a person: phrases see it as `<chair>`."""


_LISTS = table("gazetteer/posts.yml")  # which says what each list means
STATES, SEATS = _LISTS["states"], _LISTS["seats"]
RANKS, DOMAINS = frozenset(_LISTS["ranks"]), frozenset(_LISTS["domains"])
HEADS = sorted((tuple(head.replace("-", " ").split()) for head in _LISTS["heads"]), key=len, reverse=True)
"""As tuples of words without hyphens, the longest first."""
HEAD_WORDS = frozenset(chain.from_iterable(HEADS))
_BY_FIRST = {first: [head for head in HEADS if head[0] == first] for first, *_ in HEADS}


def posts(doc: Doc, taken: set[int]) -> Iterator[Unit]:
    """The posts of a text, in order; tokens in `taken` (other entities) are never part of one."""
    lower = [_fold(t.lower_) for t in doc]
    before, i = None, 0
    while i < len(doc):
        end = None if i in taken else _head(lower, i, taken)
        if end is None or _is_verb(doc, i):
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
    chairs, before = doc[i].lower_ in ("chair", "chairs", "chaired"), doc[i - 1].lower_ if i else ""
    verb = doc[i].pos_ == "VERB" or (before in words("before_verbs") and behind.lower_ != "of")
    return (chairs and behind.ent_type_ == "ORG") or (verb and doc[i].lower_ in words("office_verbs"))


def _fold(word: str) -> str:
    return "-" if word in ("-", "–", "‑") else word.rstrip(".") if word not in (".", "u.s.") else word


def _head(lower: list[str], i: int, taken: set[int]) -> int | None:
    """The index behind the longest head that begins at token `i`; a plural counts."""
    for parts in (*_BY_FIRST.get(lower[i], ()), *_BY_FIRST.get(_singular(lower[i]), ())):
        j = i
        for part in parts:
            while i < j < len(lower) and lower[j] == "-":
                j += 1
            if j >= len(lower) or j in taken or part not in (lower[j], _singular(lower[j])):
                break
            j += 1
        else:
            return j
    return None


def _singular(word: str) -> str:
    if word.endswith(("men", "ies")):
        return word[:-3] + ("man" if word.endswith("men") else "y")
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _post(doc: Doc, lower: list[str], head: int, head_end: int, taken: set[int]) -> Unit:
    """The whole post around its head, without the words that say when."""
    status, start, unit_start, left = None, head, head, head
    while left and left - 1 not in taken and not doc[left].is_sent_start:
        left -= 1
        word, beside = lower[left], lower[left - 1] if left else ""
        joins = word in ("and", ",", "&") and beside in DOMAINS and start < head
        hyphen = word == "-" and beside in words("prefixes") | DOMAINS
        if state := STATES.get(word):
            status, unit_start = status or state, left
        elif word in RANKS | DOMAINS and _is_rank(word, lower[left + 1 : head_end], left + 1 == head):
            start = unit_start = left
        elif not (hyphen or joins):
            break
    start, seat = _seat(lower, start, taken)
    end = behind = _domain_after(doc, lower, head_end, taken)
    later = lower[end + 1 : end + 2] if lower[end : end + 1] == ["-"] else lower[end : end + 1]
    if later and later[0] in ("elect", "designate"):
        status, behind = "elect", end + (2 if lower[end] == "-" else 1)
    plurals = [j for j in range(head, head_end) if lower[j] not in HEAD_WORDS and _singular(lower[j]) in HEAD_WORDS]
    text = "".join((_singular(lower[t.i]) if t.i in plurals else t.text) + t.whitespace_ for t in doc[start:end]).strip()
    data = {"status": status, "plural": bool(plurals), "seat": seat, "chair": bool(_SEAT.fullmatch(text.lower()))}
    return Unit("post", min(unit_start, start), behind, text, name=text, data=data)


def _is_rank(word: str, behind: list[str], before_head: bool) -> bool:
    """Or does it count, or belong to another phrase: "the first secretary general", "under former President"?"""
    narrow = _LISTS["narrow"].get(word)
    return narrow is None or (" ".join(w for w in behind if w != "-") if before_head else behind[0]) in narrow


def _seat(lower: list[str], start: int, taken: set[int]) -> tuple[int, str | None]:
    """Where the post begins with the seat of a government before it ("Kremlin spokesman"), and whose seat it is."""
    for first, end in ((start - 2, start), (start - 1, start), (start - 1, start + 1), (start, start + 2)):
        state = SEATS.get(" ".join(lower[first:end])) if first >= 0 else None
        if state and first not in taken:
            return first, state
    return start, None


def _domain_after(doc: Doc, lower: list[str], end: int, taken: set[int]) -> int:
    """ "of Foreign Affairs", "for trade and industry": capitalised or listed words behind the head."""
    last, j = end, end + 1 + (lower[end + 1 : end + 2] == ["the"])
    while lower[end : end + 1] in (["of"], ["for"]) and j < len(lower) and j not in taken and not doc[j].is_sent_start:
        if lower[j] in DOMAINS:
            last = j + 1
        elif lower[j] not in ("and", ",", "&", "the") or last != j:
            break
        j += 1
    bank = lower[last - 1] == "bank" and lower[last - 2] in ("of", "the")  # "the Bank" is a body
    return end if bank or (last > end and lower[last - 1] in words("unfinished")) else last
