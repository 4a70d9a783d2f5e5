"""The model that makes one calibrated score of the signals: boosted trees whose numbers lie in ``model.json``.

The file is written by ``python -m rag_assistant.evaluate.train_verifier`` and says with what. A tree is a list of
nodes, ``[signal, threshold, left, right]`` (left where the signal is at most the threshold) or ``[value]``; the values
reached in all trees add up, with ``bias``, to the logarithm of the odds that a sentence is borne out. Where the
cross-encoder has read it too, its two numbers and the trees' logarithm of the odds are weighed against one another.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

from rag_assistant.verify.signals import Signals

THRESHOLD = 0.5

Node = tuple[int, float, int, int] | tuple[float]


class SupportModel(Protocol):
    """A further judge of whether passages bear a sentence out, such as an NLI cross-encoder or an LLM."""

    def support(self, sentence: str, passages: Sequence[str]) -> float:
        """The probability, from 0 to 1, that the passages bear the sentence out."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """How the cross-encoder's numbers are weighed with the trees': a logistic regression over logarithms of odds."""

    trees: float  # that the sentence is borne out, by the signals
    entailed: float  # the same, by the cross-encoder
    at_fault: float  # that the sentence's worst word is at fault, by the cross-encoder
    bias: float

    def probability(self, trees: float, entailed: float, at_fault: float) -> float:
        """The probability, from 0 to 1, that a sentence is borne out."""
        return logistic(self.log_odds(trees, entailed, at_fault))

    def log_odds(self, trees: float, entailed: float, at_fault: float) -> float:
        """The logarithm of the odds of that."""
        return self.trees * trees + self.entailed * entailed + self.at_fault * at_fault + self.bias


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees over named signals."""

    names: tuple[str, ...]
    bias: float
    trees: tuple[tuple[Node, ...], ...]
    second: SecondOpinion | None = None

    def log_odds(self, signals: Signals) -> float:
        """The logarithm of the odds that a sentence is borne out."""
        return self.log_odds_of([float(getattr(signals, name)) for name in self.names])

    def log_odds_of(self, values: Sequence[float]) -> float:
        """The same, for signals in the order of ``names``."""
        total = self.bias
        for tree in self.trees:
            node = tree[0]
            while len(node) == 4:
                signal, threshold, left, right = node
                node = tree[left if values[signal] <= threshold else right]
            total += node[0]
        return total


def logistic(log_odds: float) -> float:
    """The probability, from 0 to 1, of a logarithm of odds."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))


def from_numbers(stored: Mapping[str, Any]) -> Trees:
    """A model out of the contents of its file."""
    trees = tuple(tuple(tuple(node) for node in tree) for tree in stored["trees"])
    second = stored.get("second_opinion")
    return Trees(
        tuple(stored["signals"]), float(stored["bias"]), trees, SecondOpinion(**second["weights"]) if second else None
    )


@functools.cache
def load() -> Trees:
    """The model that is shipped."""
    return from_numbers(json.loads(resources.files("rag_assistant.verify").joinpath("model.json").read_text("utf-8")))
