"""Fits the models of ``rag_assistant/answer/evidence.json``: does this paper answer, and which of its sentences.

::

    python -m rag_assistant.evaluate.fit_evidence evals/questions.jsonl --index-dir DIR [--index-dir DIR …] \\
        [--questions evals/training/questions.jsonl] [--pubmedqa ori_pqal.json --pubmedqa-index DIR]

Only cases marked ``dev`` are used, of the training questions only those about papers that the cross-encoder has never
seen, and of PubMedQA only records with an odd id, each question once with its own abstract among those found and once
without. A paper is weighed by its measures alone, and, where it is among the likeliest then, by these and what the
cross-encoder makes of it. Needs scikit-learn, which nothing else here does.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.answer.evidence import MODEL_FILE, PAPER_FEATURES, TOGETHER_FEATURES, Model
from rag_assistant.answer.rhetoric import SENTENCE_FEATURES
from rag_assistant.evaluate.cases import load_cases
from rag_assistant.evaluate.evidence_rows import (
    Array,
    Rows,
    believed,
    case_rows,
    conclusion_rows,
    pubmedqa_rows,
    read_together,
    training_rows,
)
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.settings import load_settings

# Of all the weight of the fit, the shares of PubMedQA, whose questions are many and of one kind, and of the training
# questions, which are all put in other words than the paper's.
_PUBMEDQA_SHARE, _TRAINING_SHARE = 0.3, 0.2
# Of the questions with an answer, this share may be declined.
_DECLINED = 0.05
_FOLDS = 8
# The inverse of how strongly coefficients are held near 0 (docs/experiments.md).
_STRENGTH = 0.3


@dataclass(frozen=True, slots=True)
class Source:
    """Questions that a model is fitted to, and their share of the weight."""

    rows: Sequence[Rows]
    share: float


def fitted(sources: Sequence[Source]) -> tuple[Model, list[list[Array]]]:
    """A logistic model over sources of rows.

    Returns:
        The model, and for every question of each source the probabilities that models gave which had not seen it.
    """
    stacked = [rows for source in sources for rows in source.rows]
    features = np.concatenate([rows.features for rows in stacked])
    labels = np.concatenate([rows.labels for rows in stacked])
    weights = np.concatenate(
        [
            np.full(len(rows.labels), source.share / sum(len(one.labels) for one in source.rows))
            for source in sources
            for rows in source.rows
        ]
    ) * len(labels)
    folds = np.concatenate([np.full(len(rows.labels), number % _FOLDS) for number, rows in enumerate(stacked)])
    unseen = np.zeros(len(labels))
    for fold in range(_FOLDS):
        rest = folds != fold
        model = _logistic(features[rest], labels[rest], weights[rest])
        unseen[~rest] = 1 / (1 + np.exp(-(features[~rest] @ model.coefficients + model.intercept)))
    whole = _logistic(features, labels, weights)
    by_question = iter(np.split(unseen, np.cumsum([len(rows.labels) for rows in stacked])[:-1]))
    return whole, [[next(by_question) for _ in source.rows] for source in sources]


def _logistic(features: Array, labels: Array, weights: Array) -> Model:
    """Fitted to features of one scale, so that none is held back for its unit; given for the features as they are."""
    from sklearn.linear_model import LogisticRegression

    means, deviations = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    model = LogisticRegression(max_iter=3_000, C=_STRENGTH).fit((features - means) / deviations, labels, weights)
    coefficients = model.coef_[0] / deviations
    return Model(float(model.intercept_[0] - coefficients @ means), tuple(coefficients.tolist()))


def threshold_for(rows: Sequence[Rows], probabilities: Sequence[Array], declined: float) -> float:
    """The probability of the best paper below which that share of the questions with an answer lies."""
    best = sorted(
        float(found.max())
        for one, found in zip(rows, probabilities, strict=True)
        if one.answerable and not one.declined_by_rule
    )
    return best[int(len(best) * declined)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.fit_evidence", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--index-dir", type=Path, action="append", required=True)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--pubmedqa", type=Path)
    parser.add_argument("--pubmedqa-index", type=Path)
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    given = parser.parse_args(arguments)
    encoder = load_encoder(load_settings().embedding.model)
    cases = [case for case in load_cases(given.file) if case.split == "dev"]
    papers: list[Rows] = []
    trained: list[Rows] = []
    sentences: list[Rows] = []
    for folder in given.index_dir:
        index = Index(folder, load_settings(index_dir=folder), lambda: encoder)
        found = case_rows(cases, index)
        papers += found[0]
        sentences += found[1]
        if given.questions:
            trained += training_rows(given.questions, index)
    sources, told = [Source(papers, 1.0)], [Source(sentences, 1.0)]
    if given.pubmedqa:
        index = Index(given.pubmedqa_index, load_settings(index_dir=given.pubmedqa_index), lambda: encoder)
        sources.append(Source(pubmedqa_rows(given.pubmedqa, index, 1), _PUBMEDQA_SHARE))
        told.append(Source(conclusion_rows(given.pubmedqa, index, 1), _PUBMEDQA_SHARE))
    paper_model, unseen = fitted(sources)
    if trained:  # put in other words than the paper's, they tell how far to trust the cross-encoder
        sources.append(Source(trained, _TRAINING_SHARE))
        unseen.append([believed(paper_model, one) for one in trained])
    read = [
        replace(source, rows=read_together(source.rows, probabilities))
        for source, probabilities in zip(sources, unseen, strict=True)
    ]
    together, unseen_together = fitted(read)
    sentence_model, _ = fitted(told)
    named = [Path(one).name if "/" in one else one for one in arguments or sys.argv[1:]]
    fields = {
        "command": f"python -m rag_assistant.evaluate.fit_evidence {shlex.join(named)}",
        "questions": sum(len(source.rows) for source in sources),
        "threshold": round(threshold_for(papers, unseen[0], _DECLINED), 3),
        "threshold_together": round(threshold_for(papers, unseen_together[0], _DECLINED), 3),
        "paper": _plain(paper_model, PAPER_FEATURES),
        "together": _plain(together, TOGETHER_FEATURES),
        "sentence": _plain(sentence_model, SENTENCE_FEATURES),
    }
    given.out.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(fields, indent=1))  # noqa: T201
    for name, rows, probabilities in (("measures", sources, unseen), ("read together", read, unseen_together)):
        for number, (source, of_source) in enumerate(zip(rows, probabilities, strict=True)):
            print(f"{name}, source {number}: {_told(source.rows, of_source)}")  # noqa: T201
    return 0


def _told(rows: Sequence[Rows], probabilities: Sequence[Array]) -> str:
    """How often the likeliest paper is right, where one is among those found, and the area under the curve."""
    from sklearn.metrics import roc_auc_score

    pairs = list(zip(rows, probabilities, strict=True))
    right = [one.labels[int(found.argmax())] for one, found in pairs if one.labels.any()]
    area = roc_auc_score([one.answerable for one, _ in pairs], [found.max() for _, found in pairs])
    return f"likeliest right {np.mean(right):.3f} of {len(right)}, area {area:.3f} of {len(pairs)}"


def _plain(model: Model, names: Sequence[str]) -> dict[str, Any]:
    coefficients = {name: round(value, 3) for name, value in zip(names, model.coefficients, strict=True)}
    return {"intercept": round(model.intercept, 3), "coefficients": coefficients}


if __name__ == "__main__":
    sys.exit(main())
