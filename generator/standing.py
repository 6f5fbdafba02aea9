"""Pages that stay in `site/` from one build to the next: to write two thousand again takes longer than to make the ten that
an edit changed."""

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from generator import cache, disk


class Standing:
    """What is in `site`, set aside in `cache` before MkDocs empties it; files at its top whose names begin with a dot stay
    there, as MkDocs has it. `theme` is a digest of all that makes a shown page of our Markdown.

    Where something cannot be set aside or was not noted, less is kept. Raises ContentError where it cannot be put back.
    """

    def __init__(self, cache: Path, site: Path, theme: str) -> None:
        self._aside, self._notes, self._site, self._theme = cache / "site", cache / "site.json", site, theme
        with suppress(OSError):
            if self._aside.exists():
                shutil.rmtree(self._aside)
            self._aside.mkdir(parents=True)
            _move(site, self._aside)

    def keys(self) -> Mapping[str, str]:
        """The keys of the pages that are as they were written, by path."""
        notes = self._noted()
        pages = notes.pages if notes.theme == self._theme else {}
        return {path: key for path, (key, stamp) in pages.items() if stamp == _stamp(self._aside, path)}

    def changed(self, ground: Mapping[str, str]) -> str:
        """The first thing that every page depends on and that is another than when the last site was made, if any."""
        was = self._noted()
        if was.theme not in ("", self._theme):
            return "the settings, the theme or a page written by hand"
        return next((what for what, digest in ground.items() if was.theme and was.ground.get(what) != digest), "")

    def put_back(self, paths: Collection[str]) -> None:
        """These pages, and nothing else."""
        with disk.in_words(self._site):
            if self._aside.is_dir() and _pruned(str(self._aside), "", {place(path) for path in paths}):
                _move(self._aside, self._site)

    def _noted(self) -> "_Notes":
        with suppress(OSError, msgspec.DecodeError):
            return _NOTES.decode(self._notes.read_bytes())
        return _Notes("", {}, {})

    def note(self, keys: Mapping[str, str], ground: Mapping[str, str]) -> None:
        """These pages stand in the site now, each under its key; what all of them rest on."""
        pages = {path: (key, stamp) for path, key in keys.items() if (stamp := _stamp(self._site, path))}
        cache.put(self._notes, msgspec.json.encode(_Notes(self._theme, pages, ground)).decode())


class _Notes(NamedTuple):
    """Of a site when it was written: the keys of its pages with their stamps, and digests of what all of them rest on."""

    theme: str
    pages: Mapping[str, tuple[str, list[int]]]
    ground: Mapping[str, str]


_NOTES = msgspec.json.Decoder(_Notes)


def place(path: str) -> str:
    """Where a page that is no `index.md` stands in the site."""
    return path.removesuffix(".md") + "/index.html"


def _stamp(site: Path, path: str) -> list[int]:
    """By which a file is known to be the one that was written; the last of these changes with any change."""
    with suppress(OSError):
        found = os.lstat(f"{site}/{place(path)}")
        return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
    return []


def _pruned(folder: str, within: str, places: Collection[str]) -> bool:
    """Whether anything is left once all but these is gone."""
    left = False
    with os.scandir(folder) as entries:
        for entry in [*entries]:
            if entry.is_dir(follow_symlinks=False):
                left |= _pruned(entry.path, f"{within}{entry.name}/", places)
            elif f"{within}{entry.name}" in places:
                left = True
            else:
                Path(entry.path).unlink()
    if not left:
        Path(folder).rmdir()
    return left


def _move(folder: Path, into: Path) -> None:
    """What is in a folder, but for what is hidden there."""
    into.mkdir(parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        for entry in [*entries]:
            if not entry.name.startswith("."):
                Path(entry.path).rename(into / entry.name)
