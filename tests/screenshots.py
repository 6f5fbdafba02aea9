"""Pictures of our own site, phone and desktop, light and dark: `make screenshots`."""

import functools
import http.server
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from chromium import CHROMIUM
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "assets"
PAGES = {"home": "", "sheet": "organisations/csto/", "country": "countries/AM/", "article": "articles/csto-bishkek-session/",
         "calendar": "calendar/"}  # fmt: skip
SIZES = {"desktop": (1280, 900), "phone": (360, 800)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a line a request."""

    def log_message(self, *arguments):
        """Say nothing."""


def main():
    """Build the site elsewhere, open each page, and save what a reader sees first."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as site:
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        command = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", site]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        handler = functools.partial(Quiet, directory=site)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            take(f"http://127.0.0.1:{server.server_port}/")
            server.shutdown()


def take(address):
    """One picture a page, size and scheme."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for device, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                for name, path in PAGES.items():
                    page.goto(address + path, wait_until="networkidle")
                    if name == "sheet" and device == "desktop" and page.locator("#founding-established summary").count():
                        page.locator("#founding-established summary").click()
                        page.wait_for_timeout(500)  # the header changes its title
                    page.screenshot(path=PICTURES / f"{name}-{device}-{scheme}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
