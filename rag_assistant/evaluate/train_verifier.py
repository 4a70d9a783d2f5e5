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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate import verifier_examples as examples
from rag_assistant.evaluate.second_opinion import (
    FOLDS,
    Judged,
    best_threshold,
    case_weights,
    folds_of,
    right_by_kind,
    second_opinion,
)
from rag_assistant.evaluate.verifier_examples import Example
from rag_assistant.verify import signals
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
# How many cases, and how many digests, the weighing with the cross-encoder is fitted to at most; and how much a digest
# weighs there beside a case.
_READ = 2_500
_BY_RULE_SHARE = 0.25
_OTHERS = ("copied", "scifact", "pairs", "pubmedqa")  # what examples that aren't of digests are called first


def measure(example: Example) -> tuple[float, ...]:
    """The signals of an example."""
    return signals.measure(read_sentence(example.sentence), read_source((example.passage,)))[0].vector()


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


@dataclass(frozen=True, slots=True)
class Measured:
    """Examples with their signals (n, signals), their labels (n,) and weights (n,)."""

    examples: Sequence[Example]
    rows: Numbers
    labels: Numbers
    weights: Numbers

    def of(self, chosen: Numbers) -> Measured:
        """Those that a mask (n,) chooses."""
        some = [one for one, is_chosen in zip(self.examples, chosen, strict=True) if is_chosen]
        return Measured(some, self.rows[chosen], self.labels[chosen], self.weights[chosen])


def measured(weighed: Sequence[tuple[Example, float]]) -> Measured:
    """Examples measured; the weights come to one each on average."""
    weights = np.array([weight for _, weight in weighed])
    return Measured(
        [one for one, _ in weighed],
        np.array([measure(one) for one, _ in weighed]),
        np.array([one.supported for one, _ in weighed]),
        weights / weights.mean(),
    )


def together(learned: Measured, cases: Measured) -> tuple[Numbers, Numbers, Numbers]:
    """Rows, labels and weights of both, the cases weighing as much as all else."""
    own = case_weights(cases.examples, float(learned.weights.sum()))
    return (
        np.vstack([learned.rows, cases.rows]),
        np.concatenate([learned.labels, cases.labels]),
        np.append(learned.weights, own),
    )


def out_of_fold(learned: Measured, cases: Measured) -> tuple[Numbers, Numbers]:
    """The scores of what is learned and of cases by trees that have learned nothing of the same paper."""
    folds, case_folds = folds_of(learned.examples), folds_of(cases.examples)
    scores, case_scores = np.zeros(len(folds)), np.zeros(len(case_folds))
    for number in range(FOLDS):
        fitted, _, _ = fit(*together(learned.of(folds != number), cases.of(case_folds != number)))
        for rows, own, out in ((learned.rows, folds, scores), (cases.rows, case_folds, case_scores)):
            if (own == number).any():
                out[own == number] = fitted.predict_proba(rows[own == number])[:, 1]
    return scores, case_scores


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
    found, drawn_cases, kept_out = gather(given)
    learned, cases = measured(found), measured([(one, 1.0) for one in drawn_cases])
    scores_learned, scores = out_of_fold(learned, cases)
    threshold = best_threshold(scores, cases.labels)
    fitted, trees, bias = fit(*together(learned, cases))
    shift = float(np.log(threshold / (1 - threshold)))  # the threshold is moved to 0.5
    unread = np.array([one.part == "trees" for one in cases.examples])
    by_rule = np.array([one.part == "trees" and not one.kind.startswith(_OTHERS) for one in learned.examples])
    of_kept_out = fitted.predict_proba(np.array([measure(one) for one in kept_out]))[:, 1]
    named = [Path(one).name if "/" in one else one for one in arguments or sys.argv[1:]]
    stored = {
        "made_by": f"python -m rag_assistant.evaluate.train_verifier {shlex.join(named)}",
        "examples": len(found) + len(drawn_cases),
        "right": {
            "cases": right_by_kind(scores, drawn_cases, threshold),
            "digests of papers kept out": right_by_kind(of_kept_out, kept_out, threshold),
        },
        "second_opinion": second_opinion(
            _judged(cases.of(unread), scores[unread], shift, 1.0),
            _judged(learned.of(by_rule), scores_learned[by_rule], shift, _BY_RULE_SHARE),
        ),
        "signals": list(signals.NAMES),
        "bias": round(bias - shift, 5),
        "trees": trees,
    }
    text = json.dumps(stored, ensure_ascii=True)
    given.out.write_text(text.replace('"trees": [[[', '"trees": [\n[[').replace("]], [[", "]],\n[[") + "\n", "utf-8")
    told = {name: stored[name] for name in ("examples", "right", "second_opinion")}
    sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
    return 0


def _judged(some: Measured, scores: Numbers, shift: float, share: float) -> Judged:
    """Examples with their log odds, both labels weighing the same; at most ``_READ`` of them."""
    chosen = np.sort(np.random.default_rng(3).permutation(len(scores))[:_READ])
    few = some.of(np.isin(np.arange(len(scores)), chosen))
    log_odds = np.log(scores[chosen] / (1 - scores[chosen])) - shift
    return Judged(few.examples, log_odds, share * np.array(case_weights(few.examples, float(len(chosen)))))


if __name__ == "__main__":
    sys.exit(main())
