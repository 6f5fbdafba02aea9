"""The pages of documentation, typed: every snippet is put where its page says or run, in the order of the page.

Before a snippet that is no command stands `<!-- file: PATH -->`; before one that cannot be run `<!-- not run: WHY -->`.
example.org is a server on loopback, and a folder on disk stands for GitHub. `mkdocs serve` would never end, so the site
is built instead. The tutorial has a test of its own (test_newcomer.py), the pages of reference are made from the program.
"""

import os
import re
import subprocess
import sys

import pytest
from conftest import a_claim, a_project, write_files
from loopback import page, serving
from reference import DOCS, PAGES

ROOT = DOCS.parent
SNIPPET = re.compile(r"^ *(?:<!-- (file|not run): ([^>]+) -->\n)? *```(\w*)\n(.*?)^ *```$", re.M | re.S)
SNIPPETS = {path: [*SNIPPET.finditer(path.read_text("utf-8"))] for path in sorted(DOCS.glob("*.md"))}
TYPED = [path for path, some in SNIPPETS.items() if some and path.name not in (*PAGES, "tutorial.md")]
NEWS = page(
    "A summit", "Kazakhstan is a member of the CSTO. " * 4, "The talks in Minsk ended on Monday with an accord on roads."
)
FEED = b"<rss version='2.0'><channel><title>News</title><item><link>/news/a-summit</link></item></channel></rss>"
TIMOR = """---
published: 2025-10-28
---
KUALA LUMPUR - Timor-Leste became the eleventh member of ASEAN on 26 October 2025. ASEAN was founded in Bangkok on 8 August
1967. Malaysian Prime Minister Anwar Ibrahim spoke. In 2026 the Philippines takes over the chair of ASEAN from Malaysia.
"""
SHELL = r"""set -euo pipefail
factsheets() {{
  case "$1" in add) set -- "$@" --allow-private;; feed) set -- "$@" --allow-private;; esac
  "{python}" -m generator "$@" <<< $'y\ny\ny'
}}
mkdocs() {{ [ "$1" != serve ] || set -- build --quiet; "{python}" -m mkdocs "$@"; }}
"""


@pytest.fixture
def project(tmp_path):
    """A project under git, with a remote and something to review."""
    claims = [
        a_claim("founding", "cis", "1991", event="established", article="old"),
        a_claim("membership", "csto", "AM", status="member", article="old", start=60),
        *(
            a_claim("membership", "csto", code, status="member", confidence=0.5, start=50 * n)
            for n, code in enumerate(("BY", "KG", "TJ"))
        ),
    ]
    root = a_project(tmp_path / "site", claims)
    write_files(root, {
        "mkdocs.yml": (ROOT / "generator/starter/mkdocs.yml").read_text("utf-8"),
        "docs/about.md": "# About\n",
        "dev/timor-leste.md": TIMOR,
        "report.pdf": (ROOT / "generator/starter/practice/report.pdf").read_bytes(),
        ".gitignore": ".cache\nsite\n",
    })  # fmt: skip
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "x"], ["init", "-q", "--bare", "../host.git"],
                  ["remote", "add", "origin", "../host.git"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=root, check=True, env=environment())
    return root


def environment():
    who = {f"GIT_{who}_{what}": "desk@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    more = {"NO_MKDOCS_2_WARNING": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1782864000"}
    return {**os.environ, **who, **more, "GIT_CONFIG_GLOBAL": os.devnull}


def run(root, text):
    """A script that a person types, who answers each question with yes."""
    command = ["bash", "-c", SHELL.format(python=sys.executable) + text]
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.stem)
def test_what_a_page_tells_one_to_type_works(path, project):
    waiting = iter(run(project, "factsheets review").splitlines()) if path.stem == "review-facts" else iter(())
    with serving({"/news/a-summit": NEWS, "/news.rss": FEED}) as server:
        for snippet in SNIPPETS[path]:
            marker, words, language, text = snippet.groups()
            text = text.replace("https://example.org", server)
            if marker == "file":
                write_files(project, {words: text})
            elif not marker:
                assert language in ("sh", "console"), f"say where it belongs: {text}"
                text = re.sub("3e21fae7", lambda _: next(waiting).split("\t")[0], text)
                run(project, text)
        run(project, "factsheets check")


def test_only_what_fetches_from_elsewhere_or_is_part_of_another_snippet_is_not_run():
    left = {path.stem: snippet[2] for path in TYPED for snippet in SNIPPETS[path] if snippet[1] == "not run"}
    assert set(left) == {"zensical", "reference-tables", "scale"}, left


def test_no_snippet_is_overlooked():
    for path in TYPED:
        assert path.read_text("utf-8").count("```") == 2 * len(SNIPPETS[path]), path.name
