"""What is named: countries, organisations, treaties and people, as spaCy components in the order they run."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import numpy
from spacy.attrs import IS_SPACE, ORTH
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span, Token
from spacy.util import filter_spans

from generator.extract.words import table, words
from generator.gazetteer import Form, Gazetteer, slug

_SENSES, _LABELS = table("extract/types.yml")["senses"], table("extract/types.yml")["presets"]
FILED_FROM = re.compile(table("extract/dates.yml")["filed_from"], re.MULTILINE)
"""The place, day and agency in front of a report's first sentence, up to the dash."""
_FIRST = re.compile(r"[^\W\d_]*")
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z][A-Z0-9-]{0,8}")


@Language.component("newline_sentences")
def newline_sentences(doc: Doc) -> Doc:
    """A line break ends a sentence: headlines and bullets never run into the next line; nor "CAIRO (AP) – " into its."""
    for i in numpy.flatnonzero(doc.to_array(IS_SPACE)[:-1]).tolist():
        if "\n" in doc[i].text:
            doc[i + 1].is_sent_start = True
    for match in FILED_FROM.finditer(doc.text):
        behind = doc.char_span(match.end(), match.end() + 1, alignment_mode="expand")
        if behind is not None and behind.start:
            behind[0].is_sent_start = True
    return doc


@Language.factory("gazetteer_matcher")
class GazetteerMatcher:
    """Sets countries, organisations and treaties as entities before `ner`, which keeps them; longest match first.

    The entity's `kb_id_` is `type:id`. A form with other senses (a given name, a US state) is left out where its
    neighbours say so.
    """

    def __init__(self, nlp: Language, name: str) -> None:
        self.nlp, self.name = nlp, name
        self._matcher = PhraseMatcher(nlp.vocab)
        self._unlearnt: dict[str, list[tuple[str, str]]] = defaultdict(list)  # keys and spellings by how they start

    def fill(self, gazetteer: Gazetteer) -> None:
        """Takes every spelling; spaCy makes components by name, so the records come in a second step."""
        cut = self.nlp.tokenizer.rules  # type: ignore[union-attr]  # words that are more tokens than one
        for form in gazetteer.forms():
            listed = form.id in gazetteer.organisations and form.sense in ("name", "organ")
            doubt = ("usual" if form.usual else "doubtful") if form.doubtful else ""
            key = f"{'organisation' if listed else _SENSES[form.sense]}:{form.id}|{doubt}"
            self.nlp.vocab.strings.add(key)
            for text in _spellings(form):
                self._unlearnt["" if text.split()[0] in cut else _start(text)].append((key, text))
        self._learn("")

    def found(self, doc: Doc) -> list[tuple[str, int, int]]:
        """Key, start and end of all that is spelt so, in overlaps too; what no text starts to spell is never learnt."""
        strings = doc.vocab.strings
        for start in {_start(strings[orth]) for orth in set(doc.to_array(ORTH).tolist())} & self._unlearnt.keys():
            self._learn(start)
        return [(strings[key], start, end) for key, start, end in self._matcher(doc)]

    def _learn(self, start: str) -> None:
        for key, text in self._unlearnt.pop(start, ()):
            self._matcher.add(key, [self.nlp.tokenizer(text)])

    def __call__(self, doc: Doc) -> Doc:
        """Presets the entities of one Doc."""
        spans: dict[Span, str] = {}
        names = self.found(doc)
        states = {start for key, start, _ in names if key.startswith("country")}
        for found, start, end in names:
            key, doubt = found.split("|")
            span = Span(doc, start, end, label=_LABELS.get(key.split(":")[0], "ORG"), kb_id=key)
            if not (doubt and _other_sense(span)) and not _part_of_name(span, states):
                spans[span] = doubt
        doc.set_ents(filter_spans(_drop_short(list(_unique(spans)))), default="missing")
        return doc


@Language.component("acronym_definitions")
def acronym_definitions(doc: Doc) -> Doc:
    """ "Long Name (LNA)" names an organisation: both forms, here and wherever the acronym comes again."""
    ents = list(doc.ents)
    owners = {e.end: e.kb_id_ for e in ents if e.kb_id_.startswith(("organisation:", "treaty:"))}
    made: dict[str, str] = {}
    for i in numpy.flatnonzero(doc.to_array(ORTH)[1:-1] == doc.vocab.strings["("]).tolist():
        bracket, acronym = i + 1, doc[i + 2].text
        if not _ACRONYM.fullmatch(acronym):
            continue
        name = _long_name(doc, bracket, acronym)
        if bracket in owners:
            made[acronym] = owners[bracket]
        elif name and not any(e.kb_id_ and len(e) >= len(name) and _overlap(e, name) for e in ents):
            made[acronym] = f"organisation:{slug(name.text)}"
            named = Span(doc, name.start, name.end, label="ORG", kb_id=made[acronym])
            ents = [*(e for e in ents if not _overlap(e, name)), named]
    if not made:
        return doc
    covered = {i for e in ents if e.kb_id_ for i in range(e.start, e.end)}
    again = [t.i for t in doc if t.text in made and t.i not in covered]
    ents = [e for e in ents if not any(e.start <= i < e.end for i in again)]
    doc.set_ents(filter_spans([*ents, *(Span(doc, i, i + 1, label="ORG", kb_id=made[doc[i].text]) for i in again)]))
    return doc


def _start(text: str) -> str:
    """The letters that a spelling begins with: the tokenizer never cuts within them, but for words it knows by heart."""
    return _FIRST.match(text)[0]  # type: ignore[index]  # which fits everywhere


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def is_body(span: Span) -> bool:
    """Does an organisation that no list knows look like one of states: a body's head word, capitalised?"""
    found = [t.lower_ for t in span if t.is_alpha]
    return len(found) >= 2 and not words("name_heads").isdisjoint(found) and span[-1].text[:1].isupper()


def person_run(doc: Doc, start: int, limit: int) -> int:
    """The index behind the longest run of name-like tokens from `start`: capitals, particles, hyphens, initials."""
    i = start
    while i < limit and (doc[i].lower_ in words("honorifics") or _name_token(doc, i, limit)):
        i += 1
    while i > start and (doc[i - 1].lower_ in words("particles") or doc[i - 1].is_punct):
        i -= 1
    return i


def without_honorifics(span: Span) -> Span:
    """A person's span without "Mr.", "Dr.", "Sheikh" in front and a possessive behind."""
    start, end = span.start, span.end
    while start < end - 1 and span.doc[start].lower_ in words("honorifics"):
        start += 1
    while end > start + 1 and ((last := span.doc[end - 1]).text in ",()'’" or (last.is_stop and last.is_lower)):
        end -= 1
    return span.doc[start:end]


def _name_token(doc: Doc, i: int, limit: int) -> bool:
    token, text = doc[i], doc[i].text
    behind = doc[i + 1].text if i + 1 < limit else ""
    if token.ent_kb_id_ and not token.ent_kb_id_.startswith(("adjective", "capital")):
        return False
    hyphen = i > 0 and not doc[i - 1].whitespace_ and doc[i - 1].text == "-"
    if text in ("-", "–"):
        return behind[:1].isalpha() and not doc[i - 1].whitespace_ and not token.whitespace_
    if token.lower_ in words("particles"):
        return behind[:1].isalpha() or (behind == "-" and not token.whitespace_)
    joined = token.is_alpha and (hyphen or (behind == "-" and not token.whitespace_))
    return joined or (text[:1].isupper() and (token.is_alpha or any(mark in text for mark in ".-'’")))


def _spellings(form: Form) -> Iterable[str]:
    text, spoken = form.text, form.sense == "acronym" and form.text.isupper() and form.text.isalpha() and len(form.text) >= 4
    return dict.fromkeys((text, text.capitalize() if spoken else text, text.replace("'", "’")))


def _other_sense(span: Span) -> bool:
    """Is a doubtful form part of a longer name: "Michael Jordan", "Jordan Smith", "Atlanta, Georgia"?"""
    doc = span.doc
    before = doc[span.start - 1] if span.start else None
    after = doc[span.end] if span.end < len(doc) else None
    if span.kb_id_.startswith("organisation") and (len(span) == 1 or span[-1].text == "Council") and not span.text.isupper():
        bare = len(span) > 1 and before is not None and not before.is_title and before.text not in ("'s", "’s")
        return not (bare or (before and before.lower_ == "the")) or (after is not None and after.lower_ == "of")
    if before is not None and _name_part(before) and before.dep_ == "compound" and before.is_alpha and len(before) > 1:
        return before.lower_ not in ("president", "minister", "premier", "neighbouring", "south", "north")
    return after is not None and _name_part(after) and after.head.ent_type_ == "PERSON" and span[-1].dep_ == "compound"


def _name_part(token: Token) -> bool:
    return token.text[:1].isupper() and token.pos_ == "PROPN"


def _part_of_name(span: Span, states: set[int]) -> bool:
    """Is this inside a longer proper name: a capital ("Washington Post"), or a body ("Nordic Council of Ministers")?"""
    after = span.doc[span.end] if span.end + 1 < len(span.doc) else None
    if after is not None and span.kb_id_.startswith("organisation"):
        of = after.lower_ == "of" and after.nbor().is_title and after.i + 1 not in states and not span.text.isupper()
        return of or (after.is_title and after.lower_ in words("otherwise"))
    capital = after is not None and span.kb_id_.startswith("capital") and _name_part(after) and after.is_alpha
    return capital and span[-1].dep_ == "compound"


def _unique(spans: Mapping[Span, str]) -> Iterator[Span]:
    """Of several readings of one stretch, the organisation before the treaty, the country before its capital; of records
    that share a form the one that the text names otherwise as well, or the usual one, or none.
    """
    order = ("country", "organisation", "adjective", "organ", "treaty", "instrument", "capital", "description")
    sure = {_record(span) for span, doubt in spans.items() if not doubt}

    def rank(span: Span) -> tuple[int, bool, bool]:
        return order.index(span.kb_id_.split(":")[0]), _record(span) not in sure, spans[span] == "doubtful"

    for _, same in groupby(sorted(spans, key=lambda s: (s.start, s.end, rank(s))), key=lambda s: (s.start, s.end)):
        first, *others = same
        if all(rank(first) < rank(other) or _record(first) == _record(other) for other in others):
            yield first


def _record(span: Span) -> str:
    return span.kb_id_.split(":")[1]


def _drop_short(spans: list[Span]) -> list[Span]:
    """Two-letter acronyms count only where the text gives the long name too; EU, UN and AU always."""
    sure = {s.kb_id_ for s in spans if len(s.text) > 3 or s.text in ("EU", "UN", "AU", "G7", "G8")}
    return [s for s in spans if len(s.text) > 2 or not s.kb_id_.startswith("organisation") or s.kb_id_ in sure]


def _long_name(doc: Doc, end: int, acronym: str) -> Span | None:
    """The capitalised words before `end` whose initials spell the acronym; None where they do not."""
    letters = [c for c in acronym.upper() if c.isalpha()]
    for start in range(end - 1, max(-1, end - 12), -1):
        token = doc[start]
        if (token.is_punct and token.text not in ("-", "–", "'", "’")) or "\n" in token.text:
            return None
        initials = [t.text[0] for t in doc[start:end] if t.text[:1].isupper()]
        if token.text[0] == letters[0] and end - start >= 2 and _spells(initials, letters):
            return doc[start:end]
    return None


def _spells(initials: list[str], letters: list[str]) -> bool:
    """Do the initials contain the letters in order, missing at most one of three or more?"""
    rest = iter(initials)
    found = sum(1 for letter in letters if letter in rest)
    return found == len(letters) or (len(letters) >= 4 and found >= len(letters) - 1 and initials[0] == letters[0])
