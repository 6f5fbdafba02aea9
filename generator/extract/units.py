"""Units: a sentence as the typed pieces that rules speak of, and its rendering for phrases.

A unit is a country, an adjective of one, an organisation, a person, a post, a date, a list of parties read as one, or a
plain word. Phrases are regular expressions over the rendering `<country> will take over the <date> presidency …`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span, Token

from generator.extract.words import table

PARTIES = ("country", "organisation")
_BRIDGE = re.compile("".join(table("extract/words.yml")["bridge"]))


@dataclass(slots=True)
class Unit:
    """One piece of a sentence; `start` and `end` are token indexes of the Doc.

    `id` is a record's id for country, adjective, capital, organisation, organ and treaty; for an organisation or
    region without a record it is the slug of its name. `parts` are the units of a list, and `data` what a component
    found out besides: a post's status, a date's EDTF.
    """

    type: str
    start: int
    end: int
    text: str
    id: str | None = None
    name: str = ""
    parts: tuple["Unit", ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


class Sentence(NamedTuple):
    """A sentence's units, and the text phrases are matched on, with the unit at each of its characters."""

    span: Span
    units: list[Unit]
    renderings: tuple["Rendering", ...]  # as it stands, and without what is in brackets


class Rendering(NamedTuple):
    """Units as one string for phrases: words in lower case, anything typed as `<type>`."""

    text: str
    units: list[Unit]
    offsets: list[int]  # where each unit begins in `text`

    def units_in(self, start: int, end: int) -> list[Unit]:
        """The units that lie in a stretch of the text."""
        return [u for u, at in zip(self.units, self.offsets, strict=True) if start <= at < end]


def sentences(doc: Doc, typed: list[Unit]) -> Iterator[Sentence]:
    """Each sentence of a Doc as units, but for what the sieve left out, which has no tags; `typed` are the pieces that
    entities, posts and dates made, in text order.
    """
    at = {unit.start: unit for unit in typed}
    for span in doc.sents:
        if span[0].tag and (units := [*_merge_lists([*_fill(span, at)])]):
            whole, bare = _rendered(units), _without_brackets(units)
            yield Sentence(span, units, (whole,) if len(bare) == len(units) else (whole, _rendered(bare)))


def tokens(units: Iterable[Unit]) -> set[int]:
    """The indexes of all tokens that these units cover."""
    return {i for unit in units for i in range(unit.start, unit.end)}


def _fill(span: Span, at: dict[int, Unit]) -> Iterator[Unit]:
    end = span.start
    for token in span:
        if unit := at.get(token.i) if token.i >= end else None:
            yield unit
            end = unit.end
        elif token.i >= end and not token.is_space and (token.text not in _QUOTES or token.tag_ == "POS"):
            yield Unit("word", token.i, token.i + 1, _word(token))


_QUOTES = set("\"'“”‘’„«»`") | {"''", "``"}


def _word(token: Token) -> str:
    text = token.lower_
    return "'s" if text in ("’s", "'s", "'", "’") else "-" if text in ("–", "—", "--", "‑") else text


def _without_brackets(units: list[Unit]) -> list[Unit]:
    depth, kept = 0, []
    for unit in units:
        depth += unit.text == "("
        if not depth:
            kept.append(unit)
        depth -= unit.text == ")" and depth > 0
    return kept if depth == 0 else units


def _rendered(units: list[Unit]) -> Rendering:
    pieces = ["<chair>" if unit.data.get("chair") else _piece(unit) for unit in units]
    offsets = list(accumulate((len(piece) + 1 for piece in pieces), initial=0))[: len(pieces)]
    return Rendering(" ".join(pieces), units, offsets)


def _merge_lists(units: list[Unit]) -> Iterator[Unit]:
    """Runs of parties joined by commas, "and", "as well as", bridges and short parentheses become one unit each."""
    units, i = _without_owners(units), 0
    while i < len(units):
        parts, i = _run(units, i)
        yield parts[0] if len(parts) == 1 else _list(parts)


def _without_owners(units: list[Unit]) -> list[Unit]:
    """ "China's Hong Kong" is Hong Kong."""
    shapes = [u.text if u.type == "word" else u.type for u in units]
    owners = [i for i in range(len(units)) if shapes[i : i + 3] == ["country", "'s", "country"]]
    return [unit for i, unit in enumerate(units) if i not in owners and i - 1 not in owners]


def _run(units: list[Unit], i: int) -> tuple[list[Unit], int]:
    """The parties of the list that begins at unit `i` (which is all of it where it is no party), and the index behind it."""
    parts, end = [units[i]], i + 1
    if units[i].type not in PARTIES or units[i].data.get("coreference"):
        return parts, end
    closed = 0  # how many parts the last "and" closes; what only a comma adds behind it begins something else
    while (found := _next_part(units, end, parts)) is not None:
        parts.append(units[found])
        closed = len(parts) if found - end > 1 or units[end].text not in (",", ";") else closed
        end = found + 1
    kept = closed or (len(parts) if len(parts) > 2 else 1)
    return parts[:kept], units.index(parts[kept - 1]) + 1


def _next_part(units: list[Unit], end: int, parts: list[Unit]) -> int | None:
    for j in range(end, min(end + 9, len(units))):
        unit, between = units[j], "".join(f"{_piece(u)} " for u in units[end:j])
        if unit.data.get("coreference") or unit.type not in (*PARTIES, "word", "adjective"):
            return None
        if unit.type in PARTIES:
            alike = unit.type == parts[0].type or between.startswith((",", "and", "as", "plus"))
            return j if alike and _BRIDGE.fullmatch(re.sub(r"\( [^()]{1,60} \) ", "", between)) else None
    return None


def _piece(unit: Unit) -> str:
    return unit.text if unit.type == "word" else f"<{unit.type}>"


def _list(parts: list[Unit]) -> Unit:
    kinds = {part.type for part in parts}
    kind = "parties" if len(kinds) > 1 else "countries" if "country" in kinds else "organisations"
    return Unit(kind, parts[0].start, parts[-1].end, ", ".join(p.text for p in parts), parts=tuple(parts))
