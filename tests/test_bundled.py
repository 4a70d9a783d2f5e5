from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.bundled import bundled_dir
from rag_assistant.corpus import bundled_path
from rag_assistant.settings import load_settings

QUESTION = "How long a context window does LongRoPE reach?"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an index goes whose bundled one has been made."""
    folder = tmp_path_factory.mktemp("bundled")
    settings = load_settings(index_dir=folder / "index")
    assert Assistant.open_bundled(settings=settings).index.manifest.papers == 426
    return folder


def test_it_is_made_anew_when_the_settings_have_changed(place: Path) -> None:
    settings = load_settings(index_dir=place / "index", chunk={"max_tokens": 64})
    assert Assistant.open_bundled(settings=settings).index.manifest.chunk_max_tokens == 64
    settings = load_settings(index_dir=place / "index")
    assert Assistant.open_bundled(settings=settings).index.manifest.chunk_max_tokens == 200


def test_it_is_made_anew_when_it_was_damaged(place: Path) -> None:
    settings = load_settings(index_dir=place / "index")
    shutil.rmtree(next((bundled_dir(settings) / "generations").iterdir()) / "bm25", ignore_errors=True)
    for generation in (bundled_dir(settings) / "generations").iterdir():
        shutil.rmtree(generation / "bm25", ignore_errors=True)
    assert "2048k" in Assistant.open_bundled(settings=settings).ask(QUESTION, mode="extractive").text


def test_ones_own_papers_are_never_mixed_with_it(place: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps({"title": "On Kelp", "abstract": "Kelp grows fast. We measure 30 cm a day."}) + "\n")
    settings = load_settings(index_dir=place / "index")
    assistant = Assistant(settings, bundled_if_missing=True)
    before = assistant.bundled
    assistant.ingest([mine])
    assert (before, assistant.bundled) == (True, False)
    assert [paper.title for paper in assistant.papers()] == ["On Kelp"]


def test_every_digest_is_a_paper_of_its_own_in_plain_words() -> None:
    lines = [json.loads(line) for line in bundled_path().read_text(encoding="utf-8").splitlines()]
    assert len({line["title"] for line in lines}) == len(lines) == 426
    for line in lines:
        assert set(line) == {"title", "abstract"}
        assert 45 <= len(line["abstract"].split()) <= 120
        assert "\\" not in line["abstract"]
