"""Every attack of tests/attacks/ in every place that takes text, built into a strict site, which Chromium then visits."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from datetime import date
from itertools import cycle
from pathlib import Path

import feedparser
import icalendar
import pytest
import soak
import yaml
from chromium import served
from conftest import write_files
from test_browser import MINIMAL, with_real_theme

from generator import articlefile, build, content, strict_yaml
from generator.errors import ContentError

ATTACKS = Path(__file__).parent / "attacks"
TODAY = date(2026, 1, 1)
TAGS = set(
    "h1 h2 h3 h4 p a b i div span dl dt dd table thead tbody tr th td details summary blockquote mark time ol ul li sup "
    "code pre form label input button section br figure figcaption svg title desc use line text g rect path "
    "img select option nav".split()
)


def attacks(name):
    return yaml.safe_load((ATTACKS / f"{name}.yml").read_text("utf-8"))


TEXTS = [attack["text"] for attack in attacks("texts")][:: int(os.environ.get("EVERY_NTH_ATTACK", "4"))]
LIKE_ADDRESSES = [attack["text"] for attack in attacks("addresses") if attack["text"].startswith("http")]
KEPT = [attack["text"] for attack in attacks("addresses") if attack.get("kept")]


HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\xad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
"""Written here once more: a test that asks the program what it hides would believe it."""

NAMES = [strict_yaml.UNSEEN.sub("", text) for text in TEXTS]


def in_groups(size):
    return [TEXTS[start : start + size] for start in range(0, len(TEXTS), size)]


def shown(text):
    """A text as a reader should see it: what nobody sees is gone, white space is one space."""
    return " ".join(re.sub("[\x00-\x08\x0e-\x1b\x1f]", "", articlefile.normalise(text)).split())


def hostile_files():
    """A project in which each text stands in a title, a name, a label, a quote, an override and a table."""
    files, tables, rows = {}, {}, [["organisation", "party", "status", "detail", "flag"]]
    organisations = [{"id": f"own-{n}", "name": text, "acronyms": [f"OWN{n}"]} for n, text in enumerate(TEXTS)]
    files["content/organisations/own.yml"] = organisations
    for n, (text, address) in enumerate(zip(TEXTS, cycle(KEPT), strict=False)):
        head = {"title": text, "publisher": text, "licence": text, "url": address, "published": "2020-01-01"}
        body = f"{text}\n\nArmenia {text} is a member of the CSTO, says OWN{n}.\n\nBelarus is a member of the CSTO: {text}\n"
        files[f"content/articles/attack-{n}.md"] = f"---\n{yaml.safe_dump(head)}---\n{body}"
        also = {"why": text, "source": LIKE_ADDRESSES[n % len(LIKE_ADDRESSES)]}
        files[f"content/overrides/organisations/own-{n}.yml"] = [
            {"kind": "membership", "value": "AM", "status": "member", **also},
            {"kind": "official", "value": text, "post": text, "status": "current", **also},
            {"kind": f"kind-{n // 6}", "value": text, f"field-{n % 6}": text, **also},
        ]
        rows.append([f"own-{n}", "FR", "member", text, text if n % 2 else ""])
    for n, some in enumerate(in_groups(6)):
        files[f"content/kinds/kind-{n}.yml"] = a_kind(f"kind-{n}", some)
    for n, some in enumerate(in_groups(5)):
        head = dict(zip(("title", "source", "note", "edition", "licence"), [*some] * 5, strict=False))
        tables[f"table-{n}"] = {**head, "url": KEPT[n % len(KEPT)], "published": "2019", "kind": "membership"}
    for n, (name, head) in enumerate(tables.items()):
        files[f"content/references/{name}.yml"] = head
        text = io.StringIO()
        csv.writer(text).writerows([rows[0], *rows[1 + n * 5 : 6 + n * 5]])
        files[f"content/references/{name}.csv"] = text.getvalue()
    return {name: data if isinstance(data, str) else yaml.safe_dump(data) for name, data in files.items()}


def a_kind(name, texts):
    fields = {f"field-{n}": {"type": "text", "label": text, "optional": "true"} for n, text in enumerate(texts)}
    fields |= {"organisation": {"type": "organisation"}, "thing": {"type": "text", "label": texts[0]}}
    head = {"kind": name, "label": texts[0], "plural": texts[-1], "cardinality": "many", "subject": "organisation"}
    return {**head, "value": "thing", "identity": ["value"], "fields": fields}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The built project."""
    root = tmp_path_factory.mktemp("hostile") / "project"
    shutil.copytree(MINIMAL, root)
    with_real_theme(root / "mkdocs.yml")
    write_files(root, hostile_files())
    report = build.build(root, today=TODAY)
    assert not [problem for problem in report.problems if problem.severity == "error"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1767225600"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return root


LOOK = """() => {
  const all = [...document.querySelectorAll("article *, header *, nav *, footer *")];
  const links = [...document.querySelectorAll("[href], [action], [formaction], [src]")];
  return {
    ran: window.ran,
    escaped: document.querySelectorAll("escaped, .escaped, [onclick]").length,
    tags: [...new Set([...document.querySelectorAll("article :not(script[type='application/ld+json'])")]
      .map(one => one.localName))],
    attributes: [...new Set(all.flatMap(one => one.getAttributeNames()))]
      .filter(name => /^on|^style$|^srcdoc$|^http-equiv$/.test(name)),
    places: links.map(one => one.href?.baseVal ?? one.href ?? one.src ?? one.action).map(String),
    heads: document.querySelectorAll("base, meta[http-equiv=refresh], iframe, object, embed, style").length,
    data: [...document.querySelectorAll("script[type='application/ld+json']")].map(one => JSON.parse(one.textContent)),
    text: document.querySelector("article").textContent.replace(/\\s+/g, " "),
    title: document.title,
  };
}"""


@pytest.fixture(scope="module")
def seen(hostile, browser):
    """What Chromium finds on each page, with the Content-Security-Policy off: escaping alone has to do."""
    found, asked = {}, set()
    with served(hostile / "site") as address:
        context = browser.new_context(bypass_csp=True)
        context.add_init_script("window.ran = []; window.canary = window.alert = () => ran.push(location.href)")
        looks = re.compile(r"/assets/(stylesheets|fonts|flags)/|factsheets\.css|world\.svg|search_index")
        context.route(looks, lambda route: route.abort())  # what no text of ours gets into costs time
        page = context.new_page()
        page.on("request", lambda request: asked.add(request.url))
        for path in sorted((hostile / "site").rglob("*.html")):
            name = path.relative_to(hostile / "site").as_posix()
            page.goto(address + name.removesuffix("index.html"), wait_until="load")
            page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
            found[name] = page.evaluate(LOOK)
        context.unroute(looks)
        for words in ("canary", "escaped", "OWN1"):
            page.goto(address)
            page.keyboard.press("/")
            page.keyboard.type(words)
            page.locator(".md-search-result__link, .md-search-result__meta:has-text('No matching')").first.wait_for()
            page.wait_for_timeout(200)
            found[f"search for {words}"] = page.evaluate(LOOK)
        context.close()
    return found, asked, address


def test_no_attack_runs_a_script_or_leaves_its_place(seen):
    found, asked, address = seen
    assert len(found) > 2 * len(TEXTS)
    for path, page in found.items():
        assert page["ran"] == [], path
        assert page["escaped"] == 0, path
        assert page["heads"] == 0, path
        assert page["attributes"] == [], path
        assert set(page["tags"]) <= TAGS, path
    assert {url for url in asked if not url.startswith((address, "data:"))} == set()


def test_no_link_is_unsafe(seen):
    found, _, address = seen
    safe = (
        address,
        "http://127.0.0.1/",
        "https://github.com/example/",
        "https://e.example/",
        "https://example.org/",
        "https://squidfunk.github.io/",
    )
    ours = re.compile(r"(\.\./)+assets/world\.svg#")
    for path, page in found.items():
        assert not [place for place in page["places"] if not place.startswith(safe) and not ours.match(place)], path


def test_every_attack_is_shown_as_it_was_written(seen):
    found, _, _ = seen
    for n, text in enumerate(TEXTS):
        assert found[f"articles/attack-{n}/index.html"]["text"].count(shown(text)) >= 3, text
        sheet = found[f"organisations/own-{n}/index.html"]
        assert unicodedata.normalize("NFC", sheet["text"]).count(shown(text)) >= 5, text
        assert [data["name"] for data in sheet["data"]] == [NAMES[n]], text
    assert any(map(HIDDEN.search, TEXTS))
    assert not [path for path, page in found.items() if HIDDEN.search(page["text"] + page["title"])]


def test_other_programs_read_the_data_as_it_was_written(hostile):
    data = hostile / "site" / "data"
    facts = json.loads((data / "facts.json").read_text("utf-8"))["facts"]
    values = {fact["value"] for fact in facts if fact["kind"] == "official"}
    assert values >= {strict_yaml.UNSEEN.sub("", text) for text in TEXTS}
    for path in data.glob("*.csv"):
        rows = [*csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), strict=True)]
        assert len({len(row) for row in rows}) == 1, path.name
        for cell in (cell for row in rows for cell in row):
            plain = unicodedata.normalize("NFKC", cell)
            assert not plain.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), (path.name, cell)
            assert not strict_yaml.UNSEEN.search(cell)


def test_nothing_gets_out_of_its_line_of_a_calendar_or_its_entry_of_a_feed(hostile):
    site = hostile / "site"
    lines = re.sub(r"\r\n[ \t]", "", (site / "data/handovers.ics").read_bytes().decode()).split("\r\n")
    names = {re.split("[:;]", line)[0] for line in lines if line}
    assert names <= set("BEGIN END VERSION PRODID X-WR-CALNAME UID SUMMARY DTSTART DTSTAMP".split())
    icalendar.Calendar.from_ical((site / "data/handovers.ics").read_bytes())
    feed, items = (
        feedparser.parse(site / "feeds/changes.xml"),
        json.loads((site / "feeds/changes.json").read_text())["items"],
    )
    assert not feed.bozo
    assert len(feed.entries) == len(items) > len(TEXTS)
    assert not [item for item in items if re.search(r"[\n\r\u2028]", item["title"])]
    for path in (site / "feeds/changes.xml", site / "sitemap.xml"):
        names = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}
        assert names <= set(
            "feed title link id updated author name entry summary content published subtitle urlset url loc lastmod".split()
        )


@pytest.mark.parametrize("attack", [a for a in attacks("addresses") if not a.get("kept")], ids=lambda attack: attack["does"])
def test_an_address_that_is_none_is_refused_or_shown_as_plain_text(tmp_path, attack):
    from generator.render.words import web

    assert web(attack["text"]) is None
    head = yaml.safe_dump({"url": attack["text"], "based_on": [attack["text"]]})
    write_files(tmp_path, {"content/articles/a.md": f"---\n{head}---\nIt.\n"})
    articles, problems = content.load_articles(tmp_path)
    assert problems or not any(map(web, [articles[0].url, *articles[0].based_on]))


def test_an_address_in_capitals_is_one_and_stays_as_it_was_written():
    """A find of `make guided`, whose own rule it broke."""
    from generator.render.words import web

    assert web("htTps://e<!--mple/#\u00e2") == "htTps://e%3C!--mple/#\u00e2"


@pytest.mark.parametrize("attack", attacks("files"), ids=lambda attack: attack["does"])
def test_a_file_with_a_hostile_name_is_named_on_one_plain_line_and_makes_no_page(tmp_path, attack):
    write_files(tmp_path, {f"content/articles/{attack['text']}": "It.\n", "content/articles/good.md": "It.\n"})
    articles, problems = content.load_articles(tmp_path)
    assert [article.id for article in articles] == ["good"]
    hidden = attack["text"].startswith(".")
    assert len(problems) == (not hidden)
    assert all(re.fullmatch(r"[^\x00-\x08\x0b-\x1f\x7f\u202e]+", str(problem)) for problem in problems)


def test_a_name_that_is_no_text_at_all_is_named_too(tmp_path):
    write_files(tmp_path, {"content/articles/good.md": "It.\n"})
    (tmp_path / "content/articles" / os.fsdecode(b"caf\xe9.md")).write_text("It.\n")
    (problem,) = content.load_articles(tmp_path)[1]
    str(problem).encode()


@pytest.mark.parametrize(
    "kind", ["articles/a.md", "overrides/organisations/csto.yml", "settings.yml", "templates/home.md.jinja", "kinds/x.yml"]
)
def test_a_link_out_of_the_project_is_not_followed(tmp_path, kind):
    root, secret = tmp_path / "project", tmp_path / "secret"
    secret.write_text("[]\n")
    write_files(root, {"content/articles/good.md": "It.\n"})
    (root / "content" / kind).parent.mkdir(parents=True, exist_ok=True)
    (root / "content" / kind).symlink_to(secret)
    problems = build.refresh(root, today=TODAY).problems
    assert [problem.path.as_posix() for problem in problems if "leads out of the project" in problem.message] == [
        f"content/{kind}"
    ]


FOLDERS = ["articles", "overrides", "overrides/organisations", "facts/organisations", "changes", "kinds", "references"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_leads_out_of_the_project_is_neither_read_nor_written_to(tmp_path, folder):
    root, outside = tmp_path / "project", tmp_path / "outside"
    write_files(root, {"content/articles/good.md": "It.\n"} if folder != "articles" else {"content/settings.yml": ""})
    write_files(outside, {"x.md": "Secret.\n", "csto.yml": "- x\n", "organisations/csto.yml": "- x\n"})
    (root / "content" / folder).parent.mkdir(parents=True, exist_ok=True)
    (root / "content" / folder).symlink_to(outside, target_is_directory=True)
    project = build.refresh(root, today=TODAY)
    assert [problem for problem in project.problems if "leads out of the project" in problem.message]
    assert "x" not in {article.id for article in project.articles}
    with pytest.raises(ContentError, match=f"content/{folder}: leads out of the project"):
        build.build(root, today=TODAY)
    assert {path.name: path.read_text() for path in outside.glob("*.*")} == {"x.md": "Secret.\n", "csto.yml": "- x\n"}


def test_content_itself_may_be_a_link(tmp_path):
    write_files(tmp_path, {"elsewhere/articles/good.md": "It.\n", "project/docs/a.md": "# A\n"})
    (tmp_path / "project/content").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert [article.id for article in build.refresh(tmp_path / "project", today=TODAY).articles] == ["good"]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """By template, what a build says that has it as its home page: each in a process with a minute and little memory."""
    code = (
        "import os, resource, signal, sys; from datetime import date; from pathlib import Path\n"
        "from generator import build, errors, publish\n"
        "publish.publish(build.refresh(Path('none'), today=date(2026, 1, 1)))\n"  # what all need is read once
        "for root in sys.argv[1:]:\n"
        "    if os.fork(): os.wait()\n"
        "    else:\n"
        "        signal.alarm(60); resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
        "        try: publish.publish(build.refresh(Path(root), today=date(2026, 1, 1))); told = 'taken'\n"
        "        except errors.ContentError as error: told = f'refused: {error}'\n"
        "        Path(root, 'told').write_text(told); os._exit(0)\n"
    )
    root, roots = tmp_path_factory.mktemp("templates"), {}
    for n, attack in enumerate(attacks("templates")):
        roots[attack["text"]] = root / str(n)
        template = f"---\ntitle: x\n---\n# x\n<p>{attack['text']}</p>\n"
        write_files(root / str(n), {"content/templates/home.md.jinja": template, "told": "never ended"})
    subprocess.run([sys.executable, "-c", code, *map(str, roots.values())], check=True)
    return {text: (place / "told").read_text() for text, place in roots.items()}


@pytest.mark.parametrize("attack", attacks("templates"), ids=lambda attack: attack["text"])
def test_a_template_cannot_reach_the_program_nor_run_for_ever(refusals, attack):
    told = refusals[attack["text"]]
    assert told.startswith("refused: content/templates/home.md.jinja:")
    assert "undefined" not in told, "refused for the wrong reason"


def test_no_text_sends_commands_to_a_terminal(tmp_path):
    """Neither an error nor what a build says that it changed."""
    write_files(tmp_path, {"content/settings.yml": 'model: "x\\e]0;escaped\\a"\n"y\\e[2J": 1\n'})
    with pytest.raises(ContentError) as caught:
        content.load_settings(tmp_path)
    assert "\x1b" not in str(caught.value)
    mine = '- {kind: official, value: "Ana\\e[2J\\e]0;escaped\\a Lee", post: chair, status: current, why: "x\\e[2J"}\n'
    files = {"settings.yml": "", "articles/a.md": "It.\n", "overrides/organisations/csto.yml": mine}
    write_files(tmp_path, {f"content/{name}": text for name, text in files.items()})
    done = soak.factsheets(tmp_path, "build")
    assert done.returncode == 0, done.stderr
    assert "Ana" in done.stdout
    assert not HIDDEN.search(re.sub("[\n\t]", "", done.stdout + done.stderr))
