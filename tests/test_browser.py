"""Debian's Chromium on the built site: a reader finds a fact, and by keyboard the words it rests on."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from chromium import broken_rules, built, served, tab_to

from generator import build

ROOT = Path(__file__).parent.parent
MINIMAL = ROOT / "tests" / "sites" / "minimal"
PAGES = (
    "",
    "organisations/",
    "countries/",
    "articles/",
    "organisations/csto/",
    "countries/AM/",
    "articles/dushanbe-summit/",
    "changes/",
    "review/",
    "calendar/",
    "people/",
    "404.html",
)


def with_real_theme(settings):
    """The small project with the theme of the real site, and all that it can do."""
    theme = re.compile(r"^theme:\n(?: .*\n)+", re.M)
    text = settings.read_text().replace("https://example.org/almanac/", "http://127.0.0.1/")  # for 404.html
    settings.write_text(theme.sub(lambda _: theme.search((ROOT / "mkdocs.yml").read_text())[0], text))


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The small project, built by `mkdocs build --strict` and served."""
    root = tmp_path_factory.mktemp("almanac") / "project"
    shutil.copytree(MINIMAL, root)
    with_real_theme(root / "mkdocs.yml")
    (root / "docs" / "scripted.md").write_text("# By hand\n\n<script>told.push('its own')</script>\n")
    build.build(root, today=date(2026, 1, 1))
    with served(built(root)) as address:
        yield address


def test_every_page_keeps_its_own_security_policy_whatever_a_reader_does(page, address):
    """The fixture fails on whatever the browser refuses or reports."""
    for path in PAGES:
        page.goto(address + path)
        assert page.locator("meta[http-equiv='Content-Security-Policy']").count() == 1, path
    before = page.evaluate("document.body.dataset.mdColorScheme")
    page.locator("label.md-header__button[for^='__palette']:visible").click()
    assert page.evaluate("document.body.dataset.mdColorScheme") != before
    page.keyboard.press("/")
    page.keyboard.type("Armenia")
    page.locator(".md-search-result__link").first.wait_for()
    page.goto(f"{address}organisations/csto/?as-of=2015-10-01")
    assert shown_members(page)["AM"] == ["member"]
    assert page.evaluate("document.forms.length > 1")


INJECTED = """
<script>told.push("inline")</script><img src="x:" onerror="told.push('handler')"><a href="javascript:told.push('link')">x</a>
<script src="data:text/javascript,told.push('data')"></script><script src="https://evil.example/x.js"></script>
<iframe srcdoc="<script>parent.told.push('frame')</script>"></iframe><object data="data:text/html,x"></object>
<base href="https://evil.example/"><form action="https://evil.example/"><button>send</button></form>
<div id="over" style="position: fixed; inset: 0">over all</div><style>body { display: none }</style>
"""


def test_what_would_get_into_a_page_all_the_same_does_nothing(browser, address):
    """The second wall: markup put into the article of a finished page, as if nothing escaped it."""
    page, refused, asked = browser.new_page(), [], []
    page.add_init_script(
        "window.told = []; addEventListener('securitypolicyviolation', e => told[e.effectiveDirective] = 1)"
    )
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: asked.append(request) if "evil" in request.url else None)

    def with_markup(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</article>", INJECTED + "</article>", 1))

    page.route("**/organisations/csto/", with_markup)
    page.goto(f"{address}organisations/csto/")
    page.evaluate("document.querySelector('a[href^=javascript]').click()")
    page.wait_for_timeout(200)
    told, display, position = page.evaluate(
        "[told, getComputedStyle(document.body).display, getComputedStyle(document.getElementById('over')).position]"
    )
    assert (told, display, position) == ([], "flex", "static")
    page.evaluate("document.querySelector('form[action] button').click()")
    page.wait_for_timeout(200)
    assert page.url == f"{address}organisations/csto/"
    assert {request.failure for request in asked} <= {"csp"}
    assert len(refused) >= 9
    page.close()


def test_a_script_that_came_with_a_page_is_in_no_policy(browser, address):
    """Only the scripts of the theme are trusted, on a page that a person wrote as well."""
    page = browser.new_page()
    page.add_init_script("window.told = []")
    page.goto(f"{address}scripted/")
    assert page.evaluate("told") == []
    page.close()


def test_a_reader_finds_armenia_by_search(page, address):
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("Armenia")
    page.locator(".md-search-result__link", has_text="Armenia").first.wait_for()
    links = page.locator(".md-search-result__link").evaluate_all("all => all.map(link => link.pathname)")
    assert "/countries/AM/" in links


def test_a_fact_leads_by_keyboard_to_the_marked_sentence_and_back(page, address):
    page.goto(f"{address}organisations/csto/#membership-AM")
    tab_to(page, "#membership-AM summary")
    page.keyboard.press("Enter")
    page.locator("#membership-AM blockquote").wait_for(state="visible")
    tab_to(page, "#membership-AM .fs-cite a[href*='articles/']", 6)
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/dushanbe-summit/#q*")
    marked = page.locator("mark:target")
    assert "Armenia, Belarus" in marked.inner_text()
    assert page.evaluate("document.querySelector('mark:target').getBoundingClientRect().top < innerHeight")
    tab_to(page, ".fs-notes a[href$='#membership-AM']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisations/csto/#membership-AM")


def test_escape_closes_a_card_and_returns_the_focus(page, address):
    page.goto(f"{address}organisations/csto/")
    summary = page.locator("#membership-AM summary")
    summary.click()
    page.locator("#membership-AM .fs-cite a").first.focus()
    page.keyboard.press("Escape")
    assert page.locator("details.fs-why[open]").count() == 0
    assert page.evaluate("document.activeElement.matches('#membership-AM summary')")


def shown_members(page):
    rows = page.locator("[id^='membership-']:visible").all()
    return {row.get_attribute("id").rpartition("-")[2]: row.locator(".fs-then").all_inner_texts() for row in rows}


def test_a_sheet_can_be_read_as_of_a_day_and_the_address_keeps_it(page, address):
    page.goto(f"{address}organisations/csto/")
    today = shown_members(page)
    page.get_by_label("As of").fill("1999-01-01")
    assert shown_members(page) == {}
    assert "nothing" in page.get_by_role("status").inner_text()
    page.get_by_label("As of").fill("2015-10-01")
    assert shown_members(page)["AM"] == ["member"]
    assert shown_members(page)["UZ"] == ["former"]
    page.goto(page.url)
    assert shown_members(page)["AM"] == ["member"]
    page.get_by_role("button", name="Today").click()
    assert shown_members(page) == today
    assert "as-of" not in page.url


def test_without_javascript_a_sheet_shows_today_and_offers_no_day(browser, address):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}organisations/csto/?as-of=1999-01-01")
    assert not page.locator(".fs-asof").is_visible()
    assert "AM" in shown_members(page)
    page.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_scrolls_sideways(page, address, path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_evidence_opens_without_javascript(browser, address):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}organisations/csto/")
    page.locator("#membership-AM summary").click()
    assert page.locator("#membership-AM blockquote").is_visible()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_breaks_a_rule_of_accessibility(browser, address, scheme, path):
    assert broken_rules(browser, address + path, scheme) == []


def test_the_map_shows_the_members_and_says_so_in_words(page, address):
    page.goto(f"{address}organisations/csto/")
    picture = page.get_by_role("img", name="Collective Security Treaty Organization on the map")
    assert "Armenia" in picture.locator("desc").text_content()
    boxes = page.evaluate("[...document.querySelectorAll('.fs-map use')].map(use => use.getBBox().width)")
    assert len(boxes) > 3
    assert min(boxes) > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_text_stands_out_from_its_ground(browser, address, scheme, path):
    page = browser.new_page(color_scheme=scheme)
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    weak = page.evaluate(CONTRAST)
    page.close()
    assert not weak


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const over = (top, ground) => top.slice(0, 3).map((part, place) => part * top[3] + ground[place] * (1 - top[3]));
  const light = (colour) => colour.map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, place) => sum + c * [.2126, .7152, .0722][place], 0);
  const ground = (element) => element
    ? over(rgba(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [1, 1, 1];
  const weak = new Set();
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest(".headerlink, .fs-hidden, svg")) continue;
    const back = ground(element), [a, b] = [light(over(rgba(getComputedStyle(element).color), back)), light(back)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) weak.add(`${ratio.toFixed(2)} ${element.className}: ${node.data.trim().slice(0, 40)}`);
  }
  return [...weak];
}"""
