"""Writes the reference pages from the program itself: python tests/reference.py. A test compares page and program."""

import json
import re
from pathlib import Path

import click
import typer.main
from typer.cli import get_docs_for_click

from generator import schemas, strict_yaml
from generator.commands import app
from generator.kinds import load_built_in

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CORPUS = json.loads((ROOT / "tests" / "corpus" / "schema.json").read_text("utf-8"))
WRITTEN = ("article", "overrides", "feeds", "reference", "organisations", "kinds", "settings")
MADE = ("facts", "changes", "claims")
UNSEARCHED = ("---", "search:", "  exclude: true", "---", "")  # every page loads the index of the search


def commands():
    """The command line, as typer tells of it."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=click.Context(command), name="factsheets", title="Commands")
    return re.sub(r"[ \t]+$", "", text, flags=re.M).rstrip() + "\n"


def keys():
    """Every key of every file, from the schemas."""
    made = {name.removesuffix(".json"): json.loads(text) for name, text in schemas.files(load_built_in()).items()}
    gold = strict_yaml.parse((ROOT / "generator" / "evaluate.yml").read_text("utf-8"), Path("evaluate.yml"))[0]["schema"]
    lines = [
        *UNSEARCHED,
        "# Files and their keys",
        "",
        "Made from the schemas, which `factsheets schemas` also writes for your editor.",
        "",
    ]
    lines += ["## What you write", "", *(line for name in WRITTEN for line in section(made[name]))]
    lines += section(gold)
    lines += ["## What the program writes", "", *(line for name in MADE for line in section(made[name]))]
    lines += ["## What belongs to the program's own tests", "", *section(CORPUS)]
    return "\n".join(lines).rstrip() + "\n"


def kinds():
    """The built-in kinds: how each is settled, and its fields."""
    lines = [*UNSEARCHED, "# Kinds of fact", "", "Made from the files in `generator/kinds/`. For a kind of your own, see"]
    lines += ["[Add a kind of fact](add-a-kind.md).", ""]
    for kind in load_built_in().values():
        text = (ROOT / "generator" / "kinds" / f"{kind.name}.yml").read_text("utf-8")
        lines += [f"## `{kind.name}`", "", text.partition("\n")[0].removeprefix("# "), ""]
        changes = "newer beats older" if kind.changes else "it never changes"
        same = ", ".join(f"`{name}`" for name in kind.identity)
        lines += [f"- cardinality: `{kind.cardinality}`; {changes}; two claims are about one fact if they agree in: {same}"]
        lines += [f"- subject: `{kind.subject}`, value: `{kind.value}`"]
        lines += ["- " + " ".join(["read, for example, in:", *(f"*{one['text']}*" for one in kind.examples[:2])]), ""]
        cells = [(f"`{f.name}`", f.type, "no" if f.optional else "yes", words(f.values)) for f in kind.fields.values()]
        lines += [*table(("field", "type", "required", "words"), cells), ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"commands.md": commands, "keys.md": keys, "kinds.md": kinds}


def section(schema):
    """A heading and the tables of one file's keys."""
    yield from (f"### {schema['title']}", "", schema["description"], "")
    item = schema.get("items") or schema
    if "then" in item:
        yield from overrides(item)
    else:
        yield from (*table(("key", "what", "required", "meaning"), rows(item)), "")


def overrides(item):
    """The keys that all have, and of each kind its own; `deny` and `expect` hold the latter as well."""
    stated = item["else"]["else"]
    held = [*rows({"properties": {"deny": item["then"]["properties"]["deny"]}}, deep=False)]
    held += rows({"properties": {"expect": item["else"]["then"]["properties"]["expect"]}}, deep=False)
    held += rows({"properties": item["else"]["then"]["properties"]["expect"]["properties"]}, "expect.")
    shared = {**item, "properties": stated["properties"], "required": ["why", "kind"]}
    yield from (*table(("key", "what", "required", "meaning"), [*rows(shared), *held]), "")
    for branch in stated["allOf"]:
        own = {name: one for name, one in branch["then"]["properties"].items() if one is not True}
        yield from (f"With `kind: {branch['if']['properties']['kind']['const']}`:", "")
        cells = rows({"properties": own, "required": branch["then"]["required"]})
        yield from (*table(("key", "what", "required", "meaning"), cells), "")


def rows(schema, before="", deep=True):
    """The keys of an object, and those inside them."""
    for name, one in schema["properties"].items():
        required = "yes" if name in schema.get("required", ()) else ""
        yield f"`{before}{name}`", what(one), required, one["description"]
        inside = one.get("items") or one
        more = inside.get("additionalProperties")
        if deep and "properties" in inside and name != "denied":  # which holds claims as the facts do
            yield from rows(inside, f"{before}{name}.")
        elif deep and isinstance(more, dict) and "properties" in more:
            yield from rows(more, f"{before}{name}.….")


def what(schema):
    """What a value looks like, in a word or two."""
    if "enum" in schema:
        return words(word for word in schema["enum"] if not isinstance(word, bool)) or "`true`"
    formats = {"edtf": "date", "date": "date", "address": "address", "source": "source", "count": "number"}
    if (form := schema.get("format")) in formats:
        return formats[form]
    types = schema.get("type") or ["array" if "anyOf" in schema else "string"]
    types = [types] if isinstance(types, str) else types
    names = {"array": "list", "object": "mapping", "integer": "number", "number": "number"}
    return names.get(types[0], "text") + (" or null" if "null" in types else "")


def words(some):
    return ", ".join(f"`{word}`" for word in some)


def table(head, cells):
    """A Markdown table."""
    return [
        "| " + " | ".join(row) + " |"
        for row in (head, ["---"] * len(head), *([c.replace("|", "\\|") for c in r] for r in cells))
    ]


if __name__ == "__main__":
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), "utf-8")
