"""Pages from sheets made by hand: what stands on them, and that no text breaks out of its place."""

import os
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import gazetteer, kinds
from generator.errors import Problem
from generator.model import Article, Claim, Derivation, Fact, Quote, Sheet
from generator.render import render
from generator.render.edition import Edition
from generator.render.words import moment

KINDS, GAZETTEER = kinds.load_built_in(), gazetteer.load_built_in()
SNAPSHOTS = Path(__file__).parent / "snapshots"
DAY = date(2015, 9, 14)

SUMMIT = Article(
    "dushanbe-summit",
    "Chair passes on at Dushanbe: *what* now?",
    "Armenia will take over the presidency of the CSTO from Tajikistan on 15 September 2015.\n\n"
    "Its members are Russia, Armenia and Tajikistan. Nikolai Bordyuzha stays its Secretary General.\n\n"
    "The treaty was signed in 1992, and the organisation was established ten years later.",
    published="2015-09-14",
    publisher="Example Wire",
    url="https://example.org/dushanbe?page=1&lang=en",
)
CRITICS = Article(
    "critics", "Another count", "Critics say that it began in 2003.", "2015-08-01", based_on=("https://example.org/x",)
)
SIGNED, TEN_YEARS = "The treaty was signed in 1992", "the organisation was established ten years later"


def quoted(text, article=SUMMIT):
    start = article.text.index(text)
    return Quote(article.id, start, start + len(text), text)


def claim(kind, value, name, words, subject="csto", article=SUMMIT, derivation=None, **fields):
    fields = {key.rstrip("_"): text for key, text in fields.items()}
    record = GAZETTEER.record(subject)
    type_ = record.type if record else "organisation"
    named = record.name if record else subject
    return Claim(kind, subject, named, type_, value, name, fields, quote=quoted(words, article), said=article.published,
                 rule="test/rule", confidence=0.9, derivation=derivation)  # fmt: skip


def fact(*claims, verdict="settled", decided_by="articles", reason=None, confirmed="2015-09-14"):
    first = claims[0]
    return Fact(first.kind, first.value, first.value_name, first.fields, verdict, decided_by, reason or {"sources": "1"}, claims,  # noqa: E501
                confirmed=confirmed)  # fmt: skip


def csto(*more):
    members = "Its members are Russia, Armenia and Tajikistan"
    rests_on = Derivation("1992 + ten years → 2002, to the year", (quoted(SIGNED),))
    left = {"status": "former", "until": "2012"}
    left = Claim("membership", "csto", "CSTO", "organisation", "UZ", "Uzbekistan", left, why="Left in 2012.",
                 override="organisations/csto.yml", source="https://example.org/tashkent")  # fmt: skip
    return Sheet("csto", "Collective Security Treaty Organization", "organisation", (
        fact(claim("founding", "1992", "1992", SIGNED, event="treaty-signed")),
        fact(claim("founding", "2002", "2002", TEN_YEARS, event="established", derivation=rests_on),
             claim("founding", "2003", "2003", "it began in 2003", article=CRITICS, event="established"),
             verdict="disputed", reason={"sources": "1", "otherwise": "1", "disputed": "value"}),
        *(fact(claim("membership", code, name, members, status="member"))
          for code, name in (("RU", "Russia"), ("AM", "Armenia"), ("TJ", "Tajikistan"))),
        fact(left, decided_by="override", reason={"sources": ""}, confirmed=None),
        fact(claim("presidency", "TJ", "Tajikistan", "from Tajikistan on 15 September 2015", phase="hands-over",
                   until="2015-09-15")),
        fact(claim("presidency", "AM", "Armenia", "Armenia will take over the presidency of the CSTO",
                   phase="will-take", since="2015-09-15", until="2016-09", from_="TJ")),
        fact(claim("official", "Nikolai Bordyuzha", "Nikolai Bordyuzha", "Nikolai Bordyuzha stays its Secretary",
                   post="Secretary General", status="current", since="2003~")),
        *more,
    ))  # fmt: skip


def pages(*sheets, articles=(SUMMIT, CRITICS), today=DAY, **more):
    own = {name: more.pop(name) for name in ("problems", "unsaved", "review") if name in more}
    edition = Edition(subjects=sheets, read=articles, kinds=KINDS, gazetteer=GAZETTEER, today=today, **more)
    return {draft.path: draft.page() for draft in render(edition, **own)}


def text_of(page):
    """What a reader sees, in one line."""
    return " ".join(Read(page.text).text.split())


class Read(HTMLParser):
    """A page after Markdown, as a browser takes it: its tags, attributes and text."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.text, self.ids = [], [], "", []
        body = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.S)
        self.html = markdown.markdown(body, extensions=["attr_list", "md_in_html", "tables", "pymdownx.superfences"])
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.text += "" if tag in ("mark", "time", "sup", "span") else " "

    def handle_data(self, data):
        self.text += data

    @property
    def links(self):
        return [value for _, name, value in self.attributes if name == "href"]


@pytest.mark.parametrize("path", ["index", "organisations/csto", "countries/AM", "articles/dushanbe-summit"])
def test_the_pages_stay_as_they_were_agreed(path):
    written = pages(csto())[f"{path}.md"].text
    saved = SNAPSHOTS / f"{path.replace('/', '-')}.md"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        saved.write_text(written, "utf-8")
    assert written == saved.read_text("utf-8"), "run UPDATE_SNAPSHOTS=1 pytest tests/test_render.py and read the diff"


def test_a_computed_date_shows_its_derivation_and_both_quotes():
    page = pages(csto())["organisations/csto.md"]
    assert "1992 + ten years → 2002, to the year" in text_of(page)
    links = Read(page.text).links
    for words in (SIGNED, TEN_YEARS):
        place = quoted(words)
        assert f"../../articles/dushanbe-summit/#q{place.start}-{place.end}" in links


def test_a_disputed_fact_shows_both_sides_and_their_sources():
    text = text_of(pages(csto())["organisations/csto.md"])
    assert "2002 or 2003" in text
    assert "Sources disagree on the founding: 2002 or 2003." in text
    assert "Critics say that it began in 2003." in text


def test_a_fact_that_needs_review_is_on_no_page():
    rumour = fact(claim("membership", "BY", "Belarus", SIGNED, status="member"), verdict="needs-review")
    assert not any("Belarus" in page.text for page in pages(csto(rumour)).values())


def test_a_membership_is_derived_on_the_country_page():
    text = text_of(pages(csto())["countries/RU.md"])
    assert "Member of" in text
    assert "Collective Security Treaty Organization" in text


def test_a_term_is_announced_then_due_and_never_flips_by_itself():
    before = text_of(pages(csto())["organisations/csto.md"])
    assert "Presides now Tajikistan" in before
    assert "Presides next Armenia 15 September 2015 – September 2016 announced" in before
    after = text_of(pages(csto(), today=date(2015, 10, 1))["organisations/csto.md"])
    assert "Presides now Armenia 15 September 2015 – September 2016 due, not yet confirmed" in after


def test_a_handover_is_the_boundary_between_two_terms():
    text = text_of(pages(csto())["organisations/csto.md"])
    assert "15 September 2015: Tajikistan → Armenia announced" in text


def test_no_end_date_is_shown_as_the_day_of_the_last_source():
    text = text_of(pages(csto(), today=date(2026, 1, 1))["organisations/csto.md"])
    assert "Nikolai Bordyuzha since about 2003, last confirmed 14 September 2015" in text
    assert "current" not in text.casefold()


def test_no_blank_line_ends_a_block_of_html_too_early():
    for page in pages(csto()).values():
        body = page.text.split("---\n", 2)[2]
        for block in re.split(r"\n(?=# |## |### )", body):
            assert "\n\n" not in block.partition("\n\n")[2].strip(), page.path


def test_every_link_and_anchor_between_generated_pages_resolves():
    made = pages(csto())
    read = {path: Read(page.text) for path, page in made.items()}
    for path, page in read.items():
        assert len(page.ids) == len(set(page.ids)), path
        folder = Path(path).parent if path.endswith("index.md") else Path(path).with_suffix("")
        for link in page.links:
            if link.startswith("http") or re.search("feeds/|data/|assets/", link):  # test_site.py follows those
                continue
            place, _, anchor = link.partition("#")
            place = place.partition("?")[0]
            target = os.path.normpath(folder / place) if place else str(folder)
            found = read.get(f"{target}.md") or read.get(os.path.normpath(f"{target}/index.md"))
            assert found, f"{path}: {link}"
            assert not anchor or anchor in found.ids, f"{path}: {link}"


def test_each_marked_quote_is_exactly_the_words_of_the_claim_and_leads_to_its_facts():
    page = Read(pages(csto())["articles/dushanbe-summit.md"].text)
    place = quoted(TEN_YEARS)
    assert f'id="q{place.start}-{place.end}">{TEN_YEARS}</mark>' in page.html
    assert "../../organisations/csto/#founding-established" in page.links


def test_overlapping_quotes_are_cut_at_each_others_ends():
    inner, across = "Nikolai Bordyuzha stays", "stays its Secretary General."
    sheet = csto(
        fact(claim("official", "One", "One", inner, post="Envoy")),
        fact(claim("official", "Two", "Two", across, post="Aide")),
    )
    page = Read(pages(sheet)["articles/dushanbe-summit.md"].text)
    one, two = quoted(inner), quoted(across)
    assert f"q{one.start}-{one.end}" in page.ids
    assert f"q{two.start}-{two.end}" in page.ids
    assert SUMMIT.text.split("\n\n")[1] in re.sub(
        r"\d(?=[ .]|$)", "", " ".join(re.sub(r"<sup>.*?</sup>|<[^>]+>", "", page.html).split())
    )


def test_a_short_quote_stands_in_its_sentence_and_a_whole_one_alone():
    whole = fact(claim("official", "One", "One", "Its members are Russia, Armenia and Tajikistan.", post="Envoy"))
    text = text_of(pages(csto(whole))["organisations/csto.md"])
    assert "Armenia will take over the presidency of the CSTO from Tajikistan on 15 September 2015." in text
    assert "Armenia and Tajikistan. Example Wire" in text


def test_a_quote_that_no_longer_stands_in_its_article_is_shown_as_orphaned():
    edited = replace(SUMMIT, text=SUMMIT.text.replace("1992", "1993"))
    text = text_of(pages(csto(), articles=(edited, CRITICS))["organisations/csto.md"])
    assert "These words are no longer in the article" in text


def test_an_article_named_index_does_not_take_the_place_of_the_list():
    made = pages(articles=(replace(CRITICS, id="index"), replace(CRITICS, id="README")))
    assert {"articles/index.md", "articles/index_.md", "articles/README_.md"} <= made.keys()


def test_a_text_of_ones_own_says_so_and_links_what_it_is_based_on():
    text = text_of(pages(csto())["articles/critics.md"])
    assert "Written for this site; based on example.org" in text


def test_an_empty_project_has_a_home_page_that_says_what_to_do():
    made = pages(articles=())
    assert set(made) == {
        "index.md",
        "organisations/index.md",
        "countries/index.md",
        "articles/index.md",
        "changes/index.md",
        "calendar/index.md",
        "people/index.md",
        "subjects/index.md",
    }
    assert "factsheets build" in text_of(made["index.md"])


def test_a_problem_is_shown_with_file_line_and_hint():
    problem = Problem(
        "unknown kind 'foundd'", Path("content/overrides/organisations/csto.yml"), 3, "did you mean 'founding'?"
    )
    text = text_of(pages(csto(), problems=[problem])["organisations/csto.md"])
    assert "content/overrides/organisations/csto.yml:3 unknown kind 'foundd' Hint: did you mean 'founding'?" in text


def test_a_page_names_the_file_that_corrects_it():
    made = pages(csto())
    assert made["organisations/csto.md"].edit_path == "content/overrides/organisations/csto.yml"
    assert made["countries/AM.md"].edit_path == "content/overrides/countries/AM.yml"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2002", "2002"),
        ("2002~", "about 2002"),
        ("2002?", "perhaps 2002"),
        ("2002%", "perhaps about 2002"),
        ("2002-10", "October 2002"),
        ("2015-09-15", "15 September 2015"),
        ("2024-41", "the second half of 2024"),
        ("199X", "the 1990s"),
        ("[2009,2015,2020]", "2009, 2015 or 2020"),
        ("2015-09-15/..", "since 15 September 2015"),
        ("../2012", "until 2012"),
        ("2015/2016-09", "2015 to September 2016"),
    ],
)
def test_a_date_reads_like_prose(written, read):
    sheet = Sheet("csto", "CSTO", "organisation", (fact(claim("founding", written, written, SIGNED, event="established")),))
    assert f"Established {read} " in text_of(pages(sheet)["organisations/csto.md"])


@given(st.text(alphabet="0123456789-/.[],~?%XYT{} ", max_size=24))
def test_any_text_for_a_date_is_taken_apart_without_failing(text):
    moment(text)


HOSTILE = [
    "<script>alert(1)</script>", "</title><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7*7 }}", "{% raw %}", "[x](javascript:alert(1))", "```\n<b>", "</div></details></table>",
    '"><img src=x onerror=alert(1)>', "' onclick='x", "# heading", "---\ntitle: x", "<!-- ",
    "![x](//evil.example/x.png)", "*a* _b_ `c` | d | ~~e~~ ^f^ $g$", "\\", "&#60;b&#62;", "{ .a #b onclick=x }",
    "a\x02wzxhzdk:0\x03b", "\u202eevil", ":smile: [^1] [TOC]", "--8<-- 'x'", "<details open ontoggle=alert(1)>",
]  # fmt: skip
hostile = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), min_size=1, max_size=3).map("\n".join)
TAGS = set(
    re.findall(
        r"\w+",
        """
    h1 h2 h3 p a b i div span dl dt dd table thead tbody tr th td details summary blockquote mark time ol ul li sup code
    form label input button section
""",
    )
)


def hostile_project(text, address):
    article = replace(
        SUMMIT, title=text, publisher=text, licence=text, url=address, text=f"{SUMMIT.text}\n\n{text}", based_on=()
    )
    derivation = Derivation(text, (quoted(SIGNED),))
    named = replace(
        claim("official", text, text, SIGNED, post=text, status="current"), derivation=derivation, source=address
    )
    whole = Claim("official", "csto", text, "organisation", text, text, {"post": text}, quote=Quote(
        article.id, len(SUMMIT.text) + 2, len(article.text), text), derivation=derivation)  # fmt: skip
    decided = replace(named, quote=None, override=text, why=text, kind="membership", fields={"status": "member"})
    facts = (
        fact(named, reason={"sources": "1", "rival": text, "successor": text}),
        fact(whole, reason={"sources": "1", "rival": text, "successor": text}),
        fact(decided, reason={"sources": "1", "rival": text, "successor": text}, decided_by="override"),
    )
    sheet = Sheet("own", text, "organisation", facts)
    return pages(sheet, articles=(article,), problems=[Problem(text, Path("content/x.yml"), 1, text)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    hostile,
    st.sampled_from(
        [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "data:text/html,x",
            "https://x.example/\"onclick='a'<b>",
            "//x",
            "http://",
            "https://[",
            "https://e.example/a b",
        ]
    ),
)
def test_no_text_gets_out_of_its_place(text, address):
    for page in hostile_project(text, address).values():
        read = Read(page.text)
        assert set(read.tags) <= TAGS, page.path
        assert not [name for _, name, _ in read.attributes if name.startswith("on") or name in ("style", "src")]
        for link in read.links:
            assert re.match(r"(https://x\.example/|\.\./|#|organisations/|countries/|articles/)", link), link
        assert "{{" not in page.text
        assert "{%" not in page.text


@settings(max_examples=60, deadline=None)
@given(hostile)
def test_a_hostile_title_is_one_plain_line_of_front_matter(text):
    page = hostile_project(text, None)["articles/dushanbe-summit.md"]
    head = yaml.safe_load(page.text.split("---\n")[1])
    assert isinstance(head["title"], str)
    assert not re.search(r"[<>{}\n]", head["title"])
    assert head.keys() == {"title", "hide"}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(HOSTILE))
def test_hostile_text_is_still_shown_as_it_was_written(text):
    read = Read(hostile_project(text, None)["articles/dushanbe-summit.md"].text)
    plain = re.sub("[\u0002\u0003\u202e]", "", text)
    assert " ".join(plain.split()) in " ".join(read.text.split())
