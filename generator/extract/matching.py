"""Where the rules fit: the frames and phrases of `rules` on an article as it was read give matches."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spacy.tokens import Doc, Token

from generator import dates
from generator.errors import ContentError, Problem
from generator.extract import coreference, posts, roles
from generator.extract.reading import Reading
from generator.extract.rules import Frame, Match, Phrase, Rules, unit_types
from generator.extract.slots import fill, tokens_at, values_of, when
from generator.extract.units import Rendering, Sentence, Unit
from generator.extract.words import table, words
from generator.kinds import Kind

MATCH_SECONDS = 2.0
_DESCRIBED = re.compile(f"{table('extract/types.yml')['sized']}(?:{'|'.join(sorted(words('sized')))})$")


def matches(reading: Reading, rules: Rules) -> Iterator[Match]:
    """Every rule that fits, sentence by sentence."""
    for sentence in reading.sentences:
        if any(u.type != "word" for u in sentence.units):
            yield from _frame_matches(reading, rules, sentence)
            yield from _phrase_matches(reading, rules, sentence)


def _frame_matches(reading: Reading, rules: Rules, sentence: Sentence) -> Iterator[Match]:
    for token in sentence.span:
        assertion = ""  # worked out once, and only where a frame asks
        for frame in rules.frames.get(roles.lemma_of(token), ()):
            unit = reading.unit(token)
            wanted = ("NOUN", "PROPN") if frame.spec.get("noun") == "true" else ("VERB", "AUX")
            word = (unit is None or unit.type == "word") and token.dep_ not in ("aux", "auxpass")
            if word and token.pos_ in wanted and (not frame.particle or _has_particle(token, frame.particle)):
                assertion = assertion or _asserted(token)
                if match := _frame(reading, frame, sentence, token, assertion):
                    yield match


def _has_particle(token: Token, particle: str) -> bool:
    hangs = ("prt", "prep", "advmod", "dative", "agent")
    return any(c.lower_ in particle.split("|") and c.dep_ in hangs for c in token.children)


def _asserted(token: Token) -> str:
    """How far the text stands behind a verb; what somebody is the former holder of has ended."""
    assertion = roles.assertion(token)
    described = {c.lower_ for a in roles.attributes(token) for c in a.children}
    return "ended" if assertion == "fact" and described & {"former", "ex", "one-time"} else assertion


def _frame(reading: Reading, frame: Frame, sentence: Sentence, token: Token, assertion: str) -> Match | None:
    kind, spec, particle = frame
    says = _words(spec, assertion)
    conditions = [(key == "where", *asked) for key in ("where", "unless") for asked in (spec.get(key) or {}).items()]
    if says is None or any(_satisfied(reading, kind, token, p, w, particle) != holds for holds, p, w in conditions):
        return None
    if assertion == "fact" and "planned" in (spec.get("assert") or {}) and _lies_ahead(reading, token):
        says, assertion = _words(spec, "planned") or says, "planned"
    match = Match(kind, spec["id"], {}, says, sentence, token.i, assertion)
    fill(reading, match, spec.get("slots") or {}, token, particle)
    missing = any(name not in match.slots for name in spec.get("require") or ())
    return match if not missing and _complete(reading, match) else None


def _satisfied(reading: Reading, kind: Kind, token: Token, path: str, wanted: Any, particle: str) -> bool:
    """Does a token at this path have one of the words, or a unit of the type, that `where` asks for?"""
    choices = [wanted] if isinstance(wanted, str) else wanted
    if path == "when":
        return when(reading, token, "date") is not None
    if path == "tense":
        return roles.tense(token) in choices
    found = list(token.sent) if path == "sentence" else tokens_at(reading, token, path, particle)
    return any(_is(reading, kind, each, choice) for each in found for choice in choices)


def _is(reading: Reading, kind: Kind, token: Token, choice: str) -> bool:
    """Is a token this word, one of the kind's `$words`, or a unit of this `<type>`?"""
    if choice.startswith("$"):
        return bool({roles.lemma_of(token), token.lower_} & set(kind.lexicon[choice[1:]]))
    if choice.startswith("<"):
        stands_for = [reading.unit(token), *coreference.group(token, reading.units)]
        return any(unit and unit.type in unit_types(kind, choice[1:-1]) for unit in stands_for)
    return choice == token.lower_


def _phrase_matches(reading: Reading, rules: Rules, sentence: Sentence) -> Iterator[Match]:
    text = "\n".join(rendering.text for rendering in sentence.renderings)
    for number in sorted({number for piece, some in rules.by_piece.items() if piece in text for number in some}):
        phrase = rules.phrases[number]
        for rendering in sentence.renderings:
            for found in _found(phrase, rendering.text):
                if match := _phrase(reading, phrase, sentence, rendering, found):
                    yield match


def _found(phrase: Phrase, text: str) -> list[Any]:
    """The places where a phrase fits; a pattern that takes too long is its author's error, not a hang."""
    at = 0
    for pieces in phrase.needs:
        ends = [place + len(piece) for piece in pieces if (place := text.find(piece, at)) >= 0]
        if not ends:
            return []
        at = min(ends)
    try:
        return list(phrase.pattern.finditer(text, timeout=MATCH_SECONDS))
    except TimeoutError:
        hint = "nested repetitions such as `( \\w+)*` inside another repetition take for ever; bound them"
        message = f"the phrase {phrase.spec['id']!r} takes more than {MATCH_SECONDS} s on one sentence"
        raise ContentError(Problem(message, phrase.kind.path, hint=hint)) from None


def _phrase(reading: Reading, phrase: Phrase, sentence: Sentence, rendering: Rendering, found: Any) -> Match | None:
    kind, spec = phrase.kind, phrase.spec
    whole = rendering.units_in(found.start(), found.end())
    verb = found.groupdict().get("verb")
    at = rendering.units_in(*found.span("verb"))[-1].start if verb else whole[0].start
    token = reading.doc[at]
    assertion = roles.assertion(token) if verb else "fact"
    if (says := _words(spec, assertion)) is None:
        return None
    match = Match(kind, spec["id"], {}, says, sentence, at, assertion)
    _state_before(match, reading.doc, whole[0])
    for group in phrase.pattern.groupindex:
        if group != "verb" and not group.startswith("_") and found.group(group) is not None:
            name = group.rstrip("_0123456789")
            units = rendering.units_in(*found.span(group))
            match.slots.setdefault(name, []).extend(_group_units(reading, match, name, units))
    fill(reading, match, spec.get("slots") or {}, token)
    planned = _words(spec, "planned") if verb and assertion == "fact" and spec.get("assert") else None
    if planned and _lies_ahead(reading, token, next(iter(match.slots.get("since", [])), None)):
        match.words |= planned
    return match if _complete(reading, match) else None


def _state_before(match: Match, doc: Doc, first: Unit) -> None:
    """ "former Ethiopian Foreign Minister": the word that says when stands before the body."""
    at = first.start - 1
    at -= at > 0 and doc[at].text == "-" and doc[at - 1].lower_ in ("ex", "then")
    state = posts.STATES.get(doc[at].lower_) if at >= 0 and first.type not in ("post", "person") else None
    if state and state != "current" and "status" in match.kind.fields and state in match.kind.fields["status"].values:
        match.words["status"] = state


def _group_units(reading: Reading, match: Match, name: str, units: list[Unit]) -> list[Unit]:
    """A group's units of its field's type; of a text field, all it spans as one."""
    type_ = match.kind.fields[name].type
    if type_ == "text" and units:
        first, start, end = units[0], units[0].start, units[-1].end
        text = f"{first.name} {reading.doc[first.end : end]}" if first.type == "post" else reading.doc[start:end].text
        return [Unit("text", start, end, text, name=text, data=dict(units[0].data))] if len(units) > 1 else units
    if type_ in ("date", "duration"):
        return [u for u in units if u.type in (type_, "date", "anniversary") and u.data.get("date")][:1]
    if type_ == "number":
        return [Unit(type_, u.start, u.end, u.text, name=str(number)) for u in units[:1] if (number := _number(units))]
    match.features |= {"metonym" for u in units if u.type == "capital"}
    return [v for u in units for v in ([u] if u.type == "capital" else values_of(match, type_, u, adjectives=True))]


def _number(units: list[Unit]) -> int | None:
    """The number in words or digits that these units are, or that a body is described by: "the 27-member bloc"."""
    numbers = table("extract/words.yml")["numbers"]
    described = len(units) == 1 and units[0].type == "organisation"
    found = _DESCRIBED.search(units[0].text.lower()) if described else None
    text = found[1] if found else "" if described else " ".join(unit.text for unit in units)
    parts = re.findall(r"\d+|[a-z]+", text.lower())
    return sum(int(part) if part.isdigit() else int(numbers.get(part, 0)) for part in parts) or None


def _words(spec: Mapping[str, Any], assertion: str) -> dict[str, str] | None:
    """The fields that a rule sets under this assertion; None where it says nothing then."""
    by = spec.get("assert") or {"fact": None}
    return {**(spec.get("set") or {}), **(by[assertion] or {})} if assertion in by else None


def _lies_ahead(reading: Reading, token: Token, dated: Unit | None = None) -> bool:
    """ "Laos takes over in January": the present tense with a day to come is a plan."""
    if token.pos_ in ("VERB", "AUX") and roles.tense(token) != "present":
        return False
    unit = dated or when(reading, token, "date")
    days = [reading.anchor, unit.data["date"].value] if unit and reading.anchor else []
    soon = any(c.lower_ in words("ahead") for c in token.children)
    return soon or (bool(days) and all(day[0] != "[" for day in days) and dates.precedes(*days))


def _complete(reading: Reading, match: Match) -> bool:
    """Fills the subject from the text's focus where the kind allows; are subject and value there?"""
    kind = match.kind
    subject = kind.fields[kind.subject]
    if kind.subject not in match.slots and subject.fallback == "focus" and "named" not in match.features:
        if organisation := _only_organisation(match) or (reading.focus if _anaphoric(match) else None):
            match.slots[kind.subject] = [organisation]
            match.features.add("focus")
    for name, spec in kind.fields.items():
        if spec.type == "word" and not spec.optional:
            match.words.setdefault(name, spec.values[0])
        filled = match.slots.get(name) or name in match.words or spec.fallback == "context"
        if not (filled or spec.optional or spec.type == "word"):
            return False
    return bool(match.slots)


def _only_organisation(match: Match) -> Unit | None:
    """The one organisation that the sentence names, if it names just one and no body we do not know."""
    units = [p for u in match.sentence.units if u.type != "parties" for p in (u.parts or (u,))]
    named = {u.id: u for u in units if u.type in ("organisation", "treaty") and u.id}
    # "Peru, a state in the EU, joined" tells not of the EU
    over = [a for u in named.values() for a in match.sentence.span.doc[u.start : u.end].root.ancestors]
    others = any(u.type in ("organ", "org") for u in units) or any(a.dep_ == "appos" for a in over)
    return next(iter(named.values())) if len(named) == 1 and not others else None


def _anaphoric(match: Match) -> bool:
    """May the subject be left to the focus? Only where the sentence names no organisation of its own."""
    return not any(u.type in ("organisation", "organ", "org", "treaty", "organisations") for u in match.sentence.units)
