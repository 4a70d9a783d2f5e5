"""Each fault that an index can have, made by damaging a real one: named, with the command that mends it, and mended."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.cli.doctor import Finding, examine
from rag_assistant.evaluate.stand_in import StandInEncoder
from rag_assistant.index.build import ingest, rebuild
from rag_assistant.index.embed import Encoder, load_encoder
from rag_assistant.index.examine import faults
from rag_assistant.index.generation import current
from rag_assistant.index.tidy import tidy
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.papers import make_papers


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture
def index(small_index: str, tmp_path: Path) -> Path:
    """A copy of a real index that may be damaged."""
    return Path(shutil.copytree(small_index, tmp_path / "index"))


def generation(index: Path) -> Path:
    folder = current(index)
    assert folder is not None
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(data)


def graph_folder(index: Path) -> Path:
    return next(path for path in (generation(index) / "chroma").iterdir() if path.is_dir())


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.state == "fault"]


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a truncated Chroma database": (lambda index: cut(generation(index) / "chroma" / "chroma.sqlite3"), "chroma"),
    "no Chroma at all": (lambda index: shutil.rmtree(generation(index) / "chroma"), "chroma"),
    "a truncated catalog": (lambda index: cut(generation(index) / "catalog.sqlite"), "catalog.sqlite"),
    "a truncated array": (lambda index: cut(generation(index) / "vectors.npy"), "vectors.npy"),
    "a missing array": (lambda index: (generation(index) / "bm25" / "data.npy").unlink(), "data.npy"),
    "an unreadable manifest": (lambda index: cut(generation(index) / "manifest.json"), "manifest.json"),
    "a missing generation": (lambda index: shutil.rmtree(generation(index)), "CURRENT"),
    "a truncated store": (lambda index: cut(index / "store.sqlite"), "store.sqlite"),
    "a missing store": (lambda index: (index / "store.sqlite").unlink(), "store.sqlite"),
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_doctor_names_the_damage_and_the_command_and_the_command_mends_it(
    fault: str, index: Path, encoder: Encoder
) -> None:
    damage, named = DAMAGE[fault]
    assert not bad(examine(index))
    damage(index)
    (finding,) = bad(examine(index))
    assert named in finding.text
    assert finding.text.endswith(f"run rag-assistant index rebuild --index-dir {index}")
    assert "\n" not in finding.text
    settings = load_settings(index_dir=index)
    assert rebuild(index, settings, lambda: encoder) == 0, "no vector was lost"
    assert not bad(examine(index))
    assistant = Assistant.open(index)
    for paper in make_papers():
        assert assistant.search(paper.title, k=1)[0].paper == paper


@pytest.fixture(scope="module")
def graph_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """An index so large that Chroma writes its graph to files: up to a thousand passages it keeps them in its log."""
    folder = tmp_path_factory.mktemp("graph") / "index"
    words = "ships fog radar tide current harbour lamp kelp gull rope".split()
    papers = [Paper(f"g{n}", f"Log {n}", f"The {words[n % 10]} was seen {n} times.") for n in range(2_100)]
    stand_in = StandInEncoder(encoder)
    ingest(folder, load_settings(index_dir=folder), lambda: stand_in, papers, {})
    return folder


def truncate_graph(folder: Path) -> None:
    for path in folder.iterdir():
        cut(path)


@pytest.mark.parametrize("damage", [shutil.rmtree, truncate_graph])
def test_a_lost_graph_is_found_by_asking_it(
    damage: Callable[[Path], None], graph_index: Path, tmp_path: Path, encoder: Encoder
) -> None:
    index = Path(shutil.copytree(graph_index, tmp_path / "index"))
    assert not bad(examine(index))
    damage(graph_folder(index))
    (finding,) = bad(examine(index))
    assert "chroma" in finding.text
    assert finding.text.endswith(f"run rag-assistant index rebuild --index-dir {index}")
    assert rebuild(index, load_settings(index_dir=index), lambda: encoder) == 0
    assert not bad(examine(index))


@pytest.mark.parametrize("name", ["vectors.npy", "passages.npy", "catalog.sqlite", "bm25/indices.npy"])
def test_verify_finds_one_changed_byte(name: str, index: Path) -> None:
    settings = load_settings(index_dir=index)
    assert faults(index, settings, deep=True) == []
    flip(generation(index) / name)
    (fault,) = faults(index, settings, deep=True)
    assert name in fault.what
    assert not fault.harmless


def test_a_store_and_an_index_both_lost_are_said_to_be_lost(index: Path, encoder: Encoder) -> None:
    cut(index / "store.sqlite")
    cut(generation(index) / "catalog.sqlite")
    from rag_assistant.errors import IndexDamagedError

    with pytest.raises(IndexDamagedError, match="ingest the papers again"):
        rebuild(index, load_settings(index_dir=index), lambda: encoder)


def test_settings_that_do_not_fit_are_named_with_both_values(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_CHUNK__MAX_TOKENS", "90")
    (finding,) = bad(examine(index))
    assert "chunk.max_tokens = 200, now 90" in finding.text
    assert "rag-assistant index rebuild" in finding.text


@pytest.mark.parametrize(
    ("field", "made"),
    [
        ("schema", 1),
        ("metric", "l2"),
        ("normalised", False),
        ("cleaner", 0),
        ("chunker", 0),
        ("analyzer", 0),
        ("chroma", "0.4"),
        ("dimension", 12),
        ("window", 128),
        ("weights_sha256", "0" * 64),
        ("passage_prompt", "passage: "),
        ("question_prompt", "query: "),
    ],
)
def test_whatever_shapes_an_index_is_compared(field: str, made: object, index: Path) -> None:
    folder = generation(index)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest[field] != made
    text = json.dumps({**manifest, field: made})
    (folder / "manifest.json").write_text(text)
    (folder / "files.json").write_text("{}")
    if field == "dimension":  # the arrays say so first
        assert any("vectors.npy" in str(one) for one in bad(examine(index)))
        return
    (finding,) = bad(examine(index))
    assert str(made)[:12] in finding.text
    assert str(manifest[field])[:12] in finding.text
    assert "rag-assistant index rebuild" in finding.text


def test_a_killed_writer_is_told_and_what_it_left_is_removed(index: Path, encoder: Encoder) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rag_assistant.index.generation import writing\n"
        "index = Path(sys.argv[1])\n"
        "with writing(index):\n"
        "    (index / 'generations' / '20260101T000000-begun').mkdir()\n"
        "    print('writing', flush=True); time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(index)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    settings = load_settings(index_dir=index)
    assert faults(index, settings, deep=False) == [], "a live writer is no fault"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    (fault,) = faults(index, settings, deep=False)
    assert fault.harmless
    assert f"process {writer.pid} " in fault.what
    assert "rag-assistant index gc" in fault.mend
    assert tidy(index).generations == 1
    assert faults(index, settings, deep=True) == []


def test_gc_forgets_vectors_of_texts_that_are_gone_and_no_others(index: Path, encoder: Encoder) -> None:
    settings = load_settings(index_dir=index)
    ingest(index, settings, lambda: encoder, [], {}, removed=["p1", "p2"])
    tidied = tidy(index)
    assert tidied.vectors == 2
    assert rebuild(index, settings, lambda: encoder) == 0
    assert tidy(index).vectors == 0
    assert ingest(index, settings, lambda: encoder, make_papers(), {}).embedded == 2


def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.setenv("RAG_ASSISTANT_EMBEDDING__MODEL", str(tmp_path / "model"))
    found = {finding.about: finding for finding in bad(examine(tmp_path / "index"))}
    assert "holds no model weights" in found["model"].text


def test_too_little_space_is_named(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(index)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    (finding,) = bad(examine(index))
    assert finding.about == "disk"
    assert "0.0 GB free" in finding.text


def test_random_damage_is_found_by_verify_or_does_no_harm(index: Path, tmp_path: Path) -> None:
    random.seed(5)
    settings = load_settings(index_dir=index)
    files = sorted(path for path in generation(index).rglob("*") if path.is_file() and "chroma" not in path.parts)
    for number in range(12):
        copy = Path(shutil.copytree(index, tmp_path / f"copy{number}"))
        victim = copy / random.choice(files).relative_to(index)
        random.choice([cut, flip])(victim)
        assert faults(copy, settings, deep=True), victim
