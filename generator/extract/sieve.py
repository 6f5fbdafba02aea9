"""Which paragraphs can hold a fact or matter to one that does, by their words and names alone: only they are parsed.

A paragraph stays where it names a body, holds an office, or has the words that some rule cannot do without; in a text
with such a paragraph also those that name a state, or a person whom the others may call by surname. The rest keeps its
place in the Doc, unparsed, so that distances, dates and datelines are what they were.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from spacy.attrs import DEP, ENT_IOB, ENT_KB_ID, ENT_TYPE, HEAD, LEMMA, POS, TAG
from spacy.language import Language
from spacy.tokens import Doc

from generator.extract import posts
from generator.extract.rules import needed_pieces
from generator.extract.words import words
from generator.kinds import Kind

_ATTRIBUTES = [TAG, POS, LEMMA, ENT_TYPE, ENT_KB_ID, ENT_IOB, DEP, HEAD]
_IOB = _ATTRIBUTES.index(ENT_IOB)
_STATES = ("country:", "adjective:", "capital:")
_MARGIN = 6  # tokens of the neighbours parsed along: farther ones change no vector of the model
_ACRONYM = re.compile(r"[A-Z]{3,8}")
_BODIES = {"<organisation>", "<organisations>", "<organ>", "<treaty>"}


_NATION, _BODY = "<nation>", "<body>"  # stand for a name among the words found

Terms: TypeAlias = set[frozenset[str]]


class Sifted(NamedTuple):
    """The tokens worth parsing as a Doc of their own, and where each stretch of them lies in the whole and in it."""

    whole: Doc
    part: Doc
    lines: list[tuple[int, int]]  # those kept
    places: dict[int, int]  # token of the whole → token of the part


class Sieve:
    """Looks through texts for the words of some kinds and the names of a pipeline's gazetteer."""

    def __init__(self, nlp: Language, kinds: Iterable[Kind]) -> None:
        self._names = nlp.get_pipe("gazetteer_matcher").matcher  # type: ignore[attr-defined]
        needs = {frozenset(map(frozenset, need)) for kind in kinds for need in _needs(kind)}
        distinct = dict.fromkeys(terms for need in needs for terms in need)
        singles = (frozenset(w for t in terms if len(t) == 1 for w in t) for terms in distinct)
        self._terms = [(one, [t for t in terms if len(t) > 1]) for one, terms in zip(singles, distinct, strict=True)]
        self._needs = [{list(distinct).index(terms) for terms in need} for need in needs]
        irregular = nlp.get_pipe("lemmatizer").lookups.get_table("lemma_exc")["verb"]  # type: ignore[attr-defined]
        vocabulary = {word for terms in distinct for term in terms for word in term}
        stems: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word in vocabulary:
            stems[_stem(word)[:3]].append((_stem(word), word))

        @lru_cache(maxsize=100_000)
        def meant(word: str) -> frozenset[str]:
            """The words of rules that this may be a form of."""
            begun = (rule_word for stem, rule_word in stems.get(word[:3], ()) if len(stem) > 2 and word.startswith(stem))
            return frozenset(vocabulary.intersection([word, *irregular.get(word, ())]).union(begun))

        self._meant = meant

    def sift(self, doc: Doc) -> Sifted | None:
        """What of a tokenised text is worth parsing; None where nothing is."""
        lines = list(_lines(doc))
        named = {start: doc.vocab.strings[key] for key, start, _ in self._names(doc)}
        bodies = {line for line in lines if _names_body(doc, line, named)}
        kept = bodies | {line for line in lines if self._may_hold(doc, line, named, {_BODY} if bodies else set())}
        if not kept:
            return None
        surnames = {doc[i].text for line in kept for i in range(*line) if doc[i].is_title}
        chosen = [line for line in lines if line in kept or _matters(doc, line, named, surnames)]
        if len(chosen) == len(lines):
            return Sifted(doc, doc, chosen, {})
        wanted = {i for start, end in chosen for i in range(max(0, start - _MARGIN), min(len(doc), end + _MARGIN))}
        tokens = [doc[i] for i in sorted(wanted)]
        part = Doc(doc.vocab, words=[t.text for t in tokens], spaces=[bool(t.whitespace_) for t in tokens])
        return Sifted(doc, part, chosen, {token.i: at for at, token in enumerate(tokens)})

    def _may_hold(self, doc: Doc, line: tuple[int, int], named: Mapping[int, str], known: set[str]) -> bool:
        """Has a line all that some rule needs, given that its text `known`ly names a body?"""
        found = known.union(*(self._meant(token.lower_) for token in doc[slice(*line)]))
        found |= {_NATION} if any(i in named for i in range(*line)) else set()
        there = (not found.isdisjoint(one) or any(term <= found for term in more) for one, more in self._terms)
        met = {number for number, hit in enumerate(there) if hit}
        return any(need <= met for need in self._needs)


def _names_body(doc: Doc, line: tuple[int, int], named: Mapping[int, str]) -> bool:
    """Does a line name a body, listed or by the looks of it?"""
    if any(i in named and not named[i].startswith(_STATES) for i in range(*line)):
        return True
    capitals = (token for token in doc[slice(*line)] if token.text[:1].isupper())
    return any(token.lower_ in words("name_heads") or _ACRONYM.fullmatch(token.text) for token in capitals)


def whole(sifted: Sifted) -> Doc:
    """The whole text again, with what the pipeline found in its part; an unparsed line is one sentence of plain words."""
    doc, part = sifted.whole, sifted.part
    if doc is part:
        return doc
    values: Any = doc.to_array(_ATTRIBUTES)
    found = part.to_array(_ATTRIBUTES)
    for start, end in _lines(doc):
        values[start:end, -1] = [(start - i) % 2**64 for i in range(start, end)]  # all hang from the first
        values[start:end, -2] = doc.vocab.strings.add("dep")
    for start, end in sifted.lines:
        values[start:end] = found[sifted.places[start] : sifted.places[start] + end - start]
        if values[start, _IOB] == 1:  # a name begins in a line that is gone: it begins here
            values[start, _IOB] = 3
    return doc.from_array(_ATTRIBUTES, values)


def _lines(doc: Doc) -> Iterator[tuple[int, int]]:
    start = 0
    for token in doc:
        if "\n" in token.text or token.i == len(doc) - 1:
            yield start, token.i + 1
            start = token.i + 1


def _matters(doc: Doc, line: tuple[int, int], named: Mapping[int, str], surnames: Set[str]) -> bool:
    """Does a line name a state, or give a name to a surname of the lines kept?"""
    tokens = range(*line)
    full = (i for i in tokens[1:] if doc[i].text in surnames and doc[i - 1].is_title and i - 1 not in named)
    return any(i in named for i in tokens) or next(full, None) is not None


def _needs(kind: Kind) -> Iterator[list[Terms]]:
    """For each rule what a text must have for it to fit: of each of these, one term, all words of it."""
    for spec in (*kind.frames, *kind.phrases):
        need = [*_frame_words(kind, spec)] if "trigger" in spec else [*_phrase_words(kind, spec["match"])]
        for field in kind.fields.values():
            if field.type == "text" and not field.optional and field.name not in (spec.get("set") or {}):
                need.append({frozenset([max(form, key=len)]) for forms in posts.offices().heads.values() for form in forms})
        if kind.fields[kind.value].type in ("country", "party"):
            need.append(_terms([_NATION, *words("plurals", "nations")]))
        if kind.fields[kind.subject].type == "organisation":
            need.append(_terms([_BODY]))
        yield need


def _frame_words(kind: Kind, spec: Mapping[str, Any]) -> Iterator[Terms]:
    yield _terms(spec["trigger"])
    for path, wanted in (spec.get("where") or {}).items():
        choices = [wanted] if isinstance(wanted, str) else wanted
        typed = [choice for choice in choices if choice.startswith("<")]
        if path not in ("when", "tense") and _BODIES.issuperset(typed):
            spelled = (kind.lexicon[c[1:]] if c[0] == "$" else [c] for c in choices if c not in typed)
            yield _terms(chain(*spelled, words("body_nouns") if typed else ()))


def _phrase_words(kind: Kind, match: str) -> Iterator[Terms]:
    for pieces in needed_pieces(kind, match):
        if pieces <= _BODIES:
            yield _terms(words("body_nouns"))  # where no body is named, "the bloc" stands for one
        elif not any(piece.startswith("<") for piece in pieces):
            yield _terms(pieces)


def _terms(spelled: Iterable[str]) -> Terms:
    """ "take over" needs both words; of "over|up" either is left to chance."""
    return {frozenset(word for word in each.lower().split() if "|" not in word) for each in spelled}


def _stem(word: str) -> str:
    return word if word in (_BODY, _NATION) else word.removesuffix("man").rstrip("ey")
