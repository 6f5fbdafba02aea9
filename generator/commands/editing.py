"""Commands that change what people keep in `content/`: articles come in, what waits for a person is decided."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from generator import build as builder
from generator import cache, changes, content, disk, schemas
from generator import review as reviews
from generator.commands import common
from generator.commands.common import change_line, claim_lines, err, finish, number, out, pairs, print_claim, tell, words
from generator.errors import FactsheetsError, Problem
from generator.model import PUBLISH_AT

if TYPE_CHECKING:
    from generator.intake import Addition

Entry: TypeAlias = tuple[str, Mapping[str, str]]
"""Where an article is to be had, and the fields that a person gives it."""

app = typer.Typer()
feeds_app = typer.Typer(no_args_is_help=True, help="Feeds (RSS, Atom) that articles come from: `content/feeds.yml`.")
app.add_typer(feeds_app, name="feed")

_YES = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]
_DRY = Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")]
_RAW = Annotated[bool, typer.Option("--keep-raw", help="Also keep the bytes as they came, in content/raw/.")]
_PRIVATE = Annotated[bool, typer.Option("--allow-private", help="Also from hosts that are not public, such as this one.")]
_WHY = Annotated[str | None, typer.Option(help="The reason; readers see it.")]
_ID = Annotated[str, typer.Argument(help="As `factsheets review` lists it.")]


@app.command()
def add(
    sources: Annotated[list[str], typer.Argument(help="Web pages, PDF, Markdown, text.", metavar="URL|FILE…")],
    field: Annotated[list[str] | None, typer.Option(help="What you know better, e.g. licence=CC0-1.0; repeatable.")] = None,
    yes: _YES = False,
    dry_run: _DRY = False,
    force: Annotated[bool, typer.Option("--force", help="Give up what people edited in a text since it was added.")] = False,
    keep_raw: _RAW = False,
    allow_private: _PRIVATE = False,
) -> None:
    """Show what articles say and which facts change with them, and put them into `content/articles/` if you agree.

    What was added from the same address before is brought up to date. Exit code 1 where a source could not be added.

    Examples: `factsheets add https://example.org/news/summit` · `factsheets add report.pdf --field published=2026-01-31`
    """
    entries = ((place, pairs(field)) for place in sources)
    _add_all(entries, [], not dry_run and (yes or None), allow_private, keep_raw, force)


@feeds_app.command("add")
def add_feed(address: Annotated[str, typer.Argument(metavar="URL")], allow_private: _PRIVATE = False) -> None:
    """Put a feed into `content/feeds.yml`, once it has been seen to be one.

    Example: `factsheets feed add https://example.org/news.rss`
    """
    from generator.sources import load_feed

    root = common.project_folder()
    feed = load_feed(address, private=allow_private)
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
    from generator.sources import load_feed, same

    root = common.project_folder()
    known = {same(article.url) for article in content.load_articles(root)[0] if article.url}
    problems: list[Problem] = []

    def entries() -> Iterator[Entry]:
        for feed in content.load_feeds(root):
            left = known | {same(address) for address in feed.get("skip") or ()}
            try:
                found = load_feed(feed["url"], private=allow_private).addresses
            except FactsheetsError as error:
                problems.extend(error.problems)
                continue
            fields = {name: str(feed[name]) for name in feed.keys() & {"publisher", "licence"}}
            yield from ((address, fields) for address in islice((a for a in found if same(a) not in left), limit))

    _add_all(entries(), problems, not dry_run and (yes or None), allow_private, keep_raw)


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
    starter, ours = disk.PACKAGE / "starter", version("factsheets").encode()
    texts = {f"content/schemas/{name}": text.encode() for name, text in schemas.files(content.load_kinds(folder)).items()}
    for path in sorted(filter(Path.is_file, starter.rglob("*"))):
        name = path.relative_to(starter).as_posix().replace("dot-", ".")
        text = path.read_bytes().replace(b"VERSION", ours)
        if older and (folder / name).is_file():
            typer.echo(_patch(name, (folder / name).read_bytes(), text), nl=False)
        elif not older or not name.startswith(_EXAMPLES):
            texts[name] = text
    written = sum(disk.write(folder / name, text) for name, text in texts.items())
    finish([], f"{number(written, 'file')} written in {folder}; there, run: factsheets build && mkdocs serve")


_EXAMPLES = ("content/articles/", "docs/", "practice/")  # whoever has a site may have deleted them


def _patch(name: str, old: bytes, new: bytes) -> str:
    """What makes a file into another; empty where they are the same."""
    before, after = ([line.decode("utf-8", "replace") for line in text.splitlines(keepends=True)] for text in (old, new))
    lines = unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@app.command()
def review(
    subject: Annotated[str | None, typer.Argument(help="Only this: an id or a name; with quotes and overrides.")] = None,
) -> None:
    """List what waits for a person, the most valuable first; with a subject, each item in full.

    Examples: `factsheets review` · `factsheets review csto`
    """
    project = common.refreshed()
    items = reviews.queue(project, cache.today())
    if subject is None:
        for item in items:
            cells = (item.id, item.reason, item.sheet.name, words(item.says))
            typer.echo("\t".join(" ".join(cell.split()) for cell in cells))
    else:
        sheet, texts = common.find_sheet(project, subject).id, {article.id: article.text for article in project.articles}
        for item in (item for item in items if item.sheet.id == sheet):
            out.print(f"{item.id} · {item.reason} · {words(item.says)}", style="bold")
            out.print(*claim_lines(item.claims, item.says, texts), sep="\n")
            out.print(f"in content/overrides/{item.place}:\n{item.override}")
    finish([], f"{number(len(items), 'item')} in all")


@app.command()
def accept(id: _ID, why: _WHY = None) -> None:
    """Say that an item is so: adds the override that states it.

    Example: `factsheets accept 3e21fae7 --why "The ministry confirms it."`
    """
    _decide("accept", id, why)


@app.command()
def reject(id: _ID, why: _WHY = None) -> None:
    """Say that an item is not so: adds the overrides that deny what its sources say.

    Example: `factsheets reject 3e21fae7 --why "It was announced and called off."`
    """
    _decide("reject", id, why)


@app.command()
def correct(
    id: _ID,
    value: Annotated[str | None, typer.Option(help="The right value.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="The right field, e.g. since=2026-05-01; repeatable.")] = None,
    why: _WHY = None,
) -> None:
    """Say what is right instead: adds the override that states it.

    Example: `factsheets correct 3e21fae7 --field since=2026-05-02 --why "A day later."`
    """
    if not (changed := pairs(field) | ({"value": value} if value else {})):
        raise typer.BadParameter("say what is right: --value VALUE or --field NAME=TEXT")
    _decide("correct", id, why, changed)


def _decide(how: str, id: str, why: str | None, changed: Mapping[str, str] = {}) -> None:
    """Writes a decision and says what it changes."""
    project = common.refreshed()
    item = reviews.find(reviews.queue(project, cache.today()), id)
    if item.reason == "drifting" and how != "accept":
        raise FactsheetsError("an override stands here already", f"edit or delete it: content/overrides/{item.place}")
    if not why and sys.stdin.isatty():
        why = typer.prompt("Why (readers see it)")
    if not (why := (why or "").strip()):
        raise typer.BadParameter("say why; readers see it: --why TEXT")
    kinds = project.kinds
    entry = reviews.reject(item, kinds, why) if how == "reject" else reviews.accept(item, kinds, why, changed)
    path = content.append_override(project.root, item.place, entry, kinds, project.gazetteer)
    for change in changes.between(project.sheets, common.refreshed().sheets, kinds):
        out.print(change_line(change))
    err.print(f"added to {path.as_posix()}; {builder.RUN_BUILD}")


def _add_all(
    sources: Iterable[Entry], problems: list[Problem], yes: bool | None, private: bool, keep_raw: bool, force: bool = False
) -> None:
    """Each is shown and written before the next, which may be the same article; what fails is told at the end.

    Where `yes` is None, a person is asked.
    """
    from generator import intake
    from generator.sources import load

    project, written = common.refreshed(), 0
    for place, fields in sources:
        try:
            addition = intake.plan(project, load(place, private=private), fields, force)
        except FactsheetsError as error:
            problems.extend(error.problems)
            continue
        _show(addition)
        if (addition.text or keep_raw) and (typer.confirm("Write it?", default=True, err=True) if yes is None else yes):
            written += intake.save(project.root, addition, keep_raw)
            project = common.refreshed()
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
