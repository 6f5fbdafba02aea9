"""A project → every file of its site that is made from facts."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from generator import disk, export, schemas
from generator.build import Project
from generator.errors import Problem
from generator.model import Sheet
from generator.packing import packed, sound
from generator.processes import spread
from generator.render import Draft, Page, render
from generator.render.edition import Edition, Line, Row
from generator.render.history import news
from generator.render.words import lines
from generator.review import queue
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
    known = partial(_lines, law=law, project=project, shelf=shelf)
    last = last if last and last.edition.templates == project.templates else None
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        templates=project.templates, expected=project.overrides.expected, lines=known, before=last.edition if last else None,
    )  # fmt: skip
    review = queue(project, project.today, edition.again)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    pages = {path: last.pages[path] for path, draft in drafts.items() if last and last.drafts.get(path) == draft}
    ground: dict[str, object] = {
        "the program": None, "kinds, names, tables or the repository's address": law, "the site's address": site,
        "the day": project.today, "the project's own templates": sorted(project.templates.items()),
    }  # fmt: skip
    heads = list[str]()  # the titles of lists may stand in the navigation of every page
    kept, keys = dict[str, Kept](), dict[str, bytes]()
    for lists in (True, False):
        rest = [draft for draft in drafts.values() if draft.path not in pages and in_navigation(draft.path) == lists]
        if shelf:
            for draft in rest:
                edited = project.root / (draft.edit_path or draft.path)  # where there is none, the pencil makes one
                forms = edited.exists(), edited.with_suffix(".txt").exists()
                key = keys[draft.path] = shelf.key(draft, *ground.values(), heads, forms)
                if not lists and (shown := shelf.shown(key, standing.get(draft.path) == key.hex())):
                    kept[draft.path] = shown
        made = _pages([draft for draft in rest if draft.path not in kept], keys, edition, site, shelf)
        pages |= {draft.path: made.get(draft.path) or Page(draft.path, "", draft.edit_path) for draft in rest}
        for path in sorted(made) if lists else ():
            front, _, body = made[path].text.partition("\n---\n")
            heads += path, front, body.strip().partition("\n")[0]
    ground["a list's title"] = heads
    told = {what: shelf.key(what, given).hex() for what, given in ground.items()} if shelf else {}
    return Published({path: pages[path] for path in drafts}, drafts, edition, kept, keys, told)


def _lines(sheet: Sheet, make: Callable[[], list[Line]], law: object, project: Project, shelf: Shelf | None) -> list[Line]:
    """Of the rows of a sheet; those on the shelf have their digests."""
    if not shelf:
        return make()

    def digested(line: Line) -> Line:
        facts = [sheet.facts[place] for place in (line.place, *line.later)]
        return line._replace(digest=shelf.digest(line[1:-3], line.cited, project.kinds[facts[0].kind], facts))

    kept = shelf.value(shelf.key("lines", law, sheet, project.today), lambda: [*map(digested, make())])
    return [Line(*it) for it in kept]


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
    (title, changes), items, kinds, today = lines("feed", {}), news(edition, site), edition.kinds.values(), edition.today

    def made(make: Callable[..., Any], rows: Iterable[Row], *more: object) -> Any:
        rows = [row for row in rows if row.fact.verdict != "needs-review"]
        published = [(row.sheet, row.kind, row.fact, row.standing) for row in rows]
        if not shelf:
            return make(published, *more)
        return shelf.value(shelf.key(make.__name__, rows, more), lambda: make(published, *more))

    found = [made(export.lines, rows, today) for rows in edition.rows.values()]
    none = [claim for sheet in edition.sheets for _, claim, _ in edition.nothing(sheet)]
    yield Page("data/facts.json", export.facts_json((told for told, _ in found), none, today))
    yield Page("data/facts.schema.json", json.dumps(schemas.PUBLISHED, indent=1) + "\n")
    for kind in kinds:
        yield Page(f"data/{kind.name}.csv", export.table((tables.get(kind.name, "") for _, tables in found), kind))
    yield Page("data/datapackage.json", export.package(kinds, title))
    terms = (r for r in chain.from_iterable(edition.rows.values()) if r.kind.cardinality == "timeline")
    yield Page("data/handovers.ics", made(export.calendar, terms, title, today))
    yield Page("feeds/changes.xml", export.atom(items, changes, site))
    yield Page("feeds/changes.json", export.json_feed(items, changes, site))


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
        linked = export.json_ld(sheet, edition.kinds, edition.today, url, record.acronym if record else None)
        more = f'\n<script type="application/ld+json">{linked}</script>\n'
    return page._replace(content=packed(page.text + more))
