"""What retrieval is measured against: BM25 off the shelf, and reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from rag_assistant.records import Paper
from rag_assistant.retrieve.fusion import Scores

# Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and Individual Rank Learning".
_RRF = 60


def plain_bm25(papers: Sequence[Paper]) -> Callable[[str], Scores]:
    """bm25s with its own settings (English stop words, Snowball stems) over title and abstract, each once.

    Returns:
        A function from a question to (papers,) scores.
    """
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")

    def words(texts: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(
            texts, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False
        )
        return found

    bm25 = bm25s.BM25()
    documents = words([paper.text for paper in papers])
    bm25.index(documents if any(documents) else [["\x00"]] * max(1, len(papers)), show_progress=False)

    def scores(question: str) -> Scores:
        known = [word for word in words([question])[0] if word in bm25.vocab_dict]
        if not known:
            return np.zeros(len(papers), dtype=np.float32)
        result: Scores = bm25.get_scores(known)
        return result

    return scores


def reciprocal_ranks(sides: Iterable[Scores]) -> Scores:
    """(papers,) the sum over the sides of 1 / (60 + rank), equal scores in the order of the papers."""
    fused: Scores = np.empty(0, dtype=np.float32)
    for scores in sides:
        order = np.argsort(-scores, kind="stable")
        gain = np.empty(len(scores), dtype=np.float32)
        gain[order] = 1 / (_RRF + np.arange(1, len(scores) + 1, dtype=np.float32))
        fused = fused + gain if len(fused) else gain
    return fused
