"""Who does what to whom, and whether the text says it is so: a role layer over the parse, and assertion.

Voice, control, relative and participle clauses and coordination are undone here, once, so that every rule is written in
the active voice. Tokens are compared by `.i`: spaCy makes a new object at each access.
"""

import re
from collections.abc import Iterator

from spacy.tokens import Token

from generator.extract.words import table, words

_SUBJECTS = ("nsubj", "nsubjpass", "csubj")
_GOVERNED = tuple("xcomp ccomp pcomp acl advcl oprd dobj csubj prep attr pobj acomp dep appos".split())

_LEMMAS = table("extract/words.yml")["lemmas"]
_AGAIN = re.compile(r"re-?(elect|appoint|join|enter|admit)(?:t?ed|t?ing|s)?$")


def lemma_of(token: Token) -> str:
    """The lemma in lower case, right also for "hopes" and "re-elected", which the lemmatizer spoils."""
    lower = token.lower_
    again = _AGAIN.match(lower)
    return f"re-{again[1]}" if again and token.pos_ in ("VERB", "AUX") else _LEMMAS.get(lower, token.lemma_.lower())


def is_passive(verb: Token) -> bool:
    """Passive in form, or a bare past participle that describes a noun or opens a clause."""
    if any(c.dep_ in ("nsubjpass", "auxpass") for c in verb.children):
        return True
    again = verb.dep_ == "conj" and verb.head.tag_ == "VBD" and verb.head.pos_ == "VERB"  # "joined and left and rejoined"
    bare = not again and not any(c.dep_ in ("aux", "nsubj") for c in verb.children)
    return verb.tag_ == "VBN" and bare and verb.dep_ in ("acl", "relcl", "advcl", "amod", "ROOT", "conj", "dep")


def subjects(verb: Token) -> list[Token]:
    """The logical subject: the agent of a passive, an infinitive's governor's, the noun a participle describes."""
    if is_passive(verb):
        return [p for c in verb.children if c.dep_ == "agent" for p in _objects_of(c)]
    return _surface(verb, 0)


def objects(verb: Token) -> list[Token]:
    """The logical object: a passive's surface subject; for "take over X" also what hangs under the particle."""
    if is_passive(verb):
        own = [c for c in verb.children if c.dep_ in ("dobj", "oprd")]
        return [c for c in own if c.dep_ == "dobj"] or _surface(verb, 0) or own
    found = [c for c in verb.children if c.dep_ in ("dobj", "dative", "obj")]
    subject = [] if found or verb.dep_ != "relcl" else _surface(verb, 0)
    return [verb.head] if subject and all(s.i != verb.head.i for s in subject) else found


def recipients(verb: Token) -> list[Token]:
    """To whom something is given: "was granted X" has it as its surface subject, "granted A X" as a dative."""
    if is_passive(verb) and any(c.dep_ == "dobj" for c in verb.children):
        return _surface(verb, 0)
    return [c for c in verb.children if c.dep_ == "dative" and c.pos_ != "ADP"] + obliques(verb, frozenset({"to"}))


def attributes(verb: Token) -> list[Token]:
    """What the subject is said to be or become."""
    found = [c for c in verb.children if c.dep_ in ("attr", "acomp", "oprd")]
    return found + [p for c in verb.children if c.dep_ == "prep" and c.lower_ == "as" for p in _objects_of(c)]


def obliques(head: Token, prepositions: frozenset[str]) -> list[Token]:
    """The objects of these prepositions under a verb, its particle or its objects, where parsers like to hang them."""
    found = list(_under(head, prepositions))
    for child in head.children:
        if child.dep_ in ("prt", "dobj", "attr", "prep", "advmod", "acomp", "xcomp", "npadvmod"):
            found += [t for t in _under(child, prepositions) if all(t.i != f.i for f in found)]
        if child.dep_ == "dobj" and not found:  # "the chairmanship of ECOWAS from Nigeria", hung under ECOWAS
            found += [t for inner in modifiers(child, "of") for t in _under(inner, prepositions)]
    return found


def modifiers(noun: Token, relation: str) -> list[Token]:
    """Possessors, compounds, adjectives or appositions of a noun; what is joined to a noun or verb; the objects of a
    preposition under it; or its governor, "protocol" in "a protocol for Peru's accession".
    """
    if relation in _MODIFIERS:
        return [c for c in noun.children if c.dep_ in _MODIFIERS[relation].split()]
    if relation == "governor":
        return [noun.head.head] if noun.head.dep_ in ("prep", "pcomp") else []
    return list(_under(noun, frozenset(relation.split("|"))))


_MODIFIERS = {"possessor": "poss", "apposition": "appos", "conjunct": "conj", "modifier": "compound amod nmod nummod"}


def clause_verb(token: Token) -> Token:
    """The verb that a token belongs to: itself, or the nearest above it."""
    while token.head.i != token.i:
        if token.pos_ in ("VERB", "AUX") and token.dep_ not in ("aux", "auxpass", "amod", "compound"):
            return token
        token = token.head
    return token


def tense(verb: Token) -> str:
    """`past`, `present` or `future` of a clause, by its finite verb; of a participle or infinitive, its governor's."""
    for _ in range(10):
        aux = {c.lower_ for c in verb.children if c.dep_ in ("aux", "auxpass")}
        if aux & words("future_auxiliaries") or (_is_to(verb) and _infinitive(verb.head) != "fact"):
            return "future"
        bare = verb.tag_ == "VBN" and verb.dep_ in ("acl", "relcl", "ROOT", "amod") and not aux & {"is", "are"}
        if bare or verb.tag_ == "VBD" or aux & words("past_auxiliaries"):
            return "past"
        if verb.tag_ in ("VBZ", "VBP") or aux & {"is", "are"} or verb.head.i == verb.i:
            return "present"
        verb = clause_verb(verb.head)
    return "present"


def assertion(token: Token) -> str:
    """How far the text stands behind a verb or noun.

    `fact`, `planned` (will, is due to), `wished` (hopes, invited, in talks), `negated`, `ended` (no longer),
    `open` (if, whether, may, a question), `supposed` (would have to, would mean that, tried to: nothing follows). An
    infinitive is `open` unless its governor says more.
    """
    if token.sent.text.rstrip(" \"”'’").endswith("?"):
        return "open"
    return max([_own(token), *(_governed(here, governor) for here, governor in _governors(token))], key=_ORDER.index)


_ORDER = ("fact", "ended", "planned", "wished", "open", "negated", "supposed")


def _own(token: Token) -> str:
    """What the verb's own auxiliaries, negations and conjunctions say."""
    children = list(token.children)
    around = {c.lower_ for c in children if c.dep_ in ("aux", "neg", "advmod", "mark", "det", "preconj", "cc", "intj")}
    subjects = [c for c in children if c.dep_ in _SUBJECTS]
    nobody = {d.lower_ for c in subjects for d in (c, *c.children)} & {"no", "none", "neither", "nobody"}
    been = token.lemma_ == "be" and any(c.dep_ == "aux" and c.lower_ == "had" for c in children) and not _under_say(token)
    conditional = any(c.dep_ == "advcl" and any(m.lower_ in words("conditions") for m in c.children) for c in children)
    if been or any(c.lower_ == "longer" for c in children):
        return "ended"
    if nobody or any(c.dep_ == "neg" for c in children) or around & {"never", "not", "n't", "n’t"}:
        return "negated"
    if around & words("conditions", "hedges"):
        return "planned" if "would" in around and not around & words("conditions") and _under_say(token) else "open"
    if around & {"will", "shall", "'ll", "’ll"} or (token.dep_ == "ROOT" and _is_to(token)):  # "Peru to join the bloc"
        return "open" if conditional else "planned"
    waits = any(c.dep_ == "mark" and c.lower_ in ("once", "until", "before") for c in children) and tense(token) != "past"
    command = token.tag_ == "VB" and token.i == token.sent.start and token.dep_ == "ROOT" and not subjects
    if around & words("maybe") or waits or command:
        return "open"
    told = () if _under_say(token) else ("VBD", "VBN")  # "confirmed that it was joining"
    underway = token.tag_ == "VBG" and any(c.dep_ == "aux" and c.lemma_ == "be" and c.tag_ not in told for c in children)
    return "planned" if underway else "fact"


def _governors(token: Token) -> Iterator[tuple[Token, Token]]:
    """The chain of (clause, what governs it) upward as far as a clause depends on what governs it."""
    here = token
    while here.head.i != here.i and (here.dep_ in (*_GOVERNED, "conj") or (here.dep_ == "relcl" and _is_to(here))):
        head = here.head
        verbs = head.pos_ in ("VERB", "AUX") and not has_aux(here) and not any(c.dep_ in _SUBJECTS for c in here.children)
        if here.dep_ != "conj" or verbs:
            yield here, head
        here = head


def _governed(here: Token, governor: Token) -> str:
    """What a governor makes of the clause below it."""
    lemma, own, verb = lemma_of(governor), _own(governor), governor.pos_ in ("VERB", "AUX")
    if here.dep_ == "conj":
        if here.tag_ == "VB" and governor.tag_ in ("VBD", "VBN"):  # "tried to join the one and so leave the other"
            return _infinitive(governor)
        if _is_to(governor) and own == "fact":
            return _infinitive(governor.head)
        return own if own in ("planned", "open", "negated") else "fact"
    if _is_to(here):
        return _infinitive(governor)
    if here.dep_ in ("ccomp", "dep") and verb:
        if lemma == "expect":
            return "planned"
        if lemma in words("wish", "thought") or (own == "open" and lemma in words("say")):
            return "open"
        if lemma == "mean" and own != "fact":
            return "supposed"
        return "negated" if lemma in words("deny") or (own == "negated" and lemma not in words("say")) else "fact"
    if here.dep_ == "pcomp" or (here.tag_ == "VBG" and here.dep_ in ("xcomp", "dobj", "ccomp")):
        return _gerund(governor)
    if here.dep_ == "prep" and lemma in words("unsaid", "wish"):
        return "open"
    if here.dep_ == "dobj" and lemma in words("deny", "sought"):
        return "negated" if lemma in words("deny") else "wished"
    return own if verb and here.dep_ in ("dobj", "pobj", "attr", "acomp", "prep", "appos") else "fact"


def _infinitive(governor: Token) -> str:
    lemma, own = lemma_of(governor), _own(governor)
    tried = lemma in ("try", "attempt") and governor.tag_ != "VBG" and tense(governor) == "past"
    if tried or (lemma == "have" and any(c.lower_ == "would" for c in governor.children)):
        return "supposed"
    if own == "open":
        return "open"
    if own in ("negated", "ended") or lemma in words("failed"):
        return "negated"
    if lemma == "cease":
        return "ended"
    for listed, said in (("achieve", "fact"), ("wish", "wished"), ("plan", "planned")):
        if lemma in words(listed):
            return said
    return own if any(map(_nth, [governor, *attributes(governor)])) else "planned" if lemma == "be" else "open"


def _nth(noun: Token) -> bool:
    """Is this "the first country" (to join), "the 79th state"?"""
    ranked = (t.lower_ in words("ordinals") or (t.like_num and t.tag_ == "JJ") for t in (noun, *noun.children))
    return noun.pos_ in ("ADJ", "NOUN", "PROPN") and any(ranked)


def _gerund(governor: Token) -> str:
    lemma = lemma_of(governor)
    if governor.lower_ in words("while_true") or lemma in words("achieve", "say") | {"include", "celebrate", "keep"}:
        return "fact"
    if governor.lower_ in words("instead") or lemma in words("deny"):
        return "negated"
    return "wished" if lemma in words("wish") else "open"


def _under_say(token: Token) -> bool:
    return token.dep_ in ("ccomp", "conj") and lemma_of(token.head) in words("say")


def _is_to(verb: Token) -> bool:
    return any(c.dep_ == "aux" and c.lower_ == "to" for c in verb.children)


def has_aux(verb: Token) -> bool:
    """Has it an auxiliary of its own?"""
    return any(c.dep_ in ("aux", "auxpass") for c in verb.children)


def _surface(verb: Token, depth: int) -> list[Token]:
    """The surface subject, shared with or inherited from the clause above where the verb has none."""
    if depth > 6:
        return []
    own = [c for c in verb.children if c.dep_ in _SUBJECTS]
    if own:
        return [verb.head if s.lower_ in words("relatives") and verb.dep_ in ("relcl", "acl", "ccomp") else s for s in own]
    head, clause = verb.head, verb.head.pos_ in ("VERB", "AUX")
    if verb.dep_ == "conj" and clause:
        return _stolen(verb) or _surface(head, depth + 1)
    if verb.dep_ == "conj":
        return [head] if verb.tag_ in ("VBG", "VBN") else []
    if verb.dep_ in ("acl", "relcl") and _is_to(verb) and (head.dep_ == "attr" or lemma_of(head) in words("wish", "plan")):
        return _surface(clause_verb(head), depth + 1)  # "Moldova voiced its intention to withdraw", "was the first to join"
    if verb.dep_ in ("acl", "relcl", "prep"):
        return _surface(head, depth + 1) if clause else [head.head if head.dep_ == "appos" and _is_to(verb) else head]
    if verb.dep_ in ("xcomp", "ccomp", "oprd") and (clause or head.pos_ == "ADJ"):
        controlled = [c for c in head.children if c.dep_ in ("dobj", "dative")] if _is_to(verb) else []
        if controlled and lemma_of(head) in words("object_control") and not is_passive(head):
            return controlled
        return _surface(head if clause else head.head, depth + 1)
    return _surface(clause_verb(head), depth + 1) if verb.dep_ in ("advcl", "pcomp") else []


def _stolen(verb: Token) -> list[Token]:
    """The subject that a participle between took from a verb: "and the body comprising A and B was founded"."""
    for sibling in verb.head.children:
        bare = sibling.tag_ == "VBG" and not has_aux(sibling)
        if sibling.dep_ == "conj" and bare and verb.head.i < sibling.i < verb.i:
            return [c for c in sibling.children if c.dep_ in _SUBJECTS]
    return []


def _under(head: Token, prepositions: frozenset[str]) -> Iterator[Token]:
    for child in head.children:
        if child.lower_ in prepositions and child.dep_ in ("prep", "agent", "prt", "dative", "advmod", "mark"):
            negated = any(c.dep_ == "neg" for c in child.children) or (child.i and child.nbor(-1).lower_ == "not")
            yield from [] if negated else _objects_of(child)


def _objects_of(preposition: Token) -> list[Token]:
    found = [c for c in preposition.children if c.dep_ in ("pobj", "pcomp", "dobj")]
    return found + [t for c in preposition.children if c.dep_ == "prep" for t in _objects_of(c)]
