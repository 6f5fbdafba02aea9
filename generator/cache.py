"""Nothing twice: what the last build was made from, by the times and sizes of its files, and what articles said.

All of it is below `.cache/` of a project: readable, and safe to delete at any time. `build.json` is the record of the last
build, `claims/` holds an entry for each article read. Only the standard library is imported here, so that a build with
nothing to do ends before anything else is loaded.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_MADE = ("facts", "changes")  # folders of content/ that a build writes
_RACY = 10**9  # nanoseconds: a file written so shortly before it was looked at may be written again unseen


def today() -> date:
    """The day all is seen from: that of SOURCE_DATE_EPOCH (seconds, UTC) where it is set, so that builds can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch.isdigit() else date.today()


def find_project(here: Path) -> Path | None:
    """The nearest folder, from here upwards, that holds `content/`."""
    return next((folder for folder in (here, *here.parents) if (folder / "content").is_dir()), None)


def inputs(root: Path) -> dict[str, str]:
    """Every file that a build of this project reads and people write, the program among them, with its time and size."""
    return dict(sorted([*_stamps(root / "content", "content", skip=_MADE), *_stamps(_PACKAGE, "program")]))


def outputs(root: Path) -> dict[str, str]:
    """Every file that a build writes, likewise."""
    return dict(sorted(stamp for name in _MADE for stamp in _stamps(root / "content" / name, f"content/{name}")))


def remember(root: Path, read: dict[str, str], told: list[str]) -> None:
    """Keeps what a build read (`inputs`, taken before it began) and the warnings it gave; silent where it cannot."""
    record = {"today": today().isoformat(), "read": read, "written": outputs(root), "told": told}
    put(root / ".cache" / "build.json", json.dumps(record, indent=0))


def put(path: Path, text: str) -> None:
    """Puts a text in place whole or not at all; silent where it cannot."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.tmp")
        part.write_text(text, "utf-8")
        part.replace(path)


def get(path: Path) -> bytes:
    """What `put` put there, if it is still whole; else nothing."""
    with suppress(OSError):
        return path.read_bytes()
    return b""


def changed(root: Path) -> tuple[list[str], list[str]]:
    """The files that differ from the last build's (`["the last build is not on record"]` where none is), the day among
    them; and the warnings which that build gave.
    """
    try:
        record: Any = json.loads((root / ".cache" / "build.json").read_bytes())
        was, told = {**record["read"], **record["written"]}, [str(line) for line in record["told"]]
        day = [] if record["today"] == today().isoformat() else [f"today is no longer {record['today']}"]
    except (OSError, ValueError, KeyError, TypeError):
        return ["the last build is not on record"], []
    now = {**inputs(root), **outputs(root)}
    return [*day, *sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))], told


def _stamps(folder: Path | str, name: str, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every file below a folder, which goes by this name, with its time and size. Ten thousand take a tenth of a second."""
    try:
        entries, now = [*os.scandir(folder)], time.time_ns()
    except OSError:
        return
    for entry in entries:
        with suppress(OSError):  # a link may lead nowhere: such is how some editors mark what they have open
            if not entry.is_dir():
                stat = entry.stat()
                racy = "" if now - stat.st_mtime_ns > _RACY else f" seen {now}"
                yield f"{name}/{entry.name}", f"{stat.st_mtime_ns} {stat.st_size}{racy}"
            elif entry.name not in (*skip, "__pycache__"):
                yield from _stamps(entry.path, f"{name}/{entry.name}")
