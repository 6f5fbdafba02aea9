"""Reprints of one text are one source, and know it from their words alone."""

from dataclasses import replace
from unittest import mock

from conftest import TODAY, a_claim, write_files
from hypothesis import given
from hypothesis import strategies as st
from test_render import pages, text_of

from generator import reprints
from generator.build import build, refresh
from generator.model import Article
from generator.reprints import originals

WIRE = (
    "The leaders of six states met in Bishkek on Thursday and agreed to widen their alliance, said a spokesman. "
    "They also gave the chair to Armenia, which will hold it for a year. Before the meeting, the foreign ministers "
    "had spent two days over a budget that nobody wanted to pay for, and went home without one. The next summit will "
    "be held in Yerevan in the autumn, if the host finds a hall that is large enough for all its guests."
)
SHORTENED = "BISHKEK (Agency) - " + WIRE.replace("on Thursday ", "").partition(" The next summit")[0]
OTHER = (
    "Six presidents ended their talks in the Kyrgyz capital with a promise of closer ties. Armenia takes the chair of "
    "the alliance for the coming year, and the budget, over which their foreign ministers had quarrelled, was put off. "
    "A spokesman said that the next summit would be in Yerevan. Observers had expected little more of the meeting."
)
FIRST = Article("z", "Wire", WIRE, "2015-09-14")
CUT = Article("a", "Daily", SHORTENED, "2015-09-15")
OWN = Article("b", "Weekly", OTHER, "2015-09-16")
CSTO = "content/facts/organisations/csto.yml"


@given(st.permutations([FIRST, CUT, OWN]))
def test_a_text_cut_and_edited_is_a_reprint_and_a_report_of_the_same_event_is_not(articles):
    assert originals(tuple(articles)) == {"a": "z"}


def test_without_dates_the_original_is_the_first_by_name():
    assert originals((replace(FIRST, published=None), replace(CUT, published=None))) == {"z": "a"}
    assert originals((replace(FIRST, published=None), CUT)) == {"z": "a"}


def test_a_few_words_are_alike_by_chance():
    short = "Armenia is a member of the alliance."
    assert originals((replace(FIRST, text=short), replace(CUT, text=short))) == {}


def member(article, said, start=0):
    return a_claim(value="AM", status="member", article=article, said=said, start=start)


def test_a_reprint_in_a_project_is_one_source_until_its_original_is_gone(project):
    claims = [member("a", "2015-09-14"), member("b", "2016-09-14"), member("c", "2017-09-14")]
    for article in "ab":
        claims.append(a_claim(value="BY", status="member", article=article, said=claims["ab".index(article)].said,
                              start=100, text=WIRE))  # fmt: skip
    root = project(claims)
    build(root, today=TODAY)
    assert facts(root) == [("AM", "2", "2017-09-14", [None, None, "a"]), ("BY", "1", "2015-09-14", [None, "a"])]
    before = (root / CSTO).read_bytes()
    assert build(root, today=TODAY).touched == ()
    (root / "content/articles/a.md").unlink()
    build(root, today=TODAY)
    assert facts(root) == [("AM", "2", "2017-09-14", [None, None]), ("BY", "1", "2016-09-14", [None])]
    assert (root / CSTO).read_bytes() != before


def facts(root):
    (sheet,) = refresh(root, today=TODAY).sheets
    return [(f.value, f.reason["sources"], f.confirmed, [claim.origin for claim in f.claims]) for f in sheet.facts]


def test_an_article_that_turns_out_to_be_a_reprint_takes_its_vote_back(project):
    claims = [
        a_claim("founding", value=v, event="established", article=a, said=None) for v, a in (("2002", "b"), ("2002", "c"))
    ]
    root = project([*claims, a_claim("founding", value="2003", event="established", article="d", said="2024")])
    for name in "bc":
        path = root / f"content/articles/{name}.md"
        write_files(root, {f"content/articles/{name}.md": path.read_text() + WIRE})
    assert originals(refresh(root, today=TODAY).articles) == {"c": "b"}
    (fact,) = refresh(root, today=TODAY).sheets[0].facts
    assert fact.value == "2003"


def test_a_page_marks_a_reprint_and_counts_it_out(project):
    words = "Armenia has been a member of the alliance since the first."
    claims = [a_claim(value="AM", status="member", article=name, text=words) for name in "ab"]
    root = project(claims)
    for name in "ab":
        path = root / f"content/articles/{name}.md"
        write_files(root, {f"content/articles/{name}.md": path.read_text() + WIRE})
    shown = refresh(root, today=TODAY)
    text = text_of(pages(*shown.sheets, articles=shown.articles, today=TODAY)["organisations/csto.md"])
    assert "One source says so" in text
    assert "On b reprint" in text
    assert "On a reprint" not in text
    assert "2 sources" not in text


def test_a_reprint_is_found_among_many_articles_that_share_phrases_with_all():
    phrase = "The foreign ministers of the member states of the alliance met in the capital on Thursday."
    many = [Article(f"m{n}", "Daily", " ".join(f"{phrase} a{n}b{k} c{n}d{k}" for k in range(5)), "2015") for n in range(120)]
    assert originals((*many, FIRST, CUT)) == {"a": "z"}
    assert originals((*many, replace(many[7], id="x", published="2016"))) == {"x": "m7"}


def test_of_long_texts_some_runs_are_enough_to_find_a_reprint():
    many = [" ".join(f"w{number}x{place}" for place in range(300)) for number in range(60)]
    firsts = [Article(f"a{number}", "Wire", text, "2015") for number, text in enumerate(many)]
    halves = [" ".join([*text.split()[:170], *(f"own{number}x{i}" for i in range(150))]) for number, text in enumerate(many)]
    again = [Article(f"b{number}", "Wire", text, "2016") for number, text in enumerate(halves)]
    assert originals((*firsts, *again)) == {f"b{number}": f"a{number}" for number in range(60)}


def plainly(articles, common):
    """The rule with everything compared: an original shares a run that few hold, and half of the shorter text's runs."""
    texts, result = {}, {}
    for article in articles:
        words = article.text.split()
        runs = {tuple(words[place : place + 4]) for place in range(len(words) - 3)}
        rare = {run for run in runs if sum(run in other for other in texts.values()) < common}
        shared = {one: len(runs & theirs) for one, theirs in texts.items() if rare & theirs}
        alike = [one for one, n in shared.items() if n >= max(20, min(len(texts[one]), len(runs)) / 2)]
        if alike:
            result[article.id] = max(alike, key=lambda one: (shared[one], one))
        else:
            texts[article.id] = runs
    return result


PARAGRAPHS = [" ".join(f"p{number}w{place}" for place in range(25)) for number in range(4)]


@given(st.lists(st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=4, unique=True), max_size=12))
def test_what_is_counted_first_leaves_no_reprint_out(texts):
    articles = tuple(
        Article(f"a{n:02}", "Wire", " ".join([*paragraphs, *(f"own{n}x{place}" for place in range(30))]), "2015")
        for n, paragraphs in enumerate(texts)
    )
    with mock.patch.multiple(reprints, _COMMON=2, _MANY=10**6):  # held by two, runs are common here; and all count
        assert reprints.originals.__wrapped__(articles) == plainly(articles, 2)
