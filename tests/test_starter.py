"""The site that `factsheets new` makes: it builds, its pieces are ours, and it says what to do."""

import os
import subprocess
import sys

import pytest
from conftest import a_claim, write_files
from reference import DOCS, PAGES
from test_cli import typed
from test_docs import ROOT

from generator import strict_yaml

STARTER = ROOT / "generator" / "starter"
SHARED = [path for path in STARTER.rglob("*") if path.is_file() and "dot-github" in path.parts]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_our_own_site_is_published_by_the_same_files(path):
    ours = ROOT / path.relative_to(STARTER).as_posix().replace("dot-", ".")
    assert ours.read_bytes() == path.read_bytes()


def test_our_own_site_is_set_up_the_same_way():
    ours, theirs = ((root / "mkdocs.yml").read_text().replace("!ENV ", "") for root in (ROOT, STARTER))
    ours, theirs = (strict_yaml.parse(text, ROOT / "mkdocs.yml")[0] for text in (ours, theirs))
    for key in ("theme", "markdown_extensions", "validation", "edit_uri"):
        assert ours[key] == theirs[key], key
    assert all(plugin in ours["plugins"] for plugin in theirs["plugins"])


def test_every_action_is_pinned_and_may_only_read_unless_it_publishes():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        text = path.read_text()
        uses = [line.split("uses: ")[1] for line in text.splitlines() if "uses: " in line]
        assert uses
        assert all(len(use.split("@")[1].split(" ")[0]) == 40 for use in uses), path.name
        assert "permissions:\n  contents: read\n" in text
        assert text.count("write") == (2 if path.name == "publish.yml" else 0)


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    done = typed(tmp_path, "new", ".")
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


OVERDUE = a_claim("presidency", value="RU", phase="will-take", since="2020-01-01", said="2019-11-01")


@pytest.mark.parametrize(("claims", "code"), [([OVERDUE], 1), ([a_claim(status="member")], 0)], ids=["overdue", "calm"])
def test_the_weekly_check_lists_what_waits_and_fails_where_something_is_overdue(project, tmp_path, claims, code):
    """The very shell of check.yml, as GitHub runs it."""
    root = project(claims, {"content/overrides/organisations/csto.yml": "- {kind: size}\n"})
    steps = strict_yaml.read(ROOT / ".github/workflows/check.yml")[0]["jobs"]["facts"]["steps"]
    program = tmp_path / "bin" / "factsheets"
    write_files(tmp_path, {"bin/factsheets": f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m generator "$@"\n'})
    program.chmod(0o755)
    summary = tmp_path / "summary.md"
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}
    command = ["bash", "-e", "-o", "pipefail", "-c", steps[-1]["run"]]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    waits, _, lacks = summary.read_text().partition("## What the content lacks")
    assert ("\toverdue\t" in waits) == bool(code)
    assert "    error: content/overrides/organisations/csto.yml:1: 'value' is missing" in lacks


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_what_the_program_says_of_itself(name):
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: python tests/reference.py"
