"""Paragraphs that are not parsed take no claim with them, their own or another paragraph's."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_corpus import ENTRIES
from test_quality import SETS, need

from generator import content, evaluate
from generator.extract import DEFAULT_MODEL, extract
from generator.extract.pipeline import load
from generator.extract.sieve import Sieve, whole
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))
from extraction_speed import FILLER, mixed  # noqa: E402

KNOWN = {"kinds": load_kinds(), "gazetteer": load_built_in()}
SAMPLES = content.load_articles(ROOT)[0]
OTHERS = [" ".join(paragraph.split()) for paragraph in FILLER.split("\n\n")]


@pytest.fixture(scope="module")
def nlp():
    return load(DEFAULT_MODEL, KNOWN["gazetteer"])


@pytest.fixture(scope="module")
def sieve(nlp):
    return Sieve(nlp, KNOWN["kinds"].values())


def same(articles):
    sifted = list(extract(articles, **KNOWN))
    assert sifted == list(extract(articles, **KNOWN, sift=False))
    return sifted


def test_samples_and_a_mixed_archive_of_them_lose_nothing():
    assert any(same([*SAMPLES[::2], *mixed(SAMPLES[1::6])]))


def test_the_corpus_loses_nothing():
    assert any(same([entry.article for entry in ENTRIES]))


@pytest.mark.parametrize("name", SETS)
def test_the_evaluation_sets_lose_nothing(name):
    need(name)
    gold, texts = SETS[name]
    assert any(same([*content.read_articles(evaluate.article_paths(gold, [texts]), [])]))


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_paragraphs_of_other_news_in_between_change_nothing(sample, data):
    woven = []
    for paragraph in sample.text.split("\n\n"):
        woven += [*data.draw(st.lists(st.sampled_from(OTHERS), max_size=3)), paragraph]
    same([replace(sample, text="\n\n".join(woven))])


def test_ordinary_news_is_not_parsed(nlp, sieve):
    news = [entry for entry in ENTRIES if entry.id.startswith("news_without")]
    kept = [entry for entry in news if len(sieve.sift(nlp.make_doc(entry.text)).part)]
    assert len(kept) <= len(news) / 3


def test_an_article_with_a_fact_leaves_out_what_lies_between(nlp, sieve):
    texts = ["NATO met on Monday.", *OTHERS, "Finland joined the alliance in April 2023."]
    sifted = sieve.sift(nlp.make_doc("\n".join(texts)))
    assert len(sifted.part) < len(sifted.whole) * 0.7
    doc = whole(sifted._replace(part=nlp(sifted.part)))
    assert doc.text == "\n".join(texts)
    assert [t.lemma_ for t in doc if t.text == "joined"] == ["join"]
    assert {ent.text for ent in doc.ents} >= {"NATO", "Finland"}


def test_what_was_found_is_not_founded(nlp, sieve):
    texts = ["NATO met on Monday.", "It was found in a cellar in 1999.", "They agreed to found it in 1999."]
    sifted = sieve.sift(nlp.make_doc("\n".join(texts)))
    assert [sifted.whole[start:end].text.strip() for start, end in sifted.lines] == [texts[0], texts[2]]
