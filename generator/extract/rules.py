"""The rule engine: frames over roles and phrases over units, both from the kinds' YAML, give matches."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import regex
from spacy.tokens import Doc, Token

from generator import dates
from generator.errors import ContentError, Problem
from generator.extract import coreference, posts, roles
from generator.extract.reading import Reading
from generator.extract.times import Expression, Resolved
from generator.extract.units import Rendering, Sentence, Unit
from generator.extract.words import words
from generator.kinds import Kind

_FILLER = r"(?:[^ <>.:;()]+ |<(?:adjective|norp|gpe|loc|fac|law|event|product|work_of_art|duration|capital)> )"
"""`… ` in a phrase: one word or minor unit; write `… {0,5}?` for a few."""
_PLACEHOLDER = re.compile(r"<(\w+)>")
_ROLE = re.compile(r"(\w+)(?:\(([\w|]+)\))?")
_CLASSES = {
    "countries": ("country", "countries"),
    "nation": ("country", "adjective"),
    "parties": ("country", "countries", "organisation", "organisations", "parties"),
    "body": ("country", "adjective", "organisation", "organ", "gpe"),
    "post": ("post", "chair"),
    "place": ("country", "organisation", "organ", "gpe"),
    "organisations": ("organisation", "organisations"),
}
MATCH_SECONDS = 2.0
_METONYMS = words("metonyms")
_GENERIC = words("generic")


@dataclass(slots=True)
class Match:
    """One rule that fitted: the units in its fields, the words it sets, and what was risky about it."""

    kind: Kind
    rule: str
    slots: dict[str, list[Unit]]
    words: dict[str, str]
    sentence: Sentence
    trigger: int  # token index
    assertion: str
    features: set[str] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase compiled: its pattern over renderings, and the unit types without which it cannot match."""

    kind: Kind
    id: str
    spec: Mapping[str, Any]
    pattern: Any  # a compiled `regex` pattern: it can be bounded in time


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules of some kinds: frames by the lemma of their trigger, phrases in order."""

    frames: Mapping[str, tuple[tuple[Kind, Mapping[str, Any], str | None], ...]]
    phrases: tuple[Phrase, ...]


def compile_rules(kinds: Iterable[Kind]) -> Rules:
    """Raises ContentError for a phrase that is no regular expression or a slot that is no field."""
    frames: dict[str, list[tuple[Kind, Mapping[str, Any], str | None]]] = {}
    phrases = []
    for kind in kinds:
        for spec in kind.frames:
            _check(kind, spec, spec.get("slots") or {})
            for trigger in spec["trigger"]:
                lemma, _, particle = trigger.partition(" ")
                frames.setdefault(lemma, []).append((kind, spec, particle or None))
        for spec in kind.phrases:
            pattern = _pattern(kind, spec)
            _check(kind, spec, [g for g in pattern.groupindex if g != "verb" and not g.startswith("_")])
            phrases.append(Phrase(kind, spec["id"], spec, pattern))
    return Rules({k: tuple(v) for k, v in frames.items()}, tuple(phrases))


def matches(reading: Reading, rules: Rules) -> Iterator[Match]:
    """Every rule that fits, sentence by sentence."""
    for sentence in reading.sentences:
        if sum(u.type != "word" for u in sentence.units) == 0:
            continue
        yield from _frame_matches(reading, rules, sentence)
        yield from _phrase_matches(reading, rules, sentence)


def _check(kind: Kind, spec: Mapping[str, Any], slots: Iterable[str]) -> None:
    for name in slots:
        if name.rstrip("_0123456789") not in kind.fields:
            raise ContentError(Problem(f"the rule {spec.get('id')!r} fills {name!r}, which is no field", kind.path))


def _pattern(kind: Kind, spec: Mapping[str, Any]) -> Any:
    """A phrase's regular expression: `<country>` is a unit, `$chair` one of the kind's words."""
    text = re.sub(
        r"\$(\w+)",
        lambda m: "(?:" + "|".join(w if w.startswith("(") else re.escape(w) for w in kind.lexicon[m[1]]) + ")",
        spec["match"],
    )
    text = text.replace("… ", _FILLER)
    text = _PLACEHOLDER.sub(lambda m: m[0] if text[m.start() - 2 : m.start()] == "?P" else _unit_pattern(kind, m[1]), text)
    try:
        return regex.compile(r"(?<!\S)" + text + r"(?!\S)")
    except regex.error as error:
        raise ContentError(Problem(f"the phrase {spec['id']!r} is no regular expression: {error}", kind.path)) from None


def _unit_pattern(kind: Kind, name: str) -> str:
    types: tuple[str, ...] = _CLASSES.get(name, (name,))
    if labels := kind.types.get(name):
        own = {"GPE": ("country", "capital", "gpe"), "ORG": ("organisation", "org"), "NORP": ("adjective", "norp")}
        types = tuple(t for label in labels for t in own.get(label, (label.lower(),)))
    optional = "(?:the )?" if name in ("countries", "parties", "organisations") else ""
    return optional + "<(?:" + "|".join(types) + ")>"


# ------------------------------------------------------------------ frames


def _frame_matches(reading: Reading, rules: Rules, sentence: Sentence) -> Iterator[Match]:
    for token in sentence.span:
        for kind, spec, particle in rules.frames.get(roles.lemma_of(token), ()):
            unit = reading.unit(token)
            if (unit is not None and unit.type != "word") or token.dep_ in ("aux", "auxpass"):
                continue
            if spec.get("noun") == "true" and token.pos_ not in ("NOUN", "PROPN"):
                continue
            if spec.get("noun") != "true" and token.pos_ not in ("VERB", "AUX"):
                continue
            if particle and not _has_particle(token, particle):
                continue
            if match := _frame(reading, kind, spec, sentence, token, particle):
                yield match


def _has_particle(token: Token, particle: str) -> bool:
    return any(
        c.lower_ in particle.split("|") and c.dep_ in ("prt", "prep", "advmod", "dative", "agent") for c in token.children
    )


def _frame(
    reading: Reading, kind: Kind, spec: Mapping[str, Any], sentence: Sentence, token: Token, particle: str | None
) -> Match | None:
    assertion = roles.assertion(token)
    if assertion == "fact" and any(
        c.lower_ in ("former", "ex", "one-time") for a in roles.attributes(token) for c in a.children
    ):
        assertion = "ended"
    words = _words(spec, assertion)
    if words is None:
        return None
    for path, wanted in (spec.get("where") or {}).items():
        if not _satisfied(reading, kind, token, path, wanted, particle):
            return None
    for path, unwanted in (spec.get("unless") or {}).items():
        if _satisfied(reading, kind, token, path, unwanted, particle):
            return None
    if assertion == "fact" and "planned" in (spec.get("assert") or {}) and _lies_ahead(reading, token):
        words, assertion = _words(spec, "planned") or words, "planned"
    match = Match(kind, spec["id"], {}, words, sentence, token.i, assertion)
    for name, paths in (spec.get("slots") or {}).items():
        units = _slot(reading, match, kind, name, paths, token, particle)
        if units:
            match.slots[name] = units
    missing = any(name not in match.slots for name in spec.get("require") or ())
    return match if not missing and _complete(reading, match) else None


def _lies_ahead(reading: Reading, token: Token, dated: list[Unit] | None = None) -> bool:
    """ "Laos takes over in January": the present tense with a day to come is a plan."""
    published = reading.anchor
    present = token.pos_ not in ("VERB", "AUX") or roles.tense(token) == "present"
    unit = (dated[0] if dated else _when(reading, token, "date")) if present else None
    resolved = unit.data["date"] if unit else None
    return bool(
        published
        and resolved
        and resolved.value[0] != "["
        and published[0] != "["
        and dates.precedes(published, resolved.value)
    )


def _words(spec: Mapping[str, Any], assertion: str) -> dict[str, str] | None:
    """The fields that a rule sets under this assertion; None where it says nothing then."""
    by = spec.get("assert")
    if by is None:
        return dict(spec.get("set") or {}) if assertion == "fact" else None
    if assertion not in by:
        return None
    return {**(spec.get("set") or {}), **(by[assertion] or {})}


def _satisfied(reading: Reading, kind: Kind, token: Token, path: str, wanted: Any, particle: str | None) -> bool:
    """Does a token at this path have one of the words, or a unit of the type, that `where` asks for?"""
    choices = [wanted] if isinstance(wanted, str) else wanted
    if path == "when":
        return _when(reading, token, "date") is not None
    if path == "tense":
        return roles.tense(token) in choices
    for found in _tokens(reading, token, path, particle):
        for choice in choices:
            if choice.startswith("$") and (
                roles.lemma_of(found) in kind.lexicon[choice[1:]] or found.lower_ in kind.lexicon[choice[1:]]
            ):
                return True
            if choice.startswith("<"):
                stands_for = [reading.unit(found), *coreference.group(found, reading.units)]
                pattern = _unit_pattern(kind, choice[1:-1])
                if any(unit and re.fullmatch(pattern, f"<{unit.type}>") for unit in stands_for):
                    return True
            if choice == found.lower_:
                return True
    return False


def _slot(
    reading: Reading, match: Match, kind: Kind, name: str, paths: list[str], token: Token, particle: str | None
) -> list[Unit]:
    type_ = kind.fields[name].type
    explicit = False
    for spelled in paths:
        path, _, only = spelled.partition("<")
        if path in _SPECIAL:
            if unit := _SPECIAL[path](reading, token, type_):
                return [unit]
            continue
        found: list[Unit] = []
        for at in _tokens(reading, token, path, particle):
            unit = reading.unit(at)
            undated = unit is None or unit.type not in ("date", "duration")
            explicit = explicit or (
                not spelled.startswith("subject") and (at.pos_ in ("NOUN", "PROPN") or at.lower_ == "which") and undated
            )
            adjectives = "modifier" in path or "possessor" in path or (path == "subject" and at.dep_.startswith("nsubj"))
            metonyms = path == "subject" or "possessor" in path or "(from" in path or "(to" in path
            for unit in _units_of(reading, match, kind, type_, at, adjectives=adjectives, metonyms=metonyms):
                if unit not in found and (not only or unit.type == only[:-1]):
                    found.append(unit)
        if found:
            return found
    if explicit and name == kind.subject:
        match.features.add("named")
    return []


def _tokens(reading: Reading, token: Token, path: str, particle: str | None) -> list[Token]:
    """The tokens at the end of a path such as `object/of` or `oblique(from)`."""
    role, *relations = path.split("/")
    if "|" in role and "(" not in role:
        return [t for each in role.split("|") for t in _tokens(reading, token, "/".join([each, *relations]), particle)]
    found = _role(reading, token, role, particle)
    if role == "object" and (described := _described(reading, token)) is not None:
        found = [described]
    for relation in relations:
        found = [t for f in found for g in _whole_post(reading, f) for t in roles.modifiers(g, relation)]
    return found


def _whole_post(reading: Reading, token: Token) -> list[Token]:
    """All words of a post, since what modifies it may hang from any; else the token itself."""
    unit = reading.unit(token)
    return list(reading.doc[unit.start : unit.end]) if unit is not None and unit.type in ("post", "chair") else [token]


def _described(reading: Reading, token: Token) -> Token | None:
    """The organisation that a bare participle right behind it describes, whatever the parser made of it."""
    bare = token.tag_ in ("VBN", "VBD") and not any(
        c.dep_ in ("aux", "auxpass", "nsubj", "nsubjpass") for c in token.children
    )
    i = token.i - 1
    while (i > 0 and reading.doc[i].text in (",", "-", "–", "—", ")")) or reading.doc[i].lower_ in (
        "which",
        "originally",
        "first",
    ):
        i -= 1
    unit = reading.unit(reading.doc[i]) if bare and i >= token.sent.start else None
    return reading.doc[unit.start : unit.end].root if unit is not None and unit.type in ("organisation", "treaty") else None


def _nearest_before(reading: Reading, token: Token) -> Token:
    """Of "Officials in Estonia, which joined …", Estonia: a relative clause on the name right before it."""
    relative = next(
        (c for c in token.subtree if c.lower_ in ("which", "who", "that") and c.dep_ in ("nsubj", "nsubjpass")), None
    )
    if relative is None or token.i >= relative.i:
        return token
    i = relative.i - 1
    while i > token.i and reading.doc[i].text in (",", "-", "–", ")"):
        i -= 1
    unit = reading.unit(reading.doc[i])
    return (
        reading.doc[unit.start : unit.end].root
        if unit is not None and unit.type in ("country", "countries", "organisation")
        else token
    )


def _role(reading: Reading, token: Token, role: str, particle: str | None) -> list[Token]:
    parsed = _ROLE.fullmatch(role)
    name, arguments = (parsed[1], parsed[2]) if parsed else (role, None)
    if name == "subject":
        return [_nearest_before(reading, t) for t in roles.subjects(token)]
    if name == "self":
        return [token]
    if name == "object":
        found = roles.objects(token)
        if not found and particle:
            found = roles.obliques(token, frozenset(particle.split("|")))
        return found
    if name == "recipient":
        return roles.recipients(token)
    if name == "attribute":
        return roles.attributes(token)
    if name == "oblique":
        return roles.obliques(token, frozenset((arguments or "").split("|")))
    return roles.modifiers(token, name)


# ------------------------------------------------------------------ phrases


def _phrase_matches(reading: Reading, rules: Rules, sentence: Sentence) -> Iterator[Match]:
    for phrase in rules.phrases:
        for rendering in sentence.renderings:
            for found in _found(phrase, rendering.text):
                if match := _phrase(reading, phrase, sentence, rendering, found):
                    yield match


def _found(phrase: Phrase, text: str) -> list[Any]:
    """The places where a phrase fits; a pattern that takes too long is its author's error, not a hang."""
    try:
        return list(phrase.pattern.finditer(text, timeout=MATCH_SECONDS))
    except TimeoutError:
        hint = "nested repetitions such as `( \\w+)*` inside another repetition take for ever; bound them"
        problem = Problem(
            f"the phrase {phrase.id!r} takes more than {MATCH_SECONDS} s on one sentence", phrase.kind.path, hint=hint
        )
        raise ContentError(problem) from None


def _phrase(reading: Reading, phrase: Phrase, sentence: Sentence, rendering: Rendering, found: Any) -> Match | None:
    kind, spec = phrase.kind, phrase.spec
    whole = rendering.units_in(found.start(), found.end())
    verb = found.groupdict().get("verb")
    at = rendering.units_in(*found.span("verb"))[-1].start if verb else whole[0].start
    token = reading.doc[at]
    assertion = roles.assertion(token) if verb else "fact"
    words = _words(spec, assertion)
    if words is None:
        return None
    match = Match(kind, spec["id"], {}, words, sentence, at, assertion)
    _state_before(match, reading.doc, whole[0])
    for group in phrase.pattern.groupindex:
        if group == "verb" or group.startswith("_") or found.group(group) is None:
            continue
        name = group.rstrip("_0123456789")
        units = rendering.units_in(*found.span(group))
        match.slots.setdefault(name, []).extend(_group_units(reading, match, kind, name, units))
    for name, paths in (spec.get("slots") or {}).items():
        if name not in match.slots and (filled := _slot(reading, match, kind, name, paths, token, None)):
            match.slots[name] = filled
    if (
        verb
        and assertion == "fact"
        and "planned" in (spec.get("assert") or {})
        and _lies_ahead(reading, token, match.slots.get("since"))
    ):
        match.words |= _words(spec, "planned") or {}
    return match if _complete(reading, match) else None


def _state_before(match: Match, doc: Doc, first: Unit) -> None:
    """ "former Ethiopian Foreign Minister": the word that says when stands before the body."""
    at = first.start - 1
    at -= at > 0 and doc[at].text == "-" and doc[at - 1].lower_ == "ex"
    word = doc[at].lower_ if at >= 0 else ""
    if first.type != "post" and (state := posts.words().states.get(word)) and "status" in match.kind.fields:
        if state in match.kind.fields["status"].values:
            match.words["status"] = state


def _group_units(reading: Reading, match: Match, kind: Kind, name: str, units: list[Unit]) -> list[Unit]:
    """A group's units of its field's type; of a text field, all it spans as one."""
    type_ = kind.fields[name].type
    if type_ == "text":
        start, end = units[0].start, units[-1].end
        if len(units) == 1:
            return [units[0]]
        text = reading.doc[start:end].text
        return [Unit("text", start, end, text, name=text, data=dict(units[0].data))]
    if type_ in ("date", "duration", "word"):
        return [u for u in units if u.type in (type_, "date", "anniversary") and u.data.get("date")][:1]
    if any(u.type == "capital" for u in units):
        match.features.add("metonym")
    return [
        v for u in units for v in ([u] if u.type == "capital" else _values(reading, match, kind, type_, u, adjectives=True))
    ]


# ------------------------------------------------------------------ values


def _units_of(
    reading: Reading, match: Match, kind: Kind, type_: str, token: Token, *, adjectives: bool = False, metonyms: bool = False
) -> list[Unit]:
    """The units of a type that a token stands for: its own, those of its noun phrase, or an antecedent's."""
    unit = reading.unit(token)
    if unit is not None and unit.type == "organisation" and any(c.lower_ in ("a", "an", "another") for c in token.children):
        return []
    if unit is not None and unit.type == "capital" and metonyms and type_ in ("country", "party"):
        match.features.add("metonym")
        return [unit]
    if unit is not None and unit.type != "word":
        values = _values(reading, match, kind, type_, unit, adjectives=adjectives)
        if values or unit.type not in ("org", "gpe", "norp", "post"):
            return values + _coordinated(reading, match, kind, type_, token, values)
        return values
    if antecedent := coreference.pronoun(token, reading.units, "party" if type_ == "party" else type_):
        match.features.add("pronoun")
        return _values(reading, match, kind, type_, antecedent, adjectives=False)
    return _inside(reading, match, kind, type_, token)


def _coordinated(reading: Reading, match: Match, kind: Kind, type_: str, token: Token, already: list[Unit]) -> list[Unit]:
    """What a conjunct adds where the list reader did not see one list ("Finland, and later that day Sweden")."""
    found = []
    for child in token.children:
        unit = reading.unit(child) if child.dep_ == "conj" else None
        if unit is not None and unit.type != "word":
            found += [v for v in _values(reading, match, kind, type_, unit, adjectives=False) if v not in already]
    return found


def _inside(reading: Reading, match: Match, kind: Kind, type_: str, token: Token) -> list[Unit]:
    """ "the GUAM group", "the Caribbean nation of Haiti", "Armenia's government": the name within a noun phrase."""
    lemma = roles.lemma_of(token)
    if type_ in ("country", "party") and (listed := _spelled_out(match, token)):
        return [v for u in listed for v in _values(reading, match, kind, type_, u, adjectives=False)]
    if type_ in ("country", "party") and (grouped := coreference.group(token, reading.units)):
        match.features.add("coreference")
        return [v for u in grouped for v in _values(reading, match, kind, type_, u, adjectives=False)]
    if type_ == "country" and any(c.lower_ in ("whose", "his", "her") for c in token.children) and lemma == "country":
        return _nation_of_person(reading, token)
    relations = ["apposition", "modifier"] if lemma in _GENERIC else []
    if type_ in ("country", "party") and lemma in _METONYMS:
        relations += ["possessor", "of", "modifier"]
    elif lemma in _GENERIC:
        relations.append("of")
    for relation in relations:
        values = []
        for inner in roles.modifiers(token, relation):
            unit = reading.unit(inner)
            if unit is not None and unit.type != "word":
                values += _values(reading, match, kind, type_, unit, adjectives=lemma in _METONYMS)
        if values:
            return values
    return []


def _nation_of_person(reading: Reading, token: Token) -> list[Unit]:
    """ "Blair, whose country …": the nation before the title that the text gave the person named last."""
    units = [u for u in reading.units if u.end <= token.i]
    person = next((u for u in reversed(units) if u.type == "person"), None)
    if person is None:
        return []
    surname = person.name.split()[-1]
    for i, unit in enumerate(units):
        if unit.type == "person" and unit.name.split()[-1] == surname and i > 1 and units[i - 1].type == "post":
            before = [u for u in units[max(0, i - 3) : i - 1] if u.type in ("country", "adjective")]
            if before:
                return before[-1:]
    return []


def _spelled_out(match: Match, token: Token) -> list[Unit]:
    """The list behind "six states - A, B and C" or "three others: …"."""
    if not coreference.plural(token):
        return []
    behind = [u for u in match.sentence.units if u.start > token.i]
    for at, unit in enumerate(behind[:14]):
        if unit.type in ("countries", "parties") and at and behind[at - 1].text in ("-", ":", ",", "namely", "including"):
            return [unit]
        if unit.type == "word" and unit.text in (".", ";"):
            break
    return []


def _values(reading: Reading, match: Match, kind: Kind, type_: str, unit: Unit, *, adjectives: bool) -> list[Unit]:
    """A unit as values of a field's type; a list gives each of its parts."""
    if unit.type == "dateline":
        return []
    if unit.parts:
        return [v for part in unit.parts for v in _values(reading, match, kind, type_, part, adjectives=adjectives)]
    fits = _types(kind, type_, adjectives=adjectives)
    if unit.type not in fits:
        return []
    if unit.data.get("coreference"):
        match.features.add("coreference")
    if unit.data.get("unlisted"):
        match.features.add("guessed" if unit.data.get("doubtful") else "unlisted")
        if match.kind.name == "official":
            match.features.add("unlisted-office")
    if unit.data.get("described"):
        match.features.add("described")
    return [unit]


@lru_cache(maxsize=256)
def _types_of(type_: str, adjectives: bool) -> frozenset[str]:
    country = {"country", *({"adjective"} if adjectives else ())}
    known = {
        "organisation": {"organisation", "treaty", "organ"},
        "country": country,
        "party": country | {"organisation", "organ"},
        "body": country | {"organisation", "organ", "gpe"},
        "person": {"person"},
        "text": {"post", "text"},
        "date": {"date"},
        "duration": {"duration"},
    }
    return frozenset(known.get(type_, {type_}))


def _types(kind: Kind, type_: str, *, adjectives: bool) -> frozenset[str]:
    if labels := kind.types.get(type_):
        own = {"GPE": ("country", "capital", "gpe"), "ORG": ("organisation", "org"), "NORP": ("adjective", "norp")}
        return frozenset(t for label in labels for t in own.get(label, (label.lower(),)))
    office = type_ == "party" and kind.fields[kind.subject].type == "party"  # a region has offices, but joins nothing
    return _types_of("body" if office else type_, adjectives)


def _when(reading: Reading, token: Token, type_: str, *, ends: bool = False) -> Unit | None:
    """The date or duration that belongs to a trigger: of its own clause, the nearest; none across another verb."""
    sentence = reading.sentence(token.i)
    if sentence is None:
        return None
    wanted = "duration" if type_ == "duration" else "date"
    dated = [u for u in sentence.units if u.type == wanted and u.data.get("date") and not u.data.get("dateline")]
    if wanted == "date":
        dated = [u for u in dated if u.data["expression"].shape != "duration"]
    own = [u for u in dated if _ends(reading, u) == ends and _belongs(reading, u, token)]
    return min(own, key=lambda u: (abs(u.start - token.i), u.start), default=None)


def _until(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The date behind "until", or the second of "from A to B", that belongs to a trigger."""
    return _when(reading, token, type_, ends=True)


def _ends(reading: Reading, unit: Unit) -> bool:
    """Does this date end something: "until June", "from 1995 to 1999", "1995–1999"?"""
    doc, i = reading.doc, unit.start
    words = [doc[j].lower_ for j in range(max(0, i - 4), i)]
    if any(w in ("until", "till", "through") for w in words[-4:]) or doc[i].lower_ in ("until", "till"):
        return True
    joined = bool(words) and words[-1] in ("to", "-", "–", "and")
    before = next((u for u in reading.units if u.type == "date" and u.end in (i - 1, i - 2)), None)
    opened = before is not None and doc[max(0, before.start - 1)].lower_ in ("from", "between", "(")
    return joined and opened


def _now(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The publication day, for what a headline says in the simple present: "Spain takes over"."""
    value = reading.anchor
    simple = token.tag_ in ("VBZ", "VBP") and not any(c.dep_ in ("aux", "auxpass") for c in token.children)
    if type_ != "date" or not simple or not value or len(value) != 10:
        return None
    start = token.idx
    expression = Expression("now", start, start + len(token.text), token.text, {})
    resolved = Resolved(value, f"“{token.text}”, published {value}")
    return Unit("date", token.i, token.i + 1, token.text, data={"date": resolved, "expression": expression})


def _plural(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest plural post before the trigger in its sentence: the title that a list of names shares."""
    sentence = reading.sentence(token.i)
    units = [u for u in sentence.units if u.type == "post" and u.end <= token.i] if sentence and type_ == "text" else []
    return units[-1] if units and units[-1].data.get("plural") else None


def _before(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest unit of the type before the trigger, in its sentence or the one before."""
    wanted = _types_of(type_, False)
    near = [u for u in reading.units if u.type in wanted and u.end <= token.i and u.start > token.i - 50]
    return near[-1] if near else None


_SPECIAL = {"when": _when, "now": _now, "before": _before, "plural": _plural, "until": _until}


def _belongs(reading: Reading, unit: Unit, token: Token) -> bool:
    root = reading.doc[unit.start : unit.end].root
    if any(a.i == token.i for a in root.ancestors) and roles.clause_verb(root).i in (token.i, roles.clause_verb(token).i):
        return True
    verb = roles.clause_verb(root)
    if verb.i == token.i or (token.pos_ not in ("VERB", "AUX") and roles.clause_verb(token).i == verb.i):
        return True
    fronted = unit.start - token.sent.start <= 2
    if token.pos_ in ("VERB", "AUX") and unit.start < token.i and not fronted:
        return False
    between = reading.doc[min(unit.end, token.i + 1) : max(unit.start, token.i)]
    clean = not any(t.pos_ == "VERB" and t.i != token.i for t in between)
    return clean and abs(unit.start - token.i) <= 6


def _complete(reading: Reading, match: Match) -> bool:
    """Fills the subject from the text's focus where the kind allows; are subject and value there?"""
    kind = match.kind
    subject = kind.fields[kind.subject]
    if kind.subject not in match.slots and subject.fallback == "focus" and "named" not in match.features:
        if organisation := _only_organisation(match) or (reading.focus if _anaphoric(match) else None):
            match.slots[kind.subject] = [organisation]
            match.features.add("focus")
    for name, spec in kind.fields.items():
        if not (
            spec.optional
            or spec.fallback == "context"
            or spec.type == "word"
            or match.slots.get(name)
            or name in match.words
        ):
            return False
        if spec.type == "word" and not spec.optional and name not in match.words:
            match.words[name] = spec.values[0]
    return bool(match.slots)


def _only_organisation(match: Match) -> Unit | None:
    """The one organisation that the sentence names, if it names just one and no body we do not know."""
    units = [p for u in match.sentence.units for p in (u.parts or (u,))]
    named = {u.id: u for u in units if u.type in ("organisation", "treaty") and u.id}
    others = any(u.type in ("organ", "org") for u in units)
    return next(iter(named.values())) if len(named) == 1 and not others else None


def _anaphoric(match: Match) -> bool:
    """May the subject be left to the focus? Only where the sentence names no organisation of its own."""
    return not any(u.type in ("organisation", "organ", "org", "treaty", "organisations") for u in match.sentence.units)
