"""The same pages and facts at the same addresses, built with Zensical."""

import re
import subprocess
import sys
from pathlib import Path

from conftest import a_claim, a_project

from generator import build, cache
from generator.publish import publish

SETTINGS = """
site_name: Almanac
site_url: https://example.org/
theme: {name: material, font: false}
extra_css: [assets/factsheets.css]
markdown_extensions: [attr_list, md_in_html, tables, toc: {permalink: true}]
"""
COMMAND = Path(sys.executable).with_name("zensical")
PLACE = re.compile(r"""<tr\b[^>]*?\sid="([^"]+)""")


def test_zensical_makes_the_same_pages_and_fact_anchors(tmp_path):
    root = a_project(tmp_path / "project", [a_claim(), a_claim("presidency", value="RU", since="2026-01-01", start=80)])
    to = tmp_path / "zensical"
    subprocess.run([sys.executable, "-m", "generator", "render", "--to", to / "docs"], cwd=root, check=True)
    (to / "mkdocs.yml").write_text(SETTINGS)
    subprocess.run([COMMAND, "build"], cwd=to, check=True, capture_output=True)
    made = publish(build.refresh(root, today=cache.today())).pages
    assert len(made) > 10
    anchors = 0
    for path, page in made.items():
        address = path.removesuffix("index.md") if path.endswith("index.md") else path.removesuffix(".md") + "/"
        shown = (to / "site" / address / "index.html").read_text("utf-8")
        wanted = PLACE.findall(page.text)
        assert PLACE.findall(shown) == wanted, path
        anchors += len(wanted)
    assert anchors >= 4
