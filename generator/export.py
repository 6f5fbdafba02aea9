"""Claims and sheets for other programs to read."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, TypeAlias

from generator import dates, schemas, timeline
from generator.gazetteer import load_built_in
from generator.kinds import BUILT_IN, Kind
from generator.model import Claim, Fact, Quote, Sheet

Standing: TypeAlias = tuple[Sheet, Kind, Fact, str]
"""A published fact: of whom (the facts of this sheet do not matter), of what kind, and how it stands today."""

_COLUMNS = ("status", "event", "post", "from", "phase", "since", "until", "duration")
_KEYS = schemas.WRITTEN["published"]["properties"]["facts"]["items"]["properties"]


def claim_line(claim: Claim) -> dict[str, Any]:
    """One claim as `factsheets extract --jsonl` prints it: the same keys for every kind, null where unknown.

    Fields of kinds that are not built in are under `fields`.
    """
    own = claim.fields if claim.kind in BUILT_IN else {}
    other = {name: text for name, text in claim.fields.items() if name not in own or name not in _COLUMNS}
    giver = load_built_in().record(own.get("from", ""))
    why = claim.derivation
    return {
        "article": claim.quote.article if claim.quote else None,
        **{name: getattr(claim, name) for name in ("kind", "subject", "subject_name", "value", "value_name")},
        **{name: own.get(name) for name in _COLUMNS},
        "from_name": giver.name if giver else own.get("from"),
        **(_quote(claim.quote) if claim.quote else {"quote": None, "start": None, "end": None}),
        "rule": claim.rule or None,
        "confidence": round(claim.confidence, 3),
        "derivation": why and {"says": why.says, "quotes": [{"article": q.article, **_quote(q)} for q in why.quotes]},
        **({"fields": other} if other else {}),
    }


def _quote(quote: Quote) -> Mapping[str, Any]:
    return {"quote": quote.text, "start": quote.start, "end": quote.end}


def atom(items: Sequence[Mapping[str, str]], title: str, site: str) -> str:
    """An Atom feed (RFC 4287) of `render.history.news`."""
    import feedgenerator  # here, as most runs write no feed; likewise icalendar

    feed = feedgenerator.Atom1Feed(title, site, title, feed_url=f"{site}feeds/changes.xml", author_name=title)
    for item in items:
        on = _midnight(item["on"])
        feed.add_item(item["title"], item["url"], item["text"], unique_id=_tag(item), pubdate=on, updateddate=on)
    feed.latest_post_date = lambda: _midnight(items[0]["on"] if items else "1970-01-01")  # else the time of the build
    return str(feed.writeString("utf-8"))


def json_feed(items: Sequence[Mapping[str, str]], title: str, site: str) -> str:
    """The same as JSON Feed 1.1."""
    told = [
        {"id": _tag(item), "url": item["url"], "title": item["title"], "content_text": item["text"],
         "date_published": _midnight(item["on"]).isoformat()}
        for item in items
    ]  # fmt: skip
    head = {"version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": site}
    return json.dumps({**head, "feed_url": f"{site}feeds/changes.json", "items": told}, ensure_ascii=False, indent=1) + "\n"


def _tag(item: Mapping[str, str]) -> str:
    """An id that stays when the site moves to another address (RFC 4151)."""
    return f"tag:factsheets,{item['on']}:{item['id']}"


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def facts(published: Iterable[Standing], today: date) -> Iterator[dict[str, Any]]:
    """Each fact as `data/facts.json` holds it: what it says, as of when, how it stands today, and its sources.

    `as_of` is the latest source that says so; a correction by hand stands as of today.
    """
    for sheet, kind, fact, state in published:
        says = {"value": fact.value, "value_name": fact.value_name, **fact.fields}
        stands = {"today": timeline.status_on(fact, today) if fact.events else state} if kind.changes else {}
        as_of = fact.confirmed or (today.isoformat() if fact.decided_by == "override" else None)
        decision = {"verdict": fact.verdict, "decided_by": fact.decided_by, "as_of": as_of, **stands}
        place = {"subject": sheet.id, "subject_name": sheet.name, "subject_type": sheet.type, "kind": fact.kind}
        yield {**place, **says, **decision, "sources": [_source(claim, fact) for claim in fact.claims if not claim.denies]}


def lines(published: Sequence[Standing], today: date) -> tuple[str, dict[str, str]]:
    """`facts` as JSON, one a line; and for each kind the lines of its table."""
    told, tables = [*facts(published, today)], defaultdict[str, str](str)
    columns = {name: [*_columns(kind)] for name, kind in {kind.name: kind for _, kind, _, _ in published}.items()}
    for fact in told:
        cells = {**fact, "sources": " ".join(sorted({next(iter(s.values())) for s in fact["sources"]}))}
        tables[fact["kind"]] += _line(_cell(cells.get(column)) for column in columns[fact["kind"]])
    return ",\n".join(json.dumps(fact, ensure_ascii=False) for fact in told), tables


def facts_json(lines: Iterable[str], none: Iterable[Claim], today: date) -> Iterator[str]:
    """`data/facts.json` bit by bit, of the first of `lines`; `none` says which kinds a subject has no fact of, on whose
    word.
    """
    places = ({"subject": c.subject, "subject_name": c.subject_name, "subject_type": c.subject_type, "kind": c.kind,
               "as_of": str(today), "sources": [_place(c) | _more(c)]} for c in none)  # fmt: skip
    yield f'{{"$schema": "facts.schema.json", "made": "{today}", "facts": [\n'
    for number, line in enumerate(filter(None, lines)):
        yield f",\n{line}" if number else line
    yield '\n], "none": [\n' + ",\n".join(json.dumps(it, ensure_ascii=False) for it in places) + "\n]}\n"


def table(lines: Iterable[str], kind: Kind) -> Iterable[str]:
    """`data/<kind>.csv`, the facts of one kind, bit by bit."""
    return chain([_line(_columns(kind))], lines)


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def package(kinds: Iterable[Kind], title: str) -> str:
    """The Frictionless package that describes the tables, `data/datapackage.json`."""
    what = {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    resources = [
        {"name": kind.name, "path": f"{kind.name}.csv", **what, "schema": {"fields": [
            {"name": name, "type": "string", "description": told} for name, told in _columns(kind).items()
        ], "missingValues": [""]}}
        for kind in kinds
    ]  # fmt: skip
    described = {"name": "factsheets", "title": title, "profile": "tabular-data-package", "resources": resources}
    return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def _columns(kind: Kind) -> dict[str, str]:
    """The names of a table's columns, and what each holds."""
    columns = {name: _KEYS[name]["description"] for name in ("subject", "subject_name", "value", "value_name")}
    columns |= {field.name: f"{field.label.capitalize()}." for field in kind.others()}
    columns |= {name: _KEYS[name]["description"] for name in ("verdict", "decided_by", "as_of", "today")}
    return columns | {"sources": "Ids of articles and of reference tables, and override files, with spaces between."}


def calendar(terms: Iterable[Standing], title: str, told: date) -> str:
    """The handovers whose day is known, as iCalendar (RFC 5545): each is the start of a term."""
    import icalendar

    result = icalendar.Calendar({"prodid": "-//factsheets//handovers//EN", "version": "2.0", "x-wr-calname": title})
    for sheet, _, term, _ in terms:
        since = term.get("since") or ""
        if dates.precision(since) != "day" or not since[-1:].isdigit():
            continue
        uid = f"{sheet.id}-{term.value}-{since}@factsheets"
        event = icalendar.Event(uid=uid, summary=f"{sheet.name}: {term.value_name}")
        event.add("dtstart", date.fromisoformat(since))
        event.add("dtstamp", _midnight(told.isoformat()))
        result.add_component(event)
    return str(result.to_ical().decode())


def json_ld(sheet: Sheet, published: Sequence[Standing], today: date, url: str, acronym: str | None) -> str:
    """A subject for search engines, as schema.org JSON-LD: nothing in it can end the script that holds it."""
    roles = []
    for _, of_kind, fact, state in published:
        held = timeline.status_on(fact, today) == "member" if fact.events else state == "current"
        if fact.verdict == "settled" and held and fact.kind in ("membership", "official", "presidency"):
            kind = "Person" if fact.kind == "official" else "Country"
            role = {"@type": "OrganizationRole", "roleName": fact.get("post") or of_kind.label,
                    "member": {"@type": kind, "name": fact.value_name}}  # fmt: skip
            roles.append(role | _iso("startDate", fact.get("since")))
    founded = next((f.value for _, _, f, _ in published if f.kind == "founding" and f.verdict == "settled"), None)
    about = {"@context": "https://schema.org", "@type": "Country" if sheet.type == "country" else "Organization",
             "@id": url, "url": url, "name": sheet.name, **({"alternateName": acronym} if acronym else {}),
             **_iso("foundingDate", founded), **({"member": roles} if roles else {})}  # fmt: skip
    text = json.dumps(about, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _source(claim: Claim, fact: Fact) -> dict[str, str]:
    """The source first: `article`, `reference` or `override`."""
    same = (claim.value or claim.value_name) == (fact.value or fact.value_name)
    return _place(claim) | ({} if same else {"says": claim.value_name}) | _more(claim)


def _place(claim: Claim) -> dict[str, str]:
    if claim.quote:
        return {"article": claim.quote.article, "quote": claim.quote.text}
    row = dict(zip(("reference", "row"), (claim.ref or "").split("#", 1), strict=False))
    return row if claim.ref else {"override": claim.override or ""}


def _more(claim: Claim) -> dict[str, str]:
    more = {"said": claim.said, "why": claim.why, "address": claim.source}
    return {name: text for name, text in more.items() if text}


def _cell(text: str | None) -> str:
    """What no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r\n＝＋－＠" else text or ""


def _iso(name: str, text: str | None) -> dict[str, str]:
    """A date where it is plain ISO 8601, which is all that schema.org knows."""
    return {name: text} if text and re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text) and text[5:7] < "13" else {}
