"""Fits the models of ``rag_assistant/answer/evidence.json``: does this paper answer, and which of its sentences.

::

    python -m rag_assistant.evaluate.fit_evidence evals/questions.jsonl --index-dir DIR [--index-dir DIR …] \\
        [--pubmedqa ori_pqal.json --pubmedqa-index DIR]

Only cases marked ``dev`` are used, and of PubMedQA only records with an odd id, each question once with its own
abstract among those found and once without. Needs scikit-learn, which nothing else here does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.answer.candidates import read_papers, weigh
from rag_assistant.answer.evidence import MODEL_FILE, PAPER_FEATURES, Model, paper_features, unknown_names
from rag_assistant.answer.question import understand
from rag_assistant.answer.rhetoric import SENTENCE_FEATURES, sentence_features
from rag_assistant.evaluate.cases import Case, load_cases, title_key
from rag_assistant.evaluate.metrics import has_fact
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.records import Hit
from rag_assistant.retrieve import search
from rag_assistant.settings import load_settings

Array = npt.NDArray[np.float64]
# Of all the weight of the fit, PubMedQA's share: its questions are many and of one kind.
_PUBMEDQA_SHARE = 0.3
# Of the questions with an answer, this share may be declined.
_DECLINED = 0.05
_FOLDS = 8
# The inverse of how strongly coefficients are held near 0 (docs/experiments.md).
_STRENGTH = 0.3


@dataclass(frozen=True, slots=True)
class Rows:
    """Papers (or sentences) of one question: features, whether each is right, and whether a rule declines anyway."""

    features: Array
    labels: Array
    answerable: bool
    declined_by_rule: bool = False


def paper_rows(question: str, hits: Sequence[Hit], gold: set[str], index: Index) -> Rows | None:
    """The papers found for a question; ``gold`` holds the ids of those that answer it."""
    asked = understand(question)
    read = read_papers(hits)
    wanted = weigh(asked, read, index)
    if not wanted or not read:
        return None
    return Rows(
        np.array([paper_features(asked, wanted, paper, read) for paper in read]),
        np.array([float(paper.paper.id in gold) for paper in read]),
        bool(gold),
        asked.small_talk or bool(unknown_names(asked, wanted)),
    )


def sentence_rows(case: Case, hits: Sequence[Hit], gold: set[str], index: Index) -> Iterator[Rows]:
    """The sentences of each right paper found, labelled by whether a fact asked for stands in them."""
    asked = understand(case.question)
    read = read_papers(hits)
    wanted = weigh(asked, read, index)
    content = [word for word in wanted if not word.is_name] or list(wanted)
    for paper in read:
        texts = [paper.sentence(order) for order in range(len(paper.spans))]
        labels = np.array([float(any(has_fact(text, fact) for fact in case.facts)) for text in texts])
        if paper.paper.id in gold and labels.any():
            features = [sentence_features(asked, wanted, content, paper, order) for order in range(len(texts))]
            yield Rows(np.array(features), labels, True)


def case_rows(cases: Sequence[Case], index: Index) -> tuple[list[Rows], list[Rows]]:
    """Rows of papers and of sentences of all cases, follow-ups left out."""
    settings = load_settings()
    ids = {title_key(paper.title): paper.id for paper in index.catalog.all_papers()}
    papers: list[Rows] = []
    sentences: list[Rows] = []
    for case in cases:
        if case.history:
            continue
        gold = {ids[key] for key in map(title_key, case.gold_titles) if key in ids}
        hits = search(index, case.question, settings.retrieve)
        rows = paper_rows(case.question, hits, gold, index)
        if rows is not None:
            papers.append(rows)
        sentences += sentence_rows(case, hits, gold, index)
    return papers, sentences


def pubmedqa_rows(file: Path, index: Index, remainder: int) -> list[Rows]:
    """PubMedQA's questions whose id leaves ``remainder`` when halved, each with and without its own abstract."""
    settings = load_settings()
    wanted = settings.retrieve.k
    found = []
    for id_, record in json.loads(file.read_text(encoding="utf-8")).items():
        if int(id_) % 2 != remainder:
            continue
        hits = search(index, record["QUESTION"], settings.retrieve, wanted + 1)
        without = [hit for hit in hits if hit.paper.id != id_]
        for some, gold in ((hits[:wanted], {id_}), (without[:wanted], set[str]())):
            rows = paper_rows(record["QUESTION"], some, gold, index)
            if rows is not None:
                found.append(rows)
    return found


def conclusion_rows(file: Path, index: Index, remainder: int) -> list[Rows]:
    """The sentences of PubMedQA's own abstracts, labelled by whether they stand in its conclusion.

    Only questions that ask whether something is so: what is fitted here is which sentence answers those.
    """
    settings = load_settings()
    found = []
    for id_, record in json.loads(file.read_text(encoding="utf-8")).items():
        if int(id_) % 2 != remainder:
            continue
        asked = understand(record["QUESTION"])
        if asked.kind != "whether":
            continue
        hits = search(index, record["QUESTION"], settings.retrieve)
        read = read_papers(hits)
        wanted = weigh(asked, read, index)
        content = [word for word in wanted if not word.is_name] or list(wanted)
        for paper in read:
            if paper.paper.id != id_:
                continue
            orders = range(len(paper.spans))
            features = [sentence_features(asked, wanted, content, paper, order) for order in orders]
            labels = np.array([float(paper.sentence(order) in record["LONG_ANSWER"]) for order in orders])
            if labels.any():
                found.append(Rows(np.array(features), labels, True))
    return found


def fitted(sources: Sequence[tuple[Sequence[Rows], float]]) -> tuple[Model, list[Array]]:
    """A logistic model over sources of rows, each with its share of the weight.

    Returns:
        The model, and for every question of the first source the probabilities that models gave which had not seen it.
    """
    stacked = [rows for source, _ in sources for rows in source]
    features = np.concatenate([rows.features for rows in stacked])
    labels = np.concatenate([rows.labels for rows in stacked])
    weights = np.concatenate(
        [
            np.full(len(rows.labels), share / sum(len(one.labels) for one in source))
            for source, share in sources
            for rows in source
        ]
    ) * len(labels)
    folds = np.concatenate([np.full(len(rows.labels), number % _FOLDS) for number, rows in enumerate(stacked)])
    unseen = np.zeros(len(labels))
    for fold in range(_FOLDS):
        rest = folds != fold
        model = _logistic(features[rest], labels[rest], weights[rest])
        unseen[~rest] = 1 / (1 + np.exp(-(features[~rest] @ model.coefficients + model.intercept)))
    whole = _logistic(features, labels, weights)
    bounds = np.cumsum([len(rows.labels) for rows in stacked])[:-1]
    return whole, np.split(unseen, bounds)[: len(sources[0][0])]


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
    parser.add_argument("--pubmedqa", type=Path)
    parser.add_argument("--pubmedqa-index", type=Path)
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    given = parser.parse_args(arguments)
    encoder = load_encoder(load_settings().embedding.model)
    cases = [case for case in load_cases(given.file) if case.split == "dev"]
    papers: list[Rows] = []
    sentences: list[Rows] = []
    for folder in given.index_dir:
        index = Index(folder, load_settings(index_dir=folder), lambda: encoder)
        found = case_rows(cases, index)
        papers += found[0]
        sentences += found[1]
    sources: list[tuple[Sequence[Rows], float]] = [(papers, 1.0)]
    told: list[tuple[Sequence[Rows], float]] = [(sentences, 1.0)]
    if given.pubmedqa:
        index = Index(given.pubmedqa_index, load_settings(index_dir=given.pubmedqa_index), lambda: encoder)
        sources = [(papers, 1 - _PUBMEDQA_SHARE), (pubmedqa_rows(given.pubmedqa, index, 1), _PUBMEDQA_SHARE)]
        told = [
            (sentences, 1 - _PUBMEDQA_SHARE),
            (conclusion_rows(given.pubmedqa, index, 1), _PUBMEDQA_SHARE),
        ]
    paper_model, unseen = fitted(sources)
    sentence_model, _ = fitted(told)
    fields = {
        "command": " ".join(
            ["python -m rag_assistant.evaluate.fit_evidence evals/questions.jsonl"]
            + ["--index-dir DIR"] * len(given.index_dir)
            + (["--pubmedqa ori_pqal.json --pubmedqa-index DIR"] if given.pubmedqa else [])
        ),
        "questions": sum(len(source) for source, _ in sources),
        "threshold": round(threshold_for(papers, unseen, _DECLINED), 3),
        "paper": _plain(paper_model, PAPER_FEATURES),
        "sentence": _plain(sentence_model, SENTENCE_FEATURES),
    }
    given.out.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(fields, indent=1))  # noqa: T201
    return 0


def _plain(model: Model, names: Sequence[str]) -> dict[str, Any]:
    coefficients = {name: round(value, 3) for name, value in zip(names, model.coefficients, strict=True)}
    return {"intercept": round(model.intercept, 3), "coefficients": coefficients}


if __name__ == "__main__":
    sys.exit(main())
