"""EDTF values: as exact as the source was, and no more.

A date is the string a person would write in EDTF (ISO 8601-2): `2002`, `2002-10`, `2015-09-15`, `2002~`, `199X`,
half-years `2024-40`/`2024-41`, sets `[2009-09-14,2015-09-14]`, intervals `2015-09-15/..`. It keeps its written form;
this module compares what it allows. An unknown or open end of an interval reaches to `date.min` or `date.max`.
"""

import calendar
import re
from contextlib import redirect_stdout, suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_PLAIN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DURATION = re.compile("P" + "".join(f"(?:([0-9]{{1,5}}){unit})?" for unit in "YMWD"))
_HALVES = {"40": (1, 6), "41": (7, 12)}  # ISO 8601-2 sub-year groupings: semesters
_BEGINS = set("0123456789-Y(")
_SPOKEN = {"%d.%m.%Y": 10, "%d %B %Y": 10, "%B %d, %Y": 10, "%d %b %Y": 10, "%Y-%m-%d": 10, "%B %Y": 7, "%b %Y": 7}
_PRECISIONS = ("day", "month", "half", "year", "decade", "century")


class Bounds(NamedTuple):
    """The earliest and the latest day that a written date allows, both inclusive."""

    earliest: date
    latest: date


@lru_cache(maxsize=65536)
def bounds(text: str) -> Bounds:
    """The days that a date allows; raises ValueError, in words for a person, where it is none or runs backwards.

    `2002` allows all of 2002, `2002~` a year more on either side, a set all from its first to its last member,
    and an interval all from the earliest start to the latest end.
    """
    if text.startswith(("[", "{")) and text.endswith(("]", "}")):
        parts = [_span(part.strip()) for part in text[1:-1].split(",")]
        return Bounds(min(p.earliest for p in parts), max(p.latest for p in parts))
    return _span(text)


@lru_cache(maxsize=65536)
def is_date(text: str | None) -> bool:
    """Does the text say a date at all?"""
    with suppress(ValueError):
        return bool(text and bounds(text))
    return False


def suggested(text: str) -> str | None:
    """In EDTF what a person wrote as people do, where that is one day or month: `1.5.2020` is `2020-05-01`, `1/5/2020` may
    be either.
    """
    for form, length in _SPOKEN.items():
        with suppress(ValueError):
            return datetime.strptime(text, form).date().isoformat()[:length]
    return None


def precision(text: str) -> str:
    """`day`, `month`, `half`, `year`, `decade`, `century`; `set` or `interval` where it is one."""
    if text.startswith(("[", "{")):
        return "set"
    if "/" in text:
        return "interval"
    plain = text.rstrip("~?%")
    if plain.endswith("X"):
        return "century" if plain.endswith("XX") else "decade"
    if plain[5:] in _HALVES:
        return "half"
    return {4: "year", 7: "month"}.get(len(plain), "day")


def backs(vague: str, exact: str) -> bool:
    """Does the vaguer date allow every day that the more exact one does? `1949` backs `1949-04-04`."""
    return bounds(vague).earliest <= bounds(exact).earliest and bounds(exact).latest <= bounds(vague).latest


def overlaps(one: str, other: str) -> bool:
    """Could both be true of one event?"""
    return bounds(one).earliest <= bounds(other).latest and bounds(other).earliest <= bounds(one).latest


def precedes(one: str, other: str) -> bool:
    """Is the first certainly before the second?"""
    return bounds(one).latest < bounds(other).earliest


def passed(text: str, today: date) -> str:
    """Has this date passed by the end of `today`? `yes`, `no`, or `perhaps` where its precision leaves it open."""
    earliest, latest = bounds(text)
    if latest <= today:
        return "yes"
    return "perhaps" if earliest <= today else "no"


def plus(text: str, duration: str, *, back: bool = False) -> str:
    """The date an ISO 8601 duration later, or `back`; as exact as the coarser of the two: `1992-05-15` + `P10Y` is `2002`.

    A set is moved member by member; an approximate date stays approximate. Raises ValueError for an interval.
    """
    months, days, finest = _duration(duration)
    return _shift(text, -months, -days, finest) if back else _shift(text, months, days, finest)


def term_end(start: str, duration: str) -> str:
    """When a term that began at `start` ends: to the month at best.

    `2015-09-15` + `P1Y` is `2016-09`; `2024-07-01` + `P6M` is `2024-12`.
    """
    if start[7:] == "-01":
        start = (date.fromisoformat(start) - timedelta(days=1)).isoformat()
    months, days, finest = _duration(duration)
    return _shift(start, months, days, "month" if finest == "year" else finest)


def periods(duration: str) -> list[tuple[int, str]]:
    """`P1Y6M` → its numbers and units; empty for what is no ISO 8601 duration."""
    match, units = _DURATION.fullmatch(duration), ("year", "month", "week", "day")
    return [(int(count), unit) for count, unit in zip(match.groups(), units, strict=True) if count] if match else []


def trim(text: str, to: str) -> str:
    """A plain date cut to a coarser precision (`year`, `month`, `day`); unchanged where it is coarse already."""
    return text[: {"year": 4, "decade": 4, "century": 4, "half": 7, "month": 7}.get(to, 10)]


def sort_key(text: str | None) -> tuple[date, date]:
    """Orders dates by their earliest, then their latest day; a missing date comes first."""
    return bounds(text) if text else (date.min, date.min)


def _span(text: str) -> Bounds:
    return _interval(text) if "/" in text else _point(text)


def _interval(text: str) -> Bounds:
    if text.count("/") != 1:
        raise ValueError(f"{text!r} is not a date in EDTF")
    start, end = text.split("/")
    earliest = date.min if start in ("", "..") else bounds(start).earliest
    latest = date.max if end in ("", "..") else bounds(end).latest
    if earliest > latest:
        raise ValueError(f"{text!r} runs backwards")
    return Bounds(earliest, latest)


def _point(text: str) -> Bounds:
    """A plain date; what its form does not cover (qualifiers, unspecified digits, seasons) is read by the `edtf` library."""
    if match := _PLAIN.fullmatch(text):
        year, month, day = match.groups()
        first, last = (month and not day and _HALVES.get(month)) or (int(month or 1), int(month or 12))
        try:
            end = int(day) if day else calendar.monthrange(int(year), last)[1]
            return Bounds(date(int(year), first, int(day or 1)), date(int(year), last, end))
        except ValueError:
            raise ValueError(f"{text!r} is not a day that exists") from None
    if text[:1] not in _BEGINS:  # the parser takes milliseconds to refuse a name
        raise ValueError(f"{text!r} is not a date in EDTF")
    from edtf import EDTFParseException, parse_edtf  # takes longer than reading a small project: most have plain dates alone

    try:
        with redirect_stdout(None):  # it prints what it cannot make sense of
            parsed = parse_edtf(text)
        return Bounds(*(date(*end[:3]) for end in (parsed.lower_fuzzy(), parsed.upper_fuzzy())))
    except (EDTFParseException, ValueError, TypeError, AttributeError, OverflowError):
        raise ValueError(f"{text!r} is not a date in EDTF") from None


def _shift(text: str, months: int, days: int, finest: str) -> str:
    if text.startswith("["):
        return "[" + ",".join(_shift(part.strip(), months, days, finest) for part in text[1:-1].split(",")) + "]"
    plain = text.rstrip("~?%")
    kept = precision(plain)
    if kept not in _PRECISIONS:
        raise ValueError(f"{text!r} has no single start to count from")
    try:
        start = _move(bounds(plain).earliest, months) + timedelta(days)
    except OverflowError:
        raise ValueError(f"that long after {text!r} no calendar goes") from None
    coarser = max("month" if kept == "half" else kept, finest, key=_PRECISIONS.index)
    return trim(start.isoformat(), coarser) + text[len(plain) :]


def _move(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _duration(text: str) -> tuple[int, int, str]:
    """Its months, its days, and the finest unit that counts."""
    if not (told := {unit: count for count, unit in periods(text)}):
        raise ValueError(f"{text!r} is not an ISO 8601 duration")
    months, days = told.get("month", 0), 7 * told.get("week", 0) + told.get("day", 0)
    return 12 * told.get("year", 0) + months, days, "day" if days else "month" if months else "year"
