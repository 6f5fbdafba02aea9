"""An article in segments: which words each fact rests on."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from generator.model import Quote
from generator.render.edition import Row


class Note(NamedTuple):
    """A marked passage of an article and the facts that rest on it."""

    number: int
    anchor: str
    rows: tuple[Row, ...]


class Segment(NamedTuple):
    """A run of text covered by the same notes throughout."""

    text: str
    notes: tuple[Note, ...]
    starts: frozenset[int]  # numbers of the notes that begin here
    ends: tuple[Note, ...]


class Marked(NamedTuple):
    """A text and what is marked in it."""

    text: str
    notes: Sequence[tuple[Quote, Note]]

    def paragraphs(self) -> Iterator[tuple[list[Segment], list[Note]]]:
        """Each paragraph in segments, and the notes that begin in it."""
        for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", self.text):
            start, end = match.span()
            inside = [(quoted, note) for quoted, note in self.notes if quoted.start < end and quoted.end > start]
            begun = [note for quoted, note in inside if start <= quoted.start]
            yield [*_segments(self.text, start, end, inside)], begun


def _segments(text: str, start: int, end: int, marked: Sequence[tuple[Quote, Note]]) -> Iterator[Segment]:
    """The paragraph cut wherever a quote begins or ends, so that overlapping quotes nest nowhere wrongly."""
    edges = {start, end} | {edge for quoted, _ in marked for edge in (quoted.start, quoted.end) if start < edge < end}
    for left, right in pairwise(sorted(edges)):
        over = [(quoted, note) for quoted, note in marked if quoted.start <= left and quoted.end >= right]
        starts = frozenset(note.number for quoted, note in over if max(quoted.start, start) == left)
        ends = tuple(note for quoted, note in over if quoted.end == right)
        yield Segment(text[left:right], tuple(note for _, note in over), starts, ends)
