"""Whether the probability that a paper answers can be believed, as a table and drawn.

::

    python -m rag_assistant.evaluate.reliability evals/questions.jsonl --index-dir DIR [--index-dir DIR …] \\
        [--split held_out] [--pubmedqa ori_pqal.json --pubmedqa-index DIR] [--plot FILE.svg]

A question's probability is that of the likeliest paper found; it is right where that paper is one of those that
answer, and can't be where none does. PubMedQA's records with an even id are asked, which nothing was fitted on, each
with its own abstract among those found and once without.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rag_assistant.answer.evidence import fit
from rag_assistant.answer.likelihood import HOPELESS, SURE
from rag_assistant.evaluate.cases import load_cases
from rag_assistant.evaluate.evidence_rows import Rows, believed, case_rows, pubmedqa_rows, read_together
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.settings import load_settings

_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: the probability of its likeliest paper, and whether that paper answers."""

    probability: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of like probability: how many, their mean probability, and the share that is right."""

    low: float
    high: float
    count: int
    probability: float
    right: float


def judged(rows: Sequence[Rows]) -> list[Judged]:
    """Each question with what the fitted models believe of its likeliest paper; a rule's declining is none of it."""
    model = fit()
    asked = [one for one in rows if not one.declined_by_rule]
    measured = [believed(model.paper, one) for one in asked]
    found = []
    for one, probabilities in zip(asked, measured, strict=True):
        if HOPELESS < probabilities.max() < SURE:
            (one,) = read_together([one], [probabilities])
            probabilities = believed(model.together, one)
        best = int(probabilities.argmax())
        found.append(Judged(float(probabilities[best]), bool(one.labels[best])))
    return found


def bins(questions: Sequence[Judged]) -> list[Bin]:
    """The questions by their probability; empty bins are left out."""
    found = []
    for low, high in itertools.pairwise(_EDGES):
        some = [one for one in questions if low <= one.probability < high or (high == 1 and one.probability == 1)]
        if some:
            share = fmean(one.right for one in some)
            found.append(Bin(low, high, len(some), fmean(one.probability for one in some), share))
    return found


def calibration_error(questions: Sequence[Judged]) -> float:
    """The expected calibration error over these bins (Guo and others 2017), from 0 to 1."""
    total = len(questions)
    return sum(one.count / total * abs(one.probability - one.right) for one in bins(questions))


def coverage_accuracy(questions: Sequence[Judged]) -> list[tuple[float, float]]:
    """(share of the questions answered, share of those right) as the bar falls, the surest first."""
    points, right = [], 0
    ordered = sorted(questions, key=lambda one: -one.probability)
    for place, one in enumerate(ordered, 1):
        right += one.right
        points.append((place / len(ordered), right / place))
    return points


def reliability_table(sources: Sequence[tuple[str, Sequence[Judged]]]) -> str:
    """A Markdown table, a column a source."""
    lines = [
        "| probability of the best paper | "
        + " | ".join(f"{name}: questions, mean, right" for name, _ in sources)
        + " |",
        "|---" * (len(sources) + 1) + "|",
    ]
    binned = [{one.low: one for one in bins(questions)} for _, questions in sources]
    for low, high in itertools.pairwise(_EDGES):
        cells = [
            f"{one.count}, {one.probability:.2f}, {one.right:.2f}" if (one := of.get(low)) else "0" for of in binned
        ]
        lines.append(f"| {low:g} to {high:g} | " + " | ".join(cells) + " |")
    errors = [f"{calibration_error(questions):.3f}" for _, questions in sources]
    return "\n".join([*lines, "| expected calibration error | " + " | ".join(errors) + " |"])


def draw(sources: Sequence[tuple[str, Sequence[Judged]]], path: Path) -> None:
    """Draws the reliability and the coverage-against-accuracy curves into an SVG file."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "reliability"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    left.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1, label="as believed")
    for name, questions in sources:
        binned = bins(questions)
        left.plot([one.probability for one in binned], [one.right for one in binned], marker="o", label=name)
        covered = coverage_accuracy(questions)
        right.plot([share for share, _ in covered], [accuracy for _, accuracy in covered], label=name)
    left.set(
        xlabel="probability, mean of a bin", ylabel="share right", xlim=(0, 1), ylim=(0, 1.02), title="Reliability"
    )
    right.set(
        xlabel="share of the questions answered, the surest first",
        ylabel="share of them right",
        xlim=(0, 1),
        ylim=(0, 1.02),
        title="Coverage against accuracy",
    )
    for axis in (left, right):
        axis.grid(visible=True, alpha=0.3)
        axis.legend(frameon=False, loc="lower right" if axis is left else "lower left")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.reliability", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--index-dir", type=Path, action="append", required=True)
    parser.add_argument("--split", choices=("dev", "held_out"), default="held_out")
    parser.add_argument("--pubmedqa", type=Path)
    parser.add_argument("--pubmedqa-index", type=Path)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args(arguments)
    encoder = load_encoder(load_settings().embedding.model)
    cases = [case for case in load_cases(given.file) if case.split == given.split]

    def opened(folder: Path) -> Index:
        return Index(folder, load_settings(index_dir=folder), lambda: encoder)

    rows = [one for folder in given.index_dir for one in case_rows(cases, opened(folder))[0]]
    sources = [(given.split.replace("_", " "), judged(rows))]
    if given.pubmedqa:
        sources.append(("PubMedQA", judged(pubmedqa_rows(given.pubmedqa, opened(given.pubmedqa_index), 0))))
    print(reliability_table(sources))  # noqa: T201
    if given.plot:
        draw(sources, given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
