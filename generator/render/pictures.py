"""What a page draws: members on a world map, terms and memberships on a line of time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from generator import dates, timeline
from generator.render.edition import Row


class Bar(NamedTuple):
    """A span on a line of time, in thousandths of its width. What the precision of a date leaves open is drawn soft."""

    row: Row
    soft: tuple[float, float]  # x and width of all the days that it may have lasted
    firm: tuple[float, float]  # of those that it certainly did


class Line(NamedTuple):
    """A line of time."""

    bars: tuple[Bar, ...]
    years: tuple[tuple[int, float], ...]  # the marks below it
    today: float


def shaded(groups: Mapping[str, Sequence[Row]]) -> list[tuple[str, Row]]:
    """The members that the map can show, with their status; the map is `assets/world.svg`."""
    return [(status, row) for status, rows in groups.items() for row in rows if row.value_id in _drawn()]


def line(rows: Iterable[Row], today: date) -> Line | None:
    """Terms or memberships in order of their beginnings; None where fewer than two of them are dated."""
    spans = [(row, span) for row in rows if (span := _span(row, today))]
    if len(spans) < 2:
        return None
    first = min(span[0] for _, span in spans)
    last = max(today, *(span[3] for _, span in spans))
    whole = max((last - first).days, 1)

    def x(day: date) -> float:
        return round((day - first).days / whole * 1000, 1)

    bars = [
        Bar(row, (x(a), max(x(d) - x(a), 2)), (x(b), max(x(c) - x(b), 0)))
        for row, (a, b, c, d) in sorted(spans, key=lambda item: (item[1], item[0].value.text))
    ]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if whole / 365 / step <= 8)
    years = [year for year in range(first.year, last.year + 1) if year % step == 0 and date(year, 1, 1) >= first]
    return Line(tuple(bars), tuple((year, x(date(year, 1, 1))) for year in years), x(today))


def _span(row: Row, today: date) -> tuple[date, date, date, date] | None:
    """The earliest and the latest beginning, the earliest and the latest end; an end not known is that of today, firm up
    to the last source that saw it.
    """
    start = row.since or timeline.started(row.fact)
    if not start or "/" in start:
        return None
    begun = dates.bounds(start)
    seen = dates.bounds(row.confirmed or start).latest
    ended = begun if begun.earliest > today else dates.Bounds(min(seen, today), today)
    if row.until and "/" not in row.until:
        ended = dates.bounds(row.until)
    begin, end = min(begun.latest, ended.earliest), max(ended.latest, begun.latest)
    return begun.earliest, begin, max(ended.earliest, begin), end


@lru_cache(maxsize=1)
def _drawn() -> frozenset[str]:
    """The countries on the map."""
    text = files("generator").joinpath("assets/world.svg").read_text("utf-8")
    return frozenset(re.findall(r' id="([A-Z]{2})"', text))
