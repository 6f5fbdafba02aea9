"""Lists of any length: every entry is on one page that can be reached, and no page grows with the number of sheets."""

import re
from datetime import date

import pytest
from conftest import KINDS, NAMES, TODAY, a_claim, settle
from hypothesis import given
from hypothesis import strategies as st

from generator import changes
from generator.model import Article
from generator.reconcile import reconcile
from generator.render import paging, render
from generator.render.edition import Edition
from generator.render.evidence import QUOTED, backing
from generator.render.paging import alphabetical, by_letter, by_month, paged

SYLLABLES = ("ba", "ka", "lo", "mi", "nu", "po", "ra", "si")


def folder(part):
    return part.path.removesuffix("index.md").removesuffix(".md").rstrip("/") + "/"


@given(st.lists(st.text("abAÄ é9.Жм", max_size=5)), st.integers(1, 4))
def test_every_entry_is_on_one_page_in_order_and_every_page_can_be_reached(names, limit):
    names.sort(key=alphabetical)
    parts = list(paged("people", names, by_letter, limit=limit))
    found = [name for part in parts for name in part.entries]
    assert sorted(found) == sorted(names)
    assert all(len(part.entries) <= limit for part in parts)
    assert [part.pager for part in parts] == [None] or len(names) > limit
    urls = [folder(part) for part in parts]
    assert urls[0] == "people/"
    assert len({url.casefold() for url in urls}) == len(urls)
    for part, url in zip(parts, urls, strict=True):
        if part.pager:
            links = [link for row in part.pager.rows for link in row]
            assert {link.url for link in links} <= {*urls}
            assert (part.pager.before is None) == (url == urls[0])
            assert (part.pager.after is None) == (url == urls[-1])
            assert part.pager.here.url == url
            assert all(any(link.here for link in row) for row in part.pager.rows)


def test_a_short_list_is_one_page_as_ever():
    (part,) = paged("people", ["Ann", "Bo"], by_letter, limit=2)
    assert part == ("people/index.md", ["Ann", "Bo"], None)


def test_the_address_of_a_letter_stands_when_the_letter_is_divided():
    few = [part.path for part in paged("people", ["Ann", "Mia", "Moe"], by_letter, limit=2)]
    many = [part.path for part in paged("people", ["Ann", "Mia", "Moe", "Mul"], by_letter, limit=2)]
    assert few == ["people/index.md", "people/page/m.md"]
    assert many == ["people/index.md", "people/page/m.md", "people/page/mo.md", "people/page/mu.md"]


def test_what_is_alike_beyond_all_letters_is_divided_by_number():
    assert [part.path for part in paged("people", ["Mia"] * 5, by_letter, limit=2)] == [
        "people/index.md", "people/page/mia.2.md", "people/page/mia.3.md"]  # fmt: skip


def test_the_latest_come_first_and_every_year_is_whole():
    days = ["2026-03-01", "2026-02", "2025", "2024-05-06", None]
    parts = {part.path: part.entries for part in paged("articles", days, by_month, limit=2, latest=True)}
    assert parts == {
        "articles/index.md": days[:2], "articles/page/2026.md": days[:2], "articles/page/2025.md": ["2025"],
        "articles/page/2024.md": ["2024-05-06"], "articles/page/other.md": [None]}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "groups"),
    [("2026-03-01", ("2026", "2026-03")), ("2026~", ("2026", "2026-other")), ("2024-41", ("2024", "2024-other")),
     ("199X", ("other",)), ("", ("other",))],
)  # fmt: skip
def test_a_date_is_in_no_month_that_it_does_not_name(written, groups):
    assert by_month(written) == groups


def test_a_long_row_of_links_shows_its_ends_and_what_is_near():
    years = [str(year) for year in range(1900, 2026)]
    (part,) = (part for part in paged("articles", years, by_month, limit=1) if part.entries == ["1950"])
    (row,) = part.pager.rows
    assert [link.group for link in row] == ["1900", *map(str, range(1920, 1981)), "2025"]


def name(number):
    return "".join(SYLLABLES[number // 8**place % 8] for place in range(4)).capitalize()


def drafts(count):
    """What is rendered of so many bodies, each with a member, an official, a term, an article and its change."""

    def about(n, kind, value, **fields):
        own = {"subject_name": f"{name(n)} Union", "subject_type": "organisation", "article": f"on-{n}"}
        return a_claim(kind, f"body-{n}", value, **own, **fields)

    every, names = sorted(NAMES.countries), range(count)
    claims = [claim for n in names for claim in (
        about(n, "membership", every[n % 4], status="member", since="2001"),
        about(n, "presidency", every[n % 4], phase="took-over", since=f"{TODAY.year}-01-01", until=f"{TODAY.year}-12-31"),
        about(n, "official", f"Ann {name(7 * n)}", post="Secretary General", status="current", since="2020"))]  # fmt: skip
    articles = [Article(f"on-{n}", f"On {name(n)}", "Text.", date(2026, 1 + n % 6, 1).isoformat()) for n in names]
    sheets = reconcile(claims, KINDS, NAMES)
    return [*render(Edition(subjects=sheets, read=articles, kinds=KINDS, gazetteer=NAMES, today=TODAY))]


def test_no_page_grows_with_the_number_of_sheets(monkeypatch):
    """With a lower limit, so that some hundred bodies do for some thousand."""
    monkeypatch.setattr(paging, "LIMIT", 12)
    few, many = ([draft.page() for draft in drafts(count)] for count in (100, 400))
    lists = [[page for page in pages if not page.edit_path] for pages in (few, many)]
    assert len(lists[1]) > 2 * len(lists[0])
    for kind, largest in ((lists[1], lists[0]), (many, few)):
        most = max(kind, key=lambda page: len(page.text))
        assert len(most.text) <= 1.05 * max(len(page.text) for page in largest), most.path
    assert {"index.md", "people/index.md", "calendar/index.md", "countries/index.md"} <= {page.path for page in many}


def test_a_country_in_more_bodies_than_a_page_holds_has_them_all_on_pages_of_their_own(monkeypatch):
    monkeypatch.setattr(paging, "LIMIT", 12)
    pages = {draft.path: draft.page().text for draft in drafts(100)}
    code = sorted(NAMES.countries)[0]
    own = {path: text for path, text in pages.items() if path.startswith(f"countries/{code}/memberships/")}
    rows = [row for text in own.values() for row in re.findall(r'id="(body-\d+)-membership', text)]
    assert len(own) > 2
    assert sorted(rows) == sorted(f"body-{n}" for n in range(0, 100, 4))
    sheet = pages[f"countries/{code}.md"]
    assert len(re.findall(r'id="body-\d+-membership', sheet)) == 4
    assert f'The first 4 of 25; see <a href="../../countries/{code}/memberships/">all memberships by letter</a>' in sheet
    assert "fs-asof" not in sheet, "it would count some of the rows"


def test_of_many_sources_a_page_quotes_the_first_and_counts_the_others(monkeypatch):
    """Those that speak against it stay in sight, and so does what rests on no article."""
    names = [f"on-{n}" for n in range(40)]
    said = [a_claim("founding", "csto", "2002-10-07" if n else "1949-04-04", article=name, event="established")
            for n, name in enumerate(names)]  # fmt: skip
    row = a_claim("membership", "csto", "AM", ref="table#csto/AM", status="member")
    seen = [a_claim("membership", "csto", "AM", article=name, status="member") for name in names]
    articles = [Article(name, f"On {name}", "Text.", "2020-01-01") for name in names]
    sheets = reconcile([*said, *seen, row], KINDS, NAMES)
    edition = Edition(subjects=sheets, read=articles, kinds=KINDS, gazetteer=NAMES, today=TODAY)
    page = {draft.path: draft.page().text for draft in render(edition)}["organisations/csto.md"]
    founding, _, members = page.partition('id="membership-AM"')
    assert founding.count("<blockquote>") == QUOTED + 1
    assert members.count("<blockquote>") == QUOTED
    assert founding.count("4 April 1949") > 0
    assert "31 more articles tell of it" in founding
    assert "32 more articles tell of it" in members
    assert "row csto/AM" in members
    assert page.count("<li><a href=") == 40


def test_of_many_sources_those_are_quoted_that_say_what_no_other_says():
    """Since when a state belongs, and each other value, however many newer sources say less."""
    told = [
        a_claim("membership", "csto", "AM", article=f"on-{n}", said=f"2020-{1 + n % 12:02}", status="member")
        for n in range(40)
    ]
    told.append(a_claim("membership", "csto", "AM", article="old", said="2002", status="member", since="2002-10-07"))
    told += [a_claim("founding", "csto", f"19{90 + n // 20}", article=f"f-{n}", event="established") for n in range(41)]
    (founding, member) = settle(*told)
    for fact, says in ((member, "old"), (founding, "f-40")):
        shown = backing(fact, fact.claims, {})
        sources = [item.claim.quote.article for item in (*shown.agreeing, *shown.against)]
        assert says in sources
        assert len(sources) + shown.further == len(fact.claims)
        assert len(sources) <= 2 * QUOTED + 2


def test_a_list_of_sources_and_of_changes_has_an_end(monkeypatch):
    monkeypatch.setattr(paging, "LIMIT", 12)
    names = [f"on-{n}" for n in range(40)]
    seen = [a_claim("membership", "csto", "AM", article=name, status="member") for name in names]
    articles = [Article(name, f"On {name}", "Text.", f"2020-01-{1 + n % 28:02}") for n, name in enumerate(names)]
    before, after = (reconcile(some, KINDS, NAMES) for some in ([], seen))
    causes = tuple(f"articles/{name}" for name in names)
    told = [one._replace(on=f"2021-02-{n + 1:02}", because=causes)
            for n in range(20) for one in changes.between(before, after, KINDS)]  # fmt: skip
    edition = Edition(subjects=after, read=articles, kinds=KINDS, gazetteer=NAMES, today=TODAY, changes=told)
    page = {draft.path: draft.page().text for draft in render(edition)}["organisations/csto.md"]
    assert "36 more, of earlier days" in page
    assert page.count("facts here</span>") + page.count("fact here</span>") == 4
    assert '16 more in <a href="../../changes/">' in page
    assert page.count('class="fs-day"') == 4
    assert "20 February 2021" in page
    assert "and 35 more</p>" in page
