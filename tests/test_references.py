"""Reference tables: how their rows are read, what they count for, and what a page says of them."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import KINDS, NAMES, TODAY, a_claim, an_override, one, settle

from generator import build, check, content, publish, sheetfile
from generator.errors import ContentError
from generator.reconcile import source_claims
from generator.render import paging
from generator.timeline import status_on

HEAD = 'title: Register\nedition: third\npublished: "2024-06-01"\nlicence: CC0\nkind: membership\n'
ROWS = "organisation,party,status\ncsto,AM,member\ncsto,RS,observer\n"
FOLDER = "content/references"


def files(rows=ROWS, head=HEAD, name="register"):
    return {f"{FOLDER}/{name}.yml": head, f"{FOLDER}/{name}.csv": rows}


def a_row(value="AM", said="2024-06-01", subject="csto", table="register", **more):
    kind = more.pop("kind", "membership")
    return replace(a_claim(kind, subject, value, ref=f"{table}#{subject}/{value}", **more), said=said)


def loaded(project, rows=ROWS, head=HEAD):
    return content.load_references(project(files=files(rows, head)), KINDS, NAMES)


def complaints(project, rows=ROWS, head=HEAD):
    with pytest.raises(ContentError) as caught:
        loaded(project, rows, head)
    return [str(problem) for problem in caught.value.problems]


def pages(root, today=TODAY):
    found = build.refresh(root, today=today)
    made = publish.publish(found).pages.values()
    return {page.path: page.text for page in made}


def test_a_row_is_a_claim_that_points_to_its_row(project):
    read = loaded(project)
    assert [(claim.ref, claim.get("status"), claim.said) for claim in read.claims] == [
        ("register#csto/AM", "member", "2024-06-01"),
        ("register#csto/RS", "observer", "2024-06-01"),
    ]
    assert read.tables["register"].title == "Register"


def test_columns_may_have_other_names_and_rows_a_time_of_their_own(project):
    head = HEAD + "columns: {party: country, status: role}\n"
    (claim,) = loaded(project, "organisation,country,role,as_of,detail\nCSTO,Armenia,member,1994,founder\n", head).claims
    assert (claim.subject, claim.value, claim.said) == ("csto", "AM", "1994")
    assert claim.derivation.says == "listed as founder"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("organisation,party,status\ncsto,Armenya,member\n", "register.csv:2: party: no country or organisation"),
        ("organisation,party,status\ncstoo,AM,member\n", "register.csv:2: organisation: no organisation is called"),
        ("organisation,party,status\ncsto,AM,membre\n", "register.csv:2: status cannot be 'membre'"),
        ("organisation,party,since\ncsto,AM,2002-13\n", "register.csv:2: since: '2002-13' is not a da"),
        ("organisation,party\ncsto,AM\n\ncsto,\n", "register.csv:4: party is empty"),
        ("organisation,party\ncsto,AM\ncsto,AM\n", "register.csv:3: a second row register#csto/AM"),
        ("organisation,party\ncsto,AM,member\n", "register.csv:2: has more or fewer cells"),
        ("organisation,party,statuss\n", "register.csv:1: unknown column 'statuss'"),
        ("organisation\n", "register.csv:1: no column 'party'"),
        ('organisation,party\ncsto,"AM\n', "register.csv:"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_told_with_its_line(project, rows, told):
    (first, *_) = complaints(project, rows)
    assert first.startswith(f"{FOLDER}/{told}")


def test_a_misspelling_comes_with_a_hint(project):
    assert "did you mean 'Armenia'?" in complaints(project, "organisation,party\ncsto,Armenya\n")[0]
    assert "did you mean 'member'?" in complaints(project, "organisation,party,status\ncsto,AM,membr\n")[0]


def test_a_header_is_read_strictly(project):
    assert "'licence' is missing" in complaints(project, head=HEAD.replace("licence: CC0\n", ""))[0]
    assert "unknown key 'licens'" in complaints(project, head=HEAD + "licens: CC0\n")[0]


def test_half_a_table_is_told(project):
    root = project(files={f"{FOLDER}/register.csv": ROWS, f"{FOLDER}/README.md": "On these tables."})
    with pytest.raises(ContentError, match="is no reference table"):
        content.load_references(root, KINDS, NAMES)


def test_a_build_refuses_a_broken_table_and_a_site_keeps_the_last_good_one(project):
    root = project(files=files())
    last = build.refresh(root, today=TODAY)
    (root / FOLDER / "register.csv").write_text(ROWS + "csto,Armenya,member\n")
    with pytest.raises(ContentError):
        build.build(root, today=TODAY)
    now = build.refresh(root, today=TODAY, last=last)
    assert now.sheets == last.sheets
    assert now.problems


def test_an_article_that_agrees_confirms_a_row():
    fact = one(a_row(status="member"), a_claim(status="member", said="2025-01-10"))
    assert (fact.verdict, fact.decided_by, fact.reason, fact.confirmed) == (
        "settled", "articles", {"sources": "2"}, "2025-01-10",
    )  # fmt: skip


def test_a_newer_article_departs_from_an_older_row():
    fact = one(a_row(status="member"), a_claim(status="former", until="2024-03-01", said="2024-09-01"))
    assert (fact.get("status"), fact.get("until"), fact.verdict) == ("former", "2024-03-01", "settled")
    assert fact.reason["departs"] == "register#csto/AM"


def test_a_newer_row_outranks_an_older_article():
    fact = one(a_row(status="member"), a_claim(status="suspended", said="2015-09-14"))
    assert fact.get("status") == "member"
    assert "departs" not in fact.reason


def test_a_list_as_vague_as_its_year_backs_the_day_of_joining_within_it():
    fact = one(a_row(said="2025", status="member"), a_claim(status="member", since="2025-10-26", said="2025-10-28"))
    assert (fact.verdict, fact.get("since")) == ("settled", "2025-10-26")
    assert status_on(fact, date(2025, 3, 1)) is None


def test_an_override_beats_a_row():
    fact = one(a_row(status="member"), an_override(status="former", until="2024"))
    assert (fact.decided_by, fact.get("status")) == ("override", "former")


def test_a_denial_takes_a_row_away():
    assert settle(a_row(status="member"), an_override(denies=True)) == []


def test_a_founding_told_otherwise_is_disputed_and_the_article_comes_first():
    row = a_row("2002-10-07", kind="founding", event="established")
    rows = [row, a_row("2002-10-07", kind="founding", event="established", table="other")]
    fact = one(*rows, a_claim("founding", value="2003-09-18", event="established"))
    assert (fact.value, fact.verdict, fact.decided_by) == ("2003-09-18", "disputed", "articles")


def test_a_flagged_row_wins_against_nobody(project):
    rows = "organisation,party,status,flag\ncsto,UZ,member,left in 2012\n"
    (flagged,) = loaded(project, rows).claims
    sound = a_row("UZ", status="former", until="2012", said="2013", table="other")
    assert one(flagged, sound).get("status") == "former"
    assert one(flagged).verdict == "needs-review"


def test_rows_stay_out_of_the_facts_but_for_a_pointer(project):
    root = project([a_claim(status="member")], files=files())
    build.build(root, today=TODAY)
    saved = (root / "content/facts/organisations/csto.yml").read_text()
    assert "ref: register#csto/AM" in saved
    assert "Serbia" not in saved
    assert not [problem for problem in check.check(root, today=date(2024, 7, 1)) if problem.hint == build.RUN_BUILD]
    assert build.build(root, today=TODAY).touched == ()


def test_a_row_that_goes_takes_with_it_only_what_it_said(project):
    root = project([a_claim(status="member")], files=files())
    build.build(root, today=TODAY)
    for path in (root / FOLDER).iterdir():
        path.unlink()
    (sheet,) = build.build(root, today=TODAY).sheets
    assert [fact.value for fact in sheet.facts] == ["AM"]
    assert "ref" not in sheetfile.dump(sheet)
    assert source_claims([sheet])


def test_a_body_that_only_a_table_knows_has_a_page_but_no_facts_file(project):
    root = project(files=files())
    build.build(root, today=TODAY)
    assert not (root / "content/facts/organisations").exists()
    assert "table alone" in pages(root)["organisations/csto.md"]
    assert "table alone" in pages(root)["countries/RS.md"]


def test_a_list_older_than_two_years_says_so(project):
    root = project(files=files())
    page = {day: pages(root, day)["organisations/csto.md"] for day in (date(2026, 5, 1), date(2026, 7, 1))}
    assert ["more than two years old" in text for text in page.values()] == [False, True]


def test_a_page_says_which_row_the_news_departs_from_since_when_and_why(project):
    claim = a_claim(status="former", until="2024-07-01", said="2024-09-01")
    page = pages(project([claim], files=files()))["organisations/csto.md"]
    assert "departs from table" in page
    assert "Departs since <time" in page
    assert "register&#35;csto/AM" in page


def test_a_flagged_row_is_shown_apart_with_what_is_wrong(project):
    rows = "organisation,party,status,flag\ncsto,UZ,member,left in <2012>\n"
    page = pages(project(files=files(rows)))["organisations/csto.md"]
    assert "## Listed, but known to be wrong" in page
    assert "## Members" not in page
    assert "left in &#60;2012&#62;" in page


def test_pages_of_a_countrys_memberships_name_the_tables_that_their_rows_come_from(project, monkeypatch):
    monkeypatch.setattr(paging, "LIMIT", 1)
    rows = "organisation,party,status\ncsto,AM,member\neaeu,AM,member\nosce,AM,observer\n"
    apart = [
        text for path, text in pages(project(files=files(rows))).items() if path.startswith("countries/AM/memberships/")
    ]
    assert len(apart) == 3
    assert all('href="#table-register"' in text and 'id="table-register"' in text for text in apart)


PAST = """organisation,party,status,as_of
csto,AM,member,1995/2003 2006/..
csto,GE,observer,1994/1998
csto,GE,member,1999/2004
"""


def status(fact, *years):
    return [status_on(fact, date(year, 6, 1)) for year in years]


def test_a_row_may_name_the_editions_that_list_it(project):
    read = loaded(project, PAST)
    assert [(claim.ref, claim.listed, claim.said, claim.lapsed) for claim in read.claims] == [
        ("register#csto/AM", "1995/2003 2006/..", "2024-06-01", False),
        ("register#csto/GE/observer", "1994/1998", "1998", True),
        ("register#csto/GE/member", "1999/2004", "2004", True),
    ]
    for wrong in ("1995/2003 2006/20x", "../2003", "1995/.. 2001/2003", "1995 1997/..", "2003/1995"):
        (told,) = complaints(project, f"organisation,party,as_of\ncsto,AM,{wrong}\n")
        assert told.startswith(f"{FOLDER}/register.csv:2: as_of: '"), wrong


def test_what_editions_list_held_from_the_first_to_the_last_of_them_and_is_else_not_known(project):
    (held,), past = (settle(*some) for some in (loaded(project, PAST).claims[:1], loaded(project, PAST).claims[1:]))
    assert status(held, 1994, 1995, 1996, 2003, 2004, 2006, 2007, 2026) == [
        None, None, "member", "member", None, None, "member", "member"]  # fmt: skip
    assert [status(fact, 1995, 1998, 1999, 2000, 2004, 2005, 2026) for fact in past] == [
        ["observer", "observer", None, "member", "member", None, None]
    ], "no event, and so no end, was told"
    assert not any(event.date for fact in (held, *past) for event in fact.events)


def test_the_past_speaks_only_of_the_time_before_any_other_source(project):
    (*_, past) = loaded(project, "organisation,party,status,as_of\ncsto,AM,member,1995/2016\n").claims
    left = a_claim(status="former", until="2012-12-19", said="2012-12-20")
    alone, fact = one(left), one(left, past)
    assert replace(fact, events=alone.events, claims=alone.claims) == alone
    assert status(fact, 1994, 1996, 2012, 2013, 2016) == [None, "member", "member", "former", "former"]
    joined = one(a_claim(status="member", since="1999-04-01", said="2012"), past)
    assert status(joined, 1998, 2000) == [None, "member"], "who joined later was listed too early"


def test_an_edition_that_lists_a_member_is_seen_on_the_page_and_as_of_its_time(project):
    page = pages(project([a_claim(status="member")], files=files(PAST)))["organisations/csto.md"]
    assert "listed in the editions of 1995–2003, 2006–2024-06-01" in page
    assert 'data-on="0001-01-01 not known;1995-12-31 member;2004-01-01 not known;2006-12-31 member"' in page


def test_who_only_earlier_editions_list_is_shown_apart_and_counts_as_no_member(project):
    root = project(files=files(PAST))
    made = pages(root)
    assert "## In earlier editions of a table" in made["organisations/csto.md"]
    assert "editions 1994–1998" in made["organisations/csto.md"]
    assert "1 member</a>" in made["organisations/csto.md"]
    assert "organisations/csto/" in made["index.md"]
    assert "two years ago: 1 of 1 facts" in "".join(map(str, check.check(root, today=date(2027, 1, 1))))


def test_a_body_of_the_past_alone_is_not_on_the_home_page(project):
    rows = "organisation,party,status,as_of\ncsto,GE,member,1999/2004\n"
    made = pages(project(files=files(rows)))
    assert "organisations/csto/" not in made["index.md"]
    assert "organisations/csto/" in made["organisations/index.md"]


def test_the_home_page_shows_what_is_in_the_news(project):
    home = pages(project([a_claim(subject="nato", value="SE", status="member")], files=files()))["index.md"]
    assert "organisations/nato/" in home
    assert "csto/" not in home
    assert "with those that only reference tables tell of" in home


def test_the_tables_that_ship_are_sorted_and_load():
    root = Path(__file__).parent.parent
    tables = content.load_references(root, KINDS, content.load_gazetteer(root))
    names = ("2020", "2025", "corrections", "foundings", "history")
    assert set(tables.tables) == {f"factbook-{name}" for name in names}
    assert len(tables.claims) > 13_000
    past = [claim for claim in tables.claims if claim.lapsed]
    assert {claim.ref.partition("#")[0] for claim in past} == {"factbook-history"}
    assert not [claim for claim in tables.claims if claim.listed and claim.why], "a flagged row tells of no other time"
    for path in (root / FOLDER).glob("*.csv"):
        keys = [row[:2] for row in csv.reader(path.open(encoding="utf-8"))][1:]
        assert keys == sorted(keys), path.name
