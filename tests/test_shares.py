"""Articles read on several processes, or on a Dask cluster, give what one process reads, in the same order."""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from multiprocessing import parent_process
from pathlib import Path

import pytest

from generator import build, cache, content, shares
from generator.build import Workers
from generator.errors import ContentError, FactsheetsError
from generator.extract import DEFAULT_MODEL, extract
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds
from generator.kinds import parse

ROOT = Path(__file__).parent.parent
SETUP = shares.Setup(load_kinds(), load_built_in(), DEFAULT_MODEL, None)


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    """Of some samples each, so that few make several shares."""
    monkeypatch.setattr(shares, "SHARE", 10_000)


@pytest.fixture(scope="module")
def articles():
    """Some samples."""
    return content.load_articles(ROOT)[0][:24]


@pytest.fixture(scope="module")
def here(articles):
    return list(extract(articles[:6], **SETUP._asdict()))


def test_shares_keep_the_order_and_lose_nothing(articles):
    cut = list(shares.shares(articles))
    assert len(cut) > 1
    assert [article for share in cut for article in share] == articles
    assert all(sum(len(a.text) for a in share) >= shares.SHARE for share in cut[:-1])


def test_the_process_that_hands_out_articles_does_without_spacy(tmp_path, articles):
    (tmp_path / "content" / "articles").mkdir(parents=True)
    for article in articles[:4]:
        shutil.copy(ROOT / content.article_path(ROOT, article.id), tmp_path / content.article_path(ROOT, article.id))
    code = (
        "import sys\nfrom datetime import date\nfrom pathlib import Path\nfrom generator import build, shares\n"
        "shares.SHARE = 1\nreport = build.build(Path(), today=date(2026, 7, 1), workers=build.Workers(2))\n"
        "print(len(report.extracted), 'spacy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "4 False\n"


@pytest.fixture(scope="module")
def made(articles, tmp_path_factory):
    """Builds a project of these articles on some workers and gives back its facts, byte for byte."""

    def facts(workers):
        root = tmp_path_factory.mktemp("project")
        (root / "content" / "articles").mkdir(parents=True)
        for article in articles:
            place = content.article_path(ROOT, article.id)
            shutil.copy(ROOT / place, root / place)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SOURCE_DATE_EPOCH", "1780000000")
            report = build.build(root, today=cache.today(), workers=workers)
        assert [*report.extracted] == [article.id for article in articles]
        return {path.name: path.read_bytes() for path in (root / "content" / "facts").rglob("*.yml")}

    return facts


@pytest.fixture(scope="module")
def facts_here(made):
    return made(Workers(1))


def test_two_processes_make_the_facts_that_one_makes_byte_for_byte(made, facts_here):
    assert len(facts_here) > 10
    assert made(Workers(2)) == facts_here


class Deadly(str):
    """A language that ends the process that asks for it, unless that is the one that began."""

    def startswith(self, prefix):
        if parent_process():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().startswith(prefix)


class Lethal:
    """Ends the process that unpacks it."""

    def __reduce__(self):
        return os._exit, (9,)


@pytest.fixture(scope="module")
def poisoned(articles):
    """Three shares of short work; no worker survives the second article of the second."""
    return [articles[:1], [articles[1], replace(articles[2], language=Deadly("en"))], articles[3:4]]


@pytest.fixture
def spared(here):
    """What is to be read of them."""
    return [*here[:2], shares.DIED, here[3]]


def test_a_build_names_the_article_that_killed_its_worker(poisoned, spared, monkeypatch):
    failed, articles = {}, [article for share in poisoned for article in share]
    monkeypatch.setattr(shares, "SHARE", 1)
    read = build.extract_articles(articles, SETUP.kinds, SETUP.gazetteer, workers=Workers(2), failed=failed)
    assert [*read] == [*spared[:2], [], spared[3]]
    assert failed == {articles[2].id: shares.DIED}


def test_workers_that_cannot_live_are_an_error_and_not_tried_for_ever(articles):
    cannot = SETUP._replace(model=Lethal())
    with pytest.raises(FactsheetsError, match="before they have read any"):
        list(shares.extract_on(partial(build._executor, Workers(1)), shares.shares(articles), cannot))


@pytest.fixture(scope="module")
def cluster():
    """A Dask scheduler with one worker process, which gives an article up after the first death."""
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    patient = {"distributed.deploy.lost-worker-timeout": "1 hour"}  # else one that is down 15 s after a death is given up
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0, **patient}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as made,
    ):
        yield made.scheduler_address.replace("tcp://", "dask://")


def test_a_dask_cluster_makes_the_facts_that_one_process_makes_byte_for_byte(made, facts_here, cluster):
    assert made(Workers(cluster=cluster)) == facts_here


def test_an_article_that_kills_a_dask_worker_is_named_and_the_others_are_read(poisoned, spared, cluster):
    pool = partial(build._executor, Workers(cluster=cluster))
    assert [*shares.extract_on(pool, poisoned, SETUP)] == spared


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
    assert list(shares.extract_on(lambda: nullcontext((executor, 2, ())), shares.shares(many), SETUP)) == ["read"] * len(
        many
    )
    assert executor.most <= 2 * shares.AHEAD


def test_an_article_that_fails_is_named_and_the_others_are_read(articles, here, monkeypatch):
    poisoned = [*articles[:3], replace(articles[3]), *articles[4:6]]
    object.__setattr__(poisoned[3], "text", None)
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
