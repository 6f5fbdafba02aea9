"""The real `mkdocs build --strict` and `mkdocs serve` on a small project of our own."""

import html
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
from conftest import write_files

from generator import build

MINIMAL = Path(__file__).parent / "sites" / "minimal"
OVERRIDE = "content/overrides/organisations/csto.yml"
ENVIRONMENT = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONUNBUFFERED": "1"}
NEW_ARTICLE = "---\ntitle: News\npublished: 2016-05-01\n---\nRussian Foreign Minister Sergey Lavrov arrived on Sunday.\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small project with its facts built, once."""
    root = tmp_path_factory.mktemp("almanac") / "project"
    shutil.copytree(MINIMAL, root)
    build.build(root, today=date(2026, 1, 1))
    return root


@pytest.fixture
def project(built, tmp_path):
    return Path(shutil.copytree(built, tmp_path / "project"))


def mkdocs(root, *arguments, code=""):
    """The bare command; `code` runs first in the same process."""
    program = f"import sys; sys.argv[0] = 'mkdocs'\n{code}\nfrom mkdocs.__main__ import cli; cli()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=root, env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )


def page(root, path):
    return html.unescape((root / "site" / path / "index.html").read_text("utf-8"))


def tree(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def served(root):
    """`mkdocs serve` on a free port: yields its address and its terminal."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    terminal = root / "terminal.txt"
    with terminal.open("w") as output:
        command = [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, cwd=root, env=ENVIRONMENT, stdout=output, stderr=output)
        try:
            yield f"http://127.0.0.1:{port}/almanac/", terminal
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address, says, seconds=60):
    """The page as soon as it says this."""
    read, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                read = html.unescape(answer.read().decode())
            if says in read:
                return read
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"{says!r} never appeared on {address}")


def test_the_site_builds_strictly_with_a_page_for_every_subject_and_article(project):
    result = mkdocs(project, "build", "--strict")
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr
    for path in ("", "organisations", "organisations/csto", "countries/AM", "articles/dushanbe-summit", "about"):
        assert (project / "site" / path / "index.html").is_file(), path
    assert "Serzh Sargsyan" in page(project, "countries/AM")


def test_the_site_builds_without_spacy_and_leaves_content_as_it_was(project):
    before = tree(project / "content")
    result = mkdocs(project, "build", "--strict", code="sys.modules['spacy'] = None")
    assert result.returncode == 0, result.stderr
    assert tree(project / "content") == before


@pytest.fixture(scope="module")
def paged(built, tmp_path_factory):
    """The site of the small project as it would be if it were large: no list has two entries on one page."""
    project = Path(shutil.copytree(built, tmp_path_factory.mktemp("paged") / "project"))
    for second in ("eaeu", "osce"):
        text = "- {kind: membership, value: AM, status: member, why: Known.}\n"
        (project / f"content/overrides/organisations/{second}.yml").write_text(text, "utf-8")
    code = "from generator.render import paging; paging.LIMIT, paging.SEARCHED = 1, 0"
    result = mkdocs(project, "build", "--strict", code=code)
    assert result.returncode == 0, result.stderr
    return project / "site"


def test_the_search_of_a_large_site_finds_names_of_all_sorts_without_tables_lists_and_texts(paged):
    docs = json.loads((paged / "search/search_index.json").read_text("utf-8"))["docs"]
    docs_by_place = {doc["location"]: doc for doc in docs}
    found = {doc["location"]: f"{doc['title']} {doc['text']}" for doc in docs}
    assert "CSTO" in found["organisations/csto/"]
    assert "Nikolai Bordyuzha" in found["organisations/csto/#officials"]
    assert "Armenia" in found["countries/AM/"]
    assert "Dushanbe" in found["articles/dushanbe-summit/"]
    texts = [len(text) for place, text in found.items() if place.startswith("articles/")]
    assert max(texts) < 200, "the text of an article is in the search"
    assert [place for place in found if "#" in place and "tags" in docs_by_place[place]] == [], (
        "every section is found by them"
    )
    assert not [place for place in found if "/page/" in place or "/tag/" in place]
    assert not any("Uzbekistan" in text for place, text in found.items() if not place.startswith("countries/UZ"))
    assert not any(text.endswith(" ") for place, text in found.items() if "#" in place), "headings alone are found"


def test_in_a_large_site_the_evidence_of_a_membership_stands_on_the_sheet_of_the_body_alone(paged):
    country = (paged / "countries/AM/index.html").read_text("utf-8").partition('id="officials"')[0]
    assert "fs-card" not in country
    assert re.search(r'<a class="fs-why" href="../../organisations/csto/#membership-AM">\d source', country)
    assert "fs-card" in (paged / "organisations/csto/index.html").read_text("utf-8").partition('id="membership-AM"')[2]


@pytest.mark.parametrize("large", [False, True], ids=["whole lists", "paged"])
def test_every_internal_link_and_anchor_of_the_built_site_resolves(project, paged, large):
    if not large:
        mkdocs(project, "build")
    site = paged if large else project / "site"
    assert (site / "organisations/tag/asia/page/o/index.html").exists() == (site / "people/page").exists() == large
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html") if path.name != "404.html"}
    checked = 0
    for path, text in pages.items():
        for link in re.findall(r'href="([^"]+)"', text):
            place, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link) or link == "." or anchor == "__skip":
                continue
            place = place.partition("?")[0]
            target = Path(os.path.normpath(path.parent / place)) if place else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            assert not anchor or f'id="{anchor}"' in target.read_text("utf-8"), f"{path.relative_to(site)}: {link}"
            checked += bool(anchor)
    assert checked > 20
    assert "/page/" not in pages[site / "about/index.html"], "pages of lists beyond the first are in the navigation"


def test_what_does_not_go_through_markdown_and_the_search_comes_out_the_same(project):
    """Whole pages by Markdown, whole pages by the search, beside our way, which only hands them what they need."""

    def words(index):
        docs = [doc for doc in json.loads(index.read_text("utf-8"))["docs"] if doc["text"] or "#" not in doc["location"]]
        return [
            (doc["location"], doc["title"], " ".join(re.sub(r"(</?\w+>)", r" \1 ", doc["text"]).split())) for doc in docs
        ]

    mkdocs(project, "build", "--site-dir", "ours")
    whole = (
        "from generator.site import FactsheetsPlugin as P\n"
        "for name in ('on_page_markdown', 'on_page_content', 'on_page_context', 'on_post_build'): delattr(P, name)"
    )
    shutil.rmtree(project / ".cache")
    mkdocs(project, "build", "--site-dir", "whole", code=whole)
    index = "search/search_index.json"
    ours, theirs = (
        {path.relative_to(project / name).as_posix(): data for path, data in tree(project / name).items()}
        for name in ("ours", "whole")
    )
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} <= {index, "sitemap.xml.gz"}
    assert words(project / "ours" / index) == words(project / "whole" / index)


def test_a_site_from_the_shelf_equals_one_without_and_a_broken_shelf_does_no_harm(project):
    trees = []
    for shelf in (None, None, b"broken"):
        if shelf:
            (project / ".cache" / "site.sqlite").write_bytes(shelf)
            (project / ".cache" / "site.json").write_text('["", {"a": []}, {}]', "utf-8")
        result = mkdocs(project, "build", "--strict")
        assert result.returncode == 0, result.stderr
        trees.append({path: data for path, data in tree(project / "site").items() if path.name != "sitemap.xml.gz"})
    assert trees[0] == trees[1] == trees[2]


def test_what_is_damaged_on_the_shelf_is_made_anew(project):
    """As it was written for Markdown, and as it was shown."""
    mkdocs(project, "build", "--site-dir", "whole")
    for column, damage in {"text": "theme = '', text = x'00'", "html": "html = x'00'"}.items():
        with closing(sqlite3.connect(project / ".cache/site.sqlite")) as shelf, shelf:
            shelf.execute(f"UPDATE pages SET {damage} WHERE html NOT NULL")
        result = mkdocs(project, "build", "--strict", "--site-dir", column)
        assert result.returncode == 0, result.stderr
        whole, again = (
            {path.relative_to(project / name): data for path, data in tree(project / name).items()}
            for name in ("whole", column)
        )
        assert {path for path in whole.keys() | again.keys() if whole.get(path) != again.get(path)} <= {
            Path("sitemap.xml.gz")
        }
        (project / ".cache/site.sqlite").unlink()
        mkdocs(project, "build", "--site-dir", "whole")


HELD = """
from generator.site import FactsheetsPlugin as P
def tell(name):
    event = getattr(P, name)
    def told(self, *given, config, **more):
        pages = [file.page for file in self._files if file.page and file.generated_by == "factsheets"]
        print(name, max(len(page.content or "") for page in pages))
        return event(self, *given, config=config, **more)
    setattr(P, name, told)
tell("on_env"), tell("on_post_build")
"""


def test_of_all_pages_at_once_nobody_holds_what_they_say(project):
    """Neither before the first is shown nor after the last; but a hook that would see them between sees all of each."""
    told = dict(line.split() for line in mkdocs(project, "build", code=HELD).stdout.splitlines())
    assert 0 < int(told["on_env"]) < 3000, told
    assert told["on_post_build"] == "0"
    assert len(page(project, "organisations/csto")) > 20_000
    alone = tree(project / "site")
    (project / "hook.py").write_text(
        "def on_page_content(html, **_):\n    assert 'fs-block' not in html\n    return html.replace('CSTO', 'ODKB')\n",
        "utf-8",
    )
    settings = project / "mkdocs.yml"
    settings.write_text(settings.read_text("utf-8") + "\nhooks: [hook.py]\n", "utf-8")
    result = mkdocs(project, "build", "--strict")
    assert result.returncode == 0, result.stderr
    assert tree(project / "site").keys() == alone.keys()
    assert "ODKB" in page(project, "organisations/csto").partition("<article")[2]


def test_a_template_of_the_project_s_own_needs_no_front_matter(project):
    write_files(project, {"content/templates/organisation.md.jinja": "<p class='ours'>Ours</p>\n\n# {{ subject.text }}\n"})
    result = mkdocs(project, "build", "--strict")
    assert result.returncode == 0, result.stderr
    assert "<p class='ours'>Ours</p>" in page(project, "organisations/csto")
    assert "fs-block" not in page(project, "organisations/csto")


def test_another_s_hook_may_write_a_page_anew(project):
    hook = "def on_files(files, config):\n    files.get_file_from_path('people/index.md').content_bytes = b'# Ours alone'\n"
    write_files(
        project, {"hook.py": hook, "mkdocs.yml": (project / "mkdocs.yml").read_text("utf-8") + "\nhooks: [hook.py]\n"}
    )
    result = mkdocs(project, "build", "--strict")
    assert result.returncode == 0, result.stderr
    assert "Ours alone" in page(project, "people")


def test_of_a_build_that_is_ended_the_pages_that_were_shown_are_kept(project):
    ended = "from generator import site\nsite._TOGETHER = 2\nsite.FactsheetsPlugin.on_post_build = lambda *_, **__: exit(1)"
    assert mkdocs(project, "build", code=ended).returncode == 1
    with closing(sqlite3.connect(project / ".cache/site.sqlite")) as shelf:
        assert shelf.execute("SELECT count(html) FROM pages").fetchone()[0] > 3


def test_an_edit_after_pages_were_kept_gives_the_site_made_anew(project):
    """Kept pages, one edit in the content, then one in a page by hand that each page's theme may show."""
    mkdocs(project, "build")
    with closing(sqlite3.connect(project / ".cache/site.sqlite")) as shelf:
        assert shelf.execute("SELECT count(html) FROM pages").fetchone()[0] > 3, "nothing was kept"
    for path, old, new in ((OVERRIDE, "Left in 2012", "Gone in 2012"), ("docs/about.md", "# ", "# All ")):
        (project / path).write_text((project / path).read_text("utf-8").replace(old, new, 1), "utf-8")
        mkdocs(project, "build", "--site-dir", "kept")
        shutil.rmtree(project / ".cache")
        mkdocs(project, "build", "--site-dir", "anew")
        kept, anew = ({p.relative_to(project / n): d for p, d in tree(project / n).items()} for n in ("kept", "anew"))
        assert {p for p in kept.keys() | anew.keys() if kept.get(p) != anew.get(p)} <= {Path("sitemap.xml.gz")}


def test_the_build_says_what_changed_for_all_pages_and_which_pages_are_made_anew(project):
    mkdocs(project, "build")
    again = mkdocs(project, "build", "--verbose").stderr
    assert re.search(r"(\d+) of \d+ pages are as they were kept\n", again)
    assert "made anew: organisations/csto.md" not in again
    (project / OVERRIDE).write_text((project / OVERRIDE).read_text("utf-8").replace("Left in", "Gone in"), "utf-8")
    edited = mkdocs(project, "build", "--verbose").stderr
    assert "made anew: organisations/csto.md" in edited
    assert "made anew: countries/AM.md" not in edited
    about = project / "docs/about.md"
    for file, old, new, why in (
        (about, "# ", "# All ", "the settings, the theme or a page written by hand"),
        (project / "content/organisations/own.yml", "", "- {id: new, name: A new body, acronyms: [NEW]}\n", "kinds, names,"),
    ):
        file.parent.mkdir(exist_ok=True)
        file.write_text((file.read_text("utf-8") if file.exists() else "").replace(old, new, 1), "utf-8")
        said = mkdocs(project, "build").stderr
        assert f"pages are as they were kept; for the others, {why}" in said, said


def test_pages_that_stay_are_left_where_they_stand_and_nothing_else_is(project):
    """What was edited, lost, or laid into `site/` is as after a build anew; what is hidden at its top stays, as ever."""
    mkdocs(project, "build")
    site = project / "site"
    edited, lost, whole = (site / "countries" / code / "index.html" for code in ("BY", "KG", "AM"))
    was = whole.stat()
    edited.write_text(edited.read_text("utf-8").replace("Belarus", "Belorus"), "utf-8")
    shutil.rmtree(lost.parent)
    for name in ("old/page/index.html", "countries/AM/more.html", ".git/HEAD"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("laid here", "utf-8")
    (site / "elsewhere").symlink_to(project / "content")
    override = project / OVERRIDE
    override.write_text(override.read_text("utf-8").replace("Left in 2012", "Gone in 2012"), "utf-8")
    mkdocs(project, "build")
    assert (whole.stat().st_ino, whole.stat().st_mtime_ns) == (was.st_ino, was.st_mtime_ns), "it was written again"
    assert (site / ".git/HEAD").read_text("utf-8") == "laid here"
    assert any((project / "content/articles").iterdir()), "a link was followed"
    shutil.rmtree(site / ".git")
    shutil.rmtree(project / ".cache")
    mkdocs(project, "build", "--site-dir", "anew")
    kept, anew = ({p.relative_to(project / n): d for p, d in tree(project / n).items()} for n in ("site", "anew"))
    assert {p for p in kept.keys() | anew.keys() if kept.get(p) != anew.get(p)} <= {Path("sitemap.xml.gz")}


def test_two_builds_of_one_content_are_the_same_in_every_byte(tmp_path):
    """Wherever the project lies, and however many processes read its articles."""
    made = []
    for folder, workers in (("a", "1"), ("another/folder", "2")):
        root = Path(shutil.copytree(MINIMAL, tmp_path / folder))
        shutil.rmtree(root / "content/facts", ignore_errors=True)
        for command in (["generator", "build", "--workers", workers], ["mkdocs", "build", "--strict"]):
            environment = {**ENVIRONMENT, "SOURCE_DATE_EPOCH": "1782864000", "PYTHONHASHSEED": workers}
            done = subprocess.run(
                [sys.executable, "-m", *command], cwd=root, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        made.append({p.relative_to(root): data for part in ("content", "site") for p, data in tree(root / part).items()})
    assert len([path for path in made[0] if path.suffix == ".html"]) > 10
    assert made[0].keys() == made[1].keys()
    assert not [path for path, data in made[0].items() if made[1][path] != data]


def test_generated_sheets_stay_out_of_the_navigation(project):
    mkdocs(project, "build")
    assert "organisations/csto" not in page(project, "about")
    assert "organisations/" in page(project, "about")


def test_the_pencil_opens_the_override_or_the_form_for_a_new_one(project):
    mkdocs(project, "build")
    base = "https://github.com/example/almanac"
    assert f'href="{base}/edit/main/{OVERRIDE}"' in page(project, "organisations/csto")
    assert f'href="{base}/new/main/content/overrides/countries?filename=AM.yml"' in page(project, "countries/AM")
    assert f'href="{base}/edit/main/content/articles/dushanbe-summit.md"' in page(project, "articles/dushanbe-summit")
    assert f'href="{base}/edit/main/docs/about.md"' in page(project, "about")


def test_no_page_asks_another_host_for_anything(project):
    mkdocs(project, "build")
    for path in (project / "site").rglob("*.html"):
        wanted = re.findall(r'<(?:script|img|iframe|source)[^>]*\ssrc="([^"]+)"', path.read_text("utf-8"))
        wanted += re.findall(
            r'<link[^>]*rel="(?:stylesheet|preconnect|icon|preload)"[^>]*href="([^"]+)"', path.read_text("utf-8")
        )
        assert not [address for address in wanted if re.match(r"(https?:)?//", address)], path


def test_a_page_written_by_hand_stands_in_place_of_the_generated_one(project):
    (project / "docs/index.md").write_text("# My own front page\n", "utf-8")
    assert mkdocs(project, "build", "--strict").returncode == 0
    assert "My own front page" in page(project, "")


@pytest.mark.parametrize("folder", ["content", "content/facts"])
def test_a_project_without_content_or_facts_ends_without_a_traceback(project, folder):
    shutil.rmtree(project / folder)
    result = mkdocs(project, "build")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_strict_fails_where_facts_do_not_know_an_article_as_it_is(project):
    article = project / "content/articles/yerevan-report.md"
    article.write_text(article.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
    strict = mkdocs(project, "build", "--strict")
    assert strict.returncode == 1
    assert "yerevan-report.md" in strict.stderr
    assert "factsheets build" in strict.stderr
    assert "Traceback" not in strict.stderr
    assert mkdocs(project, "build").returncode == 0


def test_the_time_of_a_file_does_not_matter_its_words_do(project):
    os.utime(project / "content/articles/yerevan-report.md", (2e9, 2e9))
    assert mkdocs(project, "build", "--strict").returncode == 0


def test_a_broken_override_fails_a_strict_build_with_file_line_and_hint(project):
    (project / OVERRIDE).write_text("- kind: membershp\n  value: UZ\n  why: Left.\n", "utf-8")
    result = mkdocs(project, "build", "--strict")
    assert result.returncode == 1
    assert f"{OVERRIDE}:1" in result.stderr
    assert "membership" in result.stderr
    assert "Traceback" not in result.stderr
    assert mkdocs(project, "build").returncode == 0
    assert f"{OVERRIDE}:1" in page(project, "organisations/csto")
    assert "Uzbekistan" in page(project, "organisations/csto"), "the last good facts stay"


def test_an_edited_override_shows_under_serve_without_extraction(project):
    with served(project) as (address, _):
        wait_for(f"{address}organisations/csto/", "Left in 2012")
        override = project / OVERRIDE
        override.write_text(override.read_text("utf-8").replace("Left in 2012", "Went away in 2012"), "utf-8")
        start = time.monotonic()
        wait_for(f"{address}organisations/csto/", "Went away in 2012")
        assert time.monotonic() - start < 20


def test_a_broken_override_under_serve_keeps_the_last_good_facts_and_says_so(project):
    with served(project) as (address, terminal):
        wait_for(f"{address}organisations/csto/", "Left in 2012")
        good = (project / OVERRIDE).read_text("utf-8")
        (project / OVERRIDE).write_text("- kind: membershp\n  value: UZ\n  why: Left.\n", "utf-8")
        shown = wait_for(f"{address}organisations/csto/", "Some content cannot be used")
        assert f"{OVERRIDE}:1" in shown
        assert "Uzbekistan" in shown
        assert f"{OVERRIDE}:1" in terminal.read_text()
        (project / OVERRIDE).write_text(good.replace("Left in 2012", "Gone in 2012"), "utf-8")
        assert "Some content cannot be used" not in wait_for(f"{address}organisations/csto/", "Gone in 2012")


def test_a_new_article_under_serve_is_extracted_and_marked_unsaved_and_nothing_is_written(project):
    facts = tree(project / "content/facts")
    with served(project) as (address, _):
        wait_for(f"{address}organisations/csto/", "Left in 2012")
        (project / "content/articles/news.md").write_text(NEW_ARTICLE, "utf-8")
        shown = wait_for(f"{address}countries/RU/", "Sergey Lavrov")
        assert "unsaved" in shown
        assert "Some content cannot be used" not in shown
    assert tree(project / "content/facts") == facts
