"""Sheets at the edge of what there is: one member, all the world, nothing dated, much disputed, names without end."""

import pytest
from chromium import built, served, weight
from conftest import NAMES, a_claim, a_project
from test_browser import with_real_theme

LONG = "Intergovernmental Consultative Commission for the Transboundary Watercourses of X"
BODIES = ("one", "world", "undated", "disputed", "long")
LAID_OUT = """() => {
  const wrong = document.documentElement.scrollWidth > innerWidth ? ["the page is wider than the screen"] : [];
  for (const row of document.querySelectorAll(".fs-table tbody tr")) {
    const cells = [...row.cells].filter((cell) => cell.checkVisibility());
    const boxes = cells.map((cell) => cell.getBoundingClientRect());
    boxes.forEach((box, one) => boxes.slice(one + 1).forEach((other) => {
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      if (across > 1 && down > 1) wrong.push(`cells overlap: ${row.textContent.slice(0, 60)}`);
    }));
    cells.forEach((cell) => {
      if (cell.scrollWidth > cell.clientWidth + 1) wrong.push(`cut: ${cell.textContent.slice(0, 60)}`);
    });
  }
  return wrong;
}"""


def body(name, *others, **fields):
    return a_claim(*others, subject=name, subject_type="organisation", subject_name=name, status="member", **fields)


def claims():
    states = sorted(NAMES.countries)[:193]
    yield body("one", article="f", since="2001")
    yield from (body("world", value=state, start=60 * n, since="1999-01-01") for n, state in enumerate(states))
    yield from (body("undated", value=state, said=None, article="b", start=60 * n) for n, state in enumerate(states[:9]))
    for n, state in enumerate(states[:40]):
        yield body("disputed", value=state, article="c", start=60 * n, since="2001-03-04")
        yield body("disputed", value=state, article="d", start=60 * n, since="2005-06-07")
    yield body("long", article="e", value="FM", since="2001")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    bodies = "".join(f"- {{id: {name}, name: {LONG if name == 'long' else 'Body ' + name}}}\n" for name in BODIES)
    settings = (
        "site_name: x\nsite_url: https://example.org/almanac/\ntheme:\n  name: material\nplugins: [search, factsheets]\n"
    )
    files = {"content/organisations/all.yml": bodies, "mkdocs.yml": settings, "docs/about.md": "# About\n"}
    root = a_project(tmp_path_factory.mktemp("extremes") / "project", list(claims()), files)
    with_real_theme(root / "mkdocs.yml")
    return built(root)


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", BODIES)
def test_nothing_overlaps_or_is_cut(page, address, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}organisations/{name}/")
    assert page.locator(".fs-table--members tbody tr").count() == {"world": 193, "undated": 9, "disputed": 40}.get(name, 1)
    assert page.evaluate(LAID_OUT) == []
    page.evaluate("document.querySelector('details.fs-why').open = true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_sheet_of_all_the_world_is_light(page, site, address):
    assert weight(page, f"{address}organisations/world/", site, address) <= 300_000
