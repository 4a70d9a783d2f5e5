"""The place where an index lives: full, read-only, or read while it is written."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.cli.doctor import examine
from rag_assistant.errors import IndexWriteError, RagAssistantError
from rag_assistant.evaluate.stand_in import StandInEncoder
from rag_assistant.index.build import ingest, rebuild
from rag_assistant.index.embed import Encoder, load_encoder
from rag_assistant.index.examine import faults
from rag_assistant.index.open import Index
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.papers import make_papers


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


def mount(place: Path, *options: str) -> None:
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system can't be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    if not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("mounting a small file system needs Linux and its superuser")
    place = tmp_path / "disk"
    place.mkdir()
    mount(place, "-t", "tmpfs", "-o", "size=4m", "tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def many(count: int) -> list[Paper]:
    return [Paper(f"m{n}", f"Log {n}", f"The harbour was seen {n} times. " * 10) for n in range(count)]


@pytest.mark.parametrize("left_kb", [0, 100, 300, 500, 700, 900])
def test_a_full_disk_is_named_and_the_index_before_stays(small_disk: Path, left_kb: int, encoder: Encoder) -> None:
    settings = load_settings(index_dir=small_disk / "index")
    ingest(settings.index_dir, settings, lambda: encoder, make_papers(), {})
    usage = os.statvfs(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * max(0, usage.f_bavail * usage.f_frsize - left_kb * 1024))
    stand_in = StandInEncoder(encoder)
    with pytest.raises(IndexWriteError) as caught:
        ingest(settings.index_dir, settings, lambda: stand_in, many(2_000), {})
    assert "\n" not in str(caught.value)
    assert str(small_disk) in str(caught.value)
    assistant = Assistant.open(settings.index_dir)
    for paper in make_papers():
        assert assistant.search(paper.title, k=1)[0].paper == paper
    filler.unlink()
    # With room again the next ingest is as if nothing had been.
    ingest(settings.index_dir, settings, lambda: encoder, make_papers(), {}, keep_only={p.id for p in make_papers()})
    assert faults(settings.index_dir, settings, deep=True) == []
    assert len(list((settings.index_dir / "generations").iterdir())) <= 2


def test_a_read_only_directory_is_named_and_can_be_asked(small_disk: Path, encoder: Encoder) -> None:
    settings = load_settings(index_dir=small_disk / "index")
    ingest(settings.index_dir, settings, lambda: encoder, make_papers(), {})
    mount(small_disk, "-o", "remount,ro")
    with pytest.raises(IndexWriteError, match="can't be"):
        ingest(settings.index_dir, settings, lambda: encoder, many(1), {})
    with pytest.raises(IndexWriteError, match="can't be"):
        rebuild(settings.index_dir, settings, lambda: encoder)
    assistant = Assistant.open(settings.index_dir)
    for paper in make_papers():
        assert assistant.search(paper.title, k=1)[0].paper == paper
    assert not assistant.ask("How well are ships found in fog?", mode="extractive").abstained
    found = [finding for finding in examine(settings.index_dir) if finding.state == "fault"]
    assert any(finding.about == "disk" and "can't be written" in finding.text for finding in found)
    assert not any("index rebuild" in finding.text for finding in found), "which would not mend it"


def test_readers_during_rebuilds_see_one_index_or_the_other(tmp_path: Path, encoder: Encoder) -> None:
    """Three readers open, ask and close while the index changes ten times; each sees one edition of all papers."""
    settings = load_settings(index_dir=tmp_path / "index")

    def edition(number: int) -> list[Paper]:
        return [replace(paper, abstract=f"{paper.abstract} Edition {number}.") for paper in make_papers()]

    ingest(settings.index_dir, settings, lambda: encoder, edition(0), {})
    writing = True
    seen: list[set[str]] = []
    failed: list[RagAssistantError] = []

    def read() -> None:
        while writing:
            try:
                index = Index(settings.index_dir, settings, lambda: encoder)
                editions = {paper.abstract.rsplit(" ", 1)[1] for paper in index.catalog.all_papers()}
                found, _ = index.vectors.nearest_by_chroma(encoder.encode_question("ships in fog"), 50)
                assert len(found) == index.manifest.passages
                index.close()
                seen.append(editions)
            except RagAssistantError as error:
                failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 6):
        ingest(settings.index_dir, settings, lambda: encoder, edition(number), {})
        rebuild(settings.index_dir, settings, lambda: encoder)
    writing = False
    for reader in readers:
        reader.join()
    assert failed == []
    assert all(len(editions) == 1 for editions in seen)
    assert len(set.union(*seen)) > 2, "no reader saw a change"
