"""How the verifier's trees and its cross-encoder are weighed, and where the threshold lies.

A logistic regression over the logarithms of odds of both, fitted to sentences about papers that neither learned from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.public_claims import area
from rag_assistant.evaluate.verifier_examples import Example
from rag_assistant.verify import cross_encoding
from rag_assistant.verify.coverage import align
from rag_assistant.verify.reading import read_sentence, read_source

Numbers = npt.NDArray[Any]

FOLDS = 7
_MOST_REFUSED = 0.1  # of the supported cases


@dataclass(frozen=True, slots=True)
class Judged:
    """Examples of papers that the cross-encoder wasn't trained on, each with the trees' log odds (out of fold, 0 at
    their threshold) and a weight.
    """

    examples: Sequence[Example]
    log_odds: Numbers
    weights: Numbers


def second_opinion(cases: Judged, by_rule: Judged) -> dict[str, Any]:
    """How the trees and the cross-encoder are weighed, and what comes of it on cases that neither has seen.

    Args:
        cases: whose threshold is looked for.
        by_rule: digests with faults by rule, which keep plain faults, a wrong number say, from being forgotten.
    """
    from sklearn.linear_model import LogisticRegression

    every = [*cases.examples, *by_rule.examples]
    numbers = np.column_stack([np.append(cases.log_odds, by_rule.log_odds), np.array([read(one) for one in every])])
    truth = np.array([one.supported for one in every])
    weights = np.append(cases.weights, by_rule.weights)
    fold, count = folds_of(every), len(cases.examples)
    unseen = np.zeros(len(every))
    for number in range(FOLDS):
        seen = fold != number
        if not seen.all():
            fitted = LogisticRegression().fit(numbers[seen], truth[seen], weights[seen])
            unseen[~seen] = fitted.predict_proba(numbers[~seen])[:, 1]
    threshold = best_threshold(unseen[:count], truth[:count])
    fitted = LogisticRegression().fit(numbers, truth, weights)
    found = [round(float(one), 4) for one in fitted.coef_[0]]
    bias = round(float(fitted.intercept_[0] - np.log(threshold / (1 - threshold))), 4)
    labels = truth[:count].tolist()
    return {
        "weights": dict(zip(("trees", "entailed", "at_fault", "bias"), (*found, bias), strict=True)),
        "area": {
            "trees": round(area(cases.log_odds.tolist(), labels), 3),
            "both": round(area(unseen[:count].tolist(), labels), 3),
        },
        "cases": count,
        "right": {
            "trees": right_by_kind(cases.log_odds, cases.examples, 0.0),
            "both": right_by_kind(unseen[:count], cases.examples, threshold),
            "both, faults by rule": right_by_kind(unseen[count:], by_rule.examples, threshold),
        },
    }


def read(example: Example) -> tuple[float, float]:
    """The cross-encoder's numbers of an example: log odds that it is borne out, and that its worst word is at fault."""
    source = read_source((example.passage,))
    alignment = align(read_sentence(example.sentence), source)
    judged = cross_encoding.judge(example.sentence, cross_encoding.evidence_for(alignment, source))
    if judged is None:
        raise SystemExit(f"there is no cross-encoder: {cross_encoding.ENCODER.missing()}")
    return judged.logit, cross_encoding.worst(judged)


def folds_of(found: Sequence[Example]) -> Numbers:
    """The fold of each example; those of a paper share one."""
    return np.array([int(hashlib.sha256(title_key(one.paper).encode()).hexdigest(), 16) // 9 % FOLDS for one in found])


def case_weights(cases: Sequence[Example], total: float) -> list[float]:
    """Weights of cases that come to a total, half of it the supported ones'."""
    supported = sum(one.supported for one in cases)
    halves = {True: supported, False: len(cases) - supported}
    return [total / 2 / halves[one.supported] for one in cases]


def right_by_kind(scores: Numbers, judged: Sequence[Example], threshold: float) -> dict[str, float]:
    """The share judged right of each kind, and the balanced accuracy."""
    right: dict[str, list[bool]] = {}
    for score, one in zip(scores, judged, strict=True):
        for kind in (one.kind, "supported" if one.supported else "unsupported"):
            right.setdefault(kind, []).append(bool((score >= threshold) == one.supported))
    found = {kind: round(sum(ones) / len(ones), 3) for kind, ones in sorted(right.items())}
    return {"balanced": round((found["supported"] + found["unsupported"]) / 2, 3), **found}


def best_threshold(scores: Sequence[float] | Numbers, supported: Sequence[bool] | Numbers) -> float:
    """The threshold, from 0.05 to 0.95, of the best balanced accuracy; of several, the middle one.

    Of the supported at most a tenth may be refused.
    """
    found, truth = np.asarray(scores), np.asarray(supported)
    tried = np.linspace(0.05, 0.95, 181)
    tried = tried[[(found < at)[truth].mean() <= _MOST_REFUSED for at in tried]]
    accuracy = np.array([((found >= at)[truth].mean() + (found < at)[~truth].mean()) / 2 for at in tried])
    return float(np.median(tried[accuracy >= accuracy.max() - 0.01]))
