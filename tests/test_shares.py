"""Articles read on several processes, or on a Dask cluster, give what one process reads, in the same order."""

from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from generator import content
from generator.errors import ContentError, FactsheetsError
from generator.extract import DEFAULT_MODEL, extract, shares
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds
from generator.kinds import parse

ROOT = Path(__file__).parent.parent
SETUP = shares.Setup(load_kinds(), load_built_in(), DEFAULT_MODEL, None)


@pytest.fixture(scope="module")
def articles():
    """The samples, several times over: more than one share."""
    found, _ = content.load_articles(ROOT)
    return [replace(article, id=f"{article.id}-{number}") for number in range(2) for article in found]


@pytest.fixture(scope="module")
def here(articles):
    return list(extract(articles, **SETUP._asdict()))


def test_shares_keep_the_order_and_lose_nothing(articles):
    cut = list(shares.shares(articles))
    assert len(cut) > 1
    assert [article for share in cut for article in share] == articles
    assert all(sum(len(a.text) for a in share) >= shares.SHARE for share in cut[:-1])


def test_two_processes_read_what_one_reads(articles, here):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(shares.extract_on(pool, 2, articles, SETUP)) == here


def test_a_dask_cluster_reads_what_one_process_reads(articles, here):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert list(shares.extract_on(client.get_executor(pure=False), 1, articles, SETUP)) == here


class Counting(Executor):
    """Works at once, and remembers how many shares were out at a time."""

    def __init__(self):
        self.out, self.most = 0, 0

    def submit(self, fn, /, *args, **kwargs):
        self.out += 1
        self.most = max(self.most, self.out)
        future = Future()
        future.set_result(["read"] * len(args[1]))
        return Returning(future, self)


class Returning:
    def __init__(self, future, executor):
        self.future, self.executor = future, executor

    def result(self):
        self.executor.out -= 1
        return self.future.result()


def test_few_shares_are_in_memory_at_a_time(articles):
    executor = Counting()
    many = [articles[0]] * 2_000
    assert list(shares.extract_on(executor, 2, many, SETUP)) == ["read"] * len(many)
    assert executor.most <= 2 * shares.AHEAD


def test_an_article_that_fails_is_named_and_the_others_are_read(articles, here, monkeypatch):
    poisoned = [*articles[:3], replace(articles[3], text=None), *articles[4:6]]
    read = shares.read_share(shares.pickle.dumps(SETUP), poisoned)
    assert isinstance(read[3], str)
    assert read[3].startswith("TypeError: ") or "Error" in read[3]
    assert [*read[:3], *read[4:]] == [*here[:3], *here[4:6]]


def test_bad_input_of_the_project_is_raised(articles):
    missing = SETUP._replace(model="en_core_web_lg")
    with pytest.raises(FactsheetsError):
        shares.read_share(shares.pickle.dumps(missing), articles[:1])


def test_a_problem_comes_back_whole_from_a_worker():
    with pytest.raises(ContentError) as raised:
        parse("kind: x\nfields: {a: {}}", Path("x.yml"))
    error = shares.pickle.loads(shares.pickle.dumps(raised.value))
    assert (type(error), error.problems) == (ContentError, raised.value.problems)
    hinted = shares.pickle.loads(shares.pickle.dumps(FactsheetsError("no", hint="try")))
    assert hinted.problems[0].hint == "try"
