"""The models that make one calibrated score of the signals: boosted trees whose numbers lie in two files.

``model.json`` judges by the signals alone, ``model_read.json`` by the cross-encoder's numbers besides. The files are
written by ``python -m rag_assistant.evaluate.train_verifier`` and say with what. A tree is a list of nodes, ``[signal,
threshold, left, right]`` (left where the signal is at most the threshold) or ``[value]``; the values reached in all
trees add up, with ``bias``, to the logarithm of the odds that a sentence is borne out.
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
# The cross-encoder's numbers, beside the signals: the logarithm of the odds that the sentence is borne out, and that of
# the odds that its worst word is at fault.
READ = ("entailed", "at_fault")

Node = tuple[int, float, int, int] | tuple[float]


class SupportModel(Protocol):
    """A further judge of whether passages bear a sentence out, such as an NLI cross-encoder or an LLM."""

    def support(self, sentence: str, passages: Sequence[str]) -> float:
        """The probability, from 0 to 1, that the passages bear the sentence out."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees over named signals."""

    names: tuple[str, ...]
    bias: float
    trees: tuple[tuple[Node, ...], ...]

    def probability(self, signals: Signals) -> float:
        """The probability, from 0 to 1, that a sentence is borne out; the model says yes from ``THRESHOLD`` on."""
        return self.probability_of([float(getattr(signals, name)) for name in self.names])

    def probability_of(self, values: Sequence[float]) -> float:
        """The same, for signals in the order of ``names``."""
        total = self.bias
        for tree in self.trees:
            node = tree[0]
            while len(node) == 4:
                signal, threshold, left, right = node
                node = tree[left if values[signal] <= threshold else right]
            total += node[0]
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


def from_numbers(stored: Mapping[str, Any]) -> Trees:
    """A model out of the contents of its file."""
    trees = tuple(tuple(tuple(node) for node in tree) for tree in stored["trees"])
    return Trees(tuple(stored["signals"]), float(stored["bias"]), trees)


@functools.cache
def load(*, read: bool = False) -> Trees:
    """The model that is shipped, for the signals alone or for the cross-encoder's numbers besides."""
    name = "model_read.json" if read else "model.json"
    return from_numbers(json.loads(resources.files("rag_assistant.verify").joinpath(name).read_text("utf-8")))
