"""One article, read: its parse, its units sentence by sentence, its dates resolved. What rules work on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from spacy.tokens import Doc, Span, Token

from generator.extract import coreference, roles, times
from generator.extract.entities import FILED_FROM, is_body, person_run, without_honorifics
from generator.extract.persons import plain_name
from generator.extract.posts import posts
from generator.extract.units import Sentence, Unit, sentences, tokens
from generator.extract.words import table, words
from generator.gazetteer import Gazetteer, slug
from generator.model import Article

_TYPES = table("extract/types.yml")


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
        return {i: unit for unit in self.units for i in range(unit.start, unit.end)}

    @cached_property
    def people(self) -> set[str]:
        """The names of its people."""
        return {plain_name(unit.name) for unit in self.units if unit.type == "person"}

    def unit(self, token: Token) -> Unit | None:
        """The unit that covers a token."""
        return self._by_token.get(token.i)

    @cached_property
    def focus(self) -> Unit | None:
        """The organisation that the article is about."""
        return coreference.focus(self.units + [p for u in self.units for p in u.parts])

    @cached_property
    def sentence_at(self) -> dict[int, Sentence]:
        """The sentence that holds a token, by the token's index."""
        return {i: sentence for sentence in self.sentences for i in range(sentence.span.start, sentence.span.end)}


def read(article: Article, doc: Doc, gazetteer: Gazetteer, today: date | None) -> Reading:
    """The reading of one article's parsed text."""
    typed = [unit for ent in doc.ents if (unit := _entity_unit(ent, gazetteer))]
    known = [unit for unit in typed if unit.type in _TYPES["senses"].values()]
    taken = tokens(known)
    offices = list(posts(doc, taken))
    typed = _without_overlap(doc, [*known, *offices, *_persons(doc, offices, taken), *typed])
    anchor = times.anchor(article.text, article.published, today)
    typed = _without_overlap(doc, [*_dates(doc, article.text, anchor, typed), *typed])
    surnames = {u.name.split()[-1] for u in typed if u.type == "person"}
    typed = [u for u in typed if u.type != "gpe" or u.name not in surnames]
    _mark_dateline(doc, typed, article.text)
    _same_short_name(typed)
    typed = coreference.anaphors(doc, typed, gazetteer)
    return Reading(article, doc, gazetteer, anchor, list(sentences(doc, typed)))


def _entity_unit(ent: Span, gazetteer: Gazetteer) -> Unit | None:
    label, text = ent.label_, ent.text.strip()
    if ent.kb_id_:
        return _known_unit(ent, gazetteer)
    if label == "ORG" and (is_body(ent) or re.fullmatch(r"[A-Z]{3,8}", text)):
        name = _bare(text.split(" (")[0])
        start = ent.start + (ent[0].lower_ == "the")
        end = next((t.i for t in ent if t.text == "("), ent.end)
        return Unit("organisation", start, end, name, slug(name), name, data={"unlisted": True, "doubtful": True})
    if label in _TYPES["no_units"] or (label in ("GPE", "PERSON", "NORP") and text.islower()):
        return None
    if ent.start > 1 and ent.doc[ent.start - 1].lower_ == "of" and ent.doc[ent.start - 2].lower_ in words("regions"):
        label = "GPE"
    elif label == "PERSON":
        return _person(_hyphenated(without_honorifics(ent)))
    return Unit(label.lower(), ent.start, ent.end, text, slug(text), _bare(text))


def _known_unit(ent: Span, gazetteer: Gazetteer) -> Unit:
    type_, _, id_ = ent.kb_id_.partition(":")
    record = gazetteer.record(id_)
    data = {} if record or type_ != "organisation" else {"unlisted": True}
    if type_ == "description":
        type_, data = "organisation", {"described": True}
    return Unit(type_, ent.start, ent.end, ent.text, id_, record.name if record else ent.text, data=data)


def _bare(name: str) -> str:
    return re.sub(r"^[Tt]he ", "", name)


def _person(span: Span, behind: int = 0) -> Unit:
    """A "Dr." before the name is in the unit, if not in an office that ends `behind` it, and never in the name."""
    start = span.start
    while start > behind and span.doc[start - 1].lower_ in words("honorifics"):
        start -= 1
    return Unit("person", start, span.end, span.text, name=span.text)


def _hyphenated(span: Span) -> Span:
    """ "Ki-tack Lim", of which the recogniser sees "Ki" or "Lim" alone."""
    doc, start, end = span.doc, span.start, span.end
    end = max(end, person_run(doc, start, min(end + 4, len(doc))) if doc[end : end + 1].text == "-" else 0)
    before = doc[max(0, start - 3) : start]
    given = len(span) == 1 and not before.ents and re.fullmatch(r"[A-Z]\w*-[a-z]+ ", before.text_with_ws)
    called = given and before[-1].tag_ in ("NN", "NNP") and before[0].lower_ not in words("prefixes", "not_names")
    return doc[start - 3 * bool(called) : end]


def _persons(doc: Doc, offices: list[Unit], taken: set[int]) -> Iterator[Unit]:
    """People after their titles, whole: capitals, particles and hyphens that the recogniser cuts or drops."""
    stops = taken | {u.start for u in offices}
    others = [Unit("word", t.i, t.i + 1, "", data={"plural": t.tag_ == "NNS"}) for t in doc if t.lower_ in words("related")]
    for office in [*offices, *others]:
        yield from _holder_before(doc, office, taken) if office.type == "post" else ()
        at = _person_start(doc, office.end, taken)
        while at is not None:
            last = min(at + 9, len(doc))
            stop = (i for i in range(at, last) if i in stops or (doc[i].is_sent_start and i > at))
            end = person_run(doc, at, next(stop, last))
            span = without_honorifics(doc[at:end])
            at = None
            if span and _namelike(span):
                yield _person(span, office.end)
                at = _next_of_list(doc, end, taken) if office.data.get("plural") else None


def _next_of_list(doc: Doc, i: int, taken: set[int]) -> int | None:
    """ "presidents X of A, Y of B and Z": where the next full name begins."""
    start = i
    while i < len(doc) and (i in taken or doc[i].lower_ in (",", "and", "of", "the", "(", ")")):
        i += 1
    full = i > start and i + 1 < len(doc) and all(t.text[:1].isupper() and not t.ent_kb_id_ for t in doc[i : i + 2])
    return i if full else None


_NO_HOLDERS = words("no_holders", "name_heads")


def _holder_before(doc: Doc, office: Unit, taken: set[int]) -> list[Unit]:
    """The full name before "…, president of", "… was elected president", whatever the recogniser took it for."""
    end = office.start
    while end > 1 and not doc[end].is_sent_start and (end - 1 in taken or doc[end - 1].lower_ in words("to_office")):
        end -= 1
    end -= end in taken and doc[end - 1].lower_ in ("of", "from")  # "X of Kenya, the president of"
    commas = (i for i in range(end - 1, max(end - 8, 0), -1) if doc[i].text == ",")
    end = next((i for i in commas if doc[i + 1].lower_ in ("a", "an")), end)  # "X, a diplomat from Kenya, became president"
    if end == office.start or end in taken or doc[end].is_sent_start or doc[end].text in ("'s", "’s", "in"):
        return []
    start = end
    while start and start - 1 not in taken and not doc[start].is_sent_start:
        word = doc[start - 1]
        if not (word.text[:1].isupper() or (word.lower_ in words("particles") and start < end)):
            break
        start -= 1
    while start < end and doc[start].lower_ in words("particles", "not_names", "honorifics"):
        start += 1
    span = doc[start:end]
    before = doc[start - 1].lower_ if start and not doc[start].is_sent_start else ""
    strange = any(t.ent_type_ in _TYPES["nobody"] or t.lower_ in _NO_HOLDERS for t in span) or before in words("at_places")
    return [] if strange or not 2 <= len(span) <= 7 or not _namelike(span) else [_person(span, start)]


def _person_start(doc: Doc, i: int, taken: set[int]) -> int | None:
    """Behind a post: at once, or after "of the BODY" and a comma."""
    if i < len(doc) and doc[i].lower_ in ("of", "for", "to", "from"):
        i += 1
        while i < len(doc) and (doc[i].lower_ == "the" or i in taken or (doc[i].lower_ in (",", "and") and i + 1 in taken)):
            i += 1
        if i - 1 not in taken:
            return None
    if i < len(doc) and doc[i].text == ",":
        i += 1
    return i if i < len(doc) and not doc[i].is_sent_start and doc[i].text[:1].isupper() else None


def _namelike(span: Span) -> bool:
    acronym = len(span) == 1 and span.text.isupper() and len(span.text) < 5
    nobody = span[-1].lower_ in words("name_heads", "plurals", "no_surnames") or (len(span) == 1 and span[0].tag_ == "VBG")
    return span[0].text[:1].isupper() and span[0].lower_ not in words("not_names", "honorifics") and not (acronym or nobody)


def _without_overlap(doc: Doc, units: list[Unit]) -> list[Unit]:
    """Earlier in the list wins, a later person keeping what is left behind a title; the result in text order."""
    kept: list[Unit] = []
    covered: set[int] = set()
    for unit in units:
        if covered.intersection(range(unit.start, unit.end)):
            start = next((i for i in range(unit.start, unit.end) if i not in covered), unit.end)
            if unit.type != "person" or start in (unit.start, unit.end) or covered.intersection(range(start, unit.end)):
                continue
            unit = _person(without_honorifics(doc[start : unit.end]), start)
            if not _namelike(doc[unit.start : unit.end]):
                continue
        kept.append(unit)
        covered.update(range(unit.start, unit.end))
    return sorted(kept, key=lambda u: u.start)


def _dates(doc: Doc, text: str, anchor: str | None, typed: list[Unit]) -> list[Unit]:
    persons = tokens(u for u in typed if u.type == "person")
    found: list[times.Dated] = []
    units = []
    for expression in times.expressions(text):
        span = _span(doc, expression.start, expression.end)
        if persons.intersection(range(span.start, span.end)):
            continue
        length = expression.shape in ("duration", "anniversary")
        unit = Unit(expression.shape if length else "date", span.start, span.end, span.text, data={"expression": expression})
        units.append(unit)
        if expression.shape != "event":
            verb, begins = roles.clause_verb(span.root), {t.lower_ for t in doc[max(0, span.start - 2) : span.start]}
            ahead = begins & words("effective") or ("from" in begins and roles.lemma_of(verb) in words("plan"))
            tense = "present" if ahead else roles.tense(verb)
            resolved = unit.data["date"] = times.resolve(expression, times.Context(anchor, tense, found))
            if resolved and not length:
                found.append((expression, resolved))
    if events := [unit for unit in units if unit.data["expression"].shape == "event"]:
        context = times.Context(anchor, "future", found, times.event_days(found, text))
        for unit in events:
            unit.data["date"] = times.resolve(unit.data["expression"], context)
    return units


def _span(doc: Doc, start: int, end: int) -> Span:
    return doc.char_span(start, end, alignment_mode="expand")  # type: ignore[return-value]  # never None when expanded


def _same_short_name(units: list[Unit]) -> None:
    """ "The Commonwealth" after the Commonwealth of Independent States is the body that the text named in full."""
    named: list[Unit] = []
    for unit in (u for u in units if u.type == "organisation"):
        full = next((n for n in reversed(named) if unit.text in n.name.split() and n.id != unit.id), None)
        if full and not unit.text.isupper():
            unit.id, unit.name, unit.data = full.id, full.name, {"coreference": True}
        named.append(unit)


def _mark_dateline(doc: Doc, units: list[Unit], text: str) -> None:
    """Places of a dateline say where a report was filed, and nothing about a member."""
    datelines = [match for match in times.DATELINE.finditer(text) if match["place"].split(",")[0].isupper()]
    for match in [*datelines, *FILED_FROM.finditer(text)]:
        span = _span(doc, *match.span())
        for unit in units:
            if span.start <= unit.start < span.end:
                unit.data["dateline"] = True
                if unit.type in ("country", "capital", "organisation"):
                    unit.type = "dateline"
