"""Real ingests, really killed: the index is afterwards the old one or the new one, whole.

``KILLS=100 pytest tests/faults/test_killed_ingest.py`` kills a hundred; a run of all tests kills twenty.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.records import Paper
from tests.conftest import ROOT
from tests.papers import make_papers

KILLS = int(os.environ.get("KILLS", "20"))


def write(path: Path, papers: list[Paper]) -> None:
    path.write_text("".join(json.dumps({"title": p.title, "abstract": p.abstract}) + "\n" for p in papers))


def start(source: Path, index: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rag_assistant", "ingest", str(source), "--index-dir", str(index)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


class Ingests:
    """Ingests into one index, each in a process of its own that can be killed."""

    def __init__(self, index: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.killing", str(index)]
        self._server = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def run(self, source: Path, kill_after: float | None) -> tuple[bool, float]:
        """Whether the ingest was killed before its end, and how many seconds it ran."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{source}\n")
        process = int(self._server.stdout.readline())
        began = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            # It may have ended meanwhile; numbers are not given again so soon.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        status = int(self._server.stdout.readline())
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return os.WIFSIGNALED(status), time.monotonic() - began

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        assert self._server.wait(timeout=60) == 0


@pytest.fixture
def ingests(tmp_path: Path) -> Iterator[Ingests]:
    made = Ingests(tmp_path / "index")
    yield made
    made.close()


def held(index: Path) -> dict[str, str]:
    """What an index holds, each paper found by its title, by both searches."""
    assistant = Assistant.open(index)
    papers = {paper.title: paper.abstract for paper in assistant.papers()}
    for paper in assistant.papers():
        assert assistant.search(paper.title, k=1)[0].paper == paper
    vectors = assistant.index.vectors
    found, _ = vectors.nearest_by_chroma(assistant.index.embed_question("ships"), 100)
    assert len(found) == assistant.index.manifest.passages
    assistant.index.close()
    return papers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, which this system lacks")
@pytest.mark.timeout(1_800)
def test_a_killed_ingest_leaves_the_old_index_or_the_new_one_whole(tmp_path: Path, ingests: Ingests) -> None:
    index, source = tmp_path / "index", tmp_path / "papers.jsonl"
    # So many that one edit leaves the graph to be amended, and several in a row have it built anew.
    papers = [*make_papers(), *(Paper("", f"Ship {n} of the Line", f"Ship {n} lay in harbour.") for n in range(14))]
    write(source, papers)
    killed, _ = ingests.run(source, None)
    assert not killed
    edit = replace(papers[0], abstract=f"{papers[0].abstract} Fog fell.")
    write(source, [edit, *papers[1:]])
    _, whole = ingests.run(source, None)
    old = held(index)
    random.seed(20)
    kills, came_through = 0, 0
    while kills < KILLS:
        # Each ingest has something new to bring.
        edited = [
            replace(one, abstract=f"{one.abstract} Edition {kills}.") if n == 0 or random.random() < 0.1 else one
            for n, one in enumerate(papers)
        ]
        write(source, edited)
        new = {one.title: one.abstract for one in edited}
        was_killed, _ = ingests.run(source, random.uniform(0, whole * 1.1))
        now = held(index)
        assert now in (old, new)
        if not was_killed:
            assert now == new
        kills += was_killed
        came_through += was_killed and now == new
        old = now
    # What the killed ones left does not stand in the way of the next.
    write(source, papers)
    assert ingests.run(source, None)[0] is False
    assert held(index) == {one.title: one.abstract for one in papers}
    assert len(list((index / "generations").iterdir())) <= 2
    print(f"{kills} kills; {came_through} of them after the new index was in use")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, which this system lacks")
def test_a_killed_ingest_goes_on_where_it_was(tmp_path: Path, ingests: Ingests) -> None:
    index, source = tmp_path / "index", tmp_path / "papers.jsonl"
    write(source, make_papers()[:1])
    ingests.run(source, None)
    # 700 texts are embedded in batches of at most 512; the kill comes when the first is kept.
    words = "ships fog radar tide current harbour lamp kelp gull rope".split()
    many = [
        Paper(f"m{n}", f"Log of {words[n % 10]} {n}", f"The {words[n // 10 % 10]} was seen {n} times.")
        for n in range(700)
    ]
    write(source, many)
    process = start(source, index)
    from rag_assistant.index.store import Store

    kept = 0
    deadline = time.monotonic() + 120
    while kept < 500 and time.monotonic() < deadline:
        time.sleep(0.05)
        store = Store(index / "store.sqlite")
        kept = store.vector_count()
        store.close()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    store = Store(index / "store.sqlite")
    kept = store.vector_count()
    store.close()
    assert 500 < kept < 701
    assert len(list(Assistant.open(index).papers())) == 1
    report = Assistant.open(index).ingest([source])
    assert report.embedded == 701 - kept
    assert len(list(Assistant.open(index).papers())) == 701


def test_two_ingests_at_once_lose_nothing_and_the_second_says_who_writes(tmp_path: Path) -> None:
    index, source = tmp_path / "index", tmp_path / "papers.jsonl"
    write(source, make_papers())
    processes = [start(source, index) for _ in range(3)]
    codes = []
    for process in processes:
        _, stderr = process.communicate(timeout=120)
        codes.append(process.returncode)
        if process.returncode:
            assert b"is being written by process " in stderr
            assert b"Traceback" not in stderr
    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert len(list(Assistant.open(index).papers())) == 6
