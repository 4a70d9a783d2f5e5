"""Real ingests, really killed: the index is afterwards the old one or the new one, whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag_assistant import Assistant
from tests.papers import make_papers

KILLS = 8


def write(path: Path, count: int) -> None:
    path.write_text(
        "".join(json.dumps({"title": p.title, "abstract": p.abstract}) + "\n" for p in make_papers()[:count])
    )


def start(source: Path, index: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rag_assistant", "ingest", str(source), "--index-dir", str(index)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="processes are killed by group, which this system lacks")
def test_a_killed_ingest_leaves_the_old_index_or_the_new_one_whole(tmp_path: Path) -> None:
    index = tmp_path / "index"
    source = tmp_path / "papers.jsonl"
    write(source, 3)
    began = time.monotonic()
    assert start(source, index).wait(timeout=120) == 0
    whole = time.monotonic() - began
    write(source, 6)
    random.seed(20)
    outcomes = set()
    for _ in range(KILLS):
        process = start(source, index)
        time.sleep(random.uniform(0.1, whole * 1.2))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assistant = Assistant.open(index)
        papers = list(assistant.papers())
        outcomes.add(len(papers))
        for paper in papers:
            assert assistant.search(paper.title, k=1)[0].paper.id == paper.id
            found, _ = assistant.index.vectors.nearest_by_chroma(assistant.index.embed_question(paper.title), 1)
            assert len(found) == 1
    assert outcomes <= {3, 6}
    # What the killed ones left does not stand in the way of the next.
    assert start(source, index).wait(timeout=120) == 0
    assert len(list(Assistant.open(index).papers())) == 6


def test_two_ingests_at_once_lose_nothing(tmp_path: Path) -> None:
    index = tmp_path / "index"
    source = tmp_path / "papers.jsonl"
    write(source, 6)
    processes = [start(source, index) for _ in range(3)]
    codes = []
    for process in processes:
        _, stderr = process.communicate(timeout=120)
        codes.append(process.returncode)
        if process.returncode:
            assert b"is being written by" in stderr
            assert b"Traceback" not in stderr
    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert len(list(Assistant.open(index).papers())) == 6
