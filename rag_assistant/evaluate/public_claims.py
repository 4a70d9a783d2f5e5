"""The verifier on public data: claims of SciFact, HealthVer and WiCE, with the evidence given, beside cosine alone.

    python -m rag_assistant.evaluate.public_claims --scifact DIR --healthver FILE --wice FILE

SciFact's dev claims against each abstract that they cite, and of HealthVer and WiCE the third that no training has seen
(:mod:`verifier_examples`). F1 is that of "supported" against the rest; of SciFact also that of the rationale sentences,
over the abstracts that have any. Cosine is that of a claim and its evidence's closest sentence by the bundled encoder;
its thresholds are the best ones on 150 of those that the verifier may train on. Intervals are 95% bootstrap, claims
drawn anew.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate import verifier_examples as examples
from rag_assistant.evaluate.intervals import RESAMPLES, ends
from rag_assistant.evaluate.tables import text_table
from rag_assistant.evaluate.verifier_examples import Example
from rag_assistant.index.embed import Encoder, load_encoder
from rag_assistant.sentences import sentences
from rag_assistant.settings import DEFAULT_MODEL
from rag_assistant.verify import check

Numbers = npt.NDArray[np.float64]
Row = TypeVar("Row")

_LEARNED = 150  # claims that a threshold is set on


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found of one kind, one row a claim: how many are right, how many were said, how many there are."""

    right: Numbers
    said: Numbers
    there: Numbers

    def f1(self, seed: int = 0) -> str:
        """F1 over all claims with its interval."""
        picks = np.random.default_rng(seed).integers(0, len(self.right), (RESAMPLES, len(self.right)))
        drawn = 2 * self.right[picks].sum(1) / np.maximum(1, (self.said + self.there)[picks].sum(1))
        value = 2 * self.right.sum() / max(1.0, float((self.said + self.there).sum()))
        low, high = ends(drawn.tolist())
        return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def supported_counts(said: Sequence[bool], truth: Sequence[bool]) -> Counts:
    """The counts for "supported"."""
    found, there = np.array(said, dtype=float), np.array(truth, dtype=float)
    return Counts(found * there, found, there)


def area(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """The area under the ROC curve: how often a supported claim scores above another one, ties counting half."""
    found, supported = np.asarray(scores), np.asarray(truth)
    ahead = found[supported][:, None] - found[~supported][None, :]
    return float(((ahead > 0) + 0.5 * (ahead == 0)).mean())


def closest(encoder: Encoder, claim: str, texts: Sequence[str]) -> Numbers:
    """The cosine of a claim to each of the texts."""
    return np.asarray(encoder.encode_passages(texts) @ encoder.encode_question(claim), dtype=np.float64)


def best_f1_threshold(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """The threshold of the best F1 of "supported"."""
    found, supported = np.asarray(scores), np.asarray(truth)
    tried = np.unique(np.round(found, 2))
    f1 = [2 * (supported & (found >= at)).sum() / ((found >= at).sum() + supported.sum()) for at in tried]
    return float(tried[int(np.argmax(f1))])


def judged(encoder: Encoder, learned: Sequence[Example], tested: Sequence[Example]) -> list[tuple[str, ...]]:
    """A line for the verifier and one for cosine: F1 with its interval, area under the curve, claims."""
    truth = [one.supported for one in tested]
    verdicts = [check(one.sentence, [one.passage]) for one in tested]
    scores = [one.score for one in verdicts]
    near = [float(closest(encoder, one.sentence, _parts(one.passage)).max()) for one in tested]
    known = [float(closest(encoder, one.sentence, _parts(one.passage)).max()) for one in _drawn(learned)]
    threshold = best_f1_threshold(known, [one.supported for one in _drawn(learned)])
    ours = supported_counts([one.supported for one in verdicts], truth)
    theirs = supported_counts([one >= threshold for one in near], truth)
    return [
        ("verifier", ours.f1(), f"{area(scores, truth):.3f}", str(len(truth))),
        ("cosine", theirs.f1(), f"{area(near, truth):.3f}", str(len(truth))),
    ]


def rationales(encoder: Encoder, folder: Path) -> list[tuple[str, ...]]:
    """A line for the verifier and one for cosine: F1 of the rationale sentences of SciFact's dev claims."""
    train = _drawn(list(_with_rationale(folder, "train")))
    cosines = [closest(encoder, claim, text) for claim, text, _ in train]
    flat = [float(value) for row in cosines for value in row]
    threshold = best_f1_threshold(flat, [at in wanted for _, text, wanted in train for at in range(len(text))])
    dev = list(_with_rationale(folder, "dev"))
    ours, theirs = [], []
    for claim, text, wanted in dev:
        spans, place = [], 0
        for sentence in text:
            spans.append((place, place + len(sentence)))
            place += len(sentence) + 1
        evidence = check(claim, [" ".join(text)]).evidence
        found = {
            at for at, (left, right) in enumerate(spans) if any(e.start < right and left < e.end for e in evidence)
        }
        ours.append((len(found & wanted), len(found), len(wanted)))
        near = closest(encoder, claim, text)
        found = {at for at in range(len(text)) if near[at] >= threshold} or {int(near.argmax())}
        theirs.append((len(found & wanted), len(found), len(wanted)))
    return [
        (name, Counts(*np.array(rows, dtype=float).T).f1(), "", str(len(rows)))
        for name, rows in (("verifier", ours), ("cosine", theirs))
    ]


def _with_rationale(folder: Path, split: str) -> list[tuple[str, list[str], set[int]]]:
    """Claims with the sentences of an abstract that has rationale sentences for them, and which these are."""
    texts = {paper: text for paper, _, text in examples.scifact_abstracts(folder)}
    found = []
    for line in (folder / "claims" / f"claims_{split}.jsonl").read_text("utf-8").splitlines():
        claim = json.loads(line)
        for paper, evidence in claim["evidence"].items():
            wanted = {place for one in evidence for place in one["sentences"]}
            found.append((claim["claim"], texts[paper], wanted))
    return found


def _drawn(found: Sequence[Row]) -> list[Row]:
    return random.Random(0).sample(list(found), min(_LEARNED, len(found)))  # noqa: S311 - no secret depends on it


def _parts(passage: str) -> list[str]:
    return [one for line in passage.split("\n") for one in sentences(line)] or [passage]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.public_claims", description=__doc__)
    for name in ("scifact", "healthver", "wice"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args(arguments)
    encoder = load_encoder(DEFAULT_MODEL)
    pairs = {
        "HealthVer": list(examples.from_pairs(given.healthver, lambda one: str(one["topic_ip"]))),
        "WiCE": list(examples.from_pairs(given.wice)),
    }
    sets = {"SciFact dev": tuple(list(examples.from_scifact(given.scifact, split)) for split in ("train", "dev"))}
    for name, found in pairs.items():
        sets[name] = (
            [one for one in found if one.part != "kept_out"],
            [one for one in found if one.part == "kept_out"],
        )
    rows: list[tuple[str, ...]] = []
    for name, (learned, tested) in sets.items():
        rows += [(name, *row) for row in judged(encoder, learned, tested)]
    rows += [("SciFact rationales", *row) for row in rationales(encoder, given.scifact)]
    sys.stdout.write(text_table(("claims", "judge", "F1 [95% interval]", "AUC", "n"), rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
