"""A project → every file of its site that is made from facts."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from generator import disk, export, schemas
from generator.build import Project
from generator.content import Place
from generator.errors import Problem
from generator.export import Standing
from generator.model import Sheet
from generator.packing import Packed, all_packed, packed, sound, unpacked
from generator.processes import spread
from generator.render import Draft, Page, render, words
from generator.render.edition import Edition, Line, Row, lines
from generator.render.history import news
from generator.review import asked, queue
from generator.shelf import Kept, Shelf


class Published(NamedTuple):
    """The pages of a site by path, and what they were made of."""

    pages: Mapping[str, Page]  # without a text where the page is kept
    drafts: Mapping[str, Draft]
    edition: Edition
    kept: Mapping[str, Kept]
    keys: Mapping[str, bytes]  # under which what is made of the others can be kept
    ground: Mapping[str, str]  # a digest of each thing that every page depends on, by what it is


def publish(
    project: Project,
    problems: Sequence[Problem] = (),
    *,
    site: str = "/",
    repository: str | None = None,
    last: Published | None = None,
    shelf: Shelf | None = None,
    standing: Mapping[str, str] = MappingProxyType({}),
) -> Published:
    """The pages of a project as it is now; of `last` all that would come out the same is taken over, and of `shelf` what
    an earlier run made.

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go; `standing` are the keys, in hexadecimal, of the pages that its last build left in place.
    """
    names = project.gazetteer.countries, project.gazetteer.organisations
    law = shelf and shelf.key(project.kinds, names, project.references.tables, repository)
    last = last if last and last.edition.templates == project.templates else None
    find_out = _finder(project, law, shelf)

    def told(sheet: Sheet) -> _Told:
        it: _Told = edition.again(f"told of {sheet.type} {sheet.id}", find_out, sheet)
        return it

    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        templates=project.templates, expected=project.overrides.expected, last=last.edition if last else None,
        told=lambda sheet: told(sheet).lines,
    )  # fmt: skip
    review = queue(project, project.today, edition.again, lambda sheet: told(sheet).asks)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    pages = {path: last.pages[path] for path, draft in drafts.items() if last and last.drafts.get(path) == draft}
    ground: dict[str, object] = {
        "the program": None, "kinds, names, tables or the repository's address": law, "the site's address": site,
        "the day": project.today, "the project's own templates": sorted(project.templates.items()),
    }  # fmt: skip
    heads = list[str]()  # the titles of lists may stand in the navigation of every page
    kept, keys = dict[str, Kept](), dict[str, bytes]()
    there = _editable(project.root) if shelf else frozenset()
    for lists in (True, False):
        rest = [draft for draft in drafts.values() if draft.path not in pages and in_navigation(draft.path) == lists]
        if shelf:
            base = shelf.key(*ground.values(), heads)
            for draft in rest:
                edited = draft.edit_path or ""
                forms = edited in there, edited.removesuffix(".md") + ".txt" in there
                key = keys[draft.path] = shelf.key(base, draft, forms, listed=not draft.own and not edition.templates)
                if not lists and (shown := shelf.shown(key, standing.get(draft.path) == key.hex())):
                    kept[draft.path] = shown
        made = _pages([draft for draft in rest if draft.path not in kept], keys, edition, site, shelf)
        pages |= {draft.path: made.get(draft.path) or Page(draft.path, "", draft.edit_path) for draft in rest}
        for path in sorted(made) if lists else ():
            front, _, body = made[path].text.partition("\n---\n")
            heads += path, front, body.strip().partition("\n")[0]
    ground["a list's title"] = heads
    of = {what: shelf.key(what, given).hex() for what, given in ground.items()} if shelf else {}
    return Published({path: pages[path] for path in drafts}, drafts, edition, kept, keys, of)


def _editable(root: Path) -> frozenset[str]:
    """What the pencil of a page can open; for what is not there it makes a new file."""
    found = (path for where in ("overrides/*/*", "articles/*") for path in (root / "content").glob(where))
    return frozenset(path.relative_to(root).as_posix() for path in found)


class _Told(NamedTuple):
    """What follows from a sheet on a day."""

    asks: bool  # does anything of it wait for a person?
    lines: Sequence[Line]


_TOLD, _ASKS = msgspec.json.Decoder(_Told), msgspec.json.Decoder(tuple[bool, msgspec.Raw])


def _finder(project: Project, law: object, shelf: Shelf | None) -> Callable[[Sheet], _Told]:
    """What tells of each sheet; of the shelf, where an earlier run found it out."""
    texts = {article.id: article.text for article in project.articles}
    sheets: dict[Place, Sheet] = {(it.type, it.id): it for it in project.sheets if it.type != "other"}
    now = ((place, it.facts) for place, it in sheets.items() if it.id not in project.overrides.broken)  # not the last good
    shelved = ((place, facts.key) for place, facts in now if isinstance(facts, Packed))
    keys = {place: shelf.key("told", law, key, project.today) for place, key in shelved} if shelf else {}

    def found_out(place: Place) -> _Told:
        asks = any(True for _ in asked(sheets[place], texts, project.kinds, project.today))
        return _Told(asks, [*lines(sheets[place], project.kinds, project.today)])

    def told(sheet: Sheet) -> _Told:
        if not (kept := packed_up.pop(place := (sheet.type, sheet.id), b"")):
            return found_out(place)
        asks, _ = _ASKS.decode(unpacked(kept))
        return _Told(asks, Packed(keys[place].hex(), kept, lambda text: _TOLD.decode(text).lines))

    packed_up = shelf.values(keys, found_out) if shelf else {}
    return told


def _pages(
    drafts: Iterable[Draft], keys: Mapping[str, bytes], edition: Edition, site: str, shelf: Shelf | None
) -> dict[str, Page]:
    """Pages, `packed`, by path; those that are not on the shelf are made, and put there."""
    found = {d.path: Page(d.path, sound(text), d.edit_path) for d in drafts if shelf and (text := shelf.take(keys[d.path]))}
    for page in spread(partial(_page, edition=edition, site=site), [it for it in drafts if it.path not in found]):
        found[page.path] = page
        if shelf:
            shelf.put(keys[page.path], page.content)
    return found


def in_navigation(path: str) -> bool:
    """Is it the first page of a list of its own, or the home page? A thousand pages in it would be a million links."""
    return bool(re.fullmatch(r"(\w+/)?index\.md", path))


def data(edition: Edition, site: str = "/", shelf: Shelf | None = None) -> Iterator[Page]:
    """The files for other programs: every fact, tables, a calendar, feeds of what changed; of `shelf` what an earlier run
    made of the same rows.
    """
    (title, changes), items = words.lines("feed", {}), news(edition, site)
    kinds, today = edition.kinds.values(), edition.today

    def told(id: str) -> tuple[str, dict[str, str]]:
        return export.lines(_published(edition.rows[id]), today)

    def every() -> Iterator[str]:
        keys = {it: shelf.key("data", [r.key for r in rows], today) for it, rows in edition.rows.items()} if shelf else {}
        found = map(json.loads, map(unpacked, shelf.values(keys, told).values())) if shelf else map(told, edition.rows)
        for facts, rows in found:
            for kind in rows:
                tables[kind].append(rows[kind])
            yield facts

    tables = defaultdict[str, list[str]](list)  # of each kind, filled as the facts are told
    none = [claim for sheet in edition.sheets for _, claim, _ in edition.nothing(sheet)]
    yield Page("data/facts.json", all_packed(export.facts_json(every(), none, today)))
    yield Page("data/facts.schema.json", json.dumps(schemas.WRITTEN["published"], indent=1) + "\n")
    for kind in kinds:
        yield Page(f"data/{kind.name}.csv", all_packed(export.table(tables[kind.name], kind)))
    yield Page("data/datapackage.json", export.package(kinds, title))
    terms = edition.of(lambda kind: kind.cardinality == "timeline")

    def calendar() -> str:
        return export.calendar(_published(terms), title, today)

    given = [row.key for row in terms], title, today
    yield Page("data/handovers.ics", shelf.keep("calendar", given, calendar) if shelf else calendar())
    yield Page("feeds/changes.xml", export.atom(items, changes, site))
    yield Page("feeds/changes.json", export.json_feed(items, changes, site))


def _published(rows: Iterable[Row]) -> list[Standing]:
    """But for rows of tables that are shown as wrong."""
    return [(row.sheet, row.kind, row.fact, row.standing) for row in rows if row.fact.verdict != "needs-review"]


def assets() -> Iterator[tuple[str, Path]]:
    """What every page draws on, by its place in the site: styles, scripts, the map, flags and fonts."""
    folder = disk.PACKAGE / "assets"
    yield from ((f"assets/{path.relative_to(folder).as_posix()}", path) for path in sorted(folder.rglob("*.*")))


def _page(draft: Draft, edition: Edition, site: str) -> Page:
    """A page, `packed`, that of a subject with the same in schema.org's words for search engines."""
    page, more = draft.page(edition.templates), ""
    if sheet := edition.sheets.get(draft.own.get("id", "") if draft.own else ""):
        record = edition.gazetteer.record(sheet.id)
        url = site + edition.pages[sheet.id]
        shown = _published(edition.rows[sheet.id])
        linked = export.json_ld(sheet, shown, edition.today, url, record.acronym if record else None)
        more = f'\n<script type="application/ld+json">{linked}</script>\n'
    return page._replace(content=packed(page.text + more))
