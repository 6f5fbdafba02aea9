"""Articles on their way in: seen before they are written, known when they come again, never over a person's work."""

import re
from datetime import date

import pytest
from conftest import write_files
from loopback import page, pdf, serving
from typer.testing import CliRunner

from generator import articlefile, build, content, intake
from generator.commands import app
from generator.errors import FactsheetsError
from generator.model import Article
from generator.sources import Source, load

CHAIR = "Russia will take over the presidency of the Collective Security Treaty Organization (CSTO) on 1 January 2026."
REST = "Heads of state agreed on it in Bishkek on Thursday, after two days of talks about money, borders and a new road."
LATER = CHAIR.replace("1 January", "1 February")
FRENCH = (
    "La Russie prendra la présidence de l'organisation le 1er janvier 2026, ont décidé les chefs d'État réunis à Bichkek. "
    "La séance a duré deux jours et les ministres sont rentrés chez eux avec un accord sur les routes et les frontières."
)
NAME = "content/articles/russia-is-next.md"


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """Runs a command in an empty project; `typed.answers` changes what the server says."""
    write_files(tmp_path, {"content/settings.yml": ""})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764201600")  # 27 November 2025
    pages = {}
    with serving(pages) as server:

        def run(*words, input=None):
            done = CliRunner().invoke(app, [word.replace("SERVER", server) for word in words], input=input)
            assert done.exception is None or isinstance(done.exception, SystemExit | FactsheetsError), done.exception
            return done

        run.root, run.pages, run.server = tmp_path, pages, server
        pages["/news"] = page("Russia is next", CHAIR, REST, published="2025-11-27")
        yield run


def add(typed, *more, input=None):
    return typed("add", "SERVER/news", "--allow-private", *more, input=input)


def test_facts_are_shown_before_anything_is_written(typed):
    shown = add(typed, "--dry-run")
    assert shown.exit_code == 0
    assert "presidency: Russia, phase will-take, since 2026-01-01" in shown.stdout
    assert CHAIR in shown.stdout
    assert re.search(r"changes · .*presidency: Russia.*: new", shown.stdout)
    assert not list(typed.root.glob("content/articles/*"))


@pytest.mark.parametrize(("input", "written"), [("y\n", True), ("\n", True), ("n\n", False), ("", False)])
def test_without_yes_it_is_asked_and_no_answer_is_a_no(typed, input, written):
    done = add(typed, input=input)
    assert bool(list(typed.root.glob("content/articles/*"))) == written
    assert done.exit_code == (1 if input == "" else 0)


def test_the_file_says_where_the_text_is_from_and_keeps_its_schema(typed):
    assert add(typed, "--yes", "--field", "licence=CC0-1.0").exit_code == 0
    text = (typed.root / NAME).read_text("utf-8")
    head, body = articlefile.front_matter(text, typed.root / NAME)
    assert body.strip("\n") == f"{CHAIR}\n\n{REST}"
    assert head == {
        "title": "Russia is next",
        "published": "2025-11-27",
        "publisher": "The Steppe Courier",
        "url": f"{typed.server}/news",
        "language": "en",
        "licence": "CC0-1.0",
        "retrieved": "2025-11-27",
        "raw": articlefile.digest(typed.pages["/news"]),
        "text": articlefile.digest(f"{CHAIR}\n\n{REST}"),
    }


def test_a_month_later_the_same_address_updates_and_says_which_facts_change(typed, monkeypatch):
    add(typed, "--yes")
    assert typed("build").exit_code == 0
    typed.pages["/news"] = page("Russia is next", LATER, REST, published="2025-11-27")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1766793600")  # 27 December 2025
    again = typed("add", "SERVER/news?utm_source=feed#top", "--allow-private", "--yes")
    assert "is brought up to date" in again.stdout
    (change,) = [line for line in again.stdout.splitlines() if line.startswith("changes")]
    assert "since 2026-02-01: changed" in change
    assert "before: " in change
    assert "since 2026-01-01" in change
    assert [path.name for path in typed.root.glob("content/articles/*")] == ["russia-is-next.md"]
    text = (typed.root / NAME).read_text("utf-8")
    assert LATER in text
    assert CHAIR not in text
    assert "retrieved: '2025-12-27'" in text


def test_what_has_not_changed_is_not_written_again(typed, monkeypatch):
    add(typed, "--yes")
    before = (typed.root / NAME).read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1766793600")
    done = add(typed, "--yes")
    assert "is up to date" in done.stdout
    assert (typed.root / NAME).read_bytes() == before


def test_what_a_person_edited_is_never_written_over(typed):
    add(typed, "--yes")
    path = typed.root / NAME
    edited = path.read_text("utf-8").replace("and a new road", "and a road").replace("licence", "# mine\nlicence")
    path.write_text(edited, "utf-8")
    assert add(typed, "--yes").exit_code == 0, "the source says what it said: nothing to do"
    assert path.read_text("utf-8") == edited
    typed.pages["/news"] = page("Russia is next", LATER, REST, published="2025-11-27")
    refused = add(typed, "--yes")
    assert refused.exit_code == 1
    assert "was edited since it was added" in refused.stderr
    assert "--force" in refused.stderr
    assert path.read_text("utf-8") == edited
    assert add(typed, "--yes", "--force").exit_code == 0
    assert LATER in path.read_text("utf-8")


def test_a_front_matter_that_a_person_put_right_stays_as_it_stands(typed):
    add(typed, "--yes")
    path = typed.root / NAME
    path.write_text(
        path.read_text("utf-8").replace("title: Russia is next", "title: Next  # shorter\nbased_on: [http://a.example]")
    )
    typed.pages["/news"] = page("Russia is next", LATER, REST, published="2025-11-27")
    done = add(typed, "--yes", "--field", "licence=CC0-1.0")
    text = path.read_text("utf-8")
    assert "title: Next  # shorter\nbased_on: [http://a.example]\n" in text
    assert "licence: CC0-1.0\n" in text
    assert LATER in text
    assert "its title is now 'Russia is next'; the file keeps 'Next'" in done.stderr


def test_another_text_of_the_same_title_gets_a_name_of_its_own(typed):
    add(typed, "--yes")
    typed.pages["/other"] = page("Russia is next", "Belarus is a member of the CSTO. " + REST[::-1], published="2025-11-28")
    assert typed("add", "SERVER/other", "--allow-private", "--yes").exit_code == 0
    assert (typed.root / "content/articles/russia-is-next-2.md").is_file()


def test_a_reprint_is_told(typed):
    add(typed, "--yes")
    typed.pages["/copy"] = page("Moscow to preside", "From our wires. " + CHAIR, REST, published="2025-11-28")
    done = typed("add", "SERVER/copy", "--allow-private", "--dry-run")
    assert "moscow-to-preside repeats russia-is-next: the two count as one source" in done.stderr


def test_what_is_not_english_is_kept_marked_and_not_read(typed):
    typed.pages["/fr"] = page("La Russie préside", FRENCH, FRENCH[::-1][:80], published="2025-11-27")
    done = typed("add", "SERVER/fr", "--allow-private", "--yes")
    assert "its language is 'fr': it is kept, but only English is read" in done.stderr
    (article,), _ = content.load_articles(typed.root)
    assert article.language == "fr"
    english = "Serbia is a member of the CSTO. " + CHAIR
    write_files(typed.root, {"content/articles/marked.md": f"---\nlanguage: fr\n---\n{english}\n"})
    assert not build.build(typed.root, today=date(2025, 12, 1)).changes


def test_a_pdf_and_its_bytes_are_kept(typed):
    typed.pages["/report.pdf"] = pdf([CHAIR[:60], CHAIR[60:].strip(), "Heads of state agreed."], title="A report")
    done = typed("add", "SERVER/report.pdf", "--allow-private", "--yes", "--keep-raw", "--field", "published=2025-11")
    assert done.exit_code == 0, done.stderr
    (article,), _ = content.load_articles(typed.root)
    assert article.published == "2025-11"
    (raw,) = typed.root.glob("content/raw/*")
    assert raw.read_bytes() == typed.pages["/report.pdf"]
    assert raw.name.partition(".")[2] in (typed.root / f"content/articles/{article.id}.md").read_text()
    assert "content/raw" not in typed("check").stderr
    raw.write_bytes(raw.read_bytes() + b"\n")
    altered = typed("check")
    assert f"error: content/raw/{raw.name}: does not hold the bytes that were read" in altered.stderr
    assert altered.exit_code == 1


def test_one_source_that_fails_does_not_stop_the_others(typed):
    done = typed("add", "SERVER/gone", "nowhere.html", "SERVER/news", "--allow-private", "--yes")
    assert done.exit_code == 1
    assert "answers 404" in done.stderr
    assert "nowhere.html: cannot be read" in done.stderr
    assert (typed.root / NAME).is_file()


def test_a_field_that_is_none_or_no_date_is_refused(typed):
    assert "did you mean 'licence'?" in add(typed, "--yes", "--field", "license=MIT").stderr
    assert "published" in add(typed, "--yes", "--field", "published=yesterday").stderr
    assert add(typed, "--field", "nonsense").exit_code == 2
    assert not list(typed.root.glob("content/articles/*"))


def test_hostile_words_come_back_as_they_are(tmp_path):
    """Whatever a page calls itself, the file reads back as the article it was made of."""
    write_files(tmp_path, {"content/settings.yml": ""})
    nasty = [
        "---\n--- x",
        'a: "b" # c',
        "{{ 7*7 }} <script>",
        "!!python/object:os.system",
        "*x &y",
        "\u2028line\x00",
        "- no",
    ]
    project = build.refresh(tmp_path, today=date(2025, 12, 1))
    for words in nasty:
        line = " ".join(articlefile.normalise(words).split())
        article = Article(
            "x", line, f"{CHAIR}\n\n---\ntitle: injected\n---\n", publisher=line, licence=line, url="http://a.example/'#:"
        )
        addition = intake.plan(project, Source(article, b"", "x"), {})
        assert (addition.article.title, addition.article.publisher, addition.article.licence) == (line, line, line)
        assert addition.article.text == article.text.strip("\n")


def test_an_article_of_a_person_with_that_address_is_left_alone(typed):
    head = f"url: {typed.server}/news\n"
    write_files(typed.root, {"content/articles/mine.txt": "Mine.", "content/articles/mine.yml": head})
    done = add(typed, "--yes")
    assert done.exit_code == 1
    assert "content/articles/mine.txt has this address already" in done.stderr
    write_files(
        typed.root, {"content/articles/mine.txt": "", "content/articles/own.md": f"---\nurl: {typed.server}/news\n---\nOwn."}
    )
    for path in typed.root.glob("content/articles/mine.*"):
        path.unlink()
    assert "content/articles/own.md was edited since it was added" in add(typed, "--yes").stderr


ITEM = "<item><title>x</title><link>{}</link></item>"


def rss(*links):
    return f'<rss version="2.0"><channel><title>Wire</title>{"".join(map(ITEM.format, links))}</channel></rss>'.encode()


def test_feeds_bring_new_entries_and_a_broken_one_stops_nothing(typed):
    typed.pages["/rss"] = rss("/news", "/gone", "/never", "/two", "/three")
    typed.pages["/two"] = page("Two", "Belarus is a member of the CSTO. It has been one for long, the ministry said.")
    typed.pages["/three"] = typed.pages["/never"] = page("Three", "Nothing of note happened in Minsk, the ministry said.")
    before = "# my feeds\n\n- url: http://127.0.0.1:9/  # gone\n  licence: CC0-1.0"
    write_files(typed.root, {"content/feeds.yml": before})
    assert typed("feed", "add", "SERVER/news", "--allow-private").exit_code == 1
    assert typed("feed", "add", "SERVER/rss", "--allow-private").exit_code == 0
    assert (typed.root / "content/feeds.yml").read_text() == f"{before}\n- url: {typed.server}/rss\n  title: Wire\n"
    assert "already" in typed("feed", "add", "SERVER/rss", "--allow-private").stderr
    with (typed.root / "content/feeds.yml").open("a") as file:
        file.write(f"  skip: ['{typed.server}/never?utm_source=x']\n  publisher: The wire\n")
    done = typed("feed", "pull", "--yes", "--allow-private", "--limit", "3")
    assert done.exit_code == 1
    assert "127.0.0.1:9" in done.stderr
    assert "/gone: the server answers 404" in done.stderr
    articles, _ = content.load_articles(typed.root)
    assert {article.id: article.publisher for article in articles} == {"russia-is-next": "The wire", "two": "The wire"}
    typed.pages["/rss"] = rss("/news", "/three")
    write_files(typed.root, {"content/feeds.yml": f"- url: {typed.server}/rss\n"})
    assert typed("feed", "pull", "--yes", "--allow-private").exit_code == 0
    assert len(content.load_articles(typed.root)[0]) == 3
    assert "0 articles written" in typed("feed", "pull", "--yes", "--allow-private").stderr


def test_feeds_that_cannot_be_understood_are_refused_with_their_line(typed):
    write_files(typed.root, {"content/feeds.yml": "- uri: http://a.example\n"})
    done = typed("feed", "pull")
    assert "content/feeds.yml:1: unknown key 'uri'" in str(done.exception)


def test_a_source_is_seen_from_a_file_as_from_the_web(typed):
    path = typed.root / "saved.html"
    link = '<link rel="canonical" href="https://courier.example/next">'
    path.write_bytes(page("Russia is next", CHAIR, REST, published="2025-11-27", more=link))
    assert load(str(path)).article.url == "https://courier.example/next"
    assert typed("add", "saved.html", "--yes").exit_code == 0
    assert "is up to date" in typed("add", "saved.html", "--yes").stdout
