"""One article, read: its parse, its units sentence by sentence, its dates resolved. What rules work on."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from spacy.tokens import Doc, Span, Token

from generator.extract import coreference, roles, times
from generator.extract.entities import BODY_WORDS, FILED_FROM, HONORIFICS, PARTICLES, is_body, person_run, without_honorifics
from generator.extract.posts import posts
from generator.extract.units import Sentence, Unit, sentences, unit_index
from generator.extract.words import words
from generator.gazetteer import Gazetteer, slug
from generator.model import Article

_KB_TYPES = ("country", "adjective", "capital", "organisation", "organ", "treaty", "instrument", "description")


@dataclass(eq=False)
class Reading:
    """An article with all that the entity layer found in it."""

    article: Article
    doc: Doc
    gazetteer: Gazetteer
    anchor: str | None  # the day it speaks from: EDTF
    sentences: list[Sentence]

    @cached_property
    def units(self) -> list[Unit]:
        """All units in text order."""
        return [u for s in self.sentences for u in s.units]

    @cached_property
    def _by_token(self) -> dict[int, Unit]:
        return unit_index(self.sentences)

    def unit(self, token: Token) -> Unit | None:
        """The unit that covers a token."""
        return self._by_token.get(token.i)

    @cached_property
    def focus(self) -> Unit | None:
        """The organisation that the article is about."""
        return coreference.focus(self.units + [p for u in self.units for p in u.parts])

    def sentence(self, token_index: int) -> Sentence | None:
        """The sentence that holds a token."""
        return next((s for s in self.sentences if s.span.start <= token_index < s.span.end), None)


def read(article: Article, doc: Doc, gazetteer: Gazetteer, today: date | None) -> Reading:
    """The reading of one article's parsed text."""
    typed = _entity_units(doc, gazetteer)
    taken = {i for u in typed if u.type in _KB_TYPES for i in range(u.start, u.end)}
    offices = list(posts(doc, taken))
    typed = _without_overlap(
        doc, [*(u for u in typed if u.type in _KB_TYPES), *offices, *_persons(doc, offices, taken), *typed]
    )
    anchor = times.anchor(article.text, article.published, today)
    typed = _without_overlap(doc, [*_dates(doc, anchor, typed), *typed])
    _mark_dateline(doc, typed, article.text)
    _same_short_name(typed)
    typed = coreference.anaphors(doc, typed, gazetteer)
    return Reading(article, doc, gazetteer, anchor, list(sentences(doc, typed)))


def _entity_units(doc: Doc, gazetteer: Gazetteer) -> list[Unit]:
    return [unit for ent in doc.ents if (unit := _entity_unit(ent, gazetteer))]


_REGIONS = frozenset("republic region province territory oblast canton".split())


def _entity_unit(ent: Span, gazetteer: Gazetteer) -> Unit | None:
    if ent.kb_id_:
        type_, _, id_ = ent.kb_id_.partition(":")
        record = gazetteer.record(id_)
        data = {} if record or type_ != "organisation" else {"unlisted": True}
        if type_ == "description":
            type_, data = "organisation", {"described": True}
        return Unit(type_, ent.start, ent.end, ent.text, id_, record.name if record else ent.text, data=data)
    text = ent.text.strip()
    if ent.label_ == "ORG" and (is_body(ent) or re.fullmatch(r"[A-Z]{3,8}", text)):
        name = re.sub(r"^[Tt]he ", "", text.split(" (")[0])
        start = ent.start + (1 if ent[0].lower_ == "the" and len(ent) > 1 else 0)
        end = next((t.i for t in ent if t.text == "("), ent.end)
        return Unit(
            "organisation", start, max(end, start + 1), name, slug(name), name, data={"unlisted": True, "doubtful": True}
        )
    if ent.label_ in ("GPE", "PERSON") and text.islower():
        return None
    if ent.start > 1 and ent.doc[ent.start - 1].lower_ == "of" and ent.doc[ent.start - 2].lower_ in _REGIONS:
        return Unit("gpe", ent.start, ent.end, text, slug(text), re.sub(r"^[Tt]he ", "", text))
    if ent.label_ in ("DATE", "TIME", "CARDINAL", "ORDINAL", "MONEY", "PERCENT", "QUANTITY", "LANGUAGE"):
        return None
    if ent.label_ == "PERSON":
        span = without_honorifics(ent)
        return Unit("person", _with_honorifics(ent.doc, span.start), span.end, span.text, name=span.text)
    return Unit(ent.label_.lower(), ent.start, ent.end, text, slug(text), re.sub(r"^[Tt]he ", "", text))


def _persons(doc: Doc, offices: list[Unit], taken: set[int]) -> list[Unit]:
    """People after their titles, whole: capitals, particles and hyphens that the recogniser cuts or drops."""
    starts = {u.start for u in offices}
    found = []
    others = [
        Unit("word", t.i, t.i + 1, t.text)
        for t in doc
        if t.lower_ in ("counterpart", "counterparts", "successor", "predecessor")
    ]
    for office in [*offices, *others]:
        found += _holder_before(doc, office, taken) if office.type == "post" else []
        at = _person_start(doc, office.end, taken)
        while at is not None:
            limit = next(
                (
                    i
                    for i in range(at, min(at + 9, len(doc)))
                    if i in starts or i in taken or (doc[i].is_sent_start and i > at)
                ),
                min(at + 9, len(doc)),
            )
            end = person_run(doc, at, limit)
            span = without_honorifics(doc[at:end]) if end > at else None
            at = None
            if span is not None and len(span) and _namelike(span):
                found.append(
                    Unit("person", max(office.end, _with_honorifics(doc, span.start)), span.end, span.text, name=span.text)
                )
                at = _next_of_list(doc, end, taken) if office.data.get("plural") else None
    return found


def _next_of_list(doc: Doc, i: int, taken: set[int]) -> int | None:
    """ "presidents X of A, Y of B and Z": where the next full name begins."""
    start = i
    while i < len(doc) and (i in taken or doc[i].lower_ in (",", "and", "of", "the", "(", ")")):
        i += 1
    capital = i + 1 < len(doc) and all(t.text[:1].isupper() and not t.ent_kb_id_ for t in doc[i : i + 2])
    return i if i > start and capital else None


_TO_OFFICE = words("to_office")
_NO_HOLDERS = words("no_holders")


def _holder_before(doc: Doc, office: Unit, taken: set[int]) -> list[Unit]:
    """The full name before "…, president of", "… was elected president", whatever the recogniser took it for."""
    i = office.start - 1
    while i > 0 and not doc[i + 1].is_sent_start and (i in taken or doc[i].lower_ in _TO_OFFICE):
        i -= 1
    end = i + 1
    if end == office.start or end in taken or doc[end].is_sent_start or doc[end].text in ("'s", "’s", "in"):
        return []
    while (
        i >= 0
        and i not in taken
        and not doc[i + 1].is_sent_start
        and (doc[i].text[:1].isupper() or (doc[i].lower_ in PARTICLES and i < end - 1))
    ):
        i -= 1
    while i + 1 < end and (doc[i + 1].lower_ in PARTICLES or doc[i + 1].lower_ in _NOT_NAMES | HONORIFICS):
        i += 1
    span = doc[i + 1 : end]
    labels = {t.ent_type_ for t in span} & {"GPE", "LOC", "FAC", "DATE", "NORP", "EVENT", "LAW"}
    before = doc[i].lower_ if i >= 0 and not doc[i + 1].is_sent_start else ""
    strange = (
        labels
        or {t.lower_ for t in span} & (_NO_HOLDERS | BODY_WORDS)
        or before in ("in", "at", "on", "from", "near", "of", "to", "told")
    )
    return (
        []
        if strange or not 2 <= len(span) <= 7 or not _namelike(span)
        else [Unit("person", i + 1, end, span.text, name=span.text)]
    )


def _with_honorifics(doc: Doc, start: int) -> int:
    """Where a person's unit begins: a "Dr." before the name is in the unit, not in the name."""
    while start > 0 and doc[start - 1].lower_ in HONORIFICS:
        start -= 1
    return start


def _person_start(doc: Doc, i: int, taken: set[int]) -> int | None:
    """Behind a post: at once, or after "of the BODY" and a comma."""
    if i < len(doc) and doc[i].lower_ in ("of", "for", "to", "from"):
        j = i + 1
        while j < len(doc) and (doc[j].lower_ == "the" or j in taken or (doc[j].lower_ in (",", "and") and j + 1 in taken)):
            j += 1
        if j == i + 1 or j >= len(doc) or j - 1 not in taken:
            return None
        i = j
    if i < len(doc) and doc[i].text == ",":
        i += 1
    return i if i < len(doc) and not doc[i].is_sent_start and doc[i].text[:1].isupper() else None


_NOT_NAMES = words("not_names")


def _namelike(span: Span) -> bool:
    return (
        span[0].lower_ not in _NOT_NAMES
        and span[0].text[:1].isupper()
        and not (len(span) == 1 and span.text.isupper() and len(span.text) < 5)
    )


def _without_overlap(doc: Doc, units: list[Unit]) -> list[Unit]:
    """Earlier in the list wins; the result in text order."""
    kept: list[Unit] = []
    covered: set[int] = set()
    for unit in units:
        tokens = range(unit.start, unit.end)
        if not covered.intersection(tokens):
            kept.append(unit)
            covered.update(tokens)
        elif unit.type == "person":
            kept += _trimmed(doc, unit, covered)
    return sorted(kept, key=lambda u: u.start)


def _trimmed(doc: Doc, unit: Unit, covered: set[int]) -> list[Unit]:
    """A person whose span runs into a title keeps what is left of it behind the title."""
    start = unit.start
    while start < unit.end and start in covered:
        start += 1
    if start in (unit.start, unit.end) or covered.intersection(range(start, unit.end)):
        return []
    covered.update(range(start, unit.end))
    text = without_honorifics(doc[start : unit.end]).text
    return [Unit("person", start, unit.end, text, name=text)]


def _dates(doc: Doc, anchor: str | None, typed: list[Unit]) -> list[Unit]:
    persons = {i for u in typed if u.type == "person" for i in range(u.start, u.end)}
    found: list[tuple[times.Expression, times.Resolved]] = []
    units, waiting = [], []
    for expression in times.expressions(doc.text):
        span = doc.char_span(expression.start, expression.end, alignment_mode="expand")
        if span is None or persons.intersection(range(span.start, span.end)):
            continue
        unit = Unit(
            expression.shape if expression.shape in ("duration", "anniversary") else "date",
            span.start,
            span.end,
            span.text,
            data={"expression": expression},
        )
        units.append(unit)
        if expression.shape == "event":
            waiting.append((unit, expression))
            continue
        tense = roles.tense(roles.clause_verb(span.root))
        resolved = times.resolve(expression, times.Context(anchor, tense, found))
        unit.data["date"] = resolved
        if resolved and expression.shape not in ("duration", "anniversary"):
            found.append((expression, resolved))
    if waiting:
        days = times.event_days(found, doc.text)
        for unit, expression in waiting:
            unit.data["date"] = times.resolve(expression, times.Context(anchor, "future", found, days))
    return units


def _same_short_name(units: list[Unit]) -> None:
    """ "The Commonwealth" after the Commonwealth of Independent States is the body that the text named in full."""
    named: list[Unit] = []
    for unit in (u for u in units if u.type == "organisation"):
        full = next((n for n in reversed(named) if unit.text in n.name.split() and n.id != unit.id), None)
        if full and " " not in unit.text and not unit.text.isupper():
            unit.id, unit.name, unit.data = full.id, full.name, {"coreference": True}
        named.append(unit)


def _mark_dateline(doc: Doc, units: list[Unit], text: str) -> None:
    """Places of a dateline say where a report was filed, and nothing about a member."""
    for match in times.DATELINE.finditer(text):
        if match["place"].isupper() or match["place"].split(",")[0].isupper():
            span = doc.char_span(match.start(), match.end(), alignment_mode="expand")
            _set_dateline(units, span)
    for match in FILED_FROM.finditer(text):
        _set_dateline(units, doc.char_span(match.start(), match.end(), alignment_mode="expand"))


def _set_dateline(units: list[Unit], span: Span | None) -> None:
    for unit in units:
        if span is not None and span.start <= unit.start < span.end:
            unit.data["dateline"] = True
            if unit.type in ("country", "capital", "organisation"):
                unit.type = "dateline"
