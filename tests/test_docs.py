"""What the documentation names exists: commands, targets, pages, and the examples work as printed."""

import re
from pathlib import Path

import pytest
import typer.main

from generator import content
from generator.commands import app

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "generator").rglob("*.md")],
    key=lambda path: path.as_posix(),
)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def code(text):
    """All that is set as code, and the text without its blocks."""
    rest = _BLOCK.sub("", text)
    return [body for _, body in _BLOCK.findall(text)] + _SPAN.findall(rest), rest


def anchors(path):
    headings = re.findall(r"^#+ +(.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower().replace(" ", "-") for heading in headings}


@each_page
def test_every_command_that_a_page_names_exists(page):
    known = typer.main.get_command(app).commands
    for piece in code(page.read_text("utf-8"))[0]:
        for name in re.findall(r"(?:^|[\s;&/])factsheets ([a-z]+)", piece):
            assert name in known, f"factsheets {name}"


@each_page
def test_every_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for piece in code(page.read_text("utf-8"))[0]:
        for name in re.findall(r"(?:^|[\s;&])make ([a-z]+)", piece):
            assert name in targets, f"make {name}"


@each_page
def test_every_link_inside_the_project_leads_somewhere(page):
    for link in _LINK.findall(code(page.read_text("utf-8"))[1]):
        if re.match(r"[a-z]+:|(data|feeds)/", link):  # what a build makes: test_site.py follows those
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_overrides_that_the_guide_prints_are_valid(tmp_path):
    text = (ROOT / "docs" / "correct-a-fact.md").read_text("utf-8")
    blocks = [body for language, body in _BLOCK.findall(text) if language == "yaml"]
    assert blocks
    folder = tmp_path / "content" / "overrides" / "organisations"
    folder.mkdir(parents=True)
    (folder / "brics.yml").write_text("".join(blocks), "utf-8")
    found = content.load_overrides(tmp_path, content.load_kinds(tmp_path), content.load_gazetteer(tmp_path))
    assert (len(found.claims) + len(found.expected), found.problems) == (len(blocks), [])


def test_the_guide_names_every_kind_and_every_field():
    text = (ROOT / "docs" / "correct-a-fact.md").read_text("utf-8")
    for kind in content.load_kinds(Path("nowhere")).values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{kind.name}` |"))
        for field in kind.others():
            assert all(f"`{word}`" in row for word in (field.name, *field.values)), f"{kind.name}: {field.name}"


def test_the_list_of_decisions_is_complete():
    folder = ROOT / "docs" / "development" / "decisions"
    listed = re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (folder / "index.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("0*.md"))


def test_the_sample_articles_say_what_they_are():
    articles, problems = content.load_articles(ROOT)
    assert not problems
    assert len(articles) >= 16
    for article in articles:
        assert article.published, article.id
        assert article.licence == "CC0-1.0", article.id
        assert article.based_on, article.id
        assert 150 <= len(article.text.split()) <= 400, article.id


def test_the_architecture_page_names_every_room():
    text = (ROOT / "docs" / "development" / "architecture.md").read_text("utf-8")
    rooms = {path.stem for path in (ROOT / "generator").glob("*.py")} - {"__init__"}
    rooms |= {f"{path.parent.name}/" for path in (ROOT / "generator").glob("*/__init__.py")}
    assert not {room for room in rooms if f"`{room}`" not in text}


def test_every_proof_that_the_threat_model_names_exists():
    named = re.findall(r"`(test_\w+(?:\.py)?)`", (ROOT / "docs/development/threat-model.md").read_text("utf-8"))
    tests = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    assert len(named) >= 10
    for name in named:
        assert name in tests or any(f"def {name}(" in text for text in tests.values()), name


def test_workflows_use_actions_by_commit_and_ask_for_little():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text("utf-8")
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used) for used in re.findall(r"uses: (\S+)", text)), path.name
        assert re.search(r"^permissions:\n  contents: read\n", text, re.M), path.name
        assert set(re.findall(r"(\w[\w-]*): write", text)) <= {"pages", "id-token"}, path.name
