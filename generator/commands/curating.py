"""Commands with which a person decides what waits for one."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from generator import build as builder
from generator import cache, changes, content
from generator import review as reviews
from generator.commands.common import change_line, claim_lines, err, find_sheet, finish, number, out, pairs, refreshed, words
from generator.errors import FactsheetsError

app = typer.Typer()

_WHY = Annotated[str | None, typer.Option(help="The reason; readers see it.")]
_ID = Annotated[str, typer.Argument(help="As `factsheets review` lists it.")]


@app.command()
def review(
    subject: Annotated[str | None, typer.Argument(help="Only this: an id or a name; with quotes and overrides.")] = None,
) -> None:
    """List what waits for a person, the most valuable first; with a subject, each item in full.

    Examples: `factsheets review` · `factsheets review csto`
    """
    project = refreshed()
    items = reviews.queue(project, cache.today())
    if subject is None:
        for item in items:
            cells = (item.id, item.reason, item.sheet.name, words(item.says))
            typer.echo("\t".join(" ".join(cell.split()) for cell in cells))
    else:
        sheet = find_sheet(project, subject).id
        for item in (item for item in items if item.sheet.id == sheet):
            out.print(f"{item.id} · {item.reason} · {words(item.says)}", style="bold")
            out.print(*claim_lines(item.claims, item.says), sep="\n")
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
    project = refreshed()
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
    for change in changes.between(project.sheets, refreshed().sheets, kinds):
        out.print(change_line(change))
    err.print(f"added to {path.as_posix()}; {builder.RUN_BUILD}")
