"""Facts that do not fit each other are told by `check`, and those that fit are not."""

from datetime import date

import pytest
from conftest import TODAY, a_claim

from generator import build
from generator.build import RUN_BUILD
from generator.check import check
from generator.content import append_override
from generator.publish import publish
from generator.review import accept, queue, reject

FRESH = "2026-06-01"


def told(root):
    return [problem for problem in check(root, today=TODAY) if problem.hint != RUN_BUILD]


def messages(root):
    return [problem.message for problem in told(root)]


def member(value, article="m", **more):
    return a_claim(value=value, said=FRESH, article=article, **{"status": "member", **more})


def term(value, since, article, **more):
    return a_claim("presidency", value=value, since=since, article=article, said=FRESH, phase="took-over", **more)


def founded(value, event="established", article="f"):
    return a_claim("founding", value=value, event=event, article=article, said=FRESH)


def test_nobody_joins_before_the_first_founding_event(project):
    assert messages(project([founded("2002-10-07"), member("AM", since="2001")])) == [
        "Armenia joined in 2001, before the founding in 2002-10-07"
    ]
    signed = founded("1992-05-15", "treaty-signed", "g")
    assert messages(project([founded("2002-10-07"), signed, member("AM", since="2001")])) == []
    assert messages(project([founded("2002-10-07"), member("AM", since="2002")])) == []


def test_two_holders_of_one_post_at_one_time_are_told(project):
    one = a_claim("official", value="Ann Lee", post="Secretary General", status="current", said=FRESH, article="a")
    two = a_claim("official", value="Bo Ek", post="Secretary General", status="current", said=FRESH, article="b")
    assert messages(project([one])) == []
    assert "two hold the Secretary General at one time: Ann Lee and Bo Ek" in messages(project([one, two]))


def test_who_hands_over_is_who_presided_until_then(project):
    before = term("TJ", "2025-01-01", "a", until="2025-12-31")
    assert messages(project([before, term("AM", "2026-01-01", "b", **{"from": "TJ"})])) == []
    assert messages(project([before, term("AM", "2026-01-01", "b", **{"from": "RU"})])) == [
        "Armenia takes over from RU, but until then Tajikistan presides"
    ]
    assert messages(project([before, term("AM", "2026-04-01", "b", **{"from": "RU"})])) == []


def test_the_chair_is_a_member(project):
    chair = term("AM", "2026-01-01", "b")
    assert messages(project([member("AM"), chair])) == []
    assert messages(project([member("AM", status="observer"), chair])) == ["Armenia presides and is no member: observer"]


def test_facts_that_nobody_has_confirmed_for_two_years_are_counted_once_a_sheet(project):
    old = [a_claim(value=value, status="member", said="2023-05-01", start=n * 60) for n, value in enumerate(("AM", "BY"))]
    (problem,) = told(project([*old, member("RU")]))
    assert problem.message == ("last confirmed more than two years ago: 2 of 3 facts that can change, 2023-05-01 at best")
    assert (problem.severity, str(problem.path)) == ("warning", "content/facts/organisations/csto.yml")
    assert "content/overrides/organisations/csto.yml" in problem.hint


def test_what_a_person_decided_is_not_called_old(project):
    text = "- {kind: membership, value: AM, status: member, why: Known.}\n"
    assert messages(project([], {"content/overrides/organisations/csto.yml": text})) == []


CSTO = "content/overrides/organisations/csto.yml"


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        ("{kind: membership, status: member, min: 2, max: 2}", None),
        ("{kind: membership, status: member, min: 3}", "2 where at least 3 are expected: membership member"),
        ("{kind: membership, status: member, max: 1}", "2 where at most 1 are expected: membership member"),
        ("{kind: membership, value: Armenia}", None),
        ("{kind: membership, value: BY}", "0 where at least 1 are expected: membership Belarus"),
        ("{kind: membership, status: former, min: 1, max: 1}", None),
        ("{kind: membership, max: 2}", "3 where at most 2 are expected: membership"),
        ("{kind: official, post: Secretary-general, status: current, min: 1}", None),
        ("{kind: official, status: former, min: 1}", "0 where at least 1 are expected: official former"),
        ("{kind: founding, event: established, min: 1}", "0 where at least 1 are expected: founding established"),
    ],
)
def test_an_expectation_warns_on_its_line_and_changes_nothing(project, expected, complaint):
    chief = a_claim("official", value="Ann Lee", post="Secretary General", status="current", said=FRESH, article="c")
    weak = a_claim(value="BY", status="member", said=FRESH, article="d", confidence=0.5)
    left = member("UZ", status="former", until="2012", start=90)
    claims = [member("AM"), member("RU", start=40), left, chief, weak]
    before = build.refresh(project(claims), today=TODAY).sheets
    root = project(claims, {CSTO: f"# ours\n- expect: {expected}\n  why: Article 4 of the charter.\n"})
    assert build.refresh(root, today=TODAY).sheets == before
    found = told(root)
    assert [problem.message for problem in found] == ([complaint] if complaint else [])
    for problem in found:
        assert (str(problem.path), problem.line, problem.severity) == (CSTO, 2, "warning")
        assert problem.hint == "Article 4 of the charter."


def test_a_status_is_expected_as_of_today(project):
    announced = member("AM", status="former", until="2026-08-01")
    root = project([announced], {CSTO: "- {expect: {kind: membership, status: former, min: 1}, why: It left.}\n"})
    assert len(told(root)) == 1
    assert [p for p in check(root, today=date(2026, 9, 1)) if "expected" in p.message] == []


SIZE = """\
kind: size
cardinality: one
identity: []
subject: organisation
value: members
fields: {organisation: {type: organisation}, members: {type: text}}
"""


def size(count, said, article="z"):
    return a_claim("size", value=count, said=said, article=article)


def test_a_count_that_the_list_does_not_bear_out_is_told(project):
    def counted(*claims):
        root = project([*claims], {"content/kinds/size.yml": SIZE})
        return [message for message in messages(root) if "counts" in message]

    three = [member("AM"), member("RU", start=40), member("BY", status="suspended", start=80)]
    assert counted(*three, size("3", FRESH)) == []
    assert counted(*three, size("4", FRESH)) == ["3 members are listed, but z (2026-06-01) counts 4"]
    assert counted(*three, size("2", FRESH)) == ["3 members are listed, but z (2026-06-01) counts 2"]
    assert counted(*three, size("4", "2020-01-01"), size("3", FRESH, "y")) == []
    assert counted(*three, size("about four", FRESH)) == []
    assert counted(*three, size("1", "2015")) == [], "who was in the list before it was printed, it does not say"
    joined = [member("AM", since="2020-05"), member("RU", since="2002", start=90)]
    assert counted(*joined, size("1", "2019-01-01")) == []
    assert counted(*joined, size("2", "2019-01-01")) == ["1 members are listed, but z (2019-01-01) counts 2"]
    assert counted(*joined, size("1", "2020")) == [], "it joined in the course of that year"
    assert counted(*joined, size("2", "2020")) == []


def test_such_a_count_waits_for_a_person_and_stands_on_the_sheet_beside_the_list(project):
    root = project([member("AM"), member("RU", start=40), a_claim("size", value="4", of="members", said=FRESH, article="z")])
    found = build.refresh(root, today=TODAY)
    (item,) = queue(found, TODAY)
    assert (item.reason, item.says.value, item.claims[0].quote.article) == ("miscounted", "4", "z")
    assert "2 listed in" in publish(found).pages["organisations/csto.md"].text
    append_override(root, item.place, accept(item, found.kinds, "Counted by hand."), found.kinds, found.gazetteer)
    assert queue(build.refresh(root, today=TODAY), TODAY) == [], "who accepts a count is not asked again"
    (root / "content/overrides" / item.place).write_text(reject(item, found.kinds, "Two it is."))
    build.build(root, today=TODAY)
    now = build.refresh(root, today=TODAY)
    assert queue(now, TODAY) == []
    assert "2 listed in" not in publish(now).pages["organisations/csto.md"].text
