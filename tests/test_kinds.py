"""A kind of fact added as YAML alone gives extraction, settling, validation, a page section and its own examples."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from generator.errors import ContentError
from generator.extract.rules import compile_rules
from generator.kinds import parse

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/add-a-kind.md").read_text("utf-8")
KIND = re.search(r"```yaml\n(kind: headquarters.*?)```", GUIDE, re.DOTALL)[1]
ARTICLE = """---
title: Where they sit
published: 2026-01-05
---
ASEAN is based in Jakarta. Since 2002 the African Union has had its headquarters in Addis Ababa.
"""


def run(folder, *command):
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The example of `docs/add-a-kind.md`, with one article, built."""
    folder = tmp_path_factory.mktemp("headquarters")
    for name, text in {
        "content/kinds/headquarters.yml": KIND,
        "content/articles/seats.md": ARTICLE,
        "docs/about.md": "# About\n",
        "mkdocs.yml": "site_name: Seats\ntheme: {name: material, font: false}\nplugins: [search, factsheets]\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    built = run(folder, "generator", "build")
    assert built.returncode == 0, built.stderr
    return folder


def test_its_facts_are_extracted_and_settled(project):
    facts = (project / "content/facts/organisations/asean.yml").read_text("utf-8")
    assert "kind: headquarters" in facts
    assert "value: Jakarta" in facts


def test_its_examples_are_run_and_must_hold(project):
    assert run(project, "generator", "kinds", "test").returncode == 0
    kind = project / "content/kinds/headquarters.yml"
    kind.write_text(KIND.replace("place: Jakarta}", "place: Bangkok}"), "utf-8")
    failed = run(project, "generator", "kinds", "test")
    kind.write_text(KIND, "utf-8")
    assert failed.returncode == 1
    assert "Bangkok" in failed.stderr + failed.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("place: [object/in", "town: [object/in", "the rule 'have_seat' fills 'town', which is no field"),
        ("(?P<place>", "(?P<town>", "the rule 'based_body' fills 'town', which is no field"),
        ("{id: based_body,", "{id: based_body, slots: {town: [before]},", "the rule 'based_body' fills 'town'"),
        ("object: $seat", "object: $seta", "uses \\$seta, which is not in the lexicon\n  hint: did you mean 'seat'"),
        ("(?P<organisation>", "((?P<organisation>", "'based_body' is no regular expression"),
    ],
)
def test_a_rule_that_cannot_work_is_named(right, wrong, said):
    assert KIND.count(right) == 1
    with pytest.raises(ContentError, match=said):
        compile_rules([parse(KIND.replace(right, wrong), Path("content/kinds/headquarters.yml"))])


def test_a_page_shows_it(project):
    built = run(project, "mkdocs", "build", "--strict")
    assert built.returncode == 0, built.stderr
    page = (project / "site/organisations/au/index.html").read_text("utf-8")
    assert "Headquarters" in page
    assert "Addis Ababa" in page


def test_its_overrides_are_validated(project):
    override = project / "content/overrides/organisations/asean.yml"
    override.parent.mkdir(parents=True, exist_ok=True)
    override.write_text("- kind: headquarters\n  value: Jakarta\n  seat: South Jakarta\n  why: More exact.\n", "utf-8")
    checked = run(project, "generator", "check")
    override.unlink()
    assert checked.returncode == 1
    assert "asean.yml:3" in checked.stderr + checked.stdout
