"""Commands that get articles in and sites out."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from generator import build as builder
from generator import content, disk, schemas
from generator.commands.here import project_folder, refreshed
from generator.commands.printing import change_line, finish, number, out, print_claim, tell, words
from generator.errors import FactsheetsError, Problem
from generator.model import PUBLISH_AT

if TYPE_CHECKING:
    from generator.intake import Addition

app = typer.Typer()
feeds_app = typer.Typer(no_args_is_help=True, help="Feeds (RSS, Atom) that articles come from: `content/feeds.yml`.")
app.add_typer(feeds_app, name="feed")

_YES = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]
_DRY = Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")]
_FORCE = Annotated[bool, typer.Option("--force", help="Give up what a person edited in a text since it was added.")]
_RAW = Annotated[bool, typer.Option("--keep-raw", help="Also keep the bytes as they came, in content/raw/.")]
_PRIVATE = Annotated[bool, typer.Option("--allow-private", help="Also from hosts that are not public, such as this one.")]
_FIELD = Annotated[
    list[str] | None, typer.Option(help="What you know better, e.g. published=2026-01-31, licence=CC0-1.0; repeatable.")
]


class How(NamedTuple):
    """What a person wants of adding."""

    yes: bool
    dry_run: bool
    force: bool
    keep_raw: bool
    private: bool


@app.command()
def add(
    sources: Annotated[list[str], typer.Argument(help="Web pages, PDF, Markdown, text.", metavar="URL|FILE…")],
    field: _FIELD = None,
    yes: _YES = False,
    dry_run: _DRY = False,
    force: _FORCE = False,
    keep_raw: _RAW = False,
    allow_private: _PRIVATE = False,
) -> None:
    """Show what articles say and which facts change with them, and put them into `content/articles/` if you agree.

    What was added from the same address before is brought up to date. Exit code 1 where a source could not be added.

    Examples: `factsheets add https://example.org/news/summit` · `factsheets add report.pdf --field published=2026-01-31`
    """
    fields = dict(pair.split("=", 1) for pair in field or () if "=" in pair)
    if len(fields) < len(field or ()):
        raise typer.BadParameter("a field is NAME=TEXT, e.g. published=2026-01-31")
    _add_all(((place, fields) for place in sources), How(yes, dry_run, force, keep_raw, allow_private), [])


@feeds_app.command("add")
def add_feed(address: Annotated[str, typer.Argument(metavar="URL")], allow_private: _PRIVATE = False) -> None:
    """Put a feed into `content/feeds.yml`, once it has been seen to be one.

    Example: `factsheets feed add https://example.org/news.rss`
    """
    from generator.sources import feeds

    root = project_folder()
    feed = feeds.load(address, private=allow_private)
    if content.append_feed(root, {"url": address, "title": feed.title}):
        finish([], f"{feed.title}, {number(len(feed.addresses), 'article')}; run: factsheets feed pull")
    finish([], f"{feed.title} is in content/feeds.yml already")


@feeds_app.command("pull")
def pull(
    limit: Annotated[int, typer.Option(min=1, help="How many new entries of each feed at most.")] = 10,
    yes: _YES = False,
    dry_run: _DRY = False,
    keep_raw: _RAW = False,
    allow_private: _PRIVATE = False,
) -> None:
    """Add what is new in the feeds, as `add` does; a feed or an entry that cannot be had does not stop the others.

    An entry under `skip` in `content/feeds.yml` is left alone. Exit code 1 where something could not be had.

    Example: `factsheets feed pull --yes`
    """
    from generator.sources import feeds, same

    root = project_folder()
    known = {same(article.url) for article in content.load_articles(root)[0] if article.url}
    problems: list[Problem] = []

    def entries() -> Iterator[tuple[str, Mapping[str, str]]]:
        for feed in content.load_feeds(root):
            left = known | {same(address) for address in feed.get("skip") or ()}
            try:
                found = feeds.load(feed["url"], private=allow_private).addresses
            except FactsheetsError as error:
                problems.extend(error.problems)
                continue
            fields = {name: str(feed[name]) for name in feed.keys() & {"publisher", "licence"}}
            yield from ((address, fields) for address in islice((a for a in found if same(a) not in left), limit))

    _add_all(entries(), How(yes, dry_run, False, keep_raw, allow_private), problems)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="It does not exist, is empty, or holds a site of yours.")]) -> None:
    """Make a site of your own: an example article, settings, workflows that publish it, all ready to build.

    A site that was made by an earlier version gets the files that it lacks. What you may have changed stays as it is;
    where it differs from what a new site has, a patch is printed.

    Examples: `factsheets new almanac && cd almanac && factsheets build && mkdocs serve` · `factsheets new . > upgrade.patch`
    """
    older = (folder / "mkdocs.yml").is_file() and (folder / "content").is_dir()
    if folder.exists() and not older and (not folder.is_dir() or any(folder.iterdir())):
        raise FactsheetsError(f"{folder} is not empty", "name a folder that does not exist yet")
    texts = _starter(folder)
    if older:
        differing = [name for name in texts if not name.startswith(_MADE) and (folder / name).is_file()]
        for name in differing:
            typer.echo(_patch(name, (folder / name).read_bytes(), texts[name]), nl=False)
        texts = {name: text for name, text in texts.items() if name not in differing and not name.startswith(_EXAMPLES)}
    written = sum(disk.write(folder / name, text) for name, text in texts.items())
    finish([], f"{number(written, 'file')} written in {folder}; there, run: factsheets build && mkdocs serve")


_MADE = "content/schemas/"
_EXAMPLES = ("content/articles/", "docs/", "practice/")  # whoever has a site may have deleted them


def _starter(folder: Path) -> dict[str, bytes]:
    """The files of a new site."""
    starter = disk.PACKAGE / "starter"
    paths = {path.relative_to(starter).as_posix(): path for path in sorted(starter.rglob("*")) if path.is_file()}
    ours = version("factsheets").encode()
    texts = {name.replace("dot-", "."): path.read_bytes().replace(b"VERSION", ours) for name, path in paths.items()}
    return texts | {f"{_MADE}{name}": text.encode() for name, text in schemas.files(content.load_kinds(folder)).items()}


def _patch(name: str, old: bytes, new: bytes) -> str:
    """What makes a file into another; empty where they are the same."""
    before, after = ([line.decode("utf-8", "replace") for line in text.splitlines(keepends=True)] for text in (old, new))
    lines = unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _add_all(sources: Iterable[tuple[str, Mapping[str, str]]], how: How, problems: list[Problem]) -> None:
    """Each is shown and written before the next, which may be the same article; what fails is told at the end."""
    from generator import intake
    from generator.sources import load

    project, written = refreshed(), 0
    for place, fields in sources:
        try:
            addition = intake.plan(project, load(place, private=how.private), fields, how.force)
        except FactsheetsError as error:
            problems.extend(error.problems)
            continue
        _show(addition)
        wanted = not how.dry_run and (addition.text or how.keep_raw)
        if wanted and (how.yes or typer.confirm("Write it?", default=True, err=True)):
            written += bool(intake.save(project.root, addition, how.keep_raw))
            project = refreshed()
    finish(problems, f"{number(written, 'article')} written" + (f"; {builder.RUN_BUILD}" if written else ""))


def _show(addition: "Addition") -> None:
    state = "is up to date" if not addition.text else "is brought up to date" if addition.replaces else "is new"
    out.print(f"{addition.path.as_posix()} {state}: {addition.article.title}", style="bold")
    for claim in addition.claims:
        if claim.confidence >= PUBLISH_AT:
            print_claim(claim, jsonl=False)
    for change in addition.changes:
        before = f"; before: {words(change.before)}" if change.before and change.after else ""
        out.print(f"changes · {change_line(change)}{before}")
    tell(Problem(note, severity="note") for note in addition.notes)
