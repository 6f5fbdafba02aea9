"""Which paragraphs can hold a fact or matter to one that does, by their words and names alone: only they are parsed.

A paragraph stays where it names a body, holds an office, or has the words that some rule cannot do without, in one sentence
those that the rule itself looks for; in a text with such a paragraph also those that name a state, or a person whom the
others may call by surname. The rest keeps its place in the Doc, unparsed, so that distances, dates and datelines are
what they were.
"""

import re
from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise, product
from typing import Any, NamedTuple, TypeAlias

import numpy
from spacy.attrs import DEP, ENT_IOB, ENT_KB_ID, ENT_TYPE, HEAD, IS_SPACE, IS_TITLE, LEMMA, ORTH, POS, TAG
from spacy.language import Language
from spacy.tokens import Doc

from generator.extract import posts
from generator.extract.rules import needed_pieces
from generator.extract.words import table, words
from generator.kinds import Field, Kind

_ATTRIBUTES = [TAG, POS, LEMMA, ENT_TYPE, ENT_KB_ID, ENT_IOB, DEP, HEAD]
_IOB = _ATTRIBUTES.index(ENT_IOB)
_STATES = ("country:", "adjective:", "capital:")
_MARGIN = 3  # tokens of the neighbours parsed along: of 1,600 texts put together at random none read otherwise
_ACRONYM = re.compile(r"[A-Z]{3,8}")
_BODIES = {"<organisation>", "<organisations>", "<organ>", "<treaty>"}
_NAMED, _BODY, _DIGIT = "<named>", "<body>", "<digit>"  # stand among the words found for what is no word

Line: TypeAlias = tuple[int, int]
"""The first token of a paragraph or of a sentence, and the one behind it."""


class Terms(NamedTuple):
    """One of these must be there: a single word, or several together."""

    single: frozenset[str]
    several: tuple[frozenset[str], ...]
    anywhere: bool = False  # in the paragraph, or in the sentence?

    def met(self, found: set[str]) -> bool:
        """Is one of them among the words found?"""
        return not self.single.isdisjoint(found) or any(map(found.issuperset, self.several))


class Sifted(NamedTuple):
    """The tokens worth parsing as a Doc of their own, and where each stretch of them lies in the whole and in it."""

    whole: Doc
    part: Doc
    lines: list[Line]  # those kept
    places: dict[int, int]  # token of the whole → token of the part


class Sieve:
    """Looks through texts for the words of some kinds and the names of a pipeline's gazetteer."""

    def __init__(self, nlp: Language, kinds: Collection[Kind]) -> None:
        self._names = nlp.get_pipe("gazetteer_matcher").found  # type: ignore[attr-defined]
        needs = {frozenset(need) for kind in kinds for need in _needs(kind)}
        self._terms = frozenset().union(*needs)
        self._needs: dict[Terms | None, list[frozenset[Terms]]] = defaultdict(list)  # by the one that fewest texts meet
        for need in needs:
            self._needs[min(need, key=_common, default=None)].append(need)
        self._by_word: dict[str, set[Terms]] = defaultdict(set)  # those that a word is enough for
        for word, enough in ((word, terms) for terms in self._terms for word in terms.single):
            self._by_word[word].add(enough)
        self._by_several = [terms for terms in self._terms if terms.several]
        irregular = nlp.get_pipe("lemmatizer").lookups.get_table("lemma_exc")["verb"]  # type: ignore[attr-defined]
        pasts = irregular.keys() & {word for kind in kinds for frame in kind.frames for word in frame["trigger"]}
        self._other_verbs = {tuple(map(nlp.vocab.strings.add, pair)) for pair in product(words("auxiliaries"), pasts)}
        vocabulary = {word for terms in self._terms for term in (terms.single, *terms.several) for word in term}
        stems: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word in vocabulary:
            stems[_stem(word)[:3]].append((_stem(word), word))

        same: dict[frozenset[str], frozenset[str]] = {}  # of most words the same few

        @lru_cache(maxsize=20_000)
        def meant(orth: int) -> frozenset[str]:
            """The words of rules that a token may be a form of; whether it looks like a body's name or a number."""
            text = nlp.vocab.strings[orth]
            word = text.lower()
            found = {rule_word for stem, rule_word in stems.get(word[:3], ()) if len(stem) > 2 and word.startswith(stem)}
            found |= vocabulary.intersection([word, *irregular.get(word, ())])
            found |= {_DIGIT} if any(map(str.isdigit, text)) else set()
            looks = text[:1].isupper() and (word in words("name_heads") or _ACRONYM.fullmatch(text))
            means = frozenset(found | {_BODY} if looks else found)
            return same.setdefault(means, means)

        self._meant = meant

    def sift(self, doc: Doc) -> Sifted:
        """What of a tokenised text is worth parsing: all, some or nothing."""
        lines, orths = _lines(doc), doc.to_array(ORTH).tolist()
        sentences, named = list(_sentences(doc, lines, orths)), dict[int, str]()
        orths[1:] = [0 if pair in self._other_verbs else pair[1] for pair in pairwise(orths)]  # "was found" is of "find"
        found = [set[str]().union(*map(self._meant, orths[start:end])) for start, end in sentences]
        starts = [start for start, _ in sentences]
        for name, start, _ in self._names(doc):
            named[start] = name
            found[bisect(starts, start) - 1] |= {_NAMED} if name.startswith(_STATES) else {_NAMED, _BODY}
        about = {_BODY} & set[str]().union(*found)
        by_line = {line: found[bisect_left(starts, line[0]) : bisect_left(starts, line[1])] for line in lines}
        held = {line for line, has in by_line.items() if self._may_hold(has, about)}
        people = _people(doc, held, named)
        states = {line for line, has in by_line.items() if any(_NAMED in some for some in has)}
        chosen = [it for it in lines if held and (it in held or it in states or not people.isdisjoint(range(*it)))]
        if len(chosen) == len(lines):
            return Sifted(doc, doc, chosen, {})
        wanted = {i for start, end in chosen for i in range(max(0, start - _MARGIN), min(len(doc), end + _MARGIN))}
        tokens = [doc[i] for i in sorted(wanted)]
        part = Doc(doc.vocab, words=[t.text for t in tokens], spaces=[bool(t.whitespace_) for t in tokens])
        return Sifted(doc, part, chosen, {token.i: at for at, token in enumerate(tokens)})

    def _may_hold(self, sentences: list[set[str]], about: set[str]) -> bool:
        """Does a paragraph name a body, or has it all the words that some rule needs?"""
        if any(_BODY in found for found in sentences):
            return True
        every = about.union(*sentences)
        met = {terms for terms in self._by_several if terms.met(every)}.union(*map(self._by_word.__getitem__, every))
        near = [need for terms in (None, *met) for need in self._needs.get(terms, ()) if need <= met]
        return any(all(t.anywhere or t.met(found) for t in need) for need in near for found in sentences)


def _people(doc: Doc, held: Iterable[Line], named: Mapping[int, str]) -> set[int]:
    """Where a surname of the lines held stands behind another name."""
    titles, orths = doc.to_array(IS_TITLE).tolist(), doc.to_array(ORTH).tolist()
    surnames = {orths[i] for line in held for i in range(*line) if titles[i]}
    return {i for i in range(1, len(doc)) if titles[i - 1] and orths[i] in surnames and i - 1 not in named}


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


def _lines(doc: Doc) -> list[Line]:
    ends = [i + 1 for i in numpy.flatnonzero(doc.to_array(IS_SPACE)).tolist() if "\n" in doc[i].text]
    return list(pairwise(dict.fromkeys([0, *ends, len(doc)])))


def _sentences(doc: Doc, lines: Iterable[Line], orths: Sequence[int]) -> Iterator[Line]:
    """The lines, cut where a parser may: behind a stop that no small letter follows."""
    marks = {doc.vocab.strings[mark] for mark in ".!?"}
    stops = [i + 1 for i, orth in enumerate(orths[:-1]) if orth in marks and not doc[i + 1].is_lower]
    return pairwise(sorted({0, *stops, *(end for _, end in lines)}))


def _needs(kind: Kind) -> Iterator[list[Terms]]:
    """What each rule cannot do without; only a field that is looked for `before` may be filled from another sentence."""
    for spec in (*kind.frames, *kind.phrases):
        need = [*(_frame_words(kind, spec) if "trigger" in spec else _phrase_words(kind, spec["match"]))]
        for field in kind.fields.values():
            paths = (spec.get("slots") or {}).get(field.name) or ()
            need += [terms._replace(anywhere="before" in paths) for terms in _field_words(kind, spec, field, paths)]
        if kind.fields[kind.subject].type == "organisation":
            need.append(_terms([_BODY])._replace(anywhere=True))
        yield need


def _field_words(kind: Kind, spec: Mapping[str, Any], field: Field, paths: Sequence[str]) -> Iterator[Terms]:
    needed = not field.optional and not (spec.get("set") or {}).get(field.name)
    if needed and field.type == "text":
        yield _terms(max(head, key=len) for head in posts.HEADS)
    if needed and field.type == "number":
        yield _terms([_DIGIT, *table("extract/words.yml")["numbers"]])
        if f"(?P<{field.name}>(?P<" in spec.get("match", ""):  # it stands in a body's description: "the 27-member bloc"
            yield _terms([_DIGIT, "member", "nation", "state", "country"])
    if needed and field.type == "date" and "now" not in paths:
        yield _terms([_DIGIT, *words("dated")])
    if field.name == kind.value and field.type in ("country", "party"):
        yield _terms([_NAMED, *words("plurals", "nations")])


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
    terms = {frozenset(word for word in each.lower().split() if "|" not in word) for each in spelled}
    return Terms(frozenset().union(*(t for t in terms if len(t) == 1)), tuple(t for t in terms if len(t) > 1))


def _common(terms: Terms) -> tuple[bool, int]:
    """More texts hold what is no word, and one of many words."""
    return any(word.startswith("<") for word in terms.single), len(terms.single) + len(terms.several)


def _stem(word: str) -> str:
    return word if word.startswith("<") else word.removesuffix("man").rstrip("ey")
