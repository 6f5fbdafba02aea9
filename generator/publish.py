"""A project → every file of its site that is made from facts."""

import hashlib
import io
import pickle
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from generator import content, export
from generator.build import Project
from generator.errors import Problem
from generator.kinds import Kind
from generator.model import Article, Sheet
from generator.render import Draft, Page, render
from generator.render.edition import Edition, Row
from generator.render.history import news
from generator.render.words import lines
from generator.review import queue

PACKAGE = Path(str(files("generator")))


class Published(NamedTuple):
    """The pages of a site by path, and what they were made of."""

    pages: Mapping[str, Page]
    drafts: Mapping[str, Draft]
    edition: Edition


def publish(
    project: Project,
    problems: Sequence[Problem] = (),
    *,
    site: str = "/",
    repository: str | None = None,
    last: Published | None = None,
    shelf: "Shelf | None" = None,
) -> Published:
    """The pages of a project as it is now; of `last` all that would come out the same is taken over, and of `shelf` what
    an earlier run made.

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go.
    """
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        templates=project.templates, expected=project.overrides.expected, before=last.edition if last else None,
    )  # fmt: skip
    review = queue(project, project.today)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    old, made = (last.drafts, last.pages) if last and last.edition.templates == project.templates else ({}, {})
    make = partial(_page, edition=edition, site=site)
    ground = site, project.today, sorted(project.templates.items())
    pages = {
        path: made[path] if old.get(path) == draft else shelf.page(draft, make, ground) if shelf else make(draft)
        for path, draft in drafts.items()
    }
    return Published(pages, drafts, edition)


def data(edition: Edition, site: str = "/") -> Iterator[Page]:
    """The files for other programs: every fact, tables, a calendar, feeds of what changed."""
    shown, kinds, today = edition.sheets.values(), edition.kinds, edition.today
    (title, changes), items, found = lines("feed", {}), news(edition, site), export.facts(shown, kinds, today)
    none = [claim for sheet in shown for _, claim, _ in edition.nothing(sheet.id)]
    yield Page("data/facts.json", export.facts_json(found, none, today))
    yield from (Page(*file) for file in export.tables(found, kinds, title))
    yield Page("data/handovers.ics", export.calendar(shown, kinds, title, today))
    yield Page("feeds/changes.xml", export.atom(items, changes, site))
    yield Page("feeds/changes.json", export.json_feed(items, changes, site))


def assets() -> Iterator[tuple[str, Path]]:
    """What every page draws on, by its place in the site: styles, scripts, the map, flags and fonts."""
    folder = PACKAGE / "assets"
    yield from ((f"assets/{path.relative_to(folder).as_posix()}", path) for path in sorted(folder.rglob("*.*")))


def _page(draft: Draft, edition: Edition, site: str) -> Page:
    """A page, that of a subject with the same in schema.org's words for search engines."""
    page = draft.page(edition.templates)
    sheet = edition.sheets.get(draft.values.get("id", ""))
    if not sheet:
        return page
    record = edition.gazetteer.record(sheet.id)
    url = site + edition.pages[sheet.id]
    linked = export.json_ld(sheet, edition.kinds, edition.today, url, record.acronym if record else None)
    return page._replace(text=f'{page.text}\n<script type="application/ld+json">{linked}</script>\n')


class Shelf:
    """Pages that earlier runs made, by a digest of draft and program, in a file that may be deleted at any time.

    Only text comes back from it, never an object. Raises sqlite3.Error or OSError where the file is of no use.
    """

    def __init__(self, path: Path) -> None:
        content.write(path.parent / ".gitignore", "*\n")
        self._pages = sqlite3.connect(path, timeout=1)
        self._pages.execute("CREATE TABLE IF NOT EXISTS pages (key BLOB PRIMARY KEY, text TEXT NOT NULL)")
        self._used: set[bytes] = set()
        self._digests: dict[int, tuple[object, bytes]] = {}
        sources = (path for path in sorted(PACKAGE.rglob("*.*")) if path.suffix != ".pyc" and path.is_file())
        versions = f"{sys.version} {version('jinja2')} {version('markupsafe')} ".encode()
        self._program = hashlib.sha256(versions + b"\0".join(path.read_bytes() for path in sources)).digest()

    def page(self, draft: Draft, make: Callable[[Draft], Page], ground: object) -> Page:
        """The page of a draft, made now only if it never was; those of no one subject, the long lists, always. `ground` is
        what `make` depends on besides the draft.
        """
        if not draft.edit_path:
            return make(draft)
        key = _Digester(self._digests).digest((self._program, ground, draft))
        self._used.add(key)
        if found := self._pages.execute("SELECT text FROM pages WHERE key = ?", [key]).fetchone():
            return Page(draft.path, str(found[0]), draft.edit_path)
        made = make(draft)
        self._pages.execute("INSERT OR REPLACE INTO pages VALUES (?, ?)", [key, made.text])
        return made

    def close(self) -> None:
        """Keeps what was asked for, and nothing else."""
        gone = {key for (key,) in self._pages.execute("SELECT key FROM pages")} - self._used
        self._pages.executemany("DELETE FROM pages WHERE key = ?", [[key] for key in gone])
        self._pages.commit()
        self._pages.close()


class _Digester(pickle.Pickler):
    """Bytes that differ where values do, never read back; what many drafts share is digested once.

    Equal values of which other parts are one object may differ too: such a page is made again.
    """

    def __init__(self, known: dict[int, tuple[object, bytes]]) -> None:
        self._out, self._known = io.BytesIO(), known
        super().__init__(self._out, protocol=5)

    def digest(self, value: object) -> bytes:
        self.dump(value)
        return hashlib.sha256(self._out.getvalue()).digest()

    def reducer_override(self, value: Any) -> Any:
        if type(value) not in (Sheet, Kind, Article, Row):
            return NotImplemented
        if id(value) not in self._known:
            self._known[id(value)] = value, _Digester(self._known).digest(value.__reduce_ex__(5))
        return bytes, (self._known[id(value)][1],)
