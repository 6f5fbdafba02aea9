"""The project that a command is typed in, and what of it a person names."""

from pathlib import Path

import typer

from generator import build as builder
from generator import cache
from generator.errors import FactsheetsError, did_you_mean
from generator.model import Sheet


def project_folder() -> Path:
    """The folder of the project that the command was typed in."""
    if (root := cache.find_project(Path.cwd())) is None:
        raise typer.BadParameter("no project here: neither this folder nor one above it holds content/")
    return root


def refreshed() -> builder.Project:
    """That project, settled with its overrides as they are now."""
    return builder.refresh(project_folder(), today=cache.today())


def find_sheet(project: builder.Project, subject: str) -> Sheet:
    """The sheet on a subject, by its id or one of its names."""
    record = project.gazetteer.find(subject)
    wanted = record.id if record else subject
    if found := [sheet for sheet in project.sheets if sheet.id == wanted]:
        return found[0]
    known = [word for sheet in project.sheets for word in (sheet.id, sheet.name)]
    raise FactsheetsError(f"no facts on {subject!r}", did_you_mean(subject, known))
