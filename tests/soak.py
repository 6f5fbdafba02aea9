"""Long runs: a thousand edits of a served site, ten thousand articles with broken ones among them, hundreds of pulled plugs.

`make soak` runs each at its full count, `python tests/soak.py serve --count 50` one of them with another; the tests of
test_soak.py are these with small counts. What is found is printed at the end; anything lost, missed or unlike an
undisturbed run ends it with an error.
"""

import argparse
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import loopback
import permissions
from conftest import write_files

ROOT = Path(__file__).parent.parent
MINIMAL = ROOT / "tests" / "sites" / "minimal"
DAY = 1_767_225_600  # 1 January 2026
PATIENCE = 60  # seconds of its own work after which an edit counts as missed by a server, which others may keep from working
LONGEST = int(os.environ.get("LONGEST_WAIT", "1200"))  # seconds after which it counts as missed all the same
ENVIRONMENT = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": str(DAY)}
OVERRIDE = "content/overrides/organisations/csto.yml"
ARTICLE = "content/articles/yerevan-report.md"


def tell(*words: object) -> None:
    print(*words, flush=True)


def factsheets(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "generator", *words]
    return subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=False)


# ------------------------------------------------------------------ a served site


def edits(root: Path, turn: int, random: Random) -> tuple[str, str, str]:
    """Makes an edit, valid or broken, of each sort before any comes again; returns what it was, a page that shows it, and
    what must stand there.
    """
    marker, sheet = f"Turn {turn} of many", "organisations/csto/"
    note = f"- {{kind: membership, value: FR, status: observer, since: '2001', why: {marker}.}}\n"
    head = f"---\ntitle: Ten years\npublished: 2016-03-01\n---\n{marker}.\n\n"
    files = {
        "an article": (ARTICLE, f"{head}Armenia is a member of the CSTO.\n", "articles/yerevan-report/", f"{marker}."),
        "an override": (OVERRIDE, note, sheet, f"{marker}."),
        "a broken override": (OVERRIDE, f"- {{kind: broken-{turn}, value: FR, why: x}}\n", sheet, f"broken-{turn}"),
        "a broken article": (ARTICLE, f"---\npublished: broken-{turn}\n---\nIt.\n", sheet, f"broken-{turn}"),
        "a new article": (f"content/articles/new-{turn % 7}.md", f"{head}It.\n", f"articles/new-{turn % 7}/", f"{marker}."),
        "a broken table": (f"content/references/t{turn}.csv", "a\n", sheet, f"references/t{turn}.yml"),
        "no YAML at all": ("content/settings.yml", f"broken-{turn}: [\n", sheet, "content/settings.yml"),
    }
    (what,) = [*files][turn : turn + 1] or random.choices([*files], (12, 40, 20, 4, 4, 10, 10))
    path, text, page, wanted = files[what]
    for other in (root / "content/references").glob("t*.csv"):
        other.unlink()
    if path != "content/settings.yml":
        (root / "content/settings.yml").unlink(missing_ok=True)
    if path != OVERRIDE and "broken" in (root / OVERRIDE).read_text():
        (root / OVERRIDE).write_text("[]\n")
    write_files(root, {path: text})
    return what, page, wanted


def serve(count: int) -> None:
    """A site is served and edited: no edit is missed, the server lives on, and its memory does not grow."""
    random, kinds, took, memory = Random(count), Counter[str](), [], []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(MINIMAL, Path(folder) / "project"))
        factsheets(root, "build")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "-m", "mkdocs", "serve", "-a", address]
        with (Path(folder) / "log").open("w") as log:
            server = subprocess.Popen(command, cwd=root, env=ENVIRONMENT, stdout=log, stderr=log)
        try:
            assert stands(f"http://{address}/almanac/", "<h1", server), (Path(folder) / "log").read_text()[-2000:]
            for turn in range(count):
                start = time.monotonic()
                what, page, wanted = edits(root, turn, random)
                kinds[what] += 1
                shown = stands(f"http://{address}/almanac/{page}", wanted, server)
                assert shown, f"missed at turn {turn}: {what}, {wanted!r} on {page}"
                took.append(time.monotonic() - start)
                memory.append(megabytes(server.pid))
                if turn % 50 == 49:
                    median = sorted(took)[len(took) // 2]
                    tell(f"{turn + 1:5} edits, none missed, {median:.1f} s in the middle, {memory[-1]:.0f} MB")
            assert server.poll() is None, "the server died"
            assert "Traceback" not in (Path(folder) / "log").read_text()
        finally:
            server.terminate()
            server.wait()
    early, late = (
        sorted(some)[len(some) // 2] for some in (memory[count // 10 : count // 5 + 1], memory[-count // 10 - 1 :])
    )
    tell(f"{count} edits served ({dict(kinds)}): none missed, {early:.0f} MB early and {late:.0f} MB late")
    assert late < early * 1.25 + 20, "memory grows"  # that the first edit, of an article, loads the engine is none


def stands(url: str, wanted: str, server: subprocess.Popen[bytes]) -> bool:
    """Does a page show this before patience ends?"""
    start, begun = time.monotonic(), worked(server.pid)
    while worked(server.pid) - begun < PATIENCE and time.monotonic() - start < LONGEST and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=30) as answer:
            if wanted in re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), answer.read().decode()):
                return True
        time.sleep(0.1)
    return False


def worked(process: int) -> float:
    """The seconds of a processor that a process has had."""
    parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int) -> float:
    """The memory that a process has of its own."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


# ------------------------------------------------------------------ many articles


BROKEN = {
    "bytes": b"---\ntitle: x\n---\nCaf\xe9 \xff\n",
    "empty": b"",
    "head": b"---\ntitle: x\nNo end.\n",
    "date": b"---\npublished: 2024-02-30\n---\nIt.\n",
    "twice": b"---\ntitle: a\ntitle: b\n---\nIt.\n",
    "alias": b"---\ntitle: &a x\npublisher: *a\n---\nIt.\n",
    "list": b"---\n- x\n---\nIt.\n",
    "deep": b"---\ntitle: " + b"[" * 400 + b"\n---\nIt.\n",
    "script": b"---\nurl: javascript:alert(1)\n---\nIt.\n",
    "controls": b"\x00\x01\x02\n",
}


def many(count: int) -> None:
    """Articles, one in a hundred and one of each sort broken: all others are read, and each broken one is named."""
    says = "---\npublished: 2020-01-{:02}\n---\nReport {}: {} is a member of the CSTO.\n"
    broken = max(count // 100, len(BROKEN))
    states = ("Armenia", "Belarus", "Kazakhstan", "Russia", "Tajikistan")
    good = {f"good-{n}": says.format(n % 28 + 1, n, states[n % 5]) for n in range(count - broken)}
    names = [*BROKEN]
    bad = {f"bad-{names[n % len(names)]}-{n}": BROKEN[names[n % len(names)]] for n in range(broken)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_files(root, {f"content/articles/{name}.md": text for name, text in {**good, **bad}.items()})
        start = time.monotonic()
        done = factsheets(root, "build")
        took = time.monotonic() - start
        named = set(re.findall(r"content/articles/(\S+?)\.md", done.stderr))
        known = set(re.findall(r"^  (\S+): [0-9a-f]", (root / "content/facts/articles.yml").read_text(), re.M))
        sheet = (root / "content/facts/organisations/csto.yml").read_text()
        quoted = set(re.findall(r"article: (\S+)", sheet))
    tell(f"{len(good)} good articles and {len(bad)} broken ones in {took:.0f} s: {len(known)} read, {len(named)} named")
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert done.returncode == 1
    assert named == set(bad), named ^ set(bad)
    assert known == set(good), len(known ^ set(good))
    assert quoted == set(good), len(quoted ^ set(good))


# ------------------------------------------------------------------ pulled plugs


SAID = "Kazakhstan hands the presidency of the CSTO over to Kyrgyzstan, it was said on Monday in Astana after long talks."
NEWS = loopback.page("Kazakhstan hands over", SAID, "Ministers of the member states met there.", published="2025-11-27")
FOLDERS = ("articles", "overrides", "facts", "changes", "feeds.yml")


def project(root: Path, server: str) -> Path:
    """Built once; since then articles and an override were added, and something waits for a person."""
    shutil.copytree(MINIMAL, root)
    write_files(root, {"content/articles/weak.md": "---\npublished: 2024-05-01\n---\nBelarus may be a member of NATO.\n"})
    factsheets(root, "build")
    says = "---\npublished: 2024-0{}-01\n---\nGeorgia joined NATO, report {} says. Chad left OPEC.\n"
    texts = {f"content/articles/more-{n}.md": says.format(n, n) for n in range(1, 6)}
    mine = "- {kind: founding, event: established, value: '2002-10-07', why: As the treaty has it.}  # mine\n"
    feed = f"# by hand\n- url: {server}/feed\n"
    write_files(
        root, {**texts, "content/overrides/organisations/nato.yml": mine, "page.html": NEWS, "content/feeds.yml": feed}
    )
    return root


def holds(root: Path) -> dict[str, bytes]:
    paths = [path for name in FOLDERS for path in sorted((root / "content").glob(f"{name}/**/*")) if path.is_file()]
    paths += [root / "content/feeds.yml"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def child(root: Path, words: list[str], disturb=lambda: None, day: int = DAY) -> int:
    """The command in a process of its own, which has all its modules already; its number."""
    if process := os.fork():
        return process
    try:
        os.chdir(root)
        os.setpgrp()
        os.environ["SOURCE_DATE_EPOCH"] = str(day)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0), os.dup2(nothing, 1), os.dup2(ERRORS[1], 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)  # not the files that pytest has for them
        from generator.__main__ import main

        disturb()
        sys.argv = ["factsheets", *words]
        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0) if isinstance(ended.code, int | None) else 1)
    except BaseException:
        import traceback

        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with suppress(BaseException):
            os.write(2, f"Traceback {traceback.format_exc()}".encode())
        os._exit(70)
    os._exit(0)


ERRORS = os.pipe()  # no disk is too full for it
os.set_blocking(ERRORS[0], False)


def told() -> str:
    """What the commands said since this was asked last."""
    with suppress(BlockingIOError):
        return os.read(ERRORS[0], 2**16).decode("utf-8", "replace")
    return ""


def finished(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def no_room(random: Random):
    """Every file may grow to so many bytes and no more."""
    most = random.choice((0, 1, 50, 200, 1000, 4000))

    def disturb() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    return disturb


@contextmanager
def read_only(folder: Path):
    places = [folder, *folder.rglob("*/")]
    for place in places:
        place.chmod(0o555)
    try:
        yield
    finally:
        for place in places:
            place.chmod(0o755)


@contextmanager
def network(state: dict[str, bool]):
    """A server with a page and a feed, which breaks off where `state` says that it is lost."""

    def answer(body: bytes):
        def handle(handler):
            if state.get("lost"):
                loopback.answer(handler, body[: len(body) // 3], Content_Length=str(len(body)))
            else:
                loopback.answer(handler, body, Content_Type="text/html")

        return handle

    pages = {"/news": answer(NEWS), "/robots.txt": lambda handler: loopback.answer(handler, b"")}
    with loopback.serving(pages) as server:
        entry = f"<title>W</title><item><link>{server}/news</link></item>"
        pages["/feed"] = answer(f'<?xml version="1.0"?><rss version="2.0"><channel>{entry}</channel></rss>'.encode())
        yield server


COMMANDS = {
    "build": ["build"],
    "accept": ["accept", "ITEM", "--why", "It is known."],
    "correct": ["correct", "ITEM", "--field", "since=2001", "--why", "It is known."],
    "reject": ["reject", "ITEM", "--why", "It is not so."],
    "add a file": ["add", "page.html", "--yes", "--keep-raw"],
    "add from the web": ["add", "SERVER/news", "--yes", "--allow-private"],
    "pull feeds": ["feed", "pull", "--yes", "--allow-private"],
    "add a feed": ["feed", "add", "SERVER/feed", "--allow-private"],
}
FIRST = (("accept", "a full disk"), ("build", "kill -9"))  # then at random
SORTS = ("kill -9", "kill -9", "kill -9", "a full disk", "a read-only folder", "a clock that runs back", "a lost network")


def plugs(count: int) -> None:
    """Commands are disturbed at random moments; run again, they end as if nothing had been, with people's words in place."""
    from generator import gazetteer
    from generator.extract import pipeline

    pipeline.load(pipeline.DEFAULT_MODEL, gazetteer.load_built_in())  # each process has it from the start
    random, struck, state = Random(count), Counter[str](), dict[str, bool]()
    with tempfile.TemporaryDirectory() as folder, network(state) as server:
        start = project(Path(folder) / "start", server)
        known = {"ITEM": factsheets(start, "review").stdout.split()[0], "SERVER": server}
        commands = {
            name: [re.sub("ITEM|SERVER", lambda found: known[found[0]], word) for word in words]
            for name, words in COMMANDS.items()
        }
        whole: dict[str, tuple[dict[str, bytes], float]] = {}
        for turn in range(count):
            name, sort = FIRST[turn] if turn < len(FIRST) else (random.choice([*commands]), random.choice(SORTS))
            if name not in whole:
                whole[name] = undisturbed(copied(start, Path(folder) / name, name), commands[name])
            root = copied(start, Path(folder) / "disturbed", name)
            was, (wanted, seconds) = holds(root), whole[name]
            how = disturbed(root, commands[name], sort, seconds, random, state)
            struck[f"{sort}, {how}"] += 1
            where, said = (turn, name, sort, how), told()
            assert "Traceback" not in said, (where, said)
            kept(was, holds(root), wanted, where)
            finished(child(root, commands[name]))
            ended = differing(holds(root), wanted, r"retrieved: .*" if "clock" in sort else "$^")  # as its clock said
            assert not ended, (where, said, told(), ended)
            assert not [*root.glob("content/**/*.tmp")], where
            shutil.rmtree(root), told()
            if turn % 50 == 49:
                tell(f"{turn + 1:5} disturbed: {dict(struck)}")
    tell(f"{count} commands disturbed, {dict(struck)}: nothing lost, and each run again ended like an undisturbed one")


def undisturbed(root: Path, words: list[str]) -> tuple[dict[str, bytes], float]:
    """What a project holds after a command, and the seconds it took."""
    was, start = holds(root), time.monotonic()
    code = finished(child(root, words))
    took, now = time.monotonic() - start, holds(root)
    assert code == 0, (words, told())
    assert now != was, words
    return now, took


def copied(start: Path, root: Path, name: str) -> Path:
    shutil.copytree(start, root)
    if name == "add a feed":
        (root / "content/feeds.yml").write_text("# by hand\n")
    return root


def disturbed(root: Path, words: list[str], sort: str, seconds: float, random: Random, state: dict[str, bool]) -> str:
    """Runs a command and what befalls it; how it ended."""
    if sort == "kill -9":
        process = child(root, words)
        time.sleep(random.random() * seconds * 1.1)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        return {-9: "killed", 0: "had ended"}.get(code := finished(process), f"code {code}")
    if sort == "a full disk":
        return f"code {finished(child(root, words, no_room(random)))}"
    if sort == "a read-only folder":
        with read_only(root / "content"):
            return f"code {finished(child(root, words, permissions.obey))}"
    if sort == "a clock that runs back":
        return f"code {finished(child(root, words, day=DAY - random.randrange(1, 400) * 86_400))}"
    state["lost"] = True
    try:
        return f"code {finished(child(root, words))}"
    finally:
        state["lost"] = False


def kept(was: dict[str, bytes], now: dict[str, bytes], wanted: dict[str, bytes], where: object) -> None:
    """What people wrote is there to the last byte, with what the command adds behind it or without; nothing is half done."""
    people = ("content/articles/", "content/overrides/", "content/feeds.yml")
    for name in (name for name in was if name.startswith(people)):
        assert now[name].startswith(was[name]), (where, name)
    for name in (name for name in now if name.startswith(people)):
        assert now[name] in (was.get(name), wanted.get(name)) or b"retrieved" in now[name], (where, name)


def differing(one: dict[str, bytes], other: dict[str, bytes], but: str) -> list[str]:
    """The files that are not the same, whatever stands in place of a pattern."""
    one, other = ({name: re.sub(but.encode(), b"", data) for name, data in files.items()} for files in (one, other))
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    full = {"serve": 1000, "many": 10_000, "plugs": 500}
    parser.add_argument("what", nargs="*", choices=[*full], help="all of them where none is named")
    parser.add_argument("--count", type=int)
    options = parser.parse_args()
    for name in options.what or full:
        {"serve": serve, "many": many, "plugs": plugs}[name](options.count or full[name])


if __name__ == "__main__":
    main()
