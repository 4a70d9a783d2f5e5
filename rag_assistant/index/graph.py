"""Chroma's graph over a new generation: amended where little has changed, and tried before it is trusted."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index import chroma
from rag_assistant.index.digests import CHROMA
from rag_assistant.index.embed import Vectors
from rag_assistant.index.manifest import MIN_RECALL
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.previous import Previous

# Passages asked for by their own vector, and questions made up to measure recall with.
_PROBES, _QUESTIONS, _NEAREST = 32, 64, 10
# Widths of the search that are tried in turn.
_WIDTHS = (200, 400, 800, 1_600)
# A deleted passage stays in the graph as a hole. Past this share of changes the graph is built whole again.
_MOST_AMENDED = 0.2
# A graph that finds less than this is not a poor one but a broken one.
_BROKEN = 0.5
# What an amended graph may find less than the one before it did, which is within the chance of 640 neighbours.
_LOST = 0.03


@dataclass(frozen=True, slots=True)
class GraphReport:
    """What was measured: see ``Manifest`` for the fields."""

    recall: float | None
    ef_search: int
    amended: int


def write_graph(folder: Path, passages: PassageArrays, previous: Previous | None) -> GraphReport:
    """Writes the graph of a generation, the one before amended where that is enough, and tries it.

    Raises:
        IndexDamagedError: what was written does not answer as it should.
        IndexWriteError: the disk is full.
    """
    if previous is not None:
        gone = np.setdiff1d(previous.passages.keys, passages.keys)
        fresh = ~np.isin(passages.keys, previous.passages.keys)
        amended = previous.manifest.amended + len(gone)
        if amended + int(fresh.sum()) <= _MOST_AMENDED * len(previous.passages.keys):
            try:
                names = [key.decode() for key in passages.keys[fresh].tolist()]
                taken_out = [key.decode() for key in gone.tolist()]
                before = previous.folder / CHROMA
                chroma.amend(folder / CHROMA, before, taken_out, names, passages.vectors[fresh])
                return _tried(folder, passages, np.flatnonzero(fresh), amended, previous.manifest.recall)
            except (IndexDamagedError, FileNotFoundError):
                # The one before is damaged, or was worn: nothing is lost, all vectors are at hand.
                shutil.rmtree(folder / CHROMA, ignore_errors=True)
    chroma.write(folder / CHROMA, [key.decode() for key in passages.keys.tolist()], passages.vectors)
    return _tried(folder, passages, np.empty(0, dtype=np.int64), 0, None)


def _tried(
    folder: Path, passages: PassageArrays, fresh: npt.NDArray[np.int64], amended: int, before: float | None
) -> GraphReport:
    """Widens the search until it finds enough. ``before`` is the recall of the graph that was amended."""
    recall, width = None, _WIDTHS[0]
    for width in _WIDTHS:
        graph = chroma.Graph(folder / CHROMA)
        try:
            recall = _recall(graph, passages.vectors)
            if recall is not None:
                recall = min(recall, own_found(graph, passages, fresh))
            if recall is None or recall >= MIN_RECALL or width == _WIDTHS[-1]:
                break
            graph.search_wider(2 * width)
        finally:
            graph.close()
    if recall is not None and recall < _BROKEN:
        raise IndexDamagedError(f"the new index's graph finds {recall:.0%} of what is nearest; nothing changed")
    # Vectors that no graph serves well (random ones, say) are not served better by one that is built anew.
    wanted = MIN_RECALL if before is None else min(MIN_RECALL, before - _LOST)
    if recall is not None and recall < wanted and amended:
        raise IndexDamagedError(f"the amended graph finds {recall:.0%} of what is nearest")
    return GraphReport(recall, width, amended)


def own_found(graph: chroma.Graph, passages: PassageArrays, fresh: npt.NDArray[np.int64]) -> float:
    """The share of some passages that are found by their own vectors; with a graph's files gone, a count is right."""
    size = len(passages.keys)
    spread = np.arange(0, size, max(1, size // _PROBES))
    rows = [*spread.tolist(), *fresh[:: max(1, len(fresh) // _PROBES)].tolist()]
    found = 0
    for row in rows:
        keys, similarities = graph.nearest(passages.vectors[row], 5)
        # Of passages with the same vector any may come first.
        itself = float(passages.vectors[row] @ passages.vectors[row])
        found += passages.keys[row].decode() in keys or bool(len(similarities) and similarities[0] >= itself - 1e-3)
    return found / len(rows)


def _recall(graph: chroma.Graph, vectors: Vectors) -> float | None:
    """The share of the ten exactly nearest passages that the graph finds, over vectors near to some passages' own."""
    if not len(vectors):
        return None
    random = np.random.default_rng(len(vectors))
    near = vectors[random.integers(len(vectors), size=_QUESTIONS)]
    # As far from a passage as a question about it: a cosine of some 0.7.
    questions = near + random.standard_normal(near.shape).astype(np.float32) / np.sqrt(near.shape[1])
    questions /= np.linalg.norm(questions, axis=1, keepdims=True)
    wanted = min(_NEAREST, len(vectors))
    exact = np.partition(questions @ vectors.T, -wanted, axis=1)[:, -wanted]
    found = 0
    for question, tenth in zip(questions, exact, strict=True):
        _, similarities = graph.nearest(question, wanted)
        # By similarity and not by key: of equally near passages any will do.
        found += int(np.count_nonzero(similarities >= tenth - 1e-5))
    return found / (wanted * len(questions))
