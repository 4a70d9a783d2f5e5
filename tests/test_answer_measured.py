"""The fitted models."""

from __future__ import annotations

import json
import math

import pytest

from rag_assistant.answer.evidence import MODEL_FILE, PAPER_FEATURES, TOGETHER_FEATURES, Model, fit
from rag_assistant.answer.rhetoric import SENTENCE_FEATURES


def test_the_fitted_models_know_exactly_the_features_that_are_computed() -> None:
    fields = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    assert tuple(fields["paper"]["coefficients"]) == PAPER_FEATURES
    assert tuple(fields["together"]["coefficients"]) == TOGETHER_FEATURES
    assert tuple(fields["sentence"]["coefficients"]) == SENTENCE_FEATURES
    assert fields["command"].startswith("python -m rag_assistant.evaluate.fit_evidence")
    assert 0 < fit().threshold < 1
    assert 0 < fit().threshold_together < 1


def test_a_probability_by_hand() -> None:
    model = Model(-1.0, (2.0, 0.5))
    assert model.score([1.0, 2.0]) == pytest.approx(2.0)
    assert model.probability([1.0, 2.0]) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert model.probability([-1e9, 0.0]) == pytest.approx(0.0)
