"""What spaCy is loaded with: the model's own tokenizer, names learnt as texts need them, and no command line."""

import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from conftest import NAMES
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.attrs import DEP, LEMMA, MORPH, POS, TAG
from spacy.pipeline import AttributeRuler

from generator import content
from generator.extract import DEFAULT_MODEL
from generator.extract.entities import GazetteerMatcher
from generator.extract.entities import _spellings as spellings
from generator.extract.pipeline import load
from generator.gazetteer import extend

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def nlp():
    return load(DEFAULT_MODEL, NAMES)


def test_a_text_is_cut_into_words_as_the_model_has_learnt_them(nlp):
    as_it_comes = spacy.load(DEFAULT_MODEL).tokenizer
    texts = [article.text.replace("re-", "") for article in content.load_articles(ROOT)[0]]  # "re-elected" is a word of ours
    assert as_it_comes.rules.items() <= nlp.tokenizer.rules.items()
    for text in [*texts, "He's (don't) at http://example.org/a?b=c, 10km e.g. U.S.-led; :-) cannot"]:
        assert [(it.text, it.norm_) for it in nlp.tokenizer(text)] == [(it.text, it.norm_) for it in as_it_comes(text)]


def names(nlp, gazetteer):
    known = GazetteerMatcher(nlp, "names")
    known.fill(gazetteer)
    return known


FORMS = [(form.id, text) for form in NAMES.forms() for text in spellings(form)]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FORMS))
def test_a_name_is_learnt_by_the_first_text_that_begins_to_spell_it(nlp, form):
    id_, text = form
    found = names(nlp, NAMES).found(nlp.make_doc(f"At noon the {text} (see above) met."))
    assert id_ in {key.split(":")[1].split("|")[0] for key, _, _ in found}


def test_a_name_may_begin_with_a_word_that_the_tokenizer_cuts(nlp):
    assert [token.text for token in nlp.make_doc("Ima")] == ["I", "m", "a"]
    own = names(nlp, extend(NAMES, [{"id": "ima-forum", "name": "Ima Forum"}]))
    assert ("organisation:ima-forum|", 1, 5) in own.found(nlp.make_doc("The Ima Forum met."))


def test_attributes_by_heart_are_those_that_the_model_s_rules_give(nlp):
    real, known = AttributeRuler(nlp.vocab), nlp.get_pipe("attribute_ruler")
    real.add_patterns(known.patterns)
    odd = "I ain't gonna go: we gotta. Let's go, y'all. Isn't there nothin' on? It's 'em. C'mon, y all!\n \nThere is that."
    looks = [TAG, DEP, POS, MORPH, LEMMA]
    for text in ["", odd, *(article.text for article in content.load_articles(ROOT)[0])]:
        doc = nlp.make_doc(text)
        for name in ("newline_sentences", "tok2vec", "tagger", "parser"):
            doc = nlp.get_pipe(name)(doc)
        copy = doc.copy()
        assert (known(doc).to_array(looks) == real(copy).to_array(looks)).all()
        assert [(t.lemma_, str(t.morph)) for t in doc] == [(t.lemma_, str(t.morph)) for t in copy]


def test_spacy_comes_without_its_command_line_until_somebody_asks():
    says = "print(sum('spacy.cli' in m for m in sys.modules), spacy.info(silent=True)['spacy_version'] == spacy.__version__)"
    code = f"import sys, generator.extract, spacy; {says}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["0", "True"]
