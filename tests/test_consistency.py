"""Facts that do not fit each other are told by `check`, and those that fit are not."""

from conftest import TODAY, a_claim

from generator.build import RUN_BUILD
from generator.check import check

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
