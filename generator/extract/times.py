"""Dates as the text gives them, turned into EDTF that is no more exact than the text.

A relative date is resolved from the publication date, the dateline, an earlier date in the text or an event's date, and
keeps how. An article without a publication date but with a weekday and a day of the month leaves a set of years.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

from generator import dates
from generator.extract.words import table

_TABLE = table("extract/dates.yml")
_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{([A-Z]+)\}", lambda m: str(_TABLE["names"][m[1]]), text), re.IGNORECASE | re.MULTILINE)


_PATTERNS = [(shape, _pattern(text)) for entry in _TABLE["patterns"] for shape, text in entry.items()]
DATELINE = _pattern(_TABLE["dateline"])
_WORD = re.compile(r"\w+")
_RANGE = re.compile("to|until|till|through|and|or|–|-", re.IGNORECASE)
_EVENT, _ON_WEEKDAY, _WEEKDAY = _pattern(r"\b{EVENT}\b"), _pattern(r"\bon {WEEKDAY}\b"), _pattern(r"\b{WEEKDAY}\b")


def _spelled() -> Mapping[str, set[int]]:
    """Which patterns spell these letters out: a word that begins with none of them, nor with a digit, begins no date."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, (_, pattern) in enumerate(_PATTERNS):
        for letters in re.findall("[a-z]+", re.sub(r".\?|\\.|p<\w+>", " ", pattern.pattern.lower())):
            found[letters].add(number)
    return found


_SPELLED, _ANY = _spelled(), frozenset(range(len(_PATTERNS)))


class Expression(NamedTuple):
    """A date or duration as written: its characters and the parts that its shape names. Not yet a value."""

    shape: str
    start: int
    end: int
    text: str
    parts: Mapping[str, str]


class Resolved(NamedTuple):
    """An EDTF value (or an ISO 8601 duration) and, where it is not written as such, how it follows."""

    value: str
    says: str | None = None  # the derivation in words
    rests_on: tuple[tuple[int, int], ...] = ()  # other stretches of the text that it rests on
    doubtful: bool = False  # several years fit: never published


Dated: TypeAlias = tuple[Expression, Resolved]


class Context(NamedTuple):
    """What a date is told from; `previous` are the dates resolved before it, `events` the last day of each event."""

    anchor: str | None  # the day that the article speaks from: EDTF; a set where only weekdays narrow it
    tense: str
    previous: list[Dated]
    events: Mapping[str, Resolved] = {}

    @property
    def day(self) -> date | None:
        """The article's day, where it is one."""
        return dates.bounds(self.anchor).earliest if self.anchor and dates.precision(self.anchor) == "day" else None

    @property
    def year(self) -> int | None:
        """The article's year, where it is one."""
        return int(self.anchor[:4]) if self.anchor and self.anchor[:4].isdigit() else None


def expressions(text: str) -> Iterator[Expression]:
    """The dates and durations of a text, in order, none overlapping; an earlier pattern wins."""
    taken: list[Expression] = []
    begun = [(number, word.start()) for word in _WORD.finditer(text) for number in _begun_by(word[0])]
    for number, start in sorted(begun):
        shape, pattern = _PATTERNS[number]
        if (match := pattern.match(text, start)) and all(match.end() <= t.start or t.end <= match.start() for t in taken):
            parts = {k: v.lower() for k, v in match.groupdict().items() if v is not None}
            real = shape != "day" or dates.is_date(_written({"year": "2024", **parts}))
            if real and all(map(str.isascii, parts.values())):  # digits of other scripts are not for us to read
                taken.append(Expression(shape, match.start(), match.end(), match.group(), parts))
    return _with_years(sorted(taken, key=lambda e: e.start), text)


@lru_cache(maxsize=2_000)
def _begun_by(word: str) -> frozenset[int]:
    """The patterns that may fit where this word stands."""
    starts = (word[:end].lower() for end in range(min(3, len(word)), len(word) + 1))
    return _ANY if word[0].isdigit() else frozenset().union(*(_SPELLED.get(start, ()) for start in starts))


def _with_years(found: list[Expression], text: str) -> Iterator[Expression]:
    """ "From July 1 to December 31, 2026" gives the first day the year of the second."""
    for expression, following in zip_longest(found, found[1:]):
        parts, theirs = expression.parts, following.parts if following else {}
        if "year" not in parts and "month" in parts and {"year", "month"} <= theirs.keys():
            if _RANGE.fullmatch(text[expression.end : following.start].strip()):
                parts = {**parts, "year": theirs["year"]}
        yield expression._replace(parts=parts)


def anchor(text: str, published: str | None, today: date | None) -> str | None:
    """The day an article speaks from: its publication date; else its dateline, with the years its weekdays leave.

    The years tried run from the last year the text mentions as past to `today`; without a today there are none.
    """
    match = None if published else DATELINE.search(text)
    if not match:
        return published
    month, day = _month(match["month"]), int(match["day"])
    if match["year"]:
        written = f"{match['year']}-{month:02}-{day:02}"
        return written if dates.is_date(written) else None
    weekday = _weekday_of_dateline(text, month, day)
    if weekday is None or today is None:
        return None
    first = max([year + 1 for year in _past_years(text) if year < today.year], default=today.year - 20)
    days = filter(dates.is_date, (f"{year}-{month:02}-{day:02}" for year in range(first, today.year + 1)))
    fitting = [text for text in days if (on := date.fromisoformat(text)) <= today and on.weekday() == weekday]
    return f"[{','.join(fitting)}]" if len(fitting) > 1 else next(iter(fitting), None)


def _past_years(text: str) -> Iterator[int]:
    """The years a text gives without an anchor, those it computes from one another included."""
    found: list[Dated] = []
    for expression in expressions(text):
        if resolved := resolve(expression, Context(None, "past", found)):
            found.append((expression, resolved))
            if resolved.value[:4].isdigit():
                yield int(resolved.value[:4])


def _weekday_of_dateline(text: str, month: int, day: int) -> int | None:
    """The weekday of the dateline's day: that beside it in the text, else the first that something happened on."""
    name = _MONTHS[month - 1]
    beside = _pattern(rf"\b{{WEEKDAY}}\b[^.]{{0,12}}\b(?:{name} {day}|{day} {name})\b")
    match = beside.search(text) or _ON_WEEKDAY.search(text) or _WEEKDAY.search(text)
    return _WEEKDAYS.index(match["weekday"].lower()) if match else None


def resolve(expression: Expression, context: Context) -> Resolved | None:
    """The value of an expression in its context; None where the text does not determine one."""
    if work_out := _SHAPES.get(expression.shape):
        return work_out(expression, context)
    return Resolved(_written(expression.parts)) if "year" in expression.parts else _against(expression, context)


def event_days(found: list[Dated], text: str) -> dict[str, Resolved]:
    """The last day of the summit, meeting, session … that a text dates: days within a few words of the noun or its verbs.

    "A two-day summit, opening on Monday" and "due to begin on Tuesday" make Tuesday its last day.
    """
    days: dict[str, list[Dated]] = {}
    for expression, resolved in (dated for dated in found if dated[1].value.count("-") >= 2):
        before = re.split(r"[.!?]\s", text[max(0, expression.start - 110) : expression.start])[-1]
        near = re.split(r"[.!?](?:\s|$)", before + text[expression.start : expression.end + 45])[0]
        for noun in _EVENT.findall(near):
            days.setdefault(noun.lower(), []).append((expression, resolved))
    result = {}
    for noun, dated in days.items():
        expression, last = max(dated, key=lambda d: dates.sort_key(d[1].value))
        rests = ((expression.start, expression.end), *last.rests_on)
        result[noun] = Resolved(last.value, f"after the {noun}, whose last day was {last.value}", rests, last.doubtful)
    return result


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.lower().rstrip(".")[:3]))


def _written(parts: Mapping[str, str]) -> str:
    text = f"{parts['year']}-{parts['m'] if 'm' in parts else format(_month(parts['month']), '02')}"
    return f"{text}-{int(parts['day']):02}" if "day" in parts else text


def _duration(parts: Mapping[str, str]) -> str:
    count, unit = parts.get("count", "a"), _TABLE["units"][parts.get("unit", "year")]  # of "annual", which has neither
    number = int(_TABLE["numbers"].get(count, count))
    return f"P{number * int(unit[1:-1])}{unit[-1]}"


_EXACT = ("day", "month", "year")


def _later(expression: Expression, context: Context) -> Resolved | None:
    """ "ten years later" counts from the last date before it; "ten years ago" from the article's day."""
    parts = expression.parts
    way, unit = parts["way"], "year" if parts["unit"] == "decade" else parts["unit"]
    start, rests = context.anchor, tuple[tuple[int, int], ...]()
    if way != "ago":
        dated = [(e, r) for e, r in context.previous if e.shape in (*_EXACT, "later")]
        if not dated or way in ("after", "before"):
            return None
        earlier, resolved = dated[-1]
        start, rests = resolved.value, ((earlier.start, earlier.end), *resolved.rests_on)
    if not start or start.startswith("["):
        return None
    back = way in ("ago", "earlier", "previously")
    value = dates.plus(start, _duration(parts), back=back) + ("~" if "about" in parts else "")
    words = f"− {parts['count']} {unit}s" if back else f"+ {expression.text.removesuffix(way).strip()}"
    return Resolved(value, f"{start} {words} → {value}, to the {dates.precision(value)}", rests)


def _same(expression: Expression, context: Context) -> Resolved | None:
    for earlier, resolved in reversed(context.previous):
        if earlier.shape in _EXACT and resolved.value[0] != "[":
            value = dates.trim(resolved.value, expression.parts["unit"])
            if "month" in expression.parts:
                value = _written({"month": expression.parts["month"], "year": value})
            return Resolved(value, f"{expression.text} as {resolved.value}", ((earlier.start, earlier.end),))
    return None


def _half(expression: Expression, context: Context) -> Resolved | None:
    parts = expression.parts
    year = parts.get("year") or _year(parts, context)
    return Resolved(f"{year}-{'40' if parts['half'] == 'first' else '41'}") if year else None


def _anniversary(expression: Expression, context: Context) -> Resolved | None:
    """ "Its 50th anniversary this year": the year it counts from."""
    parts = expression.parts
    if "which" not in parts or not (marked := _year(parts, context)):
        return None
    year = marked - int(parts["nth"])
    return Resolved(f"{year:04}", f"{marked} − {parts['nth']} years → {year}, published {context.anchor}")


_SHAPES: Mapping[str, Callable[[Expression, Context], Resolved | None]] = {
    "duration": lambda expression, _: Resolved(_duration(expression.parts)),
    "event": lambda expression, context: context.events.get(expression.parts["event"]),
    "decade": lambda expression, _: Resolved(expression.parts["decade"][:3] + "X"),
    "year": lambda expression, _: Resolved(expression.parts["year"]),
    "later": _later, "same": _same, "anniversary": _anniversary, "half": _half,
}  # fmt: skip


def _year(parts: Mapping[str, str], context: Context) -> int | None:
    """ "This year", "next year", "last year"."""
    return context.year and context.year + _step(parts)


def _step(parts: Mapping[str, str]) -> int:
    return {"last": -1, "next": 1}.get(parts.get("which", "").removesuffix(" year"), 0)


def _against(expression: Expression, context: Context) -> Resolved | None:
    """A day, month or weekday without a year, told from the article's day and the verb's tense."""
    if context.anchor and context.anchor.startswith("["):
        days = map(date.fromisoformat, context.anchor[1:-1].split(","))
        each = dict.fromkeys(r.value for day in days if (r := _from_day(expression, day, context.tense)))
        says = "the years that fit the weekdays of the text"
        return Resolved(f"[{','.join(each)}]", says, doubtful=True) if each else None
    if context.day:
        return _from_day(expression, context.day, context.tense)
    if expression.parts.get("unit") == "year" and (year := _year(expression.parts, context)):
        return Resolved(str(year), f"{expression.text}, published {context.anchor}")
    return None


def _from_day(expression: Expression, day: date, tense: str) -> Resolved | None:
    parts = expression.parts
    if "weekday" in parts:
        value: str | None = _weekday(parts, day, tense).isoformat()
    elif "word" in parts:
        value = (day + timedelta(days={"yesterday": -1, "tomorrow": 1}.get(parts["word"], 0))).isoformat()
    elif "unit" in parts:
        value = {"year": str(day.year + _step(parts)), "month": _month_beside(day, _step(parts))}.get(parts["unit"])
    else:
        value = _nearest(parts, day, tense)
    return Resolved(value, f"{expression.text}, published {day.isoformat()}") if value else None


def _month_beside(day: date, step: int) -> str:
    return dates.plus(day.isoformat()[:7], "P1M", back=step < 0) if step else day.isoformat()[:7]


def _weekday(parts: Mapping[str, str], day: date, tense: str) -> date:
    wanted, which = _WEEKDAYS.index(parts["weekday"]), parts.get("which")
    behind, ahead = (day.weekday() - wanted) % 7, (wanted - day.weekday()) % 7
    if which in ("last", "next"):
        return day + timedelta(days=(ahead or 7) if which == "next" else -(behind or 7))
    forward = tense == "future" or (tense != "past" and ahead <= behind)
    return day + timedelta(days=ahead) if forward else day - timedelta(days=behind)


def _nearest(parts: Mapping[str, str], day: date, tense: str) -> str | None:
    """The month or day before (past), after (future) or nearest to the article's day; None for a day in no such year."""
    year, around = day.year + _step({"which": parts.get("of", "")}), "of" not in parts  # "March last year"
    which, years = parts.get("which"), range(year - around, year + around + 1)
    real = [*filter(dates.is_date, (_written({**parts, "year": str(year)}) for year in years))]
    past = [t for t in real if dates.bounds(t).earliest <= day]
    future = [t for t in real if dates.bounds(t).latest >= day]
    if which == "last":
        return next((t for t in reversed(past) if dates.bounds(t).latest < day), None)
    if which == "next":
        return next((t for t in future if dates.bounds(t).earliest > day), None)
    if beside := {"past": past[-1:], "future": future[:1]}.get(tense):
        return beside[0]
    return min(real, key=lambda t: abs((dates.bounds(t).earliest - day).days), default=None)
