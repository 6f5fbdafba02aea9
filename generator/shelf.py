"""What earlier runs made, kept in a file of the project's `.cache` that may be deleted at any time."""

import hashlib
import io
import pickle
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from generator import disk
from generator.model import Claim, Fact, Sheet, SubjectType
from generator.packing import Packed, packed, sound, unpacked
from generator.processes import spread

T = TypeVar("T")
_Known: TypeAlias = dict[int, tuple[object, bytes]]  # digests of objects, by what tells them apart while they are there

_held: dict[bytes, Any] = {}  # what this process asked for, as objects
_SETTLED = msgspec.json.Decoder(tuple[tuple[Fact, ...], tuple[Claim, ...]])
_SHARED = ("Sheet", "Packed", "Kind", "Article", "Fact", "Row", "Values")  # what many drafts have in common


class Kept(NamedTuple):
    """A page as its readers and the search got it."""

    html: bytes  # `packed`; empty where it stands in the site already
    found: str  # what the search finds on it, as JSON


class Shelf:
    """Texts that earlier runs made, by a digest of the program and of all that each depends on; and how pages were shown
    by a site of which `theme` is a digest.

    Only text comes back from it, never an object. Raises sqlite3.Error or OSError where the file is of no use.
    """

    def __init__(self, root: Path, theme: str = "") -> None:
        path = root / ".cache" / "site.sqlite"
        path.parent.mkdir(exist_ok=True)
        path.with_name(".gitignore").write_text("*\n", "utf-8")
        self._pages = sqlite3.connect(path, timeout=1)
        self._pages.execute("CREATE TABLE IF NOT EXISTS pages (key PRIMARY KEY, text, theme, html, found)")
        self._theme, self._used = theme, set[bytes]()
        self._digests: tuple[_Known, _Known] = {}, {}  # as pages see things, and lists

    def key(self, *given: object, listed: bool = False) -> bytes:
        """Of all that a text depends on besides the program; of one where rows are `listed` by their `Row.face`."""
        key = _Digester(self._digests[listed], listed).digest((_program(), given))
        self._used.add(key)
        return key

    def take(self, key: bytes) -> bytes | None:
        """The text of this key, `packed`."""
        return next((text for (text,) in self._pages.execute("SELECT text FROM pages WHERE key = ?", [key])), None)

    def put(self, key: bytes, text: str | bytes) -> None:
        """Keeps it."""
        self._pages.execute("INSERT OR REPLACE INTO pages (key, text) VALUES (?, ?)", [key, packed(text)])

    def keep(self, what: object, given: object, make: Callable[[], Any], type_: Any = Any) -> Any:
        """What goes by this name, as made now of what is `given` or by an earlier run of the same; it takes the place of
        what was made of anything else. `type_` says how to read it again from JSON.
        """
        key, mark = self.key(what), _Digester(self._digests[False], False).digest(given)
        if not (kept := self.take(key) or b"").startswith(mark):
            self.put(key, kept := mark + _encoded(lambda _: make(), None))
        return msgspec.json.decode(unpacked(kept.removeprefix(mark)), type=type_, dec_hook=lambda type_, text: type_(text))

    def values(self, keys: Mapping[T, bytes], make: Callable[[T], object]) -> dict[T, bytes]:
        """JSON of many things, `packed`; made by several processes, of many that are not there."""
        found = {it: self.take(key) for it, key in keys.items()}
        wanting = [it for it, kept in found.items() if kept is None]
        for it, text in zip(wanting, spread(partial(_encoded, make), wanting), strict=True):
            self.put(keys[it], text)
            found[it] = text
        return {it: kept or b"" for it, kept in found.items()}

    def held(self, key: bytes, put: bytes | None, read: Callable[[bytes], Any]) -> Any:
        """What is read of what is put there now or was before, as the same object while this process runs; else None."""
        if put is not None:
            self.put(key, put)
        if key not in _held and (kept := self.take(key)) is not None:
            _held[key] = read(kept)
        return _held.get(key)

    def sheets(self, key: bytes, type_: SubjectType, id: str, put: bytes | None = None) -> list[Sheet] | None:
        """Likewise the sheet of a subject, or none, `frozen`."""
        found: list[Sheet] | None = self.held(key, put, partial(_thawed, key.hex(), type_, id))
        return found

    def shown(self, key: bytes, standing: bool) -> Kept | None:
        """A page as it was shown with the same theme; without its text where that is standing in the site."""
        asked = "SELECT CASE WHEN ? THEN x'' ELSE html END, found FROM pages WHERE key = ? AND theme = ?"
        found = self._theme and self._pages.execute(asked, [standing, key, self._theme]).fetchone()
        return Kept(found[0] and sound(found[0]), unpacked(found[1])) if found else None

    def keep_shown(self, pages: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Keeps that, of pages whose text is kept: their keys, and the parts of `Kept`, `packed`."""
        rows = ((self._theme, html, found, key) for key, html, found in pages)
        self._pages.executemany("UPDATE pages SET theme = ?, html = ?, found = ? WHERE key = ?", rows)

    def tidy(self) -> None:
        """Once all that a site is made of was asked for: what nobody asked for goes where it is more than that."""
        gone = {key for (key,) in self._pages.execute("SELECT key FROM pages")} - self._used
        if len(gone) > len(self._used):
            self._pages.executemany("DELETE FROM pages WHERE key = ?", [[key] for key in gone])

    def forget(self) -> None:
        """What was put here goes: this process holds it, and the next finds it out sooner than the disk has it."""
        self._pages.rollback()

    def close(self) -> None:
        """With everything written; of what is held that stays which was asked for, where anything was."""
        if live := {key: _held[key] for key in self._used & _held.keys()}:
            _held.clear()
            _held.update(live)
        self._pages.commit()
        self._pages.close()


@lru_cache
def _program() -> bytes:
    """A digest of it."""
    sources = (path for path in sorted(disk.PACKAGE.rglob("*.*")) if path.suffix != ".pyc" and path.is_file())
    versions = f"{sys.version} {version('jinja2')} {version('markupsafe')} ".encode()
    return hashlib.sha256(versions + b"\0".join(path.read_bytes() for path in sources)).digest()


def _encoded(make: Callable[[T], object], of: T) -> bytes:
    return packed(msgspec.json.encode(make(of), enc_hook=str).decode())


def frozen(sheets: Iterable[Sheet]) -> bytes:
    """The settled sheet of a subject, or nothing: its name, and `packed` what only pages that are made anew ask for."""
    return b"".join(it.name.encode() + b"\0" + packed(msgspec.json.encode((it.facts, it.denied)).decode()) for it in sheets)


def _thawed(digest: str, type_: SubjectType, id: str, text: bytes) -> list[Sheet]:
    name, found, text = text.partition(b"\0")
    facts = Packed(digest, text, lambda text: _SETTLED.decode(text)[0])
    denied = Packed(digest, text, lambda text: _SETTLED.decode(text)[1])
    return [Sheet(id, name.decode(), type_, facts, denied)] if found else []


class _Digester(pickle.Pickler):
    """Bytes that differ where values do, never read back; what many drafts share is digested once.

    Equal values of which other parts are one object may differ too: such a page is made again.
    """

    def __init__(self, known: _Known, listed: bool) -> None:
        self._out, self._known, self._listed = io.BytesIO(), known, listed
        super().__init__(self._out, protocol=5)

    def digest(self, value: object) -> bytes:
        self.dump(value)
        return hashlib.sha256(self._out.getvalue()).digest()

    def reducer_override(self, value: Any) -> Any:
        return (bytes, (self._of(value),)) if type(value).__name__ in _SHARED else NotImplemented

    def _of(self, value: Any) -> bytes:
        key: str = getattr(value, "face", "") if self._listed else ""
        if key := key or getattr(value, "key", ""):
            return key.encode()
        if found := self._known.get(id(value)):
            return found[1]
        parts = value.seen(self._listed) if hasattr(value, "seen") else value.__reduce_ex__(5)
        digest = _Digester(self._known, self._listed).digest([*parts])
        self._known[id(value)] = value, digest
        return digest
