"""Whole files or none, one build at a time, and nothing that leads out of the project."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from generator.errors import ContentError, FactsheetsError, Problem

PACKAGE = Path(__file__).parent
"""Where the program lies, with what belongs to it."""


def write(path: Path, text: str | bytes) -> bool:
    """Puts a text in place whole or not at all; False where it stood there already."""
    data = text.encode() if isinstance(text, str) else text
    with in_words(path):
        if holds(path, data):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".factsheets-", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
            _flush(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return True


def holds(path: Path, data: bytes) -> bool:
    """Does it stand there already?"""
    return path.is_file() and path.read_bytes() == data


def _flush(folder: Path) -> None:
    """A new name is on the disk once its folder is; Windows opens no folders and sees to it itself."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """A disk that refuses is a mistake of the surroundings, not ours."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename) if isinstance(error.filename, str) else path
        hint = "is the folder read-only or the disk full? nothing was left half-written"
        raise ContentError(Problem(f"cannot be written: {error.strerror}", place, None, hint)) from None


@contextmanager
def lock(root: Path, seconds: float = 60) -> Iterator[None]:
    """One build at a time; raises FactsheetsError where another holds the project for longer than `seconds`, or where what
    is written would land elsewhere.
    """
    folder = root / ".cache"
    with in_words(folder):
        folder.mkdir(exist_ok=True)
        write(folder / ".gitignore", "*\n")
        try:
            held = filelock.FileLock(folder / "build.lock").acquire(timeout=seconds)
        except filelock.Timeout:
            raise FactsheetsError("another build is at work in this project", "wait for it to end") from None
    with held:
        if problems := links_out(root):
            raise ContentError(*problems)
        with in_words(root / "content"):
            for leftover in (root / "content").rglob(".factsheets-*.tmp"):  # of a run that was ended while it wrote
                leftover.unlink(missing_ok=True)
        yield


def links_out(root: Path) -> list[Problem]:
    """Folders below `content/` that lie elsewhere: what they hold is neither read nor written to."""
    folders = (Path(parent, name) for parent, names, _ in os.walk(root / "content") for name in names)
    links = [folder for folder in folders if folder.is_symlink() and leads_out(folder, root)]
    return [Problem("leads out of the project", shown(link, root), None, "put the folder itself here") for link in links]


def leads_out(path: Path, root: Path) -> bool:
    """Is it elsewhere once links are followed? That `content` itself is one is for whoever set the project up to say."""
    return not any(path.resolve().is_relative_to(home.resolve()) for home in (root, root / "content"))


def shown(path: Path, root: Path | None) -> Path:
    """A path below the project, printable whatever a file is called."""
    below = path.relative_to(root) if root and path.is_relative_to(root) else path
    return Path("".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(below)))
