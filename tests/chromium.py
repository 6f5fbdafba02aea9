"""A built site, served for Debian's Chromium, which the fixtures `browser` and `page` of conftest.py drive."""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")  # the first has no windows to draw: a third of the work
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
WHY = "the browser tests did NOT run: no Chromium found; install it with: sudo apt-get install chromium"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def built(root, site=None, **environment):
    """The folder of a project's site, built strictly."""
    site = site or root / "site"
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(site)]
    subprocess.run(command, cwd=root, env=environment, check=True)
    return site


@contextmanager
def served(site):
    """The address of a folder, served as long as it is needed."""
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def tab_to(page, selector, most=80):
    """Press Tab until the focus is on an element that matches."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def broken_rules(browser, url, scheme):
    """The rules of accessibility that a page breaks, each with the first place, all its cards open; in the dark those of
    colour, for the others are the same.
    """
    rules = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if scheme == "dark" else {})}
    page = browser.new_page(color_scheme=scheme)
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = Axe().run(page, options=rules).response["violations"]
    page.close()
    return [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found]


def weight(page, url, site, address):
    """How many bytes travel for a page and all that it asks for, compressed as GitHub Pages does it."""
    asked = set()
    page.on("request", lambda request: asked.add(request.url.partition("#")[0]))
    page.goto(url, wait_until="networkidle")
    files = [Path(site) / found.removeprefix(address) for found in asked if found.startswith(address)]
    files = [file / "index.html" if file.is_dir() else file for file in files]
    return sum(len(data if file.suffix in (".woff2", ".png") else gzip.compress(data, 6))
               for file in files if (data := file.read_bytes()))  # fmt: skip
