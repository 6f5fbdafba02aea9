"""Dates as the text gives them, turned into EDTF that is no more exact than the text.

A relative date is resolved from the publication date, the dateline, an earlier date in the text or an event's date, and
keeps how. An article without a publication date but with a weekday and a day of the month leaves a set of years.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import zip_longest

from generator import dates

MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<month>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|july?|aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
_MONTH_ONLY = _MONTH.replace(r"may|", "(?-i:May)|").replace(r"mar(?:ch|\.)?", r"(?:(?-i:Mar(?:ch|\.)))")
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[89]\d\d|20\d\d)"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = r"(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_NUMBERS = dict(zip("a an one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty".split(),
                    (1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 40, 50), strict=True))  # fmt: skip
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + ")"
_UNIT = r"(?P<unit>year|month|week|day|decade)s?"
_UNITS = {"year": "P{}Y", "month": "P{}M", "week": "P{}W", "day": "P{}D"}

_PATTERNS = [
    ("duration", rf"(?:{_COUNT}[- ]{_UNIT}(?![- ](?:later|ago|earlier|after|before|old|history|anniversary|absence|low|high))\b|annual|yearlong|year-long)"),
    ("day", rf"\b{_DAY} (?:of )?{_MONTH},? {_YEAR}\b"),
    ("day", rf"\b{_MONTH} {_DAY},? {_YEAR}\b"),
    ("day", r"\b(?P<year>1[89]\d\d|20\d\d)-(?P<m>[01]\d)-(?P<day>[0-3]\d)\b"),
    ("half", rf"\b(?P<half>first|second) half (?:of )?(?:the )?(?:year )?{_YEAR}\b"),
    ("half", r"\b(?P<half>first|second) half of (?P<which>the year|this year|next year|last year)\b"),
    ("month", rf"\b(?:(?P<part>early|late|mid)[- ])?{_MONTH_ONLY}(?: of)?,? {_YEAR}\b"),
    ("day", rf"\b{_DAY} (?:of )?{_MONTH}\b(?! \d)"),
    ("day", rf"\b{_MONTH_ONLY} {_DAY}\b(?![\d:])(?! [ap]\.?m)"),
    ("later", rf"\b(?:(?P<about>about|around|nearly|almost|some|more than|over) )?{_COUNT} {_UNIT} (?P<way>later|afterwards|after|before|earlier|previously|ago)\b"),
    ("later", r"\b(?P<count>the) (?:following|next) (?P<unit>year|month)(?P<way>)\b"),
    ("same", rf"\b{_MONTH_ONLY} (?:of )?(?:(?:the|that) same|that) (?P<unit>year)\b"),
    ("same", r"\b(?:(?:the|that) same|that) (?P<unit>year|month)\b"),
    ("anniversary", r"\b(?P<nth>\d{1,3})(?:st|nd|rd|th)(?: founding)? anniversary(?: celebrations)?(?: of (?:its|the|their) (?:founding|foundation|establishment|creation|formation|birth|inception)(?! (?:in|on) [\w ]*\d{4}))?(?:,? (?P<which>this year|today|next year|last year|this week|this month))?"),
    ("decade", r"\b(?:the )?(?:(?:early|mid|late)[- ])?(?P<decade>1[89]\d0|20\d0)s\b"),
    ("relative", r"\b(?P<word>today|yesterday|tomorrow|tonight)\b"),
    ("relative", r"\b(?P<which>this|last|next|earlier this|later this) (?P<unit>year|month|week)\b"),
    ("monthly", rf"\b(?:(?P<which>this|last|next|since|in|from|until|till|by|during|of|early|late|mid) (?:past |coming )?){_MONTH_ONLY}\b(?! \d)"),
    ("weekday", rf"\b(?:(?P<which>last|next|this|on|since|from|until|by|late|early) )?{_WEEKDAY}\b"),
    ("year", rf"(?<![\d$€£.,:/–-])\b(?:(?P<part>early|late|mid)[- ])?{_YEAR}\b(?!(?:[,.:]\d|\s*(?:[–-]\s*\d|per ?cent|%|million|billion|km|people|troops|square|metres|meters|tons|tonnes|soldiers)))"),
    ("event", r"\bafter (?:the |this |that |its |their |today's |two-day )*(?:\w+ )?(?P<event>summit|meeting|session|conference|talks)\b"),
]  # fmt: skip
_COMPILED = [(shape, re.compile(pattern, re.IGNORECASE)) for shape, pattern in _PATTERNS]
DATELINE = re.compile(
    rf"^(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ .'’/-]+(?:, [A-Z][\w .]+)?)[,:]? (?:\((?:[A-Z][\w/ ]+)\) )?{_MONTH} (?P<day>[0-3]?\d)\b(?:,? {_YEAR})?",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A date or duration as written: its characters and the parts that its shape names. Not yet a value."""

    shape: str
    start: int
    end: int
    text: str
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """An EDTF value (or an ISO 8601 duration) and, where it is not written as such, how it follows."""

    value: str
    says: str | None = None  # the derivation in words
    rests_on: tuple[tuple[int, int], ...] = ()  # other stretches of the text that it rests on
    doubtful: bool = False  # several years fit: never published


@dataclass(frozen=True, slots=True)
class Anchor:
    """What relative dates count from: the article's day (EDTF; a set where only weekdays narrow it), or None."""

    value: str | None
    from_dateline: bool = False


def expressions(text: str) -> Iterator[Expression]:
    """The dates and durations of a text, in order, none overlapping; an earlier pattern wins."""
    taken: list[Expression] = []
    for shape, pattern in _COMPILED:
        for match in pattern.finditer(text):
            if all(match.end() <= t.start or t.end <= match.start() for t in taken):
                parts = {k: v for k, v in match.groupdict().items() if v is not None}
                if shape != "day" or _real_day(parts):
                    taken.append(Expression(shape, match.start(), match.end(), match.group(), parts))
    return _with_years(sorted(taken, key=lambda e: e.start), text)


_RANGE = re.compile(r"\s*(?:to|until|till|through|and|or|–|-)\s*", re.IGNORECASE)


def _with_years(found: list[Expression], text: str) -> Iterator[Expression]:
    """ "From July 1 to December 31, 2026" gives the first day the year of the second."""
    for expression, following in zip_longest(found, found[1:]):
        parts, year = expression.parts, following and following.parts.get("year")
        if following and year and "month" in parts and "year" not in parts:
            if "month" in following.parts and _RANGE.fullmatch(text[expression.end : following.start]):
                parts = {**parts, "year": year}
        yield replace(expression, parts=parts)


def anchor(text: str, published: str | None, today: date | None) -> Anchor:
    """The day an article speaks from: its publication date; else its dateline, with the years its weekdays leave.

    The years tried run from the last year the text mentions as past to `today` (or the year 2100's beginning where no
    today is given, then capped by what the text mentions).
    """
    if published:
        return Anchor(published)
    match = DATELINE.search(text)
    if not match:
        return Anchor(None)
    month, day = _month(match["month"]), int(match["day"])
    if match["year"]:
        return Anchor(f"{int(match['year']):04}-{month:02}-{day:02}", from_dateline=True)
    weekday = _weekday_of_dateline(text, month, day)
    if weekday is None or today is None:
        return Anchor(None)
    years = range(max([y + 1 for y in _past_years(text) if y < today.year] or [today.year - 20]), today.year + 1)
    fitting = [d.isoformat() for y in years if (d := _date(y, month, day)) and d.weekday() == weekday and d <= today]
    if len(fitting) == 1:
        return Anchor(fitting[0], from_dateline=True)
    return Anchor("[" + ",".join(fitting) + "]", from_dateline=True) if fitting else Anchor(None)


def _past_years(text: str) -> Iterator[int]:
    """The years a text gives without an anchor, those it computes from one another included."""
    found: list[tuple[Expression, Resolved]] = []
    for expression in expressions(text):
        if resolved := resolve(expression, Anchor(None), tense="past", previous=found, events={}):
            found.append((expression, resolved))
            if resolved.value[0].isdigit():
                yield int(resolved.value[:4])


def resolve(
    expression: Expression,
    base: Anchor,
    *,
    tense: str,
    previous: list[tuple[Expression, Resolved]],
    events: dict[str, Resolved],
) -> Resolved | None:
    """The value of an expression in its context; None where the text does not determine one.

    `previous` are the dates resolved before it, in text order; `events` the last day of each kind of event.
    """
    parts, shape = expression.parts, expression.shape
    if shape == "duration":
        return Resolved(_duration(parts))
    if shape == "later":
        return _later(expression, base, previous)
    if shape == "event":
        return events.get(parts["event"].lower())
    if shape == "decade":
        return Resolved(parts["decade"][:3] + "X")
    if shape == "year":
        return Resolved(parts["year"])
    if shape == "same":
        return _same(expression, previous)
    if shape == "anniversary":
        return _anniversary(expression, base)
    if shape == "half":
        return _half(parts, base)
    if "year" in parts:
        return Resolved(_written(parts))
    return _against(expression, base, tense, previous)


def event_days(found: list[tuple[Expression, Resolved]], text: str) -> dict[str, Resolved]:
    """The last day of the summit, meeting, session … that a text dates: days within a few words of the noun or its verbs.

    "A two-day summit, opening on Monday" and "due to begin on Tuesday" make Tuesday its last day.
    """
    days: dict[str, list[tuple[Expression, Resolved]]] = {}
    for expression, resolved in found:
        if resolved.value.count("-") < 2:
            continue
        around = text[max(0, expression.start - 110) : expression.end + 45]
        near = (
            re.split(r"[.!?]\s", around[: expression.start - max(0, expression.start - 110)])[-1]
            + around[expression.start - max(0, expression.start - 110) :]
        )
        for noun in re.findall(
            r"\b(summit|meeting|session|conference|talks)\b", re.split(r"[.!?](?:\s|$)", near)[0].lower()
        ):
            days.setdefault(noun, []).append((expression, resolved))
    result = {}
    for noun, dated in days.items():
        expression, resolved = max(dated, key=lambda d: dates.sort_key(d[1].value))
        says = f"after the {noun}, whose last day was {resolved.value}"
        result[noun] = Resolved(
            resolved.value, says, ((expression.start, expression.end), *resolved.rests_on), resolved.doubtful
        )
    return result


def _real_day(parts: dict[str, str]) -> bool:
    month = int(parts["m"]) if "m" in parts else _month(parts["month"])
    return _date(int(parts.get("year", "2024")), month, int(parts["day"])) is not None


def _month(name: str) -> int:
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name.lower().rstrip(".")[:3]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _written(parts: dict[str, str]) -> str:
    month = int(parts["m"]) if "m" in parts else _month(parts["month"])
    text = f"{parts['year']}-{month:02}"
    return f"{text}-{int(parts['day']):02}" if "day" in parts else text


def _duration(parts: dict[str, str]) -> str:
    if "count" not in parts:
        return "P1Y"
    count, unit = _number(parts["count"]), parts["unit"].lower()
    return f"P{count * 10}Y" if unit == "decade" else _UNITS[unit].format(count)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS.get(word.lower(), 1)


def _later(expression: Expression, base: Anchor, previous: list[tuple[Expression, Resolved]]) -> Resolved | None:
    """ "ten years later" counts from the last date before it; "ten years ago" from the article's day."""
    parts = expression.parts
    unit = parts["unit"].lower()
    count = _number(parts["count"]) * (10 if unit == "decade" else 1)
    duration = _UNITS["year" if unit == "decade" else unit].format(count)
    way = parts["way"].lower()
    if way == "ago":
        start: str | None = base.value
        rests: tuple[tuple[int, int], ...] = ()
    else:
        dated = [(e, r) for e, r in previous if e.shape in ("day", "month", "year", "later") and not r.value.startswith("P")]
        if not dated or way in ("after", "before"):
            return None
        start, rests = dated[-1][1].value, ((dated[-1][0].start, dated[-1][0].end), *dated[-1][1].rests_on)
    if not start or start.startswith("["):
        return None
    sign = -1 if way in ("ago", "earlier", "previously") else 1
    value = dates.plus(start, duration) if sign > 0 else _minus(start, duration)
    if "about" in parts:
        value += "~"
    written = expression.text if sign > 0 else f"{parts['count']} {unit}s"
    words = " ".join(written.split()[: -1 if parts["way"] and sign > 0 else None])
    says = f"{start} {'+' if sign > 0 else '−'} {words} → {value}, to the {dates.precision(value)}"
    return Resolved(value, says, rests)


def _minus(start: str, duration: str) -> str:
    amount, unit = int(duration[1:-1]), duration[-1]
    first = dates.bounds(start).earliest
    if unit == "Y":
        return f"{first.year - amount:04}"
    if unit == "M":
        total = first.year * 12 + first.month - 1 - amount
        return f"{total // 12:04}-{total % 12 + 1:02}"
    return (first - timedelta(days=amount * (7 if unit == "W" else 1))).isoformat()


def _same(expression: Expression, previous: list[tuple[Expression, Resolved]]) -> Resolved | None:
    for earlier, resolved in reversed(previous):
        if earlier.shape in ("day", "month", "year") and len(resolved.value) >= 4 and resolved.value[0] != "[":
            value = dates.trim(resolved.value, expression.parts["unit"].lower())
            if "month" in expression.parts:
                value = _written({"month": expression.parts["month"], "year": value})
            return Resolved(value, f"{expression.text} as {resolved.value}", ((earlier.start, earlier.end),))
    return None


def _half(parts: dict[str, str], base: Anchor) -> Resolved | None:
    year = parts.get("year")
    if not year:
        if not base.value or base.value.startswith("["):
            return None
        shift = {"next year": 1, "last year": -1}.get(parts["which"].lower(), 0)
        year = str(int(base.value[:4]) + shift)
    return Resolved(f"{year}-{'40' if parts['half'].lower() == 'first' else '41'}")


def _anniversary(expression: Expression, base: Anchor) -> Resolved | None:
    """ "Its 50th anniversary this year": the year it counts from."""
    if not base.value or base.value.startswith("[") or "which" not in expression.parts:
        return None
    shift = {"next year": 1, "last year": -1}.get(expression.parts["which"].lower(), 0)
    year = int(base.value[:4]) + shift - int(expression.parts["nth"])
    return Resolved(
        f"{year:04}", f"{int(base.value[:4]) + shift} − {expression.parts['nth']} years → {year}, published {base.value}"
    )


def _against(
    expression: Expression, base: Anchor, tense: str, previous: list[tuple[Expression, Resolved]]
) -> Resolved | None:
    """A day, month or weekday without a year, told from the article's day and the verb's tense."""
    if base.value and base.value.startswith("["):
        each = [
            r.value for day in base.value[1:-1].split(",") if (r := _from_day(expression, date.fromisoformat(day), tense))
        ]
        if not each:
            return None
        return Resolved(
            "[" + ",".join(dict.fromkeys(each)) + "]", "the years that fit the weekdays of the text", (), doubtful=True
        )
    if base.value and dates.precision(base.value) == "day":
        return _from_day(expression, dates.bounds(base.value).earliest, tense)
    if "month" in expression.parts:
        return _from_earlier(expression, previous)
    if expression.shape == "relative" and base.value and expression.parts.get("unit", "").lower() == "year":
        shift = {"last": -1, "next": 1}.get(expression.parts["which"].lower(), 0)
        return Resolved(str(int(base.value[:4]) + shift), f"{expression.text}, published {base.value}")
    return None


def _from_earlier(expression: Expression, previous: list[tuple[Expression, Resolved]]) -> Resolved | None:
    """Without an exact publication day, a month takes the year of the date before it in the same passage."""
    for earlier, resolved in reversed(previous):
        if (
            earlier.shape in ("day", "month", "year")
            and expression.start - earlier.end < 250
            and resolved.value[0].isdigit()
        ):
            value = _written({**expression.parts, "year": resolved.value[:4]})
            if dates.sort_key(value)[1] >= dates.sort_key(resolved.value)[0]:
                return Resolved(
                    value, f"{expression.text}, in the year of {resolved.value}", ((earlier.start, earlier.end),)
                )
    return None


def _from_day(expression: Expression, day: date, tense: str) -> Resolved | None:
    parts = expression.parts
    published = f"published {day.isoformat()}"
    if "weekday" in parts:
        found = _weekday(parts, day, tense)
        return Resolved(found.isoformat(), f"{expression.text}, {published}")
    if "word" in parts:
        shift = {"yesterday": -1, "tomorrow": 1}.get(parts["word"].lower(), 0)
        return Resolved((day + timedelta(days=shift)).isoformat(), f"{expression.text}, {published}")
    if "unit" in parts:
        return _period(expression, day, published)
    if "month" not in parts:
        return None
    value = _nearest(parts, day, tense)
    return Resolved(value, f"{expression.text}, {published}") if value else None


def _weekday(parts: dict[str, str], day: date, tense: str) -> date:
    wanted = _WEEKDAYS.index(parts["weekday"].lower())
    which = parts.get("which", "").lower()
    behind = (day.weekday() - wanted) % 7
    if which == "last":
        return day - timedelta(days=behind or 7)
    ahead = (wanted - day.weekday()) % 7
    if which == "next":
        return day + timedelta(days=ahead or 7)
    if tense == "past":
        return day - timedelta(days=behind)
    return day + timedelta(days=ahead) if tense == "future" or ahead <= behind else day - timedelta(days=behind)


def _period(expression: Expression, day: date, published: str) -> Resolved | None:
    unit, which = expression.parts["unit"].lower(), expression.parts.get("which", "").lower()
    shift = {"last": -1, "next": 1}.get(which, 0)
    if unit == "year":
        return Resolved(str(day.year + shift), f"{expression.text}, {published}")
    if unit == "month":
        total = day.year * 12 + day.month - 1 + shift
        return Resolved(f"{total // 12:04}-{total % 12 + 1:02}", f"{expression.text}, {published}")
    return None


def _nearest(parts: dict[str, str], day: date, tense: str) -> str | None:
    """The month or day before (past), after (future) or nearest to the article's day; None for a day in no such year."""
    month, which = _month(parts["month"]), parts.get("which", "").lower()
    spelled = [(y, _written({**parts, "year": str(y)})) for y in (day.year - 1, day.year, day.year + 1)]
    real = [text for y, text in spelled if "day" not in parts or _date(y, month, int(parts["day"]))]
    past = [t for t in real if dates.bounds(t).earliest <= day]
    future = [t for t in real if dates.bounds(t).latest >= day]
    if which == "last":
        return next((t for t in reversed(past) if dates.bounds(t).latest < day), None)
    if which == "next":
        return next((t for t in future if dates.bounds(t).earliest > day), None)
    if tense == "past" and past:
        return past[-1]
    if tense == "future" and future:
        return future[0]
    return min(real, key=lambda t: abs((dates.bounds(t).earliest - day).days), default=None)


def _weekday_of_dateline(text: str, month: int, day: int) -> int | None:
    """The weekday of the dateline's day: the first weekday the text gives a present or past event without a date."""
    same_day = re.search(
        rf"\b{_WEEKDAY}\b[^.]{{0,12}}\b(?:{MONTHS[month - 1]} {day}|{day} {MONTHS[month - 1]})\b", text, re.IGNORECASE
    )
    match = (
        same_day
        or re.search(rf"\bon {_WEEKDAY}\b", text, re.IGNORECASE)
        or re.search(rf"\b{_WEEKDAY}\b", text, re.IGNORECASE)
    )
    return _WEEKDAYS.index(match["weekday"].lower()) if match else None
