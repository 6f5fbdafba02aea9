"""Seconds and megabytes of commands in fresh processes, of a served page after an edit, and of a search in a browser."""

import ctypes
import functools
import http.server
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from engines import PAGE, Engine

ENVIRONMENT = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
PATIENCE = 3600  # seconds that a command, or a page, may take


class MeasureError(Exception):
    """What was to be measured ended badly, or not at all."""


class Run(NamedTuple):
    """What a command took, and what it said."""

    seconds: float
    processor: float  # seconds of all cores
    megabytes: float  # its largest process at its peak
    said: str


def run(command: list[str], cwd: Path, **environment: str) -> Run:
    """Runs a command to its end, which must be a good one."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env={**ENVIRONMENT, **environment}, stdout=output, stderr=output, start_new_session=True
        )
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        used = [usage, *_left_behind(process.pid)]
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise MeasureError(
            f"{' '.join(command)} ended with {process.returncode} after {seconds:,.0f} s: {said[-300:].strip()}"
        )
    processor = sum(usage.ru_utime + usage.ru_stime for usage in used)
    return Run(seconds, processor, max(usage.ru_maxrss for usage in used) / 1024, said)


with suppress(AttributeError):  # Linux alone: processes whose parent has ended are ours to wait for
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def _left_behind(group: int) -> Iterator[Any]:
    """What the processes used that outlived the one that began them, such as a server that workers are forked from."""
    with suppress(ChildProcessError):
        while True:
            yield os.wait4(-group, 0)[2]


def build(engine: Engine, *, cold: bool) -> Run:
    """One build of the whole site: of nothing, or after an edit of one page; nothing that was kept elsewhere is of help
    to the first.
    """
    if not cold:
        engine.edit(f"Marker {random.randrange(10**9)}")
        return run(engine.build, engine.root)
    for made in engine.made:
        shutil.rmtree(engine.root / made, ignore_errors=True)
    with tempfile.TemporaryDirectory() as empty:
        return run(engine.build, engine.root, TMPDIR=empty)


def loop(engine: Engine, edits: int) -> list[float]:
    """Seconds from each of some edits to the changed page, as the engine's own server gives it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}/{PAGE}/"
    command = [part.replace("{port}", port) for part in engine.serve]
    process = subprocess.Popen(
        command, cwd=engine.root, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(address, "<h1")
        return [_served(engine, address, f"Marker {random.randrange(10**9)}") for _ in range(edits)]
    finally:
        process.terminate()
        process.wait()


def _served(engine: Engine, address: str, marker: str) -> float:
    time.sleep(random.uniform(1.5, 2.5))  # an edit may fall anywhere between two looks of a watcher
    start = time.perf_counter()
    engine.edit(marker)
    _wait(address, marker)
    return time.perf_counter() - start


def _wait(address: str, text: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                if text.encode() in answer.read():
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.02)
    raise MeasureError(f"{text!r} did not appear on {address} in {PATIENCE} s")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _hosted(site: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def first_result(site: Path, words: str) -> tuple[float, float] | None:
    """Seconds from opening the home page to the first result of a search, and from the next search to its result;
    None without Chromium and Playwright.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if not chromium:
        return None
    with (
        _hosted(site) as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]) as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(600_000)
        start = time.perf_counter()
        page.goto(address)
        page.keyboard.press("/")
        first = _typed(page, words.split()[0], words) - start
        return first, _typed(page, words.removeprefix(words.split()[0]), words) - start - first


def _typed(page: Any, words: str, wanted: str) -> float:
    """When the wanted body was found, after these words were typed on."""
    page.keyboard.type(words)
    page.locator(".md-search-result__link", has_text=wanted).first.wait_for()
    return time.perf_counter()
