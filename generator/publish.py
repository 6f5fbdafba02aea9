"""A project → every file of its site that is made from facts."""

import hashlib
import io
import pickle
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
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
    """The files of a site by path, pages (`.md`) and those for other programs; and what they were made of."""

    files: Mapping[str, Page]
    drafts: Mapping[str, Draft]
    edition: Edition


def publish(
    project: Project,
    problems: Sequence[Problem] = (),
    *,
    site: str = "/",
    repository: str | None = None,
    last: Published | None = None,
    page: Callable[[Draft], Page] = Draft.page,
) -> Published:
    """The site of a project as it is now; of `last` all that would come out the same is taken over, and `page` makes the
    rest (`Shelf.page` does it from what earlier runs made).

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go.
    """
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        before=last.edition if last else None,
    )  # fmt: skip
    review = queue(project, project.today)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    old, files = (last.drafts, last.files) if last else ({}, {})
    pages = {path: files[path] if old.get(path) == draft else page(draft) for path, draft in drafts.items()}
    title, items = lines("feed", {})[0], news(edition, site)
    feeds = (
        Page("feeds/changes.xml", export.atom(items, title, site)),
        Page("feeds/changes.json", export.json_feed(items, title, site)),
    )
    return Published(pages | {feed.path: feed for feed in feeds}, drafts, edition)


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

    def page(self, draft: Draft) -> Page:
        """The page of a draft, made now only if it never was; those of no one subject, the long lists, always."""
        if not draft.edit_path:
            return draft.page()
        key = _Digester(self._digests).digest((self._program, draft))
        self._used.add(key)
        if found := self._pages.execute("SELECT text FROM pages WHERE key = ?", [key]).fetchone():
            return Page(draft.path, str(found[0]), draft.edit_path)
        made = draft.page()
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
