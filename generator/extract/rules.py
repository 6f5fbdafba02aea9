"""The rule engine: frames over roles and phrases over units, both from the kinds' YAML, give matches."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import Any, NamedTuple

import regex
from spacy.tokens import Doc, Token

from generator import dates
from generator.errors import ContentError, Problem, did_you_mean
from generator.extract import coreference, posts, roles
from generator.extract.reading import Reading
from generator.extract.times import Expression, Resolved
from generator.extract.units import Rendering, Sentence, Unit
from generator.extract.words import table, words
from generator.kinds import Kind, load_built_in

_FILLER = r"(?:[^ <>.:;()]+ |<(?:adjective|norp|gpe|loc|fac|law|event|product|work_of_art|duration|capital)> )"
"""`… ` in a phrase: one word or minor unit; write `… {0,5}?` for a few."""
_GROUP_NAME = re.compile(r"\(\?P<(?!verb>|_)(\w+)>")
_PLACEHOLDER = re.compile(r"<(\w+)>")
_TYPES = table("extract/types.yml")
"""Which units a word for several means, where not just those of its name: in a pattern, as a label, as a field's type."""
MATCH_SECONDS = 2.0


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


class Frame(NamedTuple):
    """A frame by one of its triggers, which may be a verb with a particle: `give up`, `set up|off`."""

    kind: Kind
    spec: Mapping[str, Any]
    particle: str


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase, and pieces of text of which each of these has one where it fits."""

    kind: Kind
    spec: Mapping[str, Any]
    needs: tuple[frozenset[str], ...]

    @cached_property
    def pattern(self) -> Any:
        """Its `regex` pattern over renderings, which can be bounded in time; it takes milliseconds to compile, and most
        phrases fit nowhere in an article.
        """
        return _pattern(self.kind, self.spec)


class Rules(NamedTuple):
    """All rules of some kinds: frames by the lemma of their trigger, phrases in order."""

    frames: Mapping[str, list[Frame]]
    phrases: tuple[Phrase, ...]


def compile_rules(kinds: Iterable[Kind]) -> Rules:
    """Raises ContentError for a phrase that is no regular expression or a slot that is no field."""
    frames: dict[str, list[Frame]] = defaultdict(list)
    phrases = []
    for kind in kinds:
        for spec in kind.frames:
            _check(kind, spec, spec.get("slots") or {})
            _check_words(kind, spec)
            for trigger in spec["trigger"]:
                lemma, _, particle = trigger.partition(" ")
                frames[lemma].append(Frame(kind, spec, particle))
        for spec in kind.phrases:
            _check_words(kind, spec)
            _check(kind, spec, _GROUP_NAME.findall(spec["match"]))
            needs = (frozenset(_spelled(kind, pieces)) for pieces in needed_pieces(kind, spec["match"]))
            phrases.append(Phrase(kind, spec, tuple(sorted(needs, key=len))))
            if kind != load_built_in().get(kind.name):
                phrases[-1].pattern  # noqa: B018  # what a person wrote is compiled now: it may be wrong
    return Rules(frames, tuple(phrases))


def matches(reading: Reading, rules: Rules) -> Iterator[Match]:
    """Every rule that fits, sentence by sentence."""
    for sentence in reading.sentences:
        if any(u.type != "word" for u in sentence.units):
            yield from _frame_matches(reading, rules, sentence)
            yield from _phrase_matches(reading, rules, sentence)


def _check(kind: Kind, spec: Mapping[str, Any], slots: Iterable[str]) -> None:
    for name in slots:
        if name.rstrip("_0123456789") not in kind.fields:
            raise ContentError(Problem(f"the rule {spec.get('id')!r} fills {name!r}, which is no field", kind.path))


def _check_words(kind: Kind, spec: Mapping[str, Any]) -> None:
    for name in re.findall(r"\$(\w+)", repr(spec)):
        if name not in kind.lexicon:
            message = f"the rule {spec['id']!r} uses ${name}, which is not in the lexicon"
            raise ContentError(Problem(message, kind.path, None, did_you_mean(name, kind.lexicon)))


def _pattern(kind: Kind, spec: Mapping[str, Any]) -> Any:
    """A phrase's regular expression: `<country>` is a unit, `$chair` one of the kind's words."""

    def spelled(name: re.Match[str]) -> str:
        return "(?:" + "|".join(w if w.startswith("(") else re.escape(w) for w in kind.lexicon[name[1]]) + ")"

    text = re.sub(r"\$(\w+)", spelled, spec["match"])
    text = text.replace("… ", _FILLER)
    text = _PLACEHOLDER.sub(lambda m: m[0] if text[m.start() - 2 : m.start()] == "?P" else _unit_pattern(kind, m[1]), text)
    try:
        return regex.compile(r"(?<!\S)" + text + r"(?!\S)")
    except (regex.error, RecursionError) as error:
        raise ContentError(Problem(f"the phrase {spec['id']!r} is no regular expression: {error}", kind.path)) from None


def needed_pieces(kind: Kind, match: str) -> list[set[str]]:
    """What a phrase cannot do without: words and `<type>`s, one of each set; optional groups left out."""
    text = re.sub(r"\$(\w+)", lambda m: "(" + "|".join(kind.lexicon[m[1]]) + ")", match)
    return _needed(re.sub(r"\\.|\[[^]]*\]", "_", re.sub(r"\(\?P<\w+>", "(", text)))


@cache
def _needed(text: str) -> list[set[str]]:
    outside, groups = _apart(text)
    rest = iter(groups)
    each = [_needed_together(alternative, rest) for alternative in outside.split("|")]
    if len(each) == 1:
        return each[0]
    return [set().union(*(max(needs, key=_telling) for needs in each))] if all(each) else []


def _needed_together(text: str, groups: Iterator[str]) -> list[set[str]]:
    needs = [{piece} for piece in _PIECE.findall(text.replace("()", " "))]
    for optional, group in zip(re.findall(r"\(\)([?*]|\{0)?", text), groups, strict=False):
        if not optional and not group.startswith(("?!", "?<")):
            needs += _needed(group.removeprefix("?:"))
    return needs


def _apart(text: str) -> tuple[str, list[str]]:
    """A pattern with () in place of each group, and what is in these groups."""
    depth, outside, groups = 0, "", [""]
    for piece in re.split("([()])", text):
        depth -= piece == ")"
        if depth:
            groups[-1] += piece
        else:
            outside += piece
            groups += [""] if piece == ")" else []
        depth += piece == "("
    return outside, groups


def _telling(pieces: set[str]) -> tuple[bool, int]:
    """Words tell more than types, but for the short ones."""
    length = min(map(len, pieces))
    return length > 3 and not any(piece.startswith("<") for piece in pieces), length


_PIECE = re.compile(r"<\w+>(?!\S)|(?<![<\w\\])[a-z]{2,}(?![\w>?*{])")


def _spelled(kind: Kind, pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        yield from (f"<{type_}>" for type_ in _unit_types(kind, piece[1:-1])) if piece[0] == "<" else (piece,)


def _unit_types(kind: Kind, name: str) -> list[str]:
    if name not in kind.types:
        return list(_TYPES["patterns"].get(name, [name]))
    return [t for label in kind.types[name] for t in _TYPES["labels"].get(label, [label.lower()])]


def _unit_pattern(kind: Kind, name: str) -> str:
    optional = "(?:the )?" if name in ("countries", "parties", "organisations") else ""
    return optional + "<(?:" + "|".join(_unit_types(kind, name)) + ")>"


# ------------------------------------------------------------------ frames


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
    conditions = [(path, wanted, True) for path, wanted in (spec.get("where") or {}).items()]
    conditions += [(path, unwanted, False) for path, unwanted in (spec.get("unless") or {}).items()]
    if says is None or any(_satisfied(reading, kind, token, p, w, particle) != holds for p, w, holds in conditions):
        return None
    if assertion == "fact" and "planned" in (spec.get("assert") or {}) and _lies_ahead(reading, token):
        says, assertion = _words(spec, "planned") or says, "planned"
    match = Match(kind, spec["id"], {}, says, sentence, token.i, assertion)
    for name, paths in (spec.get("slots") or {}).items():
        if units := _slot(reading, match, name, paths, token, particle):
            match.slots[name] = units
    missing = any(name not in match.slots for name in spec.get("require") or ())
    return match if not missing and _complete(reading, match) else None


def _lies_ahead(reading: Reading, token: Token, dated: Unit | None = None) -> bool:
    """ "Laos takes over in January": the present tense with a day to come is a plan."""
    if token.pos_ in ("VERB", "AUX") and roles.tense(token) != "present":
        return False
    unit = dated or _when(reading, token, "date")
    days = [reading.anchor, unit.data["date"].value] if unit and reading.anchor else []
    return bool(days) and all(day[0] != "[" for day in days) and dates.precedes(*days)


def _words(spec: Mapping[str, Any], assertion: str) -> dict[str, str] | None:
    """The fields that a rule sets under this assertion; None where it says nothing then."""
    by = spec.get("assert") or {"fact": None}
    return {**(spec.get("set") or {}), **(by[assertion] or {})} if assertion in by else None


def _satisfied(reading: Reading, kind: Kind, token: Token, path: str, wanted: Any, particle: str) -> bool:
    """Does a token at this path have one of the words, or a unit of the type, that `where` asks for?"""
    choices = [wanted] if isinstance(wanted, str) else wanted
    if path == "when":
        return _when(reading, token, "date") is not None
    if path == "tense":
        return roles.tense(token) in choices
    found = _tokens(reading, token, path, particle)
    return any(_is(reading, kind, each, choice) for each in found for choice in choices)


def _is(reading: Reading, kind: Kind, token: Token, choice: str) -> bool:
    """Is a token this word, one of the kind's `$words`, or a unit of this `<type>`?"""
    if choice.startswith("$"):
        return bool({roles.lemma_of(token), token.lower_} & set(kind.lexicon[choice[1:]]))
    if choice.startswith("<"):
        stands_for = [reading.unit(token), *coreference.group(token, reading.units)]
        pattern = _unit_pattern(kind, choice[1:-1])
        return any(unit and re.fullmatch(pattern, f"<{unit.type}>") for unit in stands_for)
    return choice == token.lower_


def _slot(reading: Reading, match: Match, name: str, paths: list[str], token: Token, particle: str) -> list[Unit]:
    type_, explicit = match.kind.fields[name].type, False
    for spelled in paths:
        path, _, only = spelled.partition("<")
        if path in _SPECIAL:
            if unit := _SPECIAL[path](reading, token, type_):
                return [unit]
            continue
        found: list[Unit] = []
        for at in _tokens(reading, token, path, particle):
            unit = reading.unit(at)
            noun = at.pos_ in ("NOUN", "PROPN") or at.lower_ == "which"
            dated = unit is not None and unit.type in ("date", "duration")
            explicit = explicit or (noun and not dated and not path.startswith("subject"))
            adjectives = "modifier" in path or "possessor" in path or (path == "subject" and at.dep_.startswith("nsubj"))
            metonyms = path == "subject" or "possessor" in path or "(from" in path or "(to" in path
            for unit in _units_of(reading, match, type_, at, adjectives=adjectives, metonyms=metonyms):
                if unit not in found and (not only or unit.type == only[:-1]):
                    found.append(unit)
        if found:
            return found
    if explicit and name == match.kind.subject:
        match.features.add("named")
    return []


def _tokens(reading: Reading, token: Token, path: str, particle: str) -> list[Token]:
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


_LINKS = frozenset(", - – — ) which originally first".split())


def _described(reading: Reading, token: Token) -> Token | None:
    """The organisation that a bare participle right behind it describes, whatever the parser made of it."""
    clause = any(c.dep_ in ("aux", "auxpass", "nsubj", "nsubjpass") for c in token.children)
    if token.tag_ not in ("VBN", "VBD") or clause:
        return None
    return _name_before(reading, token.i, token.sent.start - 1, ("organisation", "treaty"))


def _nearest_before(reading: Reading, token: Token) -> Token:
    """Of "Officials in Estonia, which joined …", Estonia: a relative clause on the name right before it."""
    behind = (c for c in token.subtree if c.lower_ in ("which", "who", "that") and c.i > token.i)
    relative = next((c for c in behind if c.dep_ in ("nsubj", "nsubjpass")), None)
    types = ("country", "countries", "organisation")
    return (relative and _name_before(reading, relative.i, token.i, types)) or token


def _name_before(reading: Reading, i: int, first: int, types: tuple[str, ...]) -> Token | None:
    """The root of the unit of these types right before token `i`, commas and dashes aside, and behind `first`."""
    i -= 1
    while i > first and reading.doc[i].lower_ in _LINKS:
        i -= 1
    unit = reading.unit(reading.doc[i]) if i >= max(first, 0) else None
    return reading.doc[unit.start : unit.end].root if unit is not None and unit.type in types else None


def _role(reading: Reading, token: Token, role: str, particle: str) -> list[Token]:
    name, _, arguments = role.rstrip(")").partition("(")
    if name == "subject":
        return [_nearest_before(reading, t) for t in roles.subjects(token)]
    if name == "object":
        return roles.objects(token) or (roles.obliques(token, frozenset(particle.split("|"))) if particle else [])
    if name == "oblique":
        return roles.obliques(token, frozenset(arguments.split("|")))
    if name == "self":
        return [token]
    if name in ("recipient", "attribute"):
        return roles.recipients(token) if name == "recipient" else roles.attributes(token)
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
    for pieces in phrase.needs:  # plain loops: most phrases end here, in most sentences
        for piece in pieces:
            if piece in text:
                break
        else:
            return []
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
    for name, paths in (spec.get("slots") or {}).items():
        if name not in match.slots and (filled := _slot(reading, match, name, paths, token, "")):
            match.slots[name] = filled
    planned = _words(spec, "planned") if verb and assertion == "fact" and spec.get("assert") else None
    if planned and _lies_ahead(reading, token, next(iter(match.slots.get("since", [])), None)):
        match.words |= planned
    return match if _complete(reading, match) else None


def _state_before(match: Match, doc: Doc, first: Unit) -> None:
    """ "former Ethiopian Foreign Minister": the word that says when stands before the body."""
    at = first.start - 1
    at -= at > 0 and doc[at].text == "-" and doc[at - 1].lower_ == "ex"
    state = posts.offices().states.get(doc[at].lower_) if at >= 0 and first.type != "post" else None
    if state and "status" in match.kind.fields and state in match.kind.fields["status"].values:
        match.words["status"] = state


def _group_units(reading: Reading, match: Match, name: str, units: list[Unit]) -> list[Unit]:
    """A group's units of its field's type; of a text field, all it spans as one."""
    type_ = match.kind.fields[name].type
    if type_ == "text" and units:
        start, end = units[0].start, units[-1].end
        text = reading.doc[start:end].text
        return [Unit("text", start, end, text, name=text, data=dict(units[0].data))] if len(units) > 1 else units
    if type_ in ("date", "duration"):
        return [u for u in units if u.type in (type_, "date", "anniversary") and u.data.get("date")][:1]
    if type_ == "number":
        return [Unit(type_, u.start, u.end, u.text, name=str(number)) for u in units[:1] if (number := _number(units))]
    if any(u.type == "capital" for u in units):
        match.features.add("metonym")
    return [v for u in units for v in ([u] if u.type == "capital" else _values(match, type_, u, adjectives=True))]


def _number(units: list[Unit]) -> int | None:
    """The number in words or digits that these units are, or that a body is described by: "the 27-member bloc"."""
    numbers = table("extract/words.yml")["numbers"]
    described = len(units) == 1 and units[0].type == "organisation"
    found = _DESCRIBED.search(units[0].text.lower()) if described else None
    text = found[1] if found else "" if described else " ".join(unit.text for unit in units)
    parts = re.findall(r"\d+|[a-z]+", text.lower())
    return sum(int(part) if part.isdigit() else int(numbers.get(part, 0)) for part in parts) or None


_BODIES = "|".join(sorted(words("sized")))
_DESCRIBED = re.compile(
    r"((?:(?<!\d)\d+|(?<![a-z])[a-z]+)(?: ?- ?[a-z]+)?) ?-? ?(?:member|nation|state|country) "
    rf"(?:[\w-]+ ){{0,9}}(?:{_BODIES})$"
)


# ------------------------------------------------------------------ values


def _units_of(reading: Reading, match: Match, type_: str, token: Token, *, adjectives: bool, metonyms: bool) -> list[Unit]:
    """The units of a type that a token stands for: its own, those of its noun phrase, or an antecedent's; with its own what
    a conjunct adds where the list reader did not see one list ("Finland, and later that day Sweden").
    """
    unit = reading.unit(token)
    if unit is not None and unit.type == "organisation" and any(c.lower_ in ("a", "an", "another") for c in token.children):
        return []
    if unit is not None and unit.type == "capital" and metonyms and type_ in ("country", "party"):
        match.features.add("metonym")
        return [unit]
    if unit is not None and unit.type != "word":
        values = _values(match, type_, unit, adjectives=adjectives)
        others = [other for child in token.children if child.dep_ == "conj" and (other := reading.unit(child))]
        return values + [v for other in others for v in _values(match, type_, other) if v not in values]
    if coreference.is_thing(token, reading.units):
        match.features.add("named")  # no body that the text is about is meant
        return []
    if antecedent := coreference.pronoun(token, reading.units, type_):
        match.features.add("pronoun")
        return _values(match, type_, antecedent)
    return _inside(reading, match, type_, token)


def _inside(reading: Reading, match: Match, type_: str, token: Token) -> list[Unit]:
    """ "the GUAM group", "the Caribbean nation of Haiti", "Armenia's government": the name within a noun phrase."""
    lemma = roles.lemma_of(token)
    metonym = type_ in ("country", "party") and lemma in words("metonyms")
    if type_ in ("country", "party"):
        listed, grouped = _spelled_out(match, token), coreference.group(token, reading.units)
        if not listed and grouped:
            match.features.add("coreference")
        if listed or grouped:
            return [v for u in listed or grouped for v in _values(match, type_, u)]
    if type_ == "country" and lemma == "country" and any(c.lower_ in ("whose", "his", "her") for c in token.children):
        return _nation_of_person(reading, token)
    relations = ["apposition", "modifier"] if lemma in words("generic") else []
    relations += ["possessor", "of", "modifier"] if metonym else ["of"] if lemma in words("generic") else []
    for relation in relations:
        units = [unit for inner in roles.modifiers(token, relation) if (unit := reading.unit(inner))]
        if values := [v for unit in units for v in _values(match, type_, unit, adjectives=lemma in words("metonyms"))]:
            return values
    return []


def _nation_of_person(reading: Reading, token: Token) -> list[Unit]:
    """ "Blair, whose country …": the nation before the title that the text gave the person named last."""
    units = [u for u in reading.units if u.end <= token.i]
    surname = next((u.name.split()[-1] for u in reversed(units) if u.type == "person"), None)
    for i, unit in enumerate(units):
        if unit.type == "person" and unit.name.split()[-1] == surname and i > 1 and units[i - 1].type == "post":
            if before := [u for u in units[max(0, i - 3) : i - 1] if u.type in ("country", "adjective")]:
                return before[-1:]
    return []


def _spelled_out(match: Match, token: Token) -> list[Unit]:
    """The list behind "six states - A, B and C" or "three others: …"."""
    behind = [u for u in match.sentence.units if u.start > token.i][:14] if coreference.plural(token) else []
    for before, unit in pairwise(behind):
        if unit.type in ("countries", "parties") and before.text in ("-", ":", ",", "namely", "including"):
            return [unit]
        if unit.text in (".", ";"):
            break
    return []


def _values(match: Match, type_: str, unit: Unit, *, adjectives: bool = False) -> list[Unit]:
    """A unit as values of a field's type; a list gives each of its parts."""
    if unit.parts:
        return [v for part in unit.parts for v in _values(match, type_, part, adjectives=adjectives)]
    if unit.type not in _types(match.kind, type_, adjectives=adjectives):
        return []
    match.features |= {"coreference", "described"} & {name for name, so in unit.data.items() if so}
    if unit.data.get("unlisted"):
        match.features.add("guessed" if unit.data.get("doubtful") else "unlisted")
        match.features |= {"unlisted-office"} if match.kind.name == "official" else set()
    return [unit]


def _types(kind: Kind, type_: str, *, adjectives: bool) -> Set[str]:
    if type_ in kind.types:
        return set(_unit_types(kind, type_))
    office = type_ == "party" and kind.fields[kind.subject].type == "party"  # a region has offices, but joins nothing
    known = set(_TYPES["fields"].get("office" if office else type_, [type_]))
    return known | {"adjective"} if adjectives and "country" in known else known


def _when(reading: Reading, token: Token, type_: str, *, ends: bool = False) -> Unit | None:
    """The date or duration that belongs to a trigger: of its own clause, the nearest; none across another verb.

    With `ends` the date behind "until", or the second of "from A to B".
    """
    wanted = "duration" if type_ == "duration" else "date"
    dated = [u for u in reading.sentence_at[token.i].units if u.type == wanted and u.data.get("date")]
    own = [u for u in dated if _ends(reading, u) == ends and _belongs(reading, u, token)]
    return min(own, key=lambda u: (abs(u.start - token.i), u.start), default=None)


def _ends(reading: Reading, unit: Unit) -> bool:
    """Does this date end something: "until June", "from 1995 to 1999", "1995–1999"?"""
    doc, i = reading.doc, unit.start
    words = [doc[j].lower_ for j in range(max(0, i - 4), i)]
    if {"until", "till", "through"} & {*words, doc[i].lower_}:
        return True
    before = next((u for u in reading.units if u.type == "date" and u.end in (i - 1, i - 2)), None)
    opened = before is not None and doc[max(0, before.start - 1)].lower_ in ("from", "between", "(")
    return opened and words[-1] in ("to", "-", "–", "and")


def _now(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The publication day, for what a headline says in the simple present: "Spain takes over"."""
    value = reading.anchor
    simple = token.tag_ in ("VBZ", "VBP") and not any(c.dep_ in ("aux", "auxpass") for c in token.children)
    if type_ != "date" or not simple or not value or len(value) != 10:
        return None
    expression = Expression("now", token.idx, token.idx + len(token), token.text, {})
    data = {"date": Resolved(value, f"“{token.text}”, published {value}"), "expression": expression}
    return Unit("date", token.i, token.i + 1, token.text, data=data)


def _plural(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest plural post before the trigger in its sentence: the title that a list of names shares."""
    units = [u for u in reading.sentence_at[token.i].units if u.type == "post" and u.end <= token.i]
    return units[-1] if units and type_ == "text" and units[-1].data.get("plural") else None


def _before(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest unit of the type before the trigger, in its sentence or the one before."""
    wanted = _TYPES["fields"].get(type_, [type_])
    near = [u for u in reading.units if u.type in wanted and u.end <= token.i and u.start > token.i - 50]
    return near[-1] if near else None


_until = partial(_when, ends=True)
_SPECIAL: Mapping[str, Any] = {"when": _when, "now": _now, "before": _before, "plural": _plural, "until": _until}


def _belongs(reading: Reading, unit: Unit, token: Token) -> bool:
    root = reading.doc[unit.start : unit.end].root
    verb, own = roles.clause_verb(root).i, roles.clause_verb(token).i
    finite = token.pos_ in ("VERB", "AUX")
    below = verb == own and any(a.i == token.i for a in root.ancestors)
    if below or verb == token.i or (verb == own and not finite):
        return True
    if finite and unit.start < token.i and unit.start - token.sent.start > 2:
        return False
    between = reading.doc[min(unit.end, token.i + 1) : max(unit.start, token.i)]
    return abs(unit.start - token.i) <= 6 and not any(t.pos_ == "VERB" and t.i != token.i for t in between)


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
    units = [p for u in match.sentence.units for p in (u.parts or (u,))]
    named = {u.id: u for u in units if u.type in ("organisation", "treaty") and u.id}
    others = any(u.type in ("organ", "org") for u in units)
    return next(iter(named.values())) if len(named) == 1 and not others else None


def _anaphoric(match: Match) -> bool:
    """May the subject be left to the focus? Only where the sentence names no organisation of its own."""
    return not any(u.type in ("organisation", "organ", "org", "treaty", "organisations") for u in match.sentence.units)
