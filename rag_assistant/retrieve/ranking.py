"""Every paper of an index scored for one question: both sides, what their best papers have in common, fused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_assistant.index.open import Index
from rag_assistant.index.vectors import top
from rag_assistant.retrieve.fusion import Scores, fuse, pool_size
from rag_assistant.retrieve.questions import question_vector
from rag_assistant.settings import RetrieveSettings

Ordinals = npt.NDArray[np.int64]

# Papers that are taken for relevant when their common words and direction are looked for.
_FEEDBACK_PAPERS = 10
# Candidates that are compared with them: those further down are not brought to the top by it.
_FEEDBACK_CANDIDATES = 300


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores of every paper of an index for one question.

    ``vector`` is the question's; ``looked_for`` its terms as the papers write them, with their weights. The
    other arrays are (papers,): ``dense`` is the cosine similarity of a paper's best passage, ``lexical`` its BM25
    score. ``fused`` decides the order; its unit is arbitrary, and ``highest`` is what a paper would have that is the
    best on every side.
    """

    vector: Scores
    looked_for: Mapping[str, float]
    dense: Scores
    lexical: Scores
    fused: Scores
    highest: float


def rank_papers(index: Index, question: str, settings: RetrieveSettings, *, every: bool = False) -> Ranking:
    """Scores all papers for a question.

    The order of two papers never depends on a filter: scales are those of the whole collection.

    Args:
        index: to search.
        question: in plain words.
        settings: weights and sizes.
        every: compare every vector, whatever the size of the index; a filter needs them all.
    """
    vector = question_vector(index, question)
    dense = dense_by_paper(index, vector, settings, every=every)
    looked_for = index.lexical.question_terms(question)
    lexical = index.lexical.weighted_scores(looked_for)
    pool = pool_size(len(dense), settings.pool)
    fused, highest = fuse((dense, lexical), (settings.dense_weight, 1 - settings.dense_weight), pool)
    if settings.feedback and len(fused) > _FEEDBACK_PAPERS:
        candidates, _ = top(fused, min(pool, _FEEDBACK_CANDIDATES))
        common = _feedback(index, fused, candidates)
        # Outside the candidates a paper has no more in common with the best than the least of them has.
        gain = np.full(len(fused), common.min(), dtype=np.float32)
        gain[candidates] = common
        fused = fused + np.float32(settings.feedback) * gain
        highest += settings.feedback * float(common.max())
    return Ranking(vector, looked_for, dense, lexical, fused, highest)


def dense_by_paper(index: Index, vector: Scores, settings: RetrieveSettings, *, every: bool) -> Scores:
    """(papers,) the cosine similarity of each paper's best passage, as far as Chroma's graph reached."""
    if index.vectors.exact or every:
        similarities = index.vectors.similarities(vector)
        result: Scores = (
            np.maximum.reduceat(similarities, index.first_passage[:-1]) if len(similarities) else similarities
        )
        return result
    ordinals, similarities = index.vectors.nearest(vector, settings.pool * 3)
    scores: Scores = np.full(index.manifest.papers, similarities.min() if len(similarities) else -1, dtype=np.float32)
    np.maximum.at(scores, index.passage_papers[ordinals], similarities)
    return scores


def passages_of(index: Index, papers: Ordinals) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The ordinals of some papers' passages, one paper after another, and where each paper's begin among them."""
    begins, ends = index.first_passage[papers], index.first_passage[papers + 1]
    counts = ends - begins
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    rows = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts, counts) + np.repeat(begins, counts)
    return rows, starts


def _feedback(index: Index, fused: Scores, candidates: Ordinals) -> Scores:
    """(candidates,) how much each has in common with the best of them, in meaning and in words, both standardised.

    Pseudo-relevance feedback (Rocchio 1971; Lavrenko and Croft 2001), taken as two further sides: a question moved
    towards the papers found would drift with them.
    """
    best = candidates[:_FEEDBACK_PAPERS]
    weights = np.exp(fused[best] - fused[best[0]])
    weights /= weights.sum()
    rows, starts = passages_of(index, best)
    means = np.add.reduceat(index.vectors.rows(rows), starts, axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    direction = (weights @ means).astype(np.float32)
    rows, starts = passages_of(index, candidates)
    meaning: Scores = np.maximum.reduceat(index.vectors.rows(rows) @ direction, starts)
    words = index.lexical.feedback(best.tolist(), weights.tolist())[candidates]
    return fuse((meaning, words), (1, 1), len(candidates))[0]
