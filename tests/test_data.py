"""Files that come with the package are found in a checkout, in an unpacked sdist and in a wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rag_assistant.corpus import bundled_digest, bundled_path, collect
from rag_assistant.data import data_path
from rag_assistant.errors import DataFileError

ROOT = Path(__file__).parent.parent
PRINT_PATH = (
    "from rag_assistant.data import data_path; from rag_assistant.corpus import bundled_path; "
    "print(data_path('prompts/answer.txt').resolve()); print(bundled_path().resolve())"
)


def found_from(folder: Path) -> list[Path]:
    """Where a fresh interpreter that sees only this copy of the package finds its files."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_PATH], cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


def test_checkout() -> None:
    assert data_path("prompts/answer.txt") == ROOT / "prompts" / "answer.txt"
    assert data_path("evals").is_dir()


def test_unpacked_sdist(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rag_assistant", tmp_path / "rag_assistant")
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    prompt, _ = found_from(tmp_path)
    assert prompt == (tmp_path / "prompts" / "answer.txt").resolve()


def test_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling, which is not installed here")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    prompt, bundled = found_from(tmp_path / "site")
    assert prompt.read_text() == (ROOT / "prompts" / "answer.txt").read_text()
    assert tmp_path.resolve() in prompt.parents
    assert bundled.is_file() == bundled_path().is_file()


@pytest.mark.parametrize("name", ["", "prompts/../setup.cfg", "../x", "/etc/passwd", "docs/corpus.md"])
def test_names_that_lead_elsewhere(name: str) -> None:
    with pytest.raises(DataFileError, match=r"no file of prompts/ or evals/"):
        data_path(name)


def test_missing_file_says_where_it_was_looked_for() -> None:
    with pytest.raises(DataFileError, match=r"prompts/nothing\.txt is neither at .* nor at .*: install"):
        data_path("prompts/nothing.txt")


def test_bundled_corpus() -> None:
    found = collect(bundled_path())
    assert len(found.papers) >= 30
    assert not found.rejected
    assert not found.duplicates
    assert len(bundled_digest()) == 64
