"""The record of change as a reader sees it: what was said before, what is said now, and because of what."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from generator.changes import Change, dump
from generator.kinds import Kind
from generator.model import Fact
from generator.render.edition import Edition, Name, anchor
from generator.render.words import lines

_LATEST = 100  # changes that a feed holds


class Part(NamedTuple):
    """One field of a fact on both sides of a change; None where a side says nothing of it."""

    label: str
    is_date: bool
    before: str | None
    after: str | None


class Told(NamedTuple):
    """One change; `id` is its address on the Changes page and, for ever, its id in feeds."""

    id: str
    change: Change
    kind: Kind
    subject: Name  # linked to the fact where it still stands
    value: str
    is_date: bool
    parts: tuple[Part, ...]  # of a new or lost fact what it says; else what differs
    because: tuple[Name, ...]

    @property
    def verb(self) -> str:
        """`new`, `gone` or `changed`."""
        return "new" if not self.change.before else "gone" if not self.change.after else "changed"


def history(edition: Edition) -> list[Told]:
    """The record of the kinds that the project knows, the latest first."""
    return [_told(change, edition) for change in reversed(edition.changes) if change.fact.kind in edition.kinds]


def news(edition: Edition, site: str) -> list[dict[str, str]]:
    """The latest changes for feeds: id, title and text without markup, the address below `site` (which ends with a
    slash), the day.
    """
    return [
        {"id": it.id, "title": title, "text": text, "url": site + (it.subject.url or "changes/"), "on": it.change.on}
        for it in history(edition)[:_LATEST]
        for title, text in [lines("news", {"it": it})]
    ]


def _told(change: Change, edition: Edition) -> Told:
    kind, fact, sheet = edition.kinds[change.fact.kind], change.fact, change.sheet
    page = edition.name(sheet.id, sheet.name)
    here = anchor(fact, kind)
    standing = page.url and any(row.anchor == here for row in edition.rows.get(sheet.id, ()))
    url = Markup(f"{page.url}#{here}") if standing else page.url  # noqa: S704 (letters, digits, hyphens)
    key = hashlib.sha256(dump([change]).encode()).hexdigest()[:12]
    value, is_date = edition.name(fact.value, fact.value_name).text, kind.fields[kind.value].type == "date"
    parts, because = tuple(_parts(change, kind, edition)), tuple(map(edition.source, change.because))
    return Told(key, change, kind, Name(page.text, url), value, is_date, parts, because)


def _parts(change: Change, kind: Kind, edition: Edition) -> Iterator[Part]:
    def text(fact: Fact | None, name: str, type_: str) -> str | None:
        said = fact.get(name) if fact else None
        return edition.name(said, said).text if said and type_ in ("country", "organisation", "party") else said

    both = change.before and change.after
    for name, field in (("value", kind.fields[kind.value]), *((field.name, field) for field in kind.others())):
        before, after = text(change.before, name, field.type), text(change.after, name, field.type)
        if (both and before != after) or (not both and name != "value" and (before or after)):
            yield Part(field.label or name, field.type == "date", before, after)
    if change.before and change.after and change.before.verdict != change.after.verdict:
        yield Part("verdict", False, change.before.verdict, change.after.verdict)
