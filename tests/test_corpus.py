"""Every sentence of `corpus/*.yml` yields exactly the claims a careful reader takes from it.

An entry has `why` (the phenomenon), `text`, perhaps `published`, and `claims`: all publishable claims, so that one more
is a failure. A claim gives the keys of `factsheets extract --jsonl` (without `kind`, the file's name is the kind); only
the keys given are compared, `a|b` allows either, `~` means none, `values: [AM, BY]` stands for one claim a
value, `optional: true` marks what the text merely implies. `gap: reason` marks a known miss; the test tells when it is
mended.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator import schemas
from generator.extract import extract
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds
from generator.model import PUBLISH_AT, Article

CORPUS = Path(__file__).parent / "corpus"
CORPUS_SCHEMA = json.loads((CORPUS / "schema.json").read_text("utf-8"))


@dataclass(frozen=True)
class Entry:
    id: str
    why: str
    text: str
    published: str | None
    claims: tuple
    gap: str | None

    @property
    def article(self):
        return Article(self.id, "", self.text, published=self.published)


def entries():
    for path in sorted(CORPUS.glob("*.yml")):
        data, _ = schemas.read(path, CORPUS_SCHEMA)
        for number, item in enumerate(data, 1):
            claims = tuple(one for claim in item["claims"] for one in spread({"kind": path.stem, **claim}))
            yield Entry(f"{path.stem}-{number:03}", item["why"], item["text"].strip(), item.get("published"), claims,
                        item.get("gap"))  # fmt: skip


def spread(claim):
    """One claim a value."""
    values = claim.get("values")
    rest = {key: value for key, value in claim.items() if key != "values"}
    return [{**rest, "value": value} for value in values] if values else [rest]


def cases():
    for entry in ENTRIES:
        marks = [pytest.mark.xfail(reason=entry.gap, strict=True)] if entry.gap else []
        yield pytest.param(entry, id=f"{entry.id} {entry.why}", marks=marks)


ENTRIES = list(entries())


@pytest.fixture(scope="session")
def extracted():
    """What one pipeline reads in all entries, by entry."""
    articles = [entry.article for entry in ENTRIES]
    claims = extract(articles, kinds=load_kinds(), gazetteer=load_built_in())
    return {article.id: [line(c) for c in some if c.confidence >= PUBLISH_AT]
            for article, some in zip(articles, claims, strict=True)}  # fmt: skip


def line(claim):
    """A claim by the keys of the machine interface."""
    return {"kind": claim.kind, "subject": claim.subject, "subject_name": claim.subject_name, "value": claim.value,
            "value_name": claim.value_name, **claim.fields}  # fmt: skip


@pytest.mark.parametrize("entry", list(cases()))
def test_the_corpus(entry, extracted):
    missed, extra = compare(extracted[entry.id], entry.claims)
    assert (missed, extra) == ([], []), explain(entry, missed, extra)


def compare(lines, expected):
    """The expected claims that no line says, and the lines that nothing expects."""
    left, missed = list(lines), []
    for claim in sorted(expected, key=lambda claim: claim.get("optional") == "true"):
        match = next((line for line in left if says(line, claim)), None)
        if match is not None:
            left.remove(match)
        elif claim.get("optional") != "true":
            missed.append(claim)
    return missed, left


def says(line, claim):
    return all(fits(key, line.get(key), wanted) for key, wanted in claim.items() if key != "optional")


def fits(key, found, wanted):
    if wanted is None:
        return found is None
    choices = wanted.split("|")
    if key == "post":
        return plain(found or "") in map(plain, choices)
    return (found or "~") in choices


def plain(post):
    return post.casefold().replace("-", " ")


def explain(entry, missed, extra):
    shown = [f"MISSED {claim}" for claim in missed] + [f"EXTRA  {line}" for line in extra]
    return "\n".join([entry.text, *shown])


def test_entries_are_well_formed_and_name_only_what_we_know():
    gazetteer, kinds = load_built_in(), load_kinds()
    for entry in ENTRIES:
        for claim in entry.claims:
            assert claim["kind"] in kinds, entry.id
            known = set(kinds[claim["kind"]].fields) | {"kind", "subject", "subject_name", "value", "value_name", "optional"}
            assert claim.keys() <= known, (entry.id, claim)
            for key in {"value", "from"} & claim.keys() if claim["kind"] in ("membership", "presidency") else ():
                ids = (claim[key] or "").split("|") if claim[key] else []
                assert all(map(gazetteer.record, ids)), (entry.id, claim)


def test_no_sentence_stands_twice():
    texts = [entry.text for entry in ENTRIES]
    assert sorted(texts) == sorted(set(texts))


def test_a_claim_too_many_and_a_claim_too_few_are_both_found():
    lines = [
        {"kind": "membership", "subject": "nato", "value": "FI"},
        {"kind": "membership", "subject": "nato", "value": "SE"},
    ]
    wanted = (
        {"kind": "membership", "value": "FI|NO"},
        {"kind": "membership", "value": "IS"},
        {"kind": "founding", "optional": "true"},
    )
    assert compare(lines, wanted) == ([wanted[1]], [lines[1]])
