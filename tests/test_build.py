"""From content/ to content/facts/ and back."""

import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from conftest import TODAY, a_claim, write_files

from generator import cache, content, strict_yaml
from generator.build import build, preview, refresh
from generator.check import check
from generator.errors import ContentError
from generator.shelf import Shelf

MEMBER = a_claim(value="AM", status="member")
OTHER = a_claim(value="UZ", status="member", article="b", said="2020-01-01")
OVERRIDE = "content/overrides/organisations/csto.yml"
LEFT = "- {kind: membership, value: UZ, status: former, until: 2012, why: It left.}\n"


def facts(root):
    """Every facts file, by its path below content/facts."""
    folder = root / "content" / "facts"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.yml")}


def values(sheets):
    return {(fact.value, fact.fields.get("status")) for sheet in sheets for fact in sheet.facts}


def messages(problems):
    return [str(problem) for problem in problems]


def test_building_twice_changes_nothing(project):
    root = project([MEMBER, OTHER], {OVERRIDE: LEFT})
    before = facts(root)
    report = build(root, today=TODAY)
    assert (tuple(report.extracted), report.changes, report.touched) == ((), (), ())
    assert facts(root) == before


def test_building_in_an_empty_folder_is_fine(tmp_path):
    assert build(tmp_path, today=TODAY).sheets == ()


def test_only_new_and_changed_articles_are_read(project):
    root = project([MEMBER, OTHER])
    with (root / "content/articles/b.md").open("a") as file:
        file.write("A further sentence.\n")
    write_files(root, {"content/articles/c.md": "A new one.\n"})
    assert tuple(build(root, today=TODAY).extracted) == ("b", "c")
    assert tuple(build(root, today=TODAY).extracted) == ()


@pytest.mark.parametrize("folder", ["articles", "overrides/organisations", "facts/organisations", "changes"])
def test_a_folder_that_cannot_be_listed_is_an_error_and_costs_no_fact(project, folder):
    root = project([MEMBER, OTHER], {OVERRIDE: LEFT})
    before = facts(root)
    there = root / "content" / folder
    if there.exists():
        there.rename(root / "aside")
    there.symlink_to(there)  # a loop, which even those may not enter who may read everything
    for what in (build, lambda *given, **more: [*check(*given, **more)]):
        try:
            problems = messages(what(root, today=TODAY))
        except ContentError as error:
            problems = messages(error.problems)
        assert [said for said in problems if f"content/{folder}: cannot be read" in said], problems
    there.unlink()
    if (root / "aside").exists():
        (root / "aside").rename(there)
    assert facts(root) == before


def test_what_an_editor_leaves_beside_an_open_file_stops_nothing(project):
    root = project([MEMBER, OTHER])
    for place in ("content/articles/.#a.md", "content/facts/organisations/.#csto.yml"):
        (root / place).symlink_to("someone@host.1234:99")  # where Emacs marks what it has open
    circle = root / "content/articles/circle.md"
    circle.symlink_to(circle)
    assert all([cache.inputs(root), cache.outputs(root)])
    assert not build(root, today=TODAY).touched


def test_an_article_that_is_gone_takes_with_it_what_only_it_said(project):
    root = project([MEMBER, OTHER, a_claim("official", "TJ", "Emomali Rahmon", article="b", post="President", start=50)])
    (root / "content/articles/b.md").unlink()
    report = build(root, today=TODAY)
    assert values(report.sheets) == {("AM", "member")}
    assert sorted(facts(root)) == ["articles.yml", "organisations/csto.yml"]
    assert {change.after for change in report.changes} == {None}


def test_an_override_that_is_gone_leaves_what_the_articles_say(project):
    root = project([OTHER], {OVERRIDE: LEFT})
    assert values(build(root, today=TODAY).sheets) == {("UZ", "former")}
    (root / OVERRIDE).unlink()
    assert values(build(root, today=TODAY).sheets) == {("UZ", "member")}


def test_a_denial_that_is_gone_gives_the_claim_back_without_reading_the_article_again(project):
    root = project([OTHER], {OVERRIDE: "- {deny: {kind: membership, value: UZ}, why: It left.}\n"})
    assert values(build(root, today=TODAY).sheets) == set()
    (root / OVERRIDE).unlink()
    report = build(root, today=TODAY)
    assert (tuple(report.extracted), values(report.sheets)) == ((), {("UZ", "member")})


@pytest.mark.parametrize("damage", ["unlink", "edit", "conflict"])
def test_facts_that_were_lost_or_edited_are_made_anew(project, damage):
    root = project([MEMBER])
    path = root / "content/facts/organisations/csto.yml"
    if damage == "unlink":
        path.unlink()
    else:
        text = path.read_text()
        path.write_text(text.replace("AM", "BY") if damage == "edit" else "<<<<<<< HEAD\n" + text)
    assert any(problem.severity == "error" for problem in refresh(root, today=TODAY).problems)
    assert tuple(build(root, today=TODAY).extracted) == ("a",)


def test_the_facts_folder_deleted_is_the_facts_folder_made_anew(project):
    root = project([MEMBER, OTHER])
    build(root, today=TODAY)
    for path in (root / "content/facts").rglob("*.yml"):
        path.unlink()
    assert tuple(build(root, today=TODAY).extracted) == ("a", "b")


def test_bad_content_stops_the_build_before_anything_is_written(project):
    root = project([MEMBER], {})
    before = facts(root)
    write_files(root, {OVERRIDE: "- {kind: membership, value: XX}\n", "content/articles/z.md": ""})
    with pytest.raises(ContentError) as caught:
        build(root, today=TODAY)
    assert {problem.path.name for problem in caught.value.problems} == {"csto.yml", "z.md"}
    assert facts(root) == before


BROKEN = {"a.md": b"\xff", "b.md": "---\ntitle: [x]\n---\nIt.\n", "empty.md": "", "c d.md": "It.\n"}


def test_where_some_articles_are_broken_the_good_ones_build_and_each_broken_one_is_named(project):
    """A broken article keeps the facts it had, until it is mended; what it said stays on the page."""
    root = project([MEMBER, OTHER])
    before, good = facts(root), (root / "content/articles/a.md").read_bytes()
    write_files(root, {f"content/articles/{name}": text for name, text in BROKEN.items()})
    write_files(root, {"content/articles/new.md": "---\npublished: 2016-05-01\n---\nBelarus is a member of the CSTO.\n"})
    report = build(root, today=TODAY)
    assert {p.path.name for p in report.problems if p.severity == "error"} == {*BROKEN}
    assert tuple(report.extracted) == ("new",)
    assert values(report.sheets) == {("AM", "member"), ("UZ", "member"), ("BY", "member")}
    assert values(refresh(root, today=TODAY).sheets) == values(report.sheets)
    for name in BROKEN:
        (root / "content/articles" / name).unlink()
    (root / "content/articles/new.md").unlink()
    write_files(root, {"content/articles/a.md": good})
    assert values(build(root, today=TODAY).sheets) == {("AM", "member")}
    write_files(root, {"content/articles/b.md": "On another matter.\n"})
    build(root, today=TODAY)
    assert facts(root)["organisations/csto.yml"] != before["organisations/csto.yml"]


def test_a_broken_article_is_read_again_when_mended_if_the_engine_changed_meanwhile(project):
    root = project([MEMBER])
    path = root / "content/articles/a.md"
    good = path.read_bytes()
    path.write_bytes(b"\xff")
    write_files(root, {"content/organisations/ours.yml": "- {id: body-x, name: Body X}\n"})
    assert values(build(root, today=TODAY).sheets) == {("AM", "member")}
    path.write_bytes(good)
    assert tuple(build(root, today=TODAY).extracted) == ("a",)


def test_an_article_that_the_engine_fails_on_is_named_and_the_others_are_read(project, monkeypatch):
    from generator import extract

    read, root = extract.claims, project([])
    failing = lambda reading, matches: read(reading, matches) if "Belarus" in reading.article.text else 1 / 0  # noqa: E731
    monkeypatch.setattr(extract, "claims", failing)
    write_files(
        root, {f"content/articles/{name}.md": f"{name} is a member of the CSTO.\n" for name in ("Armenia", "Belarus")}
    )
    report = build(root, today=TODAY)
    assert [str(problem) for problem in report.problems] == [
        "content/articles/Armenia.md: could not be read: ZeroDivisionError: division by zero\n"
        "  hint: the others were read; the next build tries it again"
    ]
    assert values(report.sheets) == {("BY", "member")}


def test_an_article_that_the_engine_fails_on_keeps_its_facts_and_is_read_again(project, monkeypatch):
    from generator import extract

    root = project([MEMBER])
    read, before = extract.claims, facts(root)["organisations/csto.yml"]
    with (root / "content/articles/a.md").open("a") as file:
        file.write("A further sentence on the CSTO.\n")
    monkeypatch.setattr(extract, "claims", lambda *_: 1 / 0)
    assert len(build(root, today=TODAY).problems) == 1
    assert facts(root)["organisations/csto.yml"] == before
    monkeypatch.setattr(extract, "claims", read)
    assert tuple(build(root, today=TODAY).extracted) == ("a",)


def test_an_idle_override_is_reported_with_its_line(project):
    root = project([MEMBER], {OVERRIDE: "\n- {deny: {kind: membership, value: BY}, why: No.}\n"})
    (problem,) = build(root, today=TODAY).problems
    assert str(problem).startswith(f"{OVERRIDE}:2: this denial matches nothing")
    assert problem.severity == "warning"


@pytest.mark.parametrize(
    ("denied", "hint"),
    [
        ("kind: membership, value: Armenja", "did you mean 'Armenia'?"),
        ("kind: official, post: Chair, value: Ann Leigh", "did you mean 'Ann Lee'?"),
        ("kind: membership, value: Romania", None),  # which is a name
        ("kind: membership, value: Armenia, status: observer", None),
        ("kind: founding, value: '2003'", None),
        ("kind: membership, value: Ingushetia", None),
    ],
)
def test_a_denial_of_a_misspelt_name_says_which_may_be_meant(project, denied, hint):
    said = [
        MEMBER,
        a_claim("official", value="Ann Lee", post="Chair", start=100),
        a_claim("founding", value="2002", start=200),
    ]
    (problem,) = build(project(said, {OVERRIDE: f"- {{deny: {{{denied}}}, why: No.}}\n"}), today=TODAY).problems
    assert problem.message == "this denial matches nothing that an article says"
    assert problem.hint == hint


def test_an_article_from_the_future_is_questioned(project):
    root = project([MEMBER])
    (problem,) = build(root, today=date(2015, 1, 1)).problems
    assert "content/articles/a.md: published 2015-09-14, which is still to come" in str(problem)


def test_refreshing_answers_an_override_at_once_and_writes_nothing(project):
    root = project([OTHER])
    before = facts(root)
    write_files(root, {OVERRIDE: LEFT})
    assert values(refresh(root, today=TODAY).sheets) == {("UZ", "former")}
    assert facts(root) == before


def from_shelf(root, last=None):
    """As the site refreshes a project: with what earlier runs settled."""
    with closing(Shelf(root)) as shelf:
        return refresh(root, today=TODAY, last=last, shelf=shelf)


def test_an_edit_settles_only_the_sheet_that_it_touches(project):
    ids = [f"body-{n:03}" for n in range(1000)]
    bodies = "".join(f"- {{id: {one}, name: {one.title()}}}\n" for one in ids)
    claims = [a_claim(subject=one, subject_type="organisation", start=60 * n, status="member") for n, one in enumerate(ids)]
    root = project(claims, {"content/organisations/ours.yml": bodies})
    last = from_shelf(root)
    assert kept(last, from_shelf(root, last)) == set(ids)
    write_files(root, {"content/overrides/organisations/body-500.yml": LEFT.replace("UZ", "AM")})
    now = from_shelf(root, last)
    assert set(ids) - kept(last, now) == {"body-500"}
    assert now.sheets == refresh(root, today=TODAY).sheets
    write_files(root, {"content/organisations/one.yml": "- {id: body-x, name: Body X}\n"})
    assert kept(now, from_shelf(root, now)) == set(), "other names may mean other sheets"


def kept(before, after):
    """The ids of sheets that were taken over as they are."""
    same = {id(sheet) for sheet in before.sheets}
    return {sheet.id for sheet in after.sheets if id(sheet) in same}


def test_an_article_that_is_gone_settles_only_what_it_spoke_of(project):
    root = project([MEMBER, OTHER, a_claim(subject="nato", value="FI", status="member", article="c")])
    last = from_shelf(root)
    (root / "content/articles/b.md").unlink()
    now = from_shelf(root, last)
    assert kept(last, now) == {"nato"}
    assert now.sheets == refresh(root, today=TODAY).sheets


def test_a_broken_override_keeps_the_last_good_facts(project):
    root = project([OTHER], {OVERRIDE: LEFT})
    last = refresh(root, today=TODAY)
    write_files(root, {OVERRIDE: LEFT + "- {kind: membership, value: Nowhere, why: x}\n"})
    for project_ in (refresh(root, today=TODAY), refresh(root, today=TODAY, last=last)):
        assert values(project_.sheets) == {("UZ", "former")}
        assert [p.line for p in project_.problems] == [2]


def test_refreshing_names_each_article_that_the_facts_do_not_know(project):
    root = project([MEMBER, OTHER])
    write_files(root, {"content/articles/c.md": "New.\n", "content/articles/a.md": "Changed.\n"})
    (root / "content/articles/b.md").unlink()
    found = messages(refresh(root, today=TODAY).problems)
    assert [line.split(":")[0] for line in found] == [
        "content/articles/a.md",
        "content/articles/c.md",
        "content/facts/articles.yml",
    ]
    assert all("run: factsheets build" in line for line in found)


def test_a_preview_marks_what_is_not_saved_and_survives_the_next_refresh(project):
    root = project([MEMBER])
    write_files(root, {"content/articles/c.md": "Belarus is a member of the CSTO.\n"})
    shown = preview(refresh(root, today=TODAY))
    assert shown.unsaved == {"c"}
    assert not (root / "content/facts/countries").exists()
    again = preview(refresh(root, today=TODAY, last=shown))
    assert (again.unsaved, again.sheets) == (shown.unsaved, shown.sheets)


def test_a_preview_of_nothing_new_is_the_project_itself(project):
    shown = refresh(project([MEMBER]), today=TODAY)
    assert preview(shown) is shown


def test_all_is_well_with_what_was_just_built(project):
    found = check(project([MEMBER, OTHER], {OVERRIDE: LEFT}), today=TODAY)
    assert [problem for problem in found if not problem.message.startswith("last confirmed")] == []


def test_facts_that_an_edited_override_would_change_are_named(project):
    root = project([OTHER])
    write_files(root, {OVERRIDE: LEFT})
    (problem,) = check(root, today=TODAY)
    assert "content/facts/organisations/csto.yml: is not what" in str(problem)


def test_a_quote_that_no_longer_matches_is_named(project):
    root = project([MEMBER])
    path = root / "content/facts/organisations/csto.yml"
    path.write_text(path.read_text().replace("AM membership", "AM mumbleship"))
    assert any(
        "a quote no longer matches content/articles/a.md: 'AM mumbleship" in p for p in messages(check(root, today=TODAY))
    )


def test_a_build_that_is_killed_leaves_no_broken_file(project):
    root = project([MEMBER])
    code = (
        "import os\nfrom datetime import date\nfrom pathlib import Path\nfrom generator import build\n"
        "os.fsync = lambda _: os._exit(9)\nbuild.build(Path('.'), today=date(2026, 7, 1))"
    )
    before = facts(root)
    write_files(root, {OVERRIDE: LEFT})
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 9
    assert facts(root) == before
    assert list(root.rglob(".factsheets-*"))
    build(root, today=TODAY)
    assert not list((root / "content").rglob(".factsheets-*"))
    assert values(content.load_sheets(root)[0]) == {("AM", "member"), ("UZ", "former")}


def test_a_read_only_facts_folder_is_a_clear_error(project):
    root = project([MEMBER])
    write_files(root, {OVERRIDE: LEFT})
    folders = [*(root / "content/facts").rglob("*/"), root / "content/facts"]
    for folder in folders:
        folder.chmod(0o555)
    code = f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import permissions; permissions.obey()\n"
    code += "from generator.__main__ import main; main()"
    told = subprocess.run([sys.executable, "-c", code, "build"], cwd=root, capture_output=True, text=True)
    for folder in folders:
        folder.chmod(0o755)
    assert "cannot be written: Permission denied" in told.stderr
    assert "read-only" in told.stderr
    assert told.returncode == 1


def test_what_is_saved_is_strict_yaml(project):
    root = project([MEMBER, OTHER], {OVERRIDE: LEFT})
    for name in facts(root):
        strict_yaml.read(root / "content/facts" / name)
