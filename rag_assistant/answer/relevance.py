"""How far a paper answers a question, by a cross-encoder that reads both together.

It is the bundled MiniLM with the adapter of ``relevance.npz``, written by ``python -m
rag_assistant.evaluate.train_relevance``. What it reads of a paper is its gist: the title and the sentences that an
answer would quote. So it is asked what matters: would these words answer this question?
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_assistant.answer.candidates import ReadPaper
from rag_assistant.index.adapter import Packaged
from rag_assistant.index.cross_encoder import is_exported, load_cross_encoder

# Sentences of an abstract that are read: with their title and the question they come to some 110 word pieces.
_SENTENCES = 2
# The logit of a paper that has nothing to do with a question; how far ahead is as good as any farther.
_NOTHING, _FAR = -5.0, 6.0
RELEVANCE_FEATURES = ("relevance", "relevance_lead")
ENCODER = Packaged("rag_assistant.answer", "relevance.npz", load_cross_encoder, is_exported)


def gist(paper: ReadPaper, worth: Sequence[float]) -> str:
    """The title of a paper and its sentences of most worth, in their order.

    Args:
        paper: one of those found.
        worth: of each of its sentences, as ``evidence.json`` weighs them.
    """
    best = sorted(range(len(worth)), key=lambda order: (-worth[order], order))[:_SENTENCES]
    return " ".join([f"{paper.paper.title.rstrip('.')}.", *(paper.sentence(order) for order in sorted(best))])


def relevance(question: str, gists: Sequence[str]) -> tuple[float, ...] | None:
    """For each gist the logarithm of the odds that it answers; None where there is no cross-encoder.

    Args:
        question: standalone, in plain words.
        gists: of the papers found.
    """
    if ENCODER.missing():
        return None
    return tuple(one.logit for one in ENCODER.loaded().judge_all([(question, text) for text in gists]))


def relevance_features(logits: Sequence[float]) -> list[tuple[float, ...]]:
    """What the logits of papers say of each, in the order of ``RELEVANCE_FEATURES``: its own, and how far it is ahead
    of the best of the others."""
    found: list[tuple[float, ...]] = []
    for place, own in enumerate(logits):
        others = [*logits[:place], *logits[place + 1 :]] or [_NOTHING]
        found.append((own, max(-_FAR, min(_FAR, own - max(others)))))
    return found
