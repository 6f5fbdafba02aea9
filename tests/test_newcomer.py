"""Somebody who has the wheel and nothing else types what docs/tutorial.md says, in its order, and nothing more.

The wheel is built and installed as anyone would; only what it depends on is lent by the environment of the tests, so that
minutes of downloads are saved.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
STEPS = re.findall(r"^## \d+\. (.+?)\n(.*?)(?=^## )", TUTORIAL, re.M | re.S)
DAY = 1764288000  # 28 November 2025
MONTH = 31 * 86400
PAGE = "almanac/content/articles/kyrgyzstan-hands-the-csto-to-russia.md"


def commands(text):
    return "".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))


def lent(folder):
    """What the environment of the tests has installed, without the program itself, in a folder of links; and `mkdocs`."""
    library, scripts = folder / "library", folder / "scripts"
    library.mkdir()
    scripts.mkdir()
    ours = ("factsheets", "__editable__", "pip", "setuptools", "pkg_resources")
    places = [Path(place) for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]
    for path in (path for place in places for path in place.iterdir()):
        if not path.name.startswith(ours) and path.suffix != ".pth" and not (library / path.name).exists():
            (library / path.name).symlink_to(path)
    (scripts / "mkdocs").write_text("#!/usr/bin/env python3\nfrom mkdocs.__main__ import cli\ncli(prog_name='mkdocs')\n")
    (scripts / "mkdocs").chmod(0o755)
    (scripts / "python3").symlink_to(sys.executable)
    return library, scripts


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from the files of the repository alone, so that no earlier build slips in."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "generator", source / "generator", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", "."]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (found,) = (source / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def told(wheel, tmp_path_factory):
    """What the shell said at each step, by its heading, and the folder it was all done in."""
    home = tmp_path_factory.mktemp("newcomer")
    library, scripts = lent(tmp_path_factory.mktemp("lent"))
    shutil.copy(wheel, home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = ["set -euo pipefail"]
    for number, (title, text) in enumerate(STEPS):
        day = DAY + (MONTH if title == "A month later" else 0)
        lines += [f"export SOURCE_DATE_EPOCH={day}", f"exec >'{home}/step{number}' 2>&1", commands(text)]
        lines += ["sleep 1"] if "http.server" in text else []  # the server needs a moment to listen
    lines += ["kill %1", f"exec >'{home}/where'", "python3 -c 'import generator; print(generator.__file__)'"]
    script = "\n".join(lines).replace("8321", str(port))
    identity = {f"GIT_{who}_{what}": "newcomer@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    outside = {name: text for name, text in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "GIT_"))}
    env = {
        **outside,
        **identity,
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "PYTHONPATH": str(library),
        "NO_MKDOCS_2_WARNING": "1",
        "COLUMNS": "200",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(["bash", "-c", script], cwd=home, env=env, capture_output=True, text=True, timeout=600)
    said = {title: (home / f"step{n}").read_text() for n, (title, _) in enumerate(STEPS) if (home / f"step{n}").exists()}
    assert done.returncode == 0, "\n".join([*said.values()][-1:]) + done.stderr
    return home, said


def shown(home, revision, path):
    command = ["git", "--git-dir", str(home / "host.git"), "show", f"{revision}:{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_program_is_that_of_the_wheel(told):
    home, _ = told
    assert (home / "where").read_text().startswith(f"{home}/.venv/lib")


def test_the_dry_run_shows_facts_and_the_articles_come_from_the_web_and_a_pdf(told):
    home, said = told
    assert "presidency: Russia" in said["Add a web page and a PDF"]
    texts = {path.name: path.read_text() for path in (home / "almanac/content/articles").glob("*.md")}
    assert "url: http://127.0.0.1" in texts["kyrgyzstan-hands-the-csto-to-russia.md"]
    assert "report.pdf\n" in texts["a-short-history-of-the-csto.md"]


def test_the_published_page_has_facts_from_both_and_the_correction(told):
    home, _ = told
    page = shown(home, "gh-pages", "organisations/csto/index.html")
    assert "7 October 2002" in page
    assert "The charter was signed in Chisinau on 7 October 2002." in page
    assert "Uzbekistan left the CSTO in 2012." in page, "from the PDF"
    assert "1 January 2026" in page, "from the web page, as it is now"
    before = shown(home, "gh-pages~1", "organisations/csto/index.html")
    assert "2 January 2026" in before


def test_a_month_later_the_article_is_there_once_and_the_change_is_told(told):
    home, said = told
    assert len([*(home / "almanac/content/articles").iterdir()]) == 3
    later = said["A month later"]
    assert "is brought up to date" in later
    assert re.search(r"changes · .*presidency: Russia.*since 2026-01-01: changed.*before: .*since 2026-01-02", later)
    assert "since 2026-01-02` → `presidency: Russia" in later, "as Markdown, for a pull request"
    assert "retrieved: '2025-12-29'" in (home / PAGE).read_text()


def test_nothing_was_shown_that_went_wrong(told):
    for title, text in told[1].items():
        assert "Traceback" not in text, title
        warned = re.findall(r"^WARNING.*", text, re.M) if title != "Install" else []  # pip has opinions of its own
        assert all("Version check skipped" in line for line in warned), title  # the first deployment has none before it
        assert not re.search(r"^error", text, re.M), title
