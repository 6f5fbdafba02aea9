"""What earlier runs made, kept in a file of the project's `.cache` that may be deleted at any time."""

import hashlib
import io
import json
import pickle
import sqlite3
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from generator import disk
from generator.model import Sheet
from generator.packing import packed, sound, unpacked

_held: dict[bytes, Any] = {}  # what this process asked for, as objects
_SHEETS = msgspec.json.Decoder(list[tuple[Sheet, list[str]]])
_SHARED = ("Sheet", "Kind", "Article", "Fact", "Row", "Values")  # what many drafts have in common


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
        self._digests: dict[int, tuple[object, bytes]] = {}
        sources = (path for path in sorted(disk.PACKAGE.rglob("*.*")) if path.suffix != ".pyc" and path.is_file())
        versions = f"{sys.version} {version('jinja2')} {version('markupsafe')} ".encode()
        self._program = hashlib.sha256(versions + b"\0".join(path.read_bytes() for path in sources)).digest()

    def key(self, *given: object) -> bytes:
        """Of all that a text depends on besides the program."""
        key = _Digester(self._digests).digest((self._program, given))
        self._used.add(key)
        return key

    def digest(self, *given: object) -> str:
        """Of what a part of a text depends on, in hexadecimal, to be kept with it."""
        return _Digester(self._digests).digest(given).hex()

    def take(self, key: bytes) -> bytes | None:
        """The text of this key, `packed`."""
        return next((text for (text,) in self._pages.execute("SELECT text FROM pages WHERE key = ?", [key])), None)

    def put(self, key: bytes, text: str | bytes) -> None:
        """Keeps it."""
        self._pages.execute("INSERT OR REPLACE INTO pages (key, text) VALUES (?, ?)", [key, packed(text)])

    def value(self, key: bytes, make: Callable[[], object]) -> Any:
        """What JSON can hold, made and kept where it is not there."""
        if (kept := self.take(key)) is None:
            self.put(key, kept := packed(json.dumps(make())))
        return json.loads(unpacked(kept))

    def held(self, key: bytes, put: str | None = None, read: Callable[[str], Any] = json.loads) -> Any:
        """What JSON says that is put there now or was before, as the same object while this process runs; else None."""
        if put is not None:
            self.put(key, put)
        if key not in _held and (kept := self.take(key)) is not None:
            _held[key] = read(unpacked(kept))
        return _held.get(key)

    def sheets(self, key: bytes, put: str | None = None) -> list[Sheet] | None:
        """Likewise settled sheets, `frozen`."""
        found, digests = self.held(key, put, _thawed) or (None, {})
        self._digests |= digests
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


def frozen(sheets: Iterable[Sheet]) -> str:
    """Settled sheets as text, each with the digests of its facts."""
    told = ((it, [hashlib.sha256(msgspec.json.encode(fact)).hexdigest() for fact in it.facts]) for it in sheets)
    return msgspec.json.encode([*told]).decode()


def _thawed(text: str) -> tuple[list[Sheet], dict[int, tuple[object, bytes]]]:
    """The sheets, and the digests of their facts."""
    told = _SHEETS.decode(text)
    pairs = chain.from_iterable(zip(sheet.facts, digests, strict=True) for sheet, digests in told)
    return [sheet for sheet, _ in told], {id(fact): (fact, bytes.fromhex(digest)) for fact, digest in pairs}


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
        return (bytes, (self._of(value),)) if type(value).__name__ in _SHARED else NotImplemented

    def _of(self, value: Any) -> bytes:
        if found := self._known.get(id(value)):
            return found[1]
        if brief := getattr(value, "brief", None):
            text, shared = brief
            digest = hashlib.sha256(b"".join(map(self._of, shared)) + text).digest()
        else:
            parts = getattr(value, "parts", None) or value.__reduce_ex__(5)
            digest = _Digester(self._known).digest([self._together(part) for part in parts])
        self._known[id(value)] = value, digest
        return digest

    def _together(self, part: Any) -> Any:
        """Many rows at once, which is quicker than one by one."""
        rows = type(part) is tuple and part and hasattr(part[0], "brief")
        return b"".join(map(self._of, part)) if rows else part
