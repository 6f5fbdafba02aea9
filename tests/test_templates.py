"""A project's own templates stand in place of ours, one by one; what is wrong with them is told with its line."""

import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import TODAY, a_claim, write_files
from jinja2 import DictLoader, Environment

from generator.build import refresh
from generator.errors import ContentError
from generator.publish import publish
from generator.render import words

OWN = "content/templates/"


def sheet(root):
    return publish(refresh(root, today=TODAY)).pages["organisations/csto.md"].text


def test_a_page_is_made_by_the_projects_own_template(project):
    root = project([a_claim()])
    own = "---\ntitle: Own\n---\n# {{ subject.text }}\n<p>{{ members | length }}</p>\n"
    write_files(root, {OWN + "organisation.md.jinja": own})
    made = sheet(root).partition("<script")[0].strip()
    assert made == "---\ntitle: Own\n---\n\n# Collective Security Treaty Organization\n\n<p>1</p>"


def test_a_template_needs_no_front_matter(project):
    root = project([a_claim()])
    write_files(root, {OWN + "organisation.md.jinja": "<p>{{ members | length }}</p>\n"})
    assert sheet(root).partition("<script")[0].strip() == "<p>1</p>"


def test_a_part_can_change_while_the_rest_stays(project):
    root = project([a_claim()])
    before = sheet(root)
    part = '{% from "built-in/_notices.md.jinja" import notices as ours with context %}'
    write_files(
        root, {OWN + "_notices.md.jinja": part + "{% macro notices() %}<p>A word first.</p>{{ ours() }}{% endmacro %}\n"}
    )
    assert sheet(root) == before.replace("<form", "<p>A word first.</p>\n<form", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: x\n---\n{{ subjct }}\n", "organisation.md.jinja:4: 'subjct' is undefined"),
        ("---\n---\n\n{% if %}\n", "organisation.md.jinja:4: Expected an expression"),
        ("---\n---\n{{ subject.__class__.__mro__ }}\n", "organisation.md.jinja:3: access to attribute '__class__'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(project, text, message):
    root = project([a_claim()])
    write_files(root, {OWN + "organisation.md.jinja": text})
    with pytest.raises(ContentError) as caught:
        sheet(root)
    assert message in str(caught.value)


def test_a_name_that_makes_no_page_is_an_error_with_a_hint(project):
    root = project([a_claim()])
    write_files(root, {OWN + "organisaton.md.jinja": ""})
    (problem,) = [p for p in refresh(root, today=TODAY).problems if p.severity == "error"]
    assert "did you mean 'organisation.md.jinja'?" in str(problem)


def test_compiled_templates_lie_outside_the_project_and_those_in_a_sandbox_apart(project):
    root = project([a_claim()])
    sheet(root)
    write_files(root, {OWN + "_more.md.jinja": ""})
    sheet(root)
    built_in, own = (words._environment(frozenset(some.items())).bytecode_cache for some in ({}, {"_more.md.jinja": ""}))
    assert not Path(built_in.directory).is_relative_to(root)
    assert built_in.pattern != own.pattern
    assert [*Path(built_in.directory).glob(built_in.pattern % "*")]
    assert [*Path(own.directory).glob(own.pattern % "*")]


def test_a_page_needs_no_folder_for_compiled_templates(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert words.compiled("x") is None
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = Environment(loader=DictLoader({"a": "b"}), bytecode_cache=words.compiled("x"))
    shutil.rmtree(environment.bytecode_cache.directory)
    assert environment.get_template("a").render() == "b"
