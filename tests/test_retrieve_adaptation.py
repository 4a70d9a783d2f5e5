"""Questions' vectors, moved nearer to those of passages that answer them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_assistant.evaluate.train_adaptation import Collection, learn
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.retrieve import search
from rag_assistant.retrieve.adaptation import Adaptation, adapted, shipped, unpacked
from rag_assistant.retrieve.ranking import rank_papers
from rag_assistant.settings import DEFAULT_MODEL, load_settings


def unit(rows: np.ndarray) -> np.ndarray:
    found: np.ndarray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def test_what_was_packed_is_read_again(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    step = Adaptation(
        chance.normal(size=(6, 2)).astype(np.float32), chance.normal(size=(2, 6)).astype(np.float32), "abc", "python -m"
    )
    read = unpacked(step.packed())
    assert (read.weights_sha256, read.made_by) == ("abc", "python -m")
    assert read.down == pytest.approx(step.down, abs=2e-3)
    assert read.up == pytest.approx(step.up, abs=2e-3)


def test_the_shipped_step_is_for_the_bundled_model_and_leaves_unit_vectors() -> None:
    encoder = load_encoder(DEFAULT_MODEL)
    assert shipped().weights_sha256 == encoder.card.weights_sha256
    assert shipped().made_by.startswith("python -m rag_assistant.evaluate.train_adaptation ")
    vector = encoder.encode_question("Which works let ships be heard in fog?")
    moved = adapted(vector, encoder.card.weights_sha256)
    assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-5)
    assert 0.5 < float(moved @ vector) < 0.9999
    assert adapted(vector, "of another model") is vector


def test_a_step_is_learned_that_brings_questions_to_their_papers() -> None:
    """Questions lie one dimension away from their passages, always the same way; new ones are found by it, too."""
    chance = np.random.default_rng(1)
    passages = unit(chance.normal(size=(60, 16)))
    away = np.zeros(16, dtype=np.float32)
    away[3] = 2.0
    questions = unit(passages + away + 0.15 * chance.normal(size=passages.shape))
    papers = np.arange(60)
    seen, unseen = papers[:40], papers[40:]
    known = Collection(passages[:40], seen, np.tile(questions[:40], (25, 1)), np.tile(seen, 25))
    step = learn([known], "abc", "test")

    def right(asked: np.ndarray) -> float:
        return float(((asked @ passages.T).argmax(axis=1)[unseen] == unseen).mean())

    assert right(np.array([step(one) for one in questions])) > right(questions)


def test_a_search_asks_with_the_moved_vector(small_index: str) -> None:
    settings = load_settings(index_dir=small_index)
    index = Index(Path(small_index), settings, lambda: load_encoder(DEFAULT_MODEL))
    question = "finding boats when one cannot see"
    ranking = rank_papers(index, question, settings.retrieve)
    own = index.embed_question(question)
    assert ranking.vector == pytest.approx(adapted(own, index.manifest.weights_sha256))
    assert search(index, question, settings.retrieve)[0].paper.title.startswith("HarborNet")
