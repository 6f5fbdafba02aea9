"""The site that `factsheets new` makes: it builds, its pieces are ours, and it says what to do."""

import os
import subprocess

import pytest
from conftest import a_claim
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
    assert set(theirs["plugins"]) <= set(ours["plugins"])


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
