"""Claims and sheets for other programs to read."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedgenerator

from generator.gazetteer import load_built_in
from generator.kinds import BUILT_IN
from generator.model import Claim, Quote

_COLUMNS = ("status", "event", "post", "from", "phase", "since", "until", "duration")


def claim_line(claim: Claim) -> dict[str, Any]:
    """One claim as `factsheets extract --jsonl` prints it: the same keys for every kind, null where unknown.

    Fields of kinds that are not built in are under `fields`.
    """
    own = claim.fields if claim.kind in BUILT_IN else {}
    other = {name: text for name, text in claim.fields.items() if name not in own or name not in _COLUMNS}
    giver = load_built_in().record(own.get("from", ""))
    return {
        "article": claim.quote.article if claim.quote else None,
        "kind": claim.kind,
        "subject": claim.subject,
        "subject_name": claim.subject_name,
        "value": claim.value,
        "value_name": claim.value_name,
        **{name: own.get(name) for name in _COLUMNS},
        "from_name": giver.name if giver else own.get("from"),
        **(_place(claim.quote) if claim.quote else {"quote": None, "start": None, "end": None}),
        "rule": claim.rule or None,
        "confidence": round(claim.confidence, 3),
        "derivation": claim.derivation
        and {
            "says": claim.derivation.says,
            "quotes": [{"article": quote.article, **_place(quote)} for quote in claim.derivation.quotes],
        },
        **({"fields": other} if other else {}),
    }


def _place(quote: Quote) -> Mapping[str, Any]:
    return {"quote": quote.text, "start": quote.start, "end": quote.end}


def atom(items: Sequence[Mapping[str, str]], title: str, site: str) -> str:
    """An Atom feed (RFC 4287) of `render.history.news`."""
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
