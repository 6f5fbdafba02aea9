"""Writes docs/commands.md from the command line itself: python tests/reference.py. A test compares the two."""

import re
from pathlib import Path

import click
import typer.main
from typer.cli import get_docs_for_click

from generator.commands import app

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"


def commands():
    """The page as the program would have it today."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=click.Context(command), name="factsheets", title="Commands")
    return re.sub(r"[ \t]+$", "", text, flags=re.M).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(commands(), "utf-8")
