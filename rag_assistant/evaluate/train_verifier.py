"""Trains the verifier's trees and writes their numbers.

    python -m rag_assistant.evaluate.train_verifier --papers ABSTRACTS.jsonl evals/training/papers_invented.jsonl \\
        --scifact DIR --wice FILE --healthver FILE --pubmedqa FILE \\
        --cases evals/verifier.jsonl evals/training/sentences.jsonl \\
        --lessons evals/training/sentences_scifact.jsonl evals/training/sentences_invented.jsonl --out model.json

``ABSTRACTS.jsonl`` has a title and an abstract a line. What the trees learn from is told in :mod:`verifier_examples`:
all papers but the third that is kept out. How they are weighed with the cross-encoder is learned on those cases alone
whose papers it wasn't trained on. Thresholds are set on the cases, each judged by trees and weights that haven't seen
its paper. Needs scikit-learn, which the package itself doesn't.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate import verifier_examples as examples
from rag_assistant.evaluate.public_claims import area
from rag_assistant.evaluate.verifier_examples import Example
from rag_assistant.verify import cross_encoding, signals
from rag_assistant.verify.coverage import align
from rag_assistant.verify.reading import read_sentence, read_source

# Signals of which more can only speak for (1) or against (-1) a sentence: the trees are held to that.
_SPEAKS = {
    **dict.fromkeys(
        "best coverage coverage_anywhere coverage_literal pairs figures_context names_context names_near "
        "agreement".split(),
        1,
    ),
    **dict.fromkeys(
        "missing missing_most missing_literal gap figures_lacking figures_loose figures_misplaced figures_repeated "
        "counts_at_odds figures_crossed names_lacking names_misplaced subject_absent said_not source_not hindered "
        "direction opposite "
        "valence_clash swapped order_inverted beyond beyond_near hedges".split(),
        -1,
    ),
}
Numbers = npt.NDArray[Any]

_ROUNDS, _DEPTH, _RATE, _LEAF = 150, 4, 0.08, 30
# Weights beside the digests, whose manner is that of answers: abstracts' own sentences reworded, and public data. The
# cases weigh as much as all of these together.
_COPIED, _PUBLIC = 0.5, 0.5
# Examples drawn of digests, of abstracts and of each public set, and of digests that are kept out.
_DIGESTS, _ABSTRACTS, _PAIRS, _KEPT_OUT = 12_000, 6_000, 900, 1_500
_FOLDS = 7
_MOST_REFUSED = 0.1  # of the supported cases


def measure(example: Example) -> tuple[float, ...]:
    """The signals of an example."""
    return signals.measure(read_sentence(example.sentence), read_source((example.passage,)))[0].vector()


def read(example: Example) -> tuple[float, float]:
    """The cross-encoder's numbers of an example: log odds that it is borne out, and that its worst word is at fault."""
    source = read_source((example.passage,))
    alignment = align(read_sentence(example.sentence), source)
    judged = cross_encoding.judge(example.sentence, cross_encoding.evidence_for(alignment, source))
    if judged is None:
        raise SystemExit(f"there is no cross-encoder: {cross_encoding.ENCODER.missing()}")
    return judged.logit, cross_encoding.worst(judged)


def weights_of(group: Sequence[Example]) -> list[float]:
    """Weights by which supported and unsupported weigh the same, and every kind of fault the same."""
    if not group:
        return []
    kinds = Counter(example.kind for example in group)
    faults = {example.kind for example in group if not example.supported}
    supported = sum(example.supported for example in group)
    half = len(group) / 2
    return [half / supported if one.supported else half / (len(faults) * kinds[one.kind]) for one in group]


def gather(given: argparse.Namespace) -> tuple[list[tuple[Example, float]], list[Example], list[Example]]:
    """What to learn from, each with its weight; the cases, of which nearly the same is learned; digests kept out."""
    papers = examples.read_papers(given.papers)
    digests = examples.read_digests(given.digests)
    chance = random.Random(2)  # noqa: S311 - no secret depends on it

    def drawn(found: Iterable[Example], most: int) -> list[Example]:
        kept = list(found)
        return chance.sample(kept, min(most, len(kept)))

    def weighed(group: Sequence[Example], weight: float) -> list[tuple[Example, float]]:
        return [(one, weight * own / len(group)) for one, own in zip(group, weights_of(group), strict=True)]

    mine = [one for one in papers if not examples.is_kept_out(one[0])]
    learned = weighed(drawn(examples.from_digests(mine, digests), _DIGESTS), 1.0)
    learned += weighed(drawn(examples.from_abstracts(mine, 2), _ABSTRACTS), _COPIED)
    for public in (
        examples.from_scifact(given.scifact, "train"),
        examples.from_pairs(given.wice),
        examples.from_pairs(given.healthver, lambda one: str(one["topic_ip"])),
        examples.from_pubmedqa(given.pubmedqa),
    ):
        learned += weighed(drawn((one for one in public if one.part != "kept_out"), _PAIRS), _PUBLIC / 4)
    cases = [
        *examples.from_cases(given.cases, papers, given.scifact),
        *examples.from_cases(given.lessons, papers, given.scifact, "cross_encoder"),
    ]
    out = [one for one in papers if examples.is_kept_out(one[0])]
    return learned, cases, drawn(examples.from_digests(out, digests), _KEPT_OUT)


def out_of_fold(
    rows: Numbers, labels: Numbers, weights: Numbers, cases: Sequence[Example], measured: Numbers
) -> Numbers:
    """The scores of cases by trees that haven't learned from any case of the same paper."""
    fold = folds_of(cases)
    truth = np.array([one.supported for one in cases])
    scores = np.zeros(len(cases))
    for number in range(_FOLDS):
        seen = fold != number
        own = _case_weights([one for one, is_seen in zip(cases, seen, strict=True) if is_seen], float(weights.sum()))
        fitted, _, _ = fit(
            np.vstack([rows, measured[seen]]), np.concatenate([labels, truth[seen]]), np.append(weights, own)
        )
        scores[~seen] = fitted.predict_proba(measured[~seen])[:, 1]
    return scores


def folds_of(cases: Sequence[Example]) -> Numbers:
    """The fold of each case; the cases of a paper share one."""
    papers = sorted({one.paper for one in cases})
    return np.array([papers.index(one.paper) % _FOLDS for one in cases])


def second_opinion(cases: Sequence[Example], log_odds: Numbers) -> dict[str, Any]:
    """How the trees and the cross-encoder are weighed, and what comes of it on cases that neither has seen.

    Args:
        cases: of papers that the cross-encoder wasn't trained on.
        log_odds: of the trees, out of fold, 0 at their threshold.
    """
    from sklearn.linear_model import LogisticRegression

    numbers = np.column_stack([log_odds, np.array([read(one) for one in cases])])
    truth = np.array([one.supported for one in cases])
    fold = folds_of(cases)
    unseen = np.zeros(len(cases))
    for number in range(_FOLDS):
        seen = fold != number
        fitted = LogisticRegression(class_weight="balanced").fit(numbers[seen], truth[seen])
        unseen[~seen] = fitted.predict_proba(numbers[~seen])[:, 1]
    threshold = best_threshold(unseen, truth)
    fitted = LogisticRegression(class_weight="balanced").fit(numbers, truth)
    weights = [round(float(one), 4) for one in fitted.coef_[0]]
    bias = round(float(fitted.intercept_[0] - np.log(threshold / (1 - threshold))), 4)
    return {
        "weights": dict(zip(("trees", "entailed", "at_fault", "bias"), (*weights, bias), strict=True)),
        "area": {
            "trees": round(area(log_odds.tolist(), truth.tolist()), 3),
            "both": round(area(unseen.tolist(), truth.tolist()), 3),
        },
        "cases": len(cases),
        "right": {
            "trees": right_by_kind(log_odds, cases, 0.0),
            "both": right_by_kind(unseen, cases, threshold),
        },
    }


def _case_weights(cases: Sequence[Example], total: float) -> list[float]:
    """Weights of cases that come to a total, half of it the supported ones'."""
    supported = sum(one.supported for one in cases)
    halves = {True: supported, False: len(cases) - supported}
    return [total / 2 / halves[one.supported] for one in cases]


def fit(
    rows: Sequence[Sequence[float]] | Numbers,
    labels: Sequence[bool] | Numbers,
    weights: Sequence[float] | Numbers,
) -> tuple[Any, list[list[list[float]]], float]:
    """Fits the trees.

    Returns:
        The fitted classifier, its trees as lists of nodes, and its bias.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    fitted = HistGradientBoostingClassifier(
        max_iter=_ROUNDS, max_depth=_DEPTH, learning_rate=_RATE, min_samples_leaf=_LEAF, l2_regularization=1.0,
        monotonic_cst=[_SPEAKS.get(name, 0) for name in signals.NAMES], random_state=0,
    )  # fmt: skip
    with threadpool_limits(1):  # beside other processes, several threads mostly wait for one another
        fitted.fit(np.array(rows), np.array(labels), sample_weight=np.array(weights))
    trees = []
    for (predictor,) in fitted._predictors:
        nodes = predictor.nodes
        trees.append(
            [
                [round(float(node["value"]), 5)]
                if node["is_leaf"]
                else [
                    int(node["feature_idx"]),
                    round(float(node["num_threshold"]), 5),
                    int(node["left"]),
                    int(node["right"]),
                ]
                for node in nodes
            ]
        )
    return fitted, trees, float(fitted._baseline_prediction.ravel()[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, reports on what was kept out, and writes the trees."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_verifier", description=__doc__)
    for name in ("scifact", "wice", "healthver", "pubmedqa", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("papers", "cases"):
        parser.add_argument(f"--{name}", type=Path, required=True, nargs="+")
    parser.add_argument("--lessons", type=Path, nargs="*", default=[], help="cases for learning alone")
    parser.add_argument(
        "--digests", type=Path, default=Path(__file__).parents[1] / "corpus" / "bundled" / "papers.jsonl"
    )
    given = parser.parse_args(arguments)
    learned, cases, kept_out = gather(given)
    rows = np.array([measure(one) for one, _ in learned])
    labels = np.array([one.supported for one, _ in learned])
    weights = np.array([weight for _, weight in learned]) * len(learned)
    measured = np.array([measure(one) for one in cases])
    truth = np.array([one.supported for one in cases])
    unseen = out_of_fold(rows, labels, weights, cases, measured)
    threshold = best_threshold(unseen, truth)
    fitted, trees, bias = fit(
        np.vstack([rows, measured]),
        np.concatenate([labels, truth]),
        np.append(weights, _case_weights(cases, float(weights.sum()))),
    )
    scores = fitted.predict_proba(np.array([measure(one) for one in kept_out]))[:, 1]
    shift = float(np.log(threshold / (1 - threshold)))  # the threshold is moved to 0.5
    log_odds = np.log(unseen / (1 - unseen)) - shift
    unread = np.array([one.part == "trees" for one in cases])
    named = [Path(one).name if "/" in one else one for one in arguments or sys.argv[1:]]
    stored = {
        "made_by": f"python -m rag_assistant.evaluate.train_verifier {shlex.join(named)}",
        "examples": len(learned) + len(cases),
        "right": {
            "cases": right_by_kind(unseen, cases, threshold),
            "digests of papers kept out": right_by_kind(scores, kept_out, threshold),
        },
        "second_opinion": second_opinion([one for one in cases if one.part == "trees"], log_odds[unread]),
        "signals": list(signals.NAMES),
        "bias": round(bias - shift, 5),
        "trees": trees,
    }
    text = json.dumps(stored, ensure_ascii=True)
    given.out.write_text(text.replace('"trees": [[[', '"trees": [\n[[').replace("]], [[", "]],\n[[") + "\n", "utf-8")
    told = {name: stored[name] for name in ("examples", "right", "second_opinion")}
    sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
