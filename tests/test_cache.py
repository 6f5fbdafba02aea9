"""Nothing twice: a build with nothing to do loads nothing, and every edit is seen."""

import json
import subprocess
import sys
import time
from datetime import date

import pytest
from conftest import a_claim, write_files
from test_cli import typed

from generator import cache

OVERRIDE = "content/overrides/organisations/csto.yml"
HEAVY = ("spacy", "mkdocs", "typer", "yaml", "generator.build")


@pytest.fixture
def built(project, monkeypatch):
    """A project built so long ago that the times of its files tell each later edit."""
    monkeypatch.setattr(cache, "_RACY", 0)
    root = project([a_claim()], {OVERRIDE: "- {deny: {kind: membership, value: BY}, why: No.}\n"})
    assert typed(root, "build").returncode == 0
    read = cache.inputs(root)
    cache.remember(root, read, json.loads((root / ".cache/build.json").read_text())["told"])
    return root


def test_a_build_with_nothing_to_do_loads_nothing_and_repeats_its_warnings(built):
    code = (
        "import sys\nfrom generator import cache\ncache._RACY = 0\nsys.argv = ['factsheets', 'build']\n"
        f"from generator.__main__ import main\nmain()\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "this denial matches nothing" in done.stderr
    assert done.stderr.endswith("0 articles read, 0 facts changed, 0 files written or removed\n")


@pytest.mark.parametrize(
    ("path", "text"),
    [(OVERRIDE, "- {deny: {kind: membership, value: RU}, why: No.}\n"), ("content/articles/b.md", "New.\n"),
     ("content/facts/organisations/csto.yml", ""), ("content/settings.yml", "\n")],
)  # fmt: skip
def test_every_edit_is_seen_and_named(built, path, text):
    assert cache.changed(built)[0] == []
    time.sleep(0.02)
    write_files(built, {path: text})
    assert cache.changed(built)[0] == [path]


def test_a_file_that_is_gone_and_another_day_are_seen(built, monkeypatch):
    (built / "content/articles/a.md").unlink()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    told = cache.changed(built)[0]
    assert told == [f"today is no longer {date.today()}", "content/articles/a.md"]


def test_a_file_written_just_before_it_was_looked_at_is_not_trusted(built, monkeypatch):
    monkeypatch.setattr(cache, "_RACY", 10**12)
    assert OVERRIDE in cache.changed(built)[0]


@pytest.mark.parametrize("record", ["", "[]", "{", '{"read": 1}'])
def test_a_broken_record_means_a_whole_build(built, record):
    (built / ".cache/build.json").write_text(record)
    assert cache.changed(built) == (["the last build is not on record"], [])


def test_explain_rebuild_says_which_file_and_which_article(built):
    time.sleep(0.02)
    write_files(built, {"content/articles/b.md": "Belarus is a member of the CSTO.\n"})
    done = typed(built, "build", "--explain-rebuild")
    assert "differs from the last build: content/articles/b.md" in done.stdout
    assert "read: b, which is new" in done.stdout
