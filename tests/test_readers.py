"""Our own site as it is published, in Chromium: what a reader does with it, and what it costs to load."""

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
import pytest
from chromium import broken_rules, built, served, tab_to, weight
from playwright.sync_api import TimeoutError as Late

ROOT = Path(__file__).parent.parent
TYPES = {"home": "", "organisations": "organisations/", "sheet": "organisations/eu/", "no presidency": "organisations/nato/",
         "tables alone": "organisations/adb/", "country": "countries/FR/", "countries": "countries/",
         "subjects": "subjects/", "articles": "articles/", "article": "articles/csto-bishkek-session/",
         "calendar": "calendar/", "people": "people/", "review": "review/", "changes": "changes/", "data": "data/",
         "method": "method/"}  # fmt: skip
each_type = pytest.mark.parametrize("path", TYPES.values(), ids=TYPES)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return built(ROOT, tmp_path_factory.mktemp("published"), SITE_URL="http://127.0.0.1/")  # for 404.html


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


def test_from_the_search_to_the_words_of_an_article_and_back_by_keyboard_alone(page, address):
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("CSTO")
    page.locator(".md-search-result__link[href*='organisations/csto/']").first.wait_for()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.pathname?.endsWith('/organisations/csto/')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisations/csto/**")
    tab_to(page, "[id^='presidency-RU'] summary", 120)
    page.keyboard.press("Enter")
    tab_to(page, "[id^='presidency-RU'] .fs-cite a[href*='articles/']", 6)
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/**#q*")
    assert "Russia" in page.locator("mark:target").inner_text()
    tab_to(page, ".fs-notes a[href*='#presidency-RU']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisations/csto/#presidency-RU*")


SOUGHT = {
    "CSTO": "organisations/csto/", "NATO": "organisations/nato/", "EU": "organisations/eu/", "UN": "organisations/un/",
    "AU": "organisations/au/", "WHO": "organisations/who/", "United Nations Children's Fund": "organisations/unicef/",
    "Atlantic alliance": "organisations/nato/", "Lula": "countries/BR/", "Mark Rutte": "organisations/nato/",
    "Guterres": "organisations/un/", "Armenia": "countries/AM/", "Mali": "countries/ML/", "India": "countries/IN/",
    "Ivory Coast": "countries/CI/", "Swaziland": "countries/SZ/", "Burma": "countries/MM/",
}  # fmt: skip
FIRST = "path => document.querySelector('.md-search-result__link')?.pathname == '/' + path"


def test_the_page_that_is_sought_by_acronym_name_or_person_is_found_first(page, address):
    page.goto(address)
    page.locator(".md-search__input").click()
    page.keyboard.type("Denmark")
    page.wait_for_function(FIRST, arg="countries/DK/")  # what is typed before the index has come waits for it
    missed = []
    for words, path in SOUGHT.items():
        page.locator(".md-search__input").fill(words)
        page.keyboard.press("Shift")
        try:
            page.wait_for_function(FIRST, arg=path, timeout=8000)
        except Late:
            missed.append((words, page.locator(".md-search-result__link").first.get_attribute("href")))
    assert not missed


def test_the_dark_scheme_is_chosen_once_and_stays(page, address):
    def scheme():
        return page.evaluate("document.body.dataset.mdColorScheme")

    page.goto(address)
    assert scheme() == "default"
    page.locator("label.md-header__button[for^='__palette']:visible").focus()
    page.keyboard.press("Enter")
    assert scheme() == "slate"
    for path in ("organisations/csto/", "changes/", "method/"):
        page.goto(address + path)
        assert scheme() == "slate", path
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 27, 33)", path


def column(page, place):
    cells = page.locator(f".fs-table--members >> nth=0 >> tbody tr:visible :is(th, td):nth-child({place})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_a_table_sorts_by_days_not_by_words_and_comes_back(page, address):
    page.goto(f"{address}organisations/eu/")
    before = column(page, 1)
    tab_to(page, ".fs-table--members th:nth-child(2) button", 60)
    page.keyboard.press("Enter")
    assert page.locator(".fs-table--members >> nth=0 >> th[aria-sort=ascending]").count() == 1
    dated = [int(re.search(r"\d{4}", text)[0]) for text in column(page, 2) if text.startswith("since")]
    assert dated == sorted(dated)
    assert len(set(dated)) > 3
    assert column(page, 2)[0].startswith("since")
    page.keyboard.press("Enter")
    again = [int(re.search(r"\d{4}", text)[0]) for text in column(page, 2) if text.startswith("since")]
    assert again == dated[::-1]
    assert column(page, 2)[0].startswith("since"), "what has no date stays last"
    page.keyboard.press("Enter")
    assert column(page, 1) == before


def test_a_table_narrows_to_what_is_asked_for_together_with_the_day(page, address):
    page.goto(f"{address}organisations/eu/")
    page.get_by_label("Find", exact=True).first.fill("slov")
    assert column(page, 1) == ["Slovakia", "Slovenia"]
    assert "2 of 27" in page.locator(".fs-find [role=status]").first.inner_text()
    page.get_by_label("As of").fill("1980-01-01")
    assert not column(page, 1)
    page.get_by_label("As of").fill("2003-01-01")
    assert column(page, 1) == ["Slovakia candidate", "Slovenia candidate"]
    page.get_by_label("As of").fill("2005-01-01")
    assert len(column(page, 1)) == 2


def test_without_a_script_a_tag_of_a_sheet_leads_to_the_others_that_have_it(browser, address):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}organisations/csto/")
    page.get_by_role("link", name="Alliance", exact=True).click()
    page.wait_for_url("**/subjects/#alliance")
    names = page.locator("section:has(> #alliance) a").all_inner_texts()
    assert {"North Atlantic Treaty Organization", "Collective Security Treaty Organization"} <= set(names)
    assert len(names) < 20
    page.close()


def test_the_list_of_organisations_narrows_to_subject_and_region(page, address):
    page.goto(f"{address}organisations/?tag=alliance")
    rows = page.locator(".fs-table--overview tbody tr:visible")
    assert 2 <= rows.count() < 20
    page.get_by_label("Every region").select_option("oceania")
    assert all("oceania" in tags for tags in rows.evaluate_all("all => all.map(row => row.dataset.tags)"))
    assert 0 < rows.count() < 5


def test_only_the_flags_of_a_page_are_asked_for(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}organisations/csto/", wait_until="networkidle")
    flags = {Path(url).stem for url in asked if "/flags/" in url}
    assert flags
    assert flags <= {"AM", "BY", "KZ", "KG", "RU", "TJ", "UZ"}
    assert page.locator(".fs-flag:not([alt=''])").count() == 0


def test_on_paper_there_are_no_controls_and_the_evidence_stands_open(page, address):
    page.goto(f"{address}organisations/csto/")
    page.emulate_media(media="print")
    for control in (".md-header", ".md-footer", ".fs-find", ".fs-asof", ".md-content__button"):
        assert not page.locator(control).first.is_visible(), control
    assert page.locator("[id^='presidency-RU'] blockquote").first.is_visible()
    assert len(page.pdf()) > 10_000


@pytest.mark.parametrize("path", ["organisations/csto/", "organisations/eu/", "organisations/un/", "countries/FR/"])
def test_a_sheet_is_light(page, site, address, path):
    assert weight(page, address + path, site, address) <= 300_000


LINK = re.compile(r"""<a\b[^>]*?\shref="?([^"\s>]+)""")
PLACE = re.compile(r"""\s(?:id|name)="?([^"\s>]+)""")


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(site):
    found = json.loads((site / "search/search_index.json").read_text("utf-8"))["docs"]
    places, links = {}, [("/", it["location"]) for it in found]
    for path in site.rglob("*.html"):
        text, address = path.read_text("utf-8"), "/" + path.relative_to(site).as_posix().removesuffix("index.html")
        places[address] = {html.unescape(found) for found in PLACE.findall(text)}
        links += [(address, html.unescape(found)) for found in {*LINK.findall(text)} if address != "/404.html"]
    broken = set()
    for page, link in links:
        url = urlsplit(urljoin(f"http://here{page}", link))
        if url.netloc == "here" and url.path not in places and not (site / unquote(url.path[1:])).is_file():
            broken.add((page, link))
        if url.netloc == "here" and url.fragment and unquote(url.fragment) not in places.get(url.path, ()):
            broken.add((page, link))
    assert len(links) > 10_000
    assert not broken


@each_type
def test_no_page_has_an_error_of_html_or_shows_markdown(site, path):
    text = (site / path / "index.html").read_text("utf-8")
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(text)
    assert parser.errors == []
    assert not re.search(r">\s*#{1,4} \w", text.partition("<article")[2])


def test_no_page_asks_another_host_for_anything(page, address):
    elsewhere = []
    page.on("request", lambda request: None if request.url.startswith((address, "data:")) else elsewhere.append(request.url))
    for path in (*TYPES.values(), "404.html"):
        page.goto(address + path, wait_until="networkidle")
    assert not elsewhere


@each_type
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_no_page_is_wider_than_the_screen(page, address, path, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", [*TYPES.values(), "404.html"], ids=[*TYPES, "not found"])
def test_no_page_breaks_a_rule_of_accessibility(browser, address, path):
    assert broken_rules(browser, address + path, "light") == []


@pytest.mark.parametrize("name", ["home", "sheet", "article", "calendar", "review", "changes", "data"])
def test_every_colour_has_contrast_enough_in_the_dark(browser, address, name):
    assert broken_rules(browser, address + TYPES[name], "dark") == []


def test_without_a_script_the_tables_are_plain_and_whole(browser, address):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}organisations/eu/")
    assert not page.locator(".fs-find, .fs-sort").first.is_visible()
    assert page.locator(".fs-table--members >> nth=0 >> tbody tr").count() == 27
    page.close()
