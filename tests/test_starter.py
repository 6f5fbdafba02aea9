"""The site that `factsheets new` makes: it builds, its pieces are ours, and it says what to do."""

import os
import re
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


def test_an_older_site_gets_what_it_lacks_and_what_is_a_persons_stays_and_is_told(tmp_path):
    assert typed(tmp_path, "new", ".").returncode == 0
    fresh = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for name in ("content/articles/nato-sweden-joins.md", "practice/report.pdf", ".github/workflows/check.yml"):
        (tmp_path / name).unlink()
    mine = {
        "mkdocs.yml": fresh["mkdocs.yml"].replace(b"My fact sheets", b"Almanac"),
        ".github/workflows/publish.yml": fresh[".github/workflows/publish.yml"].replace(b"--strict", b""),
        "requirements.txt": b"./factsheets-0.0.9-py3-none-any.whl",  # without the comment, nor a last line feed
        "content/feeds.yml": b"- url: https://example.org/rss\n",
    }
    write_files(tmp_path, {**mine, "content/schemas/feeds.json": "{}"})
    done = typed(tmp_path, "new", ".")
    assert done.returncode == 0
    after = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    left_out = {"content/articles/nato-sweden-joins.md", "practice/report.pdf"}
    assert after == {**{name: text for name, text in fresh.items() if name not in left_out}, **mine}
    assert "2 files written" in done.stderr
    assert re.findall(r"^\+\+\+ b/(.*)", done.stdout, re.M) == [
        ".github/workflows/publish.yml",
        "mkdocs.yml",
        "requirements.txt",
    ]
    (tmp_path / "upgrade.patch").write_text(done.stdout)
    git(tmp_path, "apply", "--include=.github/*", "upgrade.patch")
    assert (tmp_path / ".github/workflows/publish.yml").read_bytes() == fresh[".github/workflows/publish.yml"]
    assert typed(tmp_path, "new", "content").returncode == 1


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


def git(root, *words):
    who = {f"GIT_{who}_{what}": "desk@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, env={**os.environ, **who})


def test_changes_since_a_revision_are_told_as_markdown_that_nothing_gets_out_of(project):
    root = project([a_claim("official", "TJ", "Rah`mon @all", post="President")])
    git(root, "init", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-m", "facts")
    assert typed(root, "changes", "--since", "HEAD").stdout == "## 0 facts changed\n"
    (root / "content/facts/countries/TJ.yml").unlink()
    told = typed(root, "changes", "--since", "HEAD").stdout
    assert "### `Tajikistan`" in told
    assert "- `official: Rah'mon @all, post President, status current` → nothing" in told
    wrong = typed(root, "changes", "--since", "--output=x")
    assert (wrong.returncode, (root / "x").exists()) == (1, False)
    assert "git cannot show" in wrong.stderr


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_what_the_program_says_of_itself(name):
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: python tests/reference.py"
