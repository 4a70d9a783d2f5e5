"""Questions' vectors, nearer to those of passages that answer them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.evaluate import lora
from rag_assistant.evaluate.train_question_encoder import Collection, learn
from rag_assistant.index.adapter import Adapter
from rag_assistant.index.embed import load_encoder, model_folder
from rag_assistant.index.open import Index
from rag_assistant.index.question_encoder import load_question_encoder
from rag_assistant.retrieve import search
from rag_assistant.retrieve.questions import ENCODER, question_vector
from rag_assistant.retrieve.ranking import rank_papers
from rag_assistant.settings import DEFAULT_MODEL, load_settings

QUESTION = "finding boats when one cannot see"


@pytest.fixture
def index(small_index: str) -> Index:
    """An index that the bundled model made."""
    return Index(Path(small_index), load_settings(index_dir=small_index), lambda: load_encoder(DEFAULT_MODEL))


def test_the_shipped_adapter_is_small_and_says_what_made_it() -> None:
    packed = ENCODER.packed()
    assert len(packed) < 3_000_000
    assert Adapter.load(packed).made_by.startswith("python -m rag_assistant.evaluate.train_question_encoder ")


def test_a_search_asks_with_the_vector_of_the_taught_model(index: Index) -> None:
    vector = question_vector(index, QUESTION)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert 0.5 < float(vector @ index.embed_question(QUESTION)) < 0.999
    assert rank_papers(index, QUESTION, load_settings().retrieve).vector == pytest.approx(vector)
    assert search(index, QUESTION, load_settings().retrieve)[0].paper.title.startswith("HarborNet")


def test_an_index_of_another_model_is_asked_with_that_models_vector(index: Index) -> None:
    plain = index.embed_question(QUESTION)  # its weights are checked here
    index.manifest = dataclasses.replace(index.manifest, weights_sha256="of another model")
    assert question_vector(index, QUESTION) == pytest.approx(plain)


@pytest.mark.parametrize("question", ["x", "ships " * 5_000, "🚢", "ψ̃ﷺ"])
def test_odd_questions_have_vectors_too(index: Index, question: str) -> None:
    assert np.linalg.norm(question_vector(index, question)) == pytest.approx(1, abs=1e-5)


def test_an_encoder_is_learned_that_brings_questions_to_their_papers(tmp_path: Path) -> None:
    """Words that mean nothing to the model stand for subjects; passages keep their vectors. What was learned is written
    and, exported, gives the vectors that it had."""
    subjects = {"zorb": "whales and their songs", "quax": "ropes of old ships", "blim": "maps of the sea floor"}
    plain = load_encoder(DEFAULT_MODEL)
    questions = [frame.format(word) for frame in ("what of {}?", "any {} work", "{}, please") for word in subjects]
    known = Collection(
        plain.encode_passages(list(subjects.values())),
        np.arange(len(subjects)),
        questions * 8,
        np.tile(np.array([plain.encode_question(one) for one in questions]), (8, 1)),
        np.tile(np.arange(len(subjects)), len(questions) // len(subjects) * 8),
    )
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    encoder = learn([known], folder, epochs=8)
    lora.write(encoder, {}, tmp_path / "questions.npz", "test")
    exported = load_question_encoder((tmp_path / "questions.npz").read_bytes())
    unseen = [f"I wonder about {word}" for word in subjects]
    found = np.array([exported.encode_question(one) for one in unseen])
    assert (found @ known.passages.T).argmax(axis=1).tolist() == [0, 1, 2]
    before = np.array([plain.encode_question(one) for one in unseen])
    assert np.diag(found @ known.passages.T).mean() > np.diag(before @ known.passages.T).mean() + 0.1
