"""The wheel and the sdist hold all that a fresh machine needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

DATA = [
    f"{folder}/{path.name}"
    for folder, ending in (("prompts", "*.txt"), ("evals", "*.jsonl"))
    for path in (ROOT / folder).glob(ending)
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=280)
    return out


def test_the_wheel_was_made_from_the_sdist_and_holds_prompts_evals_and_the_bundled_papers(built: Path) -> None:
    names = set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())
    assert {f"rag_assistant/_data/{name}" for name in DATA} <= names
    assert {"rag_assistant/corpus/bundled/papers.jsonl", "rag_assistant/py.typed"} <= names
    assert not any(name.startswith(("tests/", "prompts/", ".")) for name in names)
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        sdist = archive.getnames()
    for name in (*DATA, "Makefile", "constraints.txt", "tests/conftest.py", "LICENSE"):
        assert any(member.endswith(f"/{name}") for member in sdist), name


def test_a_wheel_answers_outside_the_checkout(built: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    wheel = str(next(built.glob("*.whl")))
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(place),
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    code = (
        "import rag_assistant\n"
        "from rag_assistant.data import data_path\n"
        f"assert rag_assistant.__file__.startswith({str(place)!r}), rag_assistant.__file__\n"
        f"for name in {DATA!r}: assert data_path(name).is_file() and str(data_path(name)).startswith({str(place)!r})\n"
        "from rag_assistant import Assistant\n"
        "answer = Assistant.open().ask('How long a context window does LongRoPE reach?', mode='extractive')\n"
        "print(answer.text)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(place), "XDG_DATA_HOME": str(tmp_path / "data")}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert "2048k" in done.stdout
    demo = [sys.executable, "-m", "rag_assistant", "demo"]
    done = subprocess.run(demo, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("[1]") >= 2
    assert "do not answer this" in done.stdout
