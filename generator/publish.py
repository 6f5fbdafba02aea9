"""A project → every file of its site that is made from facts."""

import hashlib
import io
import json
import pickle
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from generator import content, export, schemas
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


class Kept(NamedTuple):
    """A page as its readers and the search got it."""

    html: str
    found: str  # what the search finds on it, as JSON


class Published(NamedTuple):
    """The pages of a site by path, and what they were made of."""

    pages: Mapping[str, Page]  # without a text where the page is kept
    drafts: Mapping[str, Draft]
    edition: Edition
    kept: Mapping[str, Kept]
    keys: Mapping[str, bytes]  # under which what is made of the others can be kept


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
    old = last.drafts if last and last.edition.templates == project.templates else {}
    same = [path for path, draft in drafts.items() if old.get(path) == draft]
    pages = {path: last.pages[path] for path in same if last}
    kept = {path: last.kept[path] for path in same if last and path in last.kept}
    keys, ground = dict[str, bytes](), (site, project.today, sorted(project.templates.items()))
    for path, draft in drafts.items():
        if path in pages:
            continue
        if not shelf or not draft.edit_path:  # of no one subject are the long lists
            pages[path] = _page(draft, edition, site)
            continue
        edited = project.root / draft.edit_path  # where there is none, the pencil of the page makes one
        key = keys[path] = shelf.key(draft, (ground, edited.exists(), edited.with_suffix(".txt").exists()))
        if shown := shelf.shown(key):
            kept[path] = shown
        text = "" if shown else shelf.text(key) or shelf.keep(key, _page(draft, edition, site).text)
        pages[path] = Page(path, text, draft.edit_path)
    return Published({path: pages[path] for path in drafts}, drafts, edition, kept, keys)


def data(edition: Edition, site: str = "/") -> Iterator[Page]:
    """The files for other programs: every fact, tables, a calendar, feeds of what changed."""
    shown, kinds, today = edition.sheets.values(), edition.kinds, edition.today
    (title, changes), items, found = lines("feed", {}), news(edition, site), export.facts(shown, kinds, today)
    none = [claim for sheet in shown for _, claim, _ in edition.nothing(sheet.id)]
    yield Page("data/facts.json", export.facts_json(found, none, today))
    yield Page("data/facts.schema.json", json.dumps(schemas.PUBLISHED, indent=1) + "\n")
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
    """Pages that earlier runs made, by a digest of draft and program, in a file that may be deleted at any time; and how
    they were shown by a site of which `theme` is a digest.

    Only text comes back from it, never an object. Raises sqlite3.Error or OSError where the file is of no use.
    """

    def __init__(self, root: Path, theme: str = "") -> None:
        path = root / ".cache" / "site.sqlite"
        content.write(path.parent / ".gitignore", "*\n")
        self._pages = sqlite3.connect(path, timeout=1)
        columns = "key BLOB PRIMARY KEY, text BLOB NOT NULL, theme TEXT, html BLOB, found BLOB"
        self._pages.execute(f"CREATE TABLE IF NOT EXISTS pages ({columns})")
        self._theme, self._used = theme, set[bytes]()
        self._digests: dict[int, tuple[object, bytes]] = {}
        sources = (path for path in sorted(PACKAGE.rglob("*.*")) if path.suffix != ".pyc" and path.is_file())
        versions = f"{sys.version} {version('jinja2')} {version('markupsafe')} ".encode()
        self._program = hashlib.sha256(versions + b"\0".join(path.read_bytes() for path in sources)).digest()

    def key(self, draft: Draft, ground: object) -> bytes:
        """Of a draft and what its page depends on besides it."""
        key = _Digester(self._digests).digest((self._program, ground, draft))
        self._used.add(key)
        return key

    def text(self, key: bytes) -> str | None:
        """A page as Markdown."""
        found = self._pages.execute("SELECT text FROM pages WHERE key = ?", [key]).fetchone()
        return found and zlib.decompress(found[0]).decode()

    def keep(self, key: bytes, text: str) -> str:
        """Keeps that, and returns it."""
        self._pages.execute("INSERT OR REPLACE INTO pages (key, text) VALUES (?, ?)", [key, _packed(text)])
        return text

    def shown(self, key: bytes) -> Kept | None:
        """A page as it was shown with the same theme."""
        asked = "SELECT html, found FROM pages WHERE key = ? AND theme = ?"
        found = self._theme and self._pages.execute(asked, [key, self._theme]).fetchone()
        return Kept(*(zlib.decompress(part).decode() for part in found)) if found else None

    def keep_shown(self, pages: Iterable[tuple[bytes, Kept]]) -> None:
        """Keeps that, of pages whose text is kept."""
        rows = ((self._theme, *map(_packed, page), key) for key, page in pages)
        self._pages.executemany("UPDATE pages SET theme = ?, html = ?, found = ? WHERE key = ?", rows)

    def close(self) -> None:
        """With everything written; what nobody asked for goes once it is more than what somebody did."""
        gone = {key for (key,) in self._pages.execute("SELECT key FROM pages")} - self._used
        if len(gone) > len(self._used) > 0:
            self._pages.executemany("DELETE FROM pages WHERE key = ?", [[key] for key in gone])
        self._pages.commit()
        self._pages.close()


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode(), 1)


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
