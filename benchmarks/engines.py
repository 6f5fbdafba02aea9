"""Site engines on the same pages: how each is laid out, builds, serves, and what an edit is to it."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import synthetic

BIN = Path(sys.executable).parent
PAGE = "organisations/body-0"
HUGO = """\
baseURL = "https://example.org/"
title = "Invented organisations"
disableKinds = ["taxonomy", "term", "RSS"]
[markup.goldmark.renderer]
unsafe = true
"""
SHELL = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head>
<body><nav><a href="/">Home</a> <a href="/organisations/">Organisations</a> <a href="/countries/">Countries</a></nav>
<main>{{ .Content }}</main><aside>{{ .TableOfContents }}</aside></body></html>
"""


class Engine(NamedTuple):
    """One way to make a site of a folder."""

    name: str
    root: Path
    build: list[str]
    serve: list[str]  # with the port as `{port}`
    made: tuple[str, ...]  # what a cold build begins without
    edit: Callable[[str], None]  # puts a marker on PAGE


def ours(root: Path) -> Engine:
    """MkDocs with our plugin, as installed beside this Python."""
    command = str(BIN / "mkdocs")
    serve = [command, "serve", "-q", "-a", "127.0.0.1:{port}"]
    return Engine(
        "factsheets", root, [command, "build", "-q"], serve, ("site", ".cache"), lambda m: synthetic.override(root, m)
    )


def zensical(command: str, root: Path, pages: Path) -> Engine:
    """Zensical on our Markdown, with the same theme and extensions."""
    shutil.copytree(pages, root / "docs")
    (root / "mkdocs.yml").write_text(synthetic.SETTINGS, "utf-8")
    serve = [command, "serve", "-a", "127.0.0.1:{port}"]
    return Engine("Zensical", root, [command, "build"], serve, ("site", ".cache"), _appending(root / "docs"))


def hugo(command: str, root: Path, pages: Path) -> Engine:
    """Hugo on our Markdown, in a shell of a few lines and without a search."""
    shutil.copytree(pages, root / "content")
    for index in sorted((root / "content").rglob("index.md")):
        index.rename(index.with_name("_index.md"))
    layouts = root / "layouts" / "_default"
    layouts.mkdir(parents=True)
    for name in ("single", "list"):
        (layouts / f"{name}.html").write_text(SHELL, "utf-8")
    (root / "hugo.toml").write_text(HUGO, "utf-8")
    serve = [command, "server", "--bind", "127.0.0.1", "-p", "{port}", "--baseURL", "http://127.0.0.1/"]
    return Engine("Hugo", root, [command, "--quiet"], serve, ("public", "resources"), _appending(root / "content"))


def _appending(folder: Path) -> Callable[[str], None]:
    path = folder / f"{PAGE}.md"
    text = path.read_text("utf-8")

    def edit(marker: str) -> None:
        path.write_text(f"{text}\n\n{marker}.\n", "utf-8")

    return edit
