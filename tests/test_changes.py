"""The record of change: what readers were told before and after, and because of what."""

import json
from datetime import date

import feedparser
import pytest
from conftest import KINDS, NAMES, a_claim, an_override, settle, write_files
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from generator import changes, content, export, publish, strict_yaml
from generator.build import build, refresh
from generator.changes import Change
from generator.model import Sheet
from generator.render.edition import Edition
from generator.render.history import news

DAY = date(2026, 7, 1)
MEMBER = a_claim(value="AM", status="member")
OVERRIDE = "content/overrides/organisations/csto.yml"
LEFT = "- {kind: membership, value: AM, status: former, until: 2025, why: It left.}\n"
CSTO = Sheet("csto", "Collective Security Treaty Organization", "organisation")


def told(root):
    found, problems = content.load_changes(root)
    assert not problems
    return [(c.on, c.fact.value, c.before and c.before.get("status"), c.after and c.after.get("status")) for c in found]


def causes(root):
    return [change.because for change in content.load_changes(root)[0]]


def test_an_override_that_changes_a_fact_is_on_record_with_its_day_and_file(project):
    root = project([MEMBER])
    build(root, today=DAY)
    assert told(root) == []
    write_files(root, {OVERRIDE: LEFT})
    build(root, today=DAY)
    assert told(root) == [("2026-07-01", "AM", "member", "former")]
    assert causes(root) == [("overrides/organisations/csto.yml",)]


def test_an_article_that_is_gone_is_the_cause_of_what_it_takes_with_it(project):
    root = project([MEMBER])
    (root / "content/articles/a.md").unlink()
    build(root, today=DAY)
    assert (told(root), causes(root)) == ([("2026-07-01", "AM", "member", None)], [("articles/a",)])


def test_a_denial_is_the_cause_of_what_it_takes_away_and_of_what_it_gives_back(project):
    root = project([MEMBER, a_claim(value="BY", status="member", article="b")])
    write_files(root, {OVERRIDE: "- {deny: {kind: membership, value: AM}, why: No.}\n"})
    (root / "content/articles/b.md").unlink()
    build(root, today=DAY)
    assert told(root) == [("2026-07-01", "AM", "member", None), ("2026-07-01", "BY", "member", None)]
    assert causes(root) == [("overrides/organisations/csto.yml",), ("articles/b",)]
    (root / OVERRIDE).unlink()
    build(root, today=DAY)
    assert told(root)[2:] == [("2026-07-01", "AM", None, "member")]
    assert causes(root)[2:] == [("overrides/organisations/csto.yml",)]


def test_what_changes_one_fact_is_a_cause_for_others_of_its_kind_alone(project):
    term = {"kind": "presidency", "since": "2026-01-01", "phase": "took-over"}
    root = project([
        a_claim(**term, value="RU", article="b", said="2026-02-01"),
        a_claim(**term, value="KZ", article="c", said="2026-02-02"),
        a_claim(value="AM", status="member", article="d"),
    ])  # fmt: skip
    for gone in "cd":
        (root / f"content/articles/{gone}.md").unlink()
    build(root, today=DAY)
    found = {(c.fact.value, c.because) for c in content.load_changes(root)[0]}
    assert found == {("RU", ("articles/c",)), ("KZ", ("articles/c",)), ("AM", ("articles/d",))}


def test_facts_made_anew_after_a_loss_are_not_told_twice(project):
    root = project([MEMBER])
    write_files(root, {OVERRIDE: LEFT})
    build(root, today=DAY)
    before = (root / "content/changes/2026.yml").read_bytes()
    (root / OVERRIDE).unlink()
    write_files(root, {OVERRIDE: LEFT})
    (root / "content/facts/organisations/csto.yml").unlink()
    build(root, today=date(2026, 8, 1))
    assert (root / "content/changes/2026.yml").read_bytes() == before


def test_the_record_is_only_added_to_and_its_days_never_run_back(project):
    root = project([MEMBER])
    write_files(root, {OVERRIDE: LEFT})
    build(root, today=DAY)
    first = (root / "content/changes/2026.yml").read_bytes()
    (root / OVERRIDE).unlink()
    build(root, today=date(2025, 1, 1))
    assert (root / "content/changes/2026.yml").read_bytes().startswith(first)
    assert told(root)[1:] == [("2026-07-01", "AM", "former", "member")]


def test_what_waits_for_review_is_no_change_for_a_reader(project):
    root = project([MEMBER, a_claim(value="BY", article="b", confidence=0.5)])
    (root / "content/articles/b.md").unlink()
    build(root, today=DAY)
    assert told(root) == []


def test_what_a_table_said_before_is_no_news(project):
    table = {
        "content/references/list.yml": "title: A list\npublished: 2014\nlicence: CC0\nkind: membership\n",
        "content/references/list.csv": "organisation,party\ncsto,AM\n",
    }
    root = project([MEMBER], table)
    (root / "content/articles/a.md").unlink()
    build(root, today=DAY)
    assert told(root) == []


def test_a_fact_read_otherwise_by_a_new_program_says_so():
    (before,), (after,) = settle(MEMBER), settle(a_claim(value="AM", status="observer"))
    (change,) = changes.to_record([Change(CSTO, before, after)], [], "2026-07-01", frozenset(), KINDS)
    assert change.because == (changes.PROGRAM,)


def test_a_broken_record_is_named_and_nothing_is_written(project):
    root = project([MEMBER])
    write_files(root, {"content/changes/2026.yml": "- {on: 2026-07-01}\n", OVERRIDE: LEFT})
    with pytest.raises(content.ContentError) as caught:
        build(root, today=DAY)
    assert "is not a record of changes" in str(caught.value)
    assert "former" not in (root / "content/facts/organisations/csto.yml").read_text()


def published(root, site="https://example.org/x/"):
    made = publish.publish(refresh(root, today=DAY), site=site)
    return {page.path: page.text for page in (*made.pages.values(), *publish.data(made.edition, site))}


def test_readers_see_what_changed_on_the_changes_page_on_each_sheet_and_in_two_feeds(project):
    root = project([MEMBER])
    write_files(root, {OVERRIDE: LEFT})
    build(root, today=DAY)
    made = published(root)
    for path in ("changes/index.md", "organisations/csto.md", "countries/AM.md"):
        page = Markup(made[path]).striptags()
        assert "member Armenia status member → former; until not said → 2025" in page
        assert "because of overrides/organisations/csto.yml" in page
    feed = feedparser.parse(made["feeds/changes.xml"])
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == "Collective Security Treaty Organization: changed: " + entry.summary.partition(". ")[0]
    assert entry.link == "https://example.org/x/organisations/csto/#membership-AM"
    assert entry.updated == "2026-07-01T00:00:00+00:00"
    (item,) = json.loads(made["feeds/changes.json"])["items"]
    assert (item["id"], item["url"], item["title"]) == (entry.id, entry.link, entry.title)


def test_an_empty_record_makes_valid_feeds(project):
    made = published(project([MEMBER]))
    assert not feedparser.parse(made["feeds/changes.xml"]).bozo
    assert json.loads(made["feeds/changes.json"])["items"] == []


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30))
def test_no_name_breaks_a_feed(name):
    (fact,) = settle(a_claim("official", "csto", None, value_name=f"<b>{name}]]>", post="Head", status="current"))
    edition = Edition(subjects=[], read=[], kinds=KINDS, gazetteer=NAMES, today=DAY,
                      changes=[Change(CSTO, None, fact, "2026-07-01", ("articles/<i>",))])  # fmt: skip
    items = news(edition, "https://example.org/")
    feed = feedparser.parse(export.atom(items, "Title", "https://example.org/"))
    assert not feed.bozo
    assert len(feed.entries) == 1
    assert len(json.loads(export.json_feed(items, "Title", "https://example.org/"))["items"]) == 1


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
texts = texts.map(lambda text: strict_yaml.UNSEEN.sub("", text)).filter(bool)


@given(st.lists(st.tuples(texts, texts, st.sampled_from(["before", "after", "both"])), max_size=4))
def test_the_record_takes_back_what_it_wrote(items):
    found = []
    for name, post, side in items:
        (fact,) = settle(a_claim("official", "csto", None, value_name=name, post=post))
        fact = changes.replace(fact, claims=(), reason={}, decided_by="articles", confirmed=None)
        before, after = (fact if side in (which, "both") else None for which in ("before", "after"))
        found.append(Change(CSTO, before, after, "2026-07-01", (f"articles/{name}",)))
    text = changes.HEAD + changes.dump(found)
    again = changes.parse(strict_yaml.parse(text, OVERRIDE)[0], OVERRIDE)
    assert [changes.dump([change]) for change in again] == [changes.dump([change]) for change in found]
    assert again == found


def test_an_override_that_only_agrees_changes_nothing_on_record():
    before, after = settle(MEMBER), settle(MEMBER, an_override(value="AM", status="member"))
    found = changes.between([changes.replace(CSTO, facts=tuple(before))], [changes.replace(CSTO, facts=tuple(after))], KINDS)
    assert changes.to_record(found, [], "2026-07-01", frozenset(), KINDS) == []
