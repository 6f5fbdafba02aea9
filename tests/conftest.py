"""Claims and projects made by hand, for every test that needs some.

`a_claim` and `a_project` are plain functions (`from conftest import a_claim`); a project is saved as a build would
save it, so that building it again reads no article.
"""

import os
from datetime import date

import pytest
from chromium import ARGUMENTS, CHROMIUM, WHY

from generator import build, content, gazetteer, kinds
from generator.content import MadeFrom
from generator.model import Claim, Quote
from generator.reconcile import reconcile

KINDS = kinds.load_built_in()
NAMES = gazetteer.load_built_in()
TODAY = date(2026, 7, 1)
LONG = "readers snippets publish attacks newcomer shares site kinds sample sieve browser soak".split()
"""Files of tests that take a minute or so: they begin first, so that no process is left alone with one at the end."""
PAGE_WIDTH = 40  # the sentences of `a_claim` lie this far apart in their article


def a_claim(kind="membership", subject="csto", value="AM", article="a", said="2015-09-14", **more):
    """What an article says; an `override=` or `ref=` instead of the article; other keywords are the kind's fields."""
    own = {name: more.pop(name) for name in Claim.__slots__ if name in more}
    record, thing = NAMES.record(subject), NAMES.record(value or "")
    if not own.get("override") and not own.get("ref"):
        start = more.pop("start", 0)
        words = " ".join(f"{name} {text}" for name, text in sorted(more.items()) if name != "text")
        text = more.pop("text", f"{value or own.get('value_name')} {kind} {words}".strip())
        own = {"quote": Quote(article, start, start + len(text), text), "said": said, "rule": f"{kind}/test", **own}
    names = {
        "subject_name": record.name if record else subject,
        "subject_type": record.type if record else "other",
        "value_name": thing.name if thing else value or "",
    }
    return Claim(kind=kind, subject=subject, value=value, **{**names, "fields": more, **own})


def an_override(kind="membership", subject="csto", value="AM", **more):
    """A person's correction, or with `denies=True` a denial."""
    record = NAMES.record(subject)
    folder = "countries" if record and record.type == "country" else "organisations"
    return a_claim(kind, subject, value, override=f"{folder}/{subject}.yml", why="Known to the editor.", **more)


def settle(*claims):
    """The facts that claims settle into, over all sheets."""
    return [fact for sheet in reconcile(claims, KINDS, NAMES) for fact in sheet.facts]


def one(*claims):
    """The one fact that claims settle into."""
    (fact,) = settle(*claims)
    return fact


def write_files(root, files):
    """Puts texts or bytes under a folder, making the folders on the way."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def a_project(root, claims=(), files=None):
    """A project whose facts are saved from `claims`; each article they name is written with their quotes in place."""
    texts = {}
    for claim in claims:
        if claim.quote:
            quote, text = claim.quote, texts.get(claim.quote.article, "")
            assert text[quote.start : quote.end].strip() in ("", quote.text), "two claims in one place: give start="
            text = text.ljust(quote.end)
            texts[quote.article] = text[: quote.start] + quote.text + text[quote.end :]
    said = {claim.quote.article: claim.said for claim in claims if claim.quote}
    for name, text in texts.items():
        published = f"published: {said[name]}\n" if said[name] else ""
        write_files(root, {f"content/articles/{name}.md": f"---\ntitle: On {name}\n{published}---\n{text}\n"})
    write_files(root, {"content/settings.yml": "", **(files or {})})
    project = build.refresh(root, today=TODAY)
    sheets = reconcile([*claims, *project.overrides.claims], project.kinds, project.gazetteer)
    of = {a.id: [c for c in claims if c.quote and c.quote.article == a.id] for a in project.articles}
    seals = {name: content.seal(some) for name, some in of.items()}
    content.save_sheets(
        root, content.outdated(root, sheets), MadeFrom(project.engine, {a.id: a.digest for a in project.articles}, seals)
    )
    return root


def pytest_collection_modifyitems(items):
    order = {f"test_{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture
def project(tmp_path):
    """Makes a project in a folder of its own: `project([a_claim(), …], {"content/overrides/…": "…"})`."""
    return lambda claims=(), files=None: a_project(tmp_path, claims, files)


@pytest.fixture(scope="session")
def browser():
    """Chromium; where there is none these tests are left out, but for CI."""
    if not CHROMIUM and os.environ.get("CI") != "true":
        pytest.skip(WHY)
    assert CHROMIUM, WHY
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as made:
        yield made


@pytest.fixture
def page(browser):
    """A page as wide as a laptop; an error in a script, or what the browser refuses or reports, fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.problems = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("console", lambda told: opened.problems.append(told.text) if told.type in ("error", "warning") else None)
    yield opened
    opened.close()
    assert not opened.problems
