"""The mean of several adapters of one descent, weight by weight, which often does better than any of them.

    python -m rag_assistant.evaluate.mean_adapter ADAPTER ADAPTER … --out ADAPTER

Averaging the weights of models that were trained on from one another costs nothing when they are used ("model soups",
Wortsman and others 2022).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag_assistant.index.adapter import Adapter


def mean_of(adapters: Sequence[Adapter]) -> Adapter:
    """The adapter whose every number is the mean of theirs; the last one tells what made them.

    Raises:
        ValueError: they aren't of one shape.
    """
    first = adapters[0]
    if any(one.parts.keys() != first.parts.keys() for one in adapters):
        raise ValueError("the adapters aren't of one shape")
    parts = {
        name: np.mean([one.parts[name].astype(np.float32) for one in adapters], axis=0).astype(part.dtype)
        for name, part in first.parts.items()
    }
    told = f"python -m rag_assistant.evaluate.mean_adapter of the {len(adapters)} last adapters of this descent"
    return Adapter(parts, f"{adapters[-1].made_by}; {told}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.mean_adapter", description=__doc__)
    parser.add_argument("adapters", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    mean_of([Adapter.load(path.read_bytes()) for path in given.adapters]).save(given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
