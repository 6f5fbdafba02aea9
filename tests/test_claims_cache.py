"""What an article said is read once: a build goes on where another ended, and trusts no entry that is not whole."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from conftest import TODAY, a_claim, write_files

from generator import build, cache, claimfile
from generator.model import Article, Derivation, Quote

TEXT = "In 1992, ten years later, Armenia is a member of the CSTO."
ARTICLE = Article("a", "On a", TEXT)
DERIVED = Derivation("1992 + ten years → 2002", (Quote("a", 3, 7, "1992"),))
CLAIMS = [
    a_claim(start=26, text="Armenia is a member of the CSTO.", status="member", confidence=0.9375, derivation=DERIVED),
    a_claim(value=None, value_name="nobody’s", start=3, text="1992", said=None),
]
STATES = ("Armenia", "Belarus", "Kazakhstan", "Russia")


def facts(root):
    folder = root / "content" / "facts"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yml")}


def test_an_entry_gives_back_what_went_in_also_to_an_article_of_another_name():
    text = claimfile.dump(CLAIMS)
    assert claimfile.parse(text, ARTICLE) == CLAIMS
    (first, _) = claimfile.parse(text, replace(ARTICLE, id="b"))
    assert (first.quote.article, first.derivation.quotes[0].article) == ("b", "b")
    assert claimfile.parse(claimfile.dump([]), ARTICLE) == []


@pytest.mark.parametrize("damage", ["", "[]", "{", "null", "[" * 100_000, "cut", "edited", "another text"])
def test_an_entry_that_is_not_whole_or_of_another_text_is_none(damage):
    text, article = claimfile.dump(CLAIMS), ARTICLE
    if damage == "another text":
        article = replace(ARTICLE, text=TEXT.upper())
    elif damage in ("cut", "edited"):
        damage = text[:-20] if damage == "cut" else text.replace('"AM"', '"AZ"')
    assert claimfile.parse(damage if damage != "another text" else text, article) is None


def test_only_what_has_no_day_is_read_again_on_another_day_and_all_of_it_by_another_engine(project):
    root = project([a_claim()])
    made = build.refresh(root, today=TODAY)
    tomorrow = replace(made, today=TODAY + timedelta(1))
    dated, undated = made.articles[0], replace(made.articles[0], published=None)
    assert build._entry(dated, made) == build._entry(replace(dated, id="renamed"), tomorrow)
    assert build._entry(undated, made) != build._entry(undated, tomorrow)
    assert build._entry(dated, made) != build._entry(dated, replace(made, engine="another"))
    assert build._entry(dated, made) != build._entry(replace(dated, title="Another"), made)


def test_what_the_facts_lost_the_cache_has_and_a_broken_entry_is_read_anew(project):
    root = project([a_claim(), a_claim(value="UZ", article="b")])
    made, before = build.refresh(root, today=TODAY), facts(root)
    for article in made.articles:
        claims = [c for sheet in made.sheets for fact in sheet.facts for c in fact.claims if c.quote.article == article.id]
        cache.put(build._entry(article, made), claimfile.dump(claims))
    (root / "content/facts/organisations/csto.yml").unlink()
    report = build.build(root, today=TODAY)
    assert (dict(report.extracted), [*report.cached]) == ({}, ["a", "b"])
    assert set(report.cached.values()) == {"because its saved claims were lost or edited"}
    assert facts(root) == before
    (root / "content/facts/organisations/csto.yml").unlink()
    entry = build._entry(made.articles[0], made)
    entry.write_text(entry.read_text()[:-1])
    report = build.build(root, today=TODAY)
    assert ([*report.extracted], [*report.cached]) == (["a"], ["b"])


def test_a_build_that_is_killed_half_way_goes_on_from_there(tmp_path):
    texts = {f"content/articles/{name}.md": f"{name} is a member of the CSTO.\n" for name in STATES}
    write_files(tmp_path / "killed", texts)
    write_files(tmp_path / "clean", texts)
    code = (
        "import os, signal\nfrom datetime import date\nfrom pathlib import Path\nfrom generator import build\n"
        "from generator import shares\nshares.SHARE = 1  # an article is a share\n"
        "def half(read, number):\n    for done, claims in enumerate(read):\n"
        "        if done == number // 2: os.kill(os.getpid(), signal.SIGKILL)\n        yield claims\n"
        "build.build(Path('.'), today=date(2026, 7, 1), progress=half)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "killed", capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "killed/content/facts").exists()
    report = build.build(tmp_path / "killed", today=date(2026, 7, 1))
    assert ([*report.cached], [*report.extracted]) == ([*STATES[:2]], [*STATES[2:]])
    assert [*build.build(tmp_path / "clean", today=date(2026, 7, 1)).extracted] == [*STATES]
    assert facts(tmp_path / "killed") == facts(tmp_path / "clean")
    for entry in (tmp_path / "killed/.cache/claims").rglob("*.json"):
        assert {*json.loads(entry.read_text())} == {"digest", "claims"}


def test_what_the_engine_failed_on_is_not_kept(project, monkeypatch):
    from generator import extract

    root = project([])
    write_files(root, {"content/articles/x.md": "Armenia is a member of the CSTO.\n"})
    with monkeypatch.context() as broken:
        broken.setattr(extract, "claims", lambda reading, matches: 1 / 0)
        assert build.build(root, today=TODAY).problems
    assert not [*root.glob(".cache/claims/*/*/*")]
    assert [*build.build(root, today=TODAY).extracted] == ["x"]
