"""What fills the slots of a match: the way from its trigger to tokens, and the units that these stand for."""

from collections.abc import Mapping, Set
from functools import partial
from itertools import pairwise
from typing import Any

from spacy.tokens import Token

from generator.extract import coreference, roles
from generator.extract.reading import Reading
from generator.extract.rules import TYPES, Match, unit_types
from generator.extract.times import Expression, Resolved
from generator.extract.units import Unit
from generator.extract.words import words
from generator.kinds import Kind


def fill(reading: Reading, match: Match, slots: Mapping[str, list[str]], token: Token, particle: str = "") -> None:
    """Fills those that are still empty, each from the first of its paths, seen from the trigger, that leads to units."""
    for name, paths in slots.items():
        if name not in match.slots and (units := _slot(reading, match, name, paths, token, particle)):
            match.slots[name] = units


def _slot(reading: Reading, match: Match, name: str, paths: list[str], token: Token, particle: str) -> list[Unit]:
    type_, explicit = match.kind.fields[name].type, False
    for spelled in paths:
        path, _, only = spelled.partition("<")
        if path in _SPECIAL:
            named = explicit and path == "before"  # as "of the International Trade Centre": no other
            if unit := None if named else _SPECIAL[path](reading, token, type_):
                return [unit]
            continue
        found: list[Unit] = []
        for at in tokens_at(reading, token, path, particle):
            unit = reading.unit(at)
            noun = at.pos_ in ("NOUN", "PROPN") or at.lower_ == "which"
            other = unit is not None and unit.type in ("date", "duration", "post")
            explicit = explicit or (noun and not other and not path.startswith("subject"))
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


def tokens_at(reading: Reading, token: Token, path: str, particle: str) -> list[Token]:
    """The tokens at the end of a path such as `object/of` or `oblique(from)`."""
    role, *relations = path.split("/")
    if "|" in role and "(" not in role:
        return [t for each in role.split("|") for t in tokens_at(reading, token, "/".join([each, *relations]), particle)]
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


def _role(reading: Reading, token: Token, role: str, particle: str) -> list[Token]:
    name, _, arguments = role.rstrip(")").partition("(")
    if name == "subject":
        return [_nearest_before(reading, t) for t in roles.subjects(token)]
    if name == "object":
        return roles.objects(token) or (roles.obliques(token, frozenset(particle.split("|"))) if particle else [])
    if name == "oblique":
        return roles.obliques(token, frozenset(arguments.split("|")))
    other = {"recipient": roles.recipients, "attribute": roles.attributes}.get(name)
    return [token] if name == "self" else other(token) if other else roles.modifiers(token, name)


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
    return (relative and _name_before(reading, relative.i, token.i, ("country", "countries", "organisation"))) or token


def _name_before(reading: Reading, i: int, first: int, types: tuple[str, ...]) -> Token | None:
    """The root of the unit of these types right before token `i`, commas and dashes aside, and behind `first`."""
    i = next((j for j in range(i - 1, first, -1) if reading.doc[j].lower_ not in words("links")), first)
    unit = reading.unit(reading.doc[i]) if i >= max(first, 0) else None
    return reading.doc[unit.start : unit.end].root if unit is not None and unit.type in types else None


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
        values = values_of(match, type_, unit, adjectives=adjectives)
        listed = [c for c in token.children if c.dep_ == "conj" and not token.i < match.trigger < c.i]  # "A (which left), B"
        others = [other for child in listed if (other := reading.unit(child))]
        return values + [v for other in others for v in values_of(match, type_, other) if v not in values]
    if coreference.is_thing(token, reading.units):
        match.features.add("named")  # no body that the text is about is meant
        return []
    if antecedent := coreference.pronoun(token, reading.units, type_):
        match.features.add("pronoun")
        return values_of(match, type_, antecedent)
    return _inside(reading, match, type_, token)


def _inside(reading: Reading, match: Match, type_: str, token: Token) -> list[Unit]:
    """ "the GUAM group", "the Caribbean nation of Haiti", "Armenia's government": the name within a noun phrase."""
    lemma = roles.lemma_of(token)
    metonym = type_ in ("country", "party") and lemma in words("metonyms")
    if type_ in ("country", "party"):
        listed = _spelled_out(match, token)
        if found := listed or coreference.group(token, reading.units):
            match.features |= set() if listed else {"coreference"}
            return [v for u in found for v in values_of(match, type_, u)]
    relations = ["apposition", "modifier"] if lemma in words("generic") else []
    relations += ["possessor", "of", "modifier"] if metonym else ["of"] if lemma in words("generic") else []
    if type_ == "organisation" and any(c.lower_ in ("a", "an", "another") for c in token.children):
        relations = relations[:1]  # "a United Nations body" is not the United Nations
    for relation in relations:
        units = [unit for inner in roles.modifiers(token, relation) if (unit := reading.unit(inner))]
        if values := [v for unit in units for v in values_of(match, type_, unit, adjectives=lemma in words("metonyms"))]:
            return values
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


def values_of(match: Match, type_: str, unit: Unit, *, adjectives: bool = False) -> list[Unit]:
    """A unit as values of a field's type; a list gives each of its parts."""
    if unit.parts:
        return [v for part in unit.parts for v in values_of(match, type_, part, adjectives=adjectives)]
    if unit.type not in _types(match.kind, type_, adjectives=adjectives):
        return []
    match.features |= {"coreference", "described"} & {name for name, so in unit.data.items() if so}
    if unit.data.get("unlisted"):
        match.features.add("guessed" if unit.data.get("doubtful") else "unlisted")
        match.features |= {"unlisted-office"} if match.kind.name == "official" else set()
    return [unit]


def _types(kind: Kind, type_: str, *, adjectives: bool) -> Set[str]:
    if type_ in kind.types:
        return set(unit_types(kind, type_))
    office = type_ == "party" and kind.fields[kind.subject].type == "party"  # a region has offices, but joins nothing
    known = set(TYPES["fields"].get("office" if office else type_, [type_]))
    return known | {"adjective"} if adjectives and "country" in known else known


def when(reading: Reading, token: Token, type_: str, *, ends: bool = False) -> Unit | None:
    """The date or duration that belongs to a trigger: of its own clause, the nearest; none across another verb.

    With `ends` the date behind "until", or the second of "from A to B".
    """
    wanted = "duration" if type_ == "duration" else "date"
    dated = [u for u in reading.sentence_at[token.i].units if u.type == wanted and u.data.get("date")]
    if token.tag_ == "VBD" and token.pos_ == "VERB" and not roles.has_aux(token):  # "independent since 1960, Kenya joined"
        dated = [u for u in dated if "since" not in (reading.doc[max(0, u.start - 1)].lower_, reading.doc[u.start].lower_)]
    if (over := reading.unit(token.head)) and over.type == "date":  # "left in 1961, a year after its founding"
        dated = [u for u in dated if u.start > token.i]
    own = [u for u in dated if _ends(reading, u) == ends and _belongs(reading, u, token) and not _of_another(u, token)]
    labels = {u.start for u in own if reading.doc[u.start : u.end].root.head.pos_ in ("NOUN", "PROPN")}  # "the 2024 summit"
    return min(own, key=lambda u: (u.start in labels, abs(u.start - token.i), u.start), default=None)


def _ends(reading: Reading, unit: Unit) -> bool:
    """Does this date end something: "until June", "from 1995 to 1999", "1995–1999"?"""
    doc, i = reading.doc, unit.start
    words = [doc[j].lower_ for j in range(max(0, i - 4), i)]
    if {"until", "till", "through"} & {*words, doc[i].lower_}:
        return True
    before = next((u for u in reading.units if u.type == "date" and u.end in (i - 1, i - 2)), None)
    opened = before is not None and doc[max(0, before.start - 1)].lower_ in ("from", "between", "(")
    return opened and words[-1] in ("to", "-", "–", "and")


def _of_another(unit: Unit, token: Token) -> bool:
    """ "Said on Tuesday that it would leave", "left after the vote last month", "assumed the 2024 presidency": a day of what
    is said, or came before, or the year that a term is named after?
    """
    root, before = token.doc[unit.start : unit.end].root, reversed(token.doc[token.sent.start : unit.start])
    said = next((roles.lemma_of(t) for t in before if t.pos_ == "VERB" or t.dep_.startswith("nsubj")), "")
    above = (a for a in root.ancestors if token.is_ancestor(a) and a.pos_ == "NOUN")
    over = {t.lower_ for t in root.ancestors if t.i > root.i} & words("lasting")
    named = bool(over) and unit.type == "date" and roles.lemma_of(token) in words("beginning")
    later = any(a.head.lower_ in ("after", "following") for a in above)
    return later or named or (unit.end <= token.i and said in words("say"))


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


def _now(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The publication day, for what a headline says in the simple present ("Spain takes over"), but of no time to come."""
    value = reading.anchor
    simple = token.tag_ in ("VBZ", "VBP") and not roles.has_aux(token)
    vague = words("sometime").intersection(t.lower_ for t in token.sent)
    if type_ != "date" or not simple or vague or not value or len(value) != 10:
        return None
    expression = Expression("now", token.idx, token.idx + len(token), token.text, {})
    data = {"date": Resolved(value, f"“{token.text}”, published {value}"), "expression": expression}
    return Unit("date", token.i, token.i + 1, token.text, data=data)


def _plural(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest plural post before the trigger, with no verb between: the title that a list of names shares."""
    units = [u for u in reading.sentence_at[token.i].units if u.type == "post" and u.end <= token.i]
    near = units and type_ == "text" and all(t.pos_ != "VERB" for t in reading.doc[units[-1].end : token.i])
    return units[-1] if near and units[-1].data.get("plural") else None


def _before(reading: Reading, token: Token, type_: str) -> Unit | None:
    """The nearest unit of the type before the trigger in its sentence, brackets aside ("Abraham (France) was elected"
    tells of no body); else the only body, or the nearest post, of the sentences before.
    """
    wanted = TYPES["fields"].get(type_, [type_])
    near = [u for u in reading.units if u.type in wanted and u.end <= token.i and u.start > token.i - 50]
    near = [u for u in near if not u.start or reading.doc[u.start - 1].text != "("]
    here = bool(near) and near[-1].start >= token.sent.start
    # the only one, and no mere place, as in "evacuated from Afghanistan"
    only = len({u.id for u in near}) == 1 and (near[-1].type != "country" or reading.doc[near[-1].end - 1].dep_ != "pobj")
    return near[-1] if here or only else None


_SPECIAL: Any = {"when": when, "now": _now, "before": _before, "plural": _plural, "until": partial(when, ends=True)}
