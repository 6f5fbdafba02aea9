"""Spellings → ids: the countries and organisations we know, and every form English-language news gives them.

`countries.yml` and `organisations.yml` are data in the public domain (facts of the CIA World Factbook, editions of 2020
and 2025) and our own lists of spellings; `README.md` beside them names the sources and explains every key.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from generator import strict_yaml


class Form(NamedTuple):
    """One spelling of one record. Matching is case-sensitive and allows a leading "the"."""

    text: str
    id: str
    sense: str  # name, adjective, demonym, capital, acronym, treaty (founding), instrument (other), organ, description
    doubtful: bool  # the form has other senses too (a given name, a common word, another record)
    usual: bool = True  # of the records that share it, this one is meant where the text names none of them in full


@dataclass(frozen=True, slots=True)
class Record:
    """A country or an organisation: its id, its names, and the rest of its YAML as `data`."""

    id: str
    name: str
    type: Literal["organisation", "country"]
    data: Mapping[str, Any]

    @property
    def acronym(self) -> str | None:
        """The usual short form; None for countries and for bodies that have none or are called by it."""
        acronyms = [a for a in self.data.get("acronyms") or [] if a.casefold() != self.name.casefold()]
        return acronyms[0] if acronyms else None


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """All records by id; organisations' ids are lower-case slugs, countries' ISO 3166 codes in capitals or `x-…`."""

    countries: Mapping[str, Record]
    organisations: Mapping[str, Record]

    def record(self, id: str) -> Record | None:
        """The country or organisation with this id."""
        return self.countries.get(id) or self.organisations.get(id)

    def find(self, name: str) -> Record | None:
        """The one record a person means by a name, an id or any spelling; None if unknown or shared by several."""
        found = self.called(name)
        return found[0] if len(found) == 1 else None

    def called(self, name: str, type_: str = "party") -> list[Record]:
        """All of a type, `party` for either, that a person may mean: what has this id, else what has this name."""
        ids = [name] if self.record(name) else sorted(self._ids.get(fold(name), ()))
        return [record for id_ in ids if (record := self.record(id_)) and type_ in (record.type, "party")]

    @cached_property
    def _ids(self) -> dict[str, set[str]]:
        """By name; a name that in news is usually that of another state, as *Korea* is, may be meant for either."""
        index: dict[str, set[str]] = {}
        shared = [(it["form"], r.id) for r in self.countries.values() for it in r.data.get("ambiguous") or () if "ids" in it]
        for text, id_ in (*((f.text, f.id) for f in self.forms() if f.sense in ("name", "acronym")), *shared):
            index.setdefault(fold(text), set()).add(id_)
        return index

    def forms(self) -> Iterator[Form]:
        """Every spelling of every record, longest senses and exact duplicates included once a record."""
        for record in self.countries.values():
            yield from _country_forms(record)
        for record in self.organisations.values():
            yield from _organisation_forms(record)


@lru_cache(maxsize=1)
def load_built_in() -> Gazetteer:
    """The records that ship with the package."""
    return built_in(read(Path(__file__).parent))


def read(folder: Path) -> list[list[dict[str, Any]]]:
    """The YAML that they stand in: countries, organisations."""
    return [strict_yaml.read(folder / name)[0] for name in ("countries.yml", "organisations.yml")]


def built_in(read: Sequence[Iterable[Mapping[str, Any]]]) -> Gazetteer:
    """The records of what was `read`."""
    return extend(Gazetteer({it["id"]: Record(it["id"], it["name"], "country", it) for it in read[0]}, {}), read[1])


def extend(gazetteer: Gazetteer, organisations: Iterable[Mapping[str, Any]]) -> Gazetteer:
    """With a project's own organisations added; one with a known id replaces the built-in record."""
    own = {data["id"]: Record(data["id"], data["name"], "organisation", data) for data in organisations}
    return Gazetteer(gazetteer.countries, {**gazetteer.organisations, **own})


def fold(name: str) -> str:
    """A name as people compare it: no case, accents, punctuation or leading "the"."""
    plain = unicodedata.normalize("NFKD", name.replace("’", "'")).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"^the ", "", re.sub(r"[^\w&]+", " ", plain).strip())


def slug(name: str) -> str:
    """A file name for a name without a record: lower-case ASCII words joined by hyphens, at most 60 letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"^the\s+", "", plain)).strip("-")
    return words[:60].strip("-") or "unnamed"


def _country_forms(record: Record) -> Iterator[Form]:
    data = record.data
    ambiguous = {item["form"]: item.get("default") or record.id for item in data.get("ambiguous") or []}
    names = [record.name, data.get("official"), *(data.get("aliases") or []), *(data.get("former_names") or [])]
    demonyms = [word for item in data.get("demonyms") or [] for word in (item.get("one"), item.get("many"))]
    capitals = [name for item in data.get("capitals") or [] for name in (item["name"], *(item.get("other") or []))]
    groups = {"name": names, "adjective": data.get("adjectives") or [], "demonym": demonyms, "capital": capitals}
    for sense, texts in groups.items():
        own = (text for text in dict.fromkeys(texts) if text and ambiguous.get(text, record.id) == record.id)
        yield from (Form(text, record.id, sense, text in ambiguous) for text in own)


def _organisation_forms(record: Record) -> Iterator[Form]:
    data = record.data
    ambiguous = {item["form"]: item.get("default") == record.id for item in data.get("ambiguous_forms") or []}
    names = [record.name, *(data.get("aliases") or []), *(data.get("former_names") or [])]
    founding = (data.get("dates") or {}).get("treaty_signed")
    treaties: dict[str, list[str]] = {"treaty": [], "instrument": []}
    for item in data.get("treaties") or []:
        sense = "treaty" if item.get("signed") == founding else "instrument"
        treaties[sense] += [item["name"], *(item.get("aliases") or [])]
    groups = {"name": names, "acronym": data.get("acronyms"), **treaties, "description": data.get("descriptions")}
    for sense, texts in groups.items():
        for text in filter(None, dict.fromkeys(texts or ())):
            yield Form(text, record.id, sense, text in ambiguous, ambiguous.get(text, True))
    for organ in data.get("organs") or []:
        own = organ.get("organisation") or organ["id"]
        yield from (Form(text, own, "organ", False) for text in (organ["name"], *(organ.get("aliases") or [])))
