"""A run that is killed in the middle goes on where it was, and one that is interrupted says how."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.papers import make_papers

# So many that a run isn't through before it is interrupted, on a busy machine either.
CASES = 120


@pytest.fixture
def command(small_index: str, tmp_path: Path) -> list[str]:
    title = make_papers()[0].title
    case = {"type": "numeric", "question": "How many vessels does HarborNet find in fog?", "gold_titles": [title]}
    lines = (json.dumps({**case, "id": f"n{number}"}) for number in range(CASES))
    (tmp_path / "cases.jsonl").write_text("".join(f"{line}\n" for line in lines))
    where = ["--index-dir", small_index, "--mode", "extractive", "--run", str(tmp_path / "run")]
    return [sys.executable, "-m", "rag_assistant", "eval", "run", str(tmp_path / "cases.jsonl"), *where]


def lines_of(results: Path) -> int:
    return results.read_bytes().count(b"\n") if results.is_file() else 0


def stopped(command: list[str], results: Path, sign: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Sends a signal as soon as some more results are there, and waits for the end."""
    before = lines_of(results)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    patience = monotonic() + 120
    while lines_of(results) < before + 3:
        assert process.poll() is None, process.communicate()
        assert monotonic() < patience
        sleep(0.002)
    process.send_signal(sign)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def test_a_killed_and_then_interrupted_run_keeps_every_answer_and_ends_whole(
    command: list[str], tmp_path: Path
) -> None:
    results = tmp_path / "run" / "results.jsonl"
    assert stopped(command, results, signal.SIGKILL).returncode == -signal.SIGKILL
    killed = results.read_text()
    whole_lines = killed[: killed.rfind("\n") + 1]
    interrupted = stopped(command, results, signal.SIGINT)
    assert interrupted.returncode == 130
    assert "the same command goes on" in interrupted.stderr
    assert 6 <= lines_of(results) < CASES
    assert results.read_text().startswith(whole_lines)
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cases"] == CASES
    ids = [json.loads(line)["id"] for line in results.read_text().splitlines()]
    assert ids == [f"n{number}" for number in range(CASES)]
