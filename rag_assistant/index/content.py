"""What a new generation will hold: handed on by the one before where a paper is unchanged, made where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_assistant.index.chunk import passages_of
from rag_assistant.index.embed import Encoder, Vectors
from rag_assistant.index.lexical import paper_terms
from rag_assistant.index.passages import PassageArrays, passage_key, passage_text, text_key
from rag_assistant.index.postings import TermLists
from rag_assistant.index.previous import Previous
from rag_assistant.index.store import Store
from rag_assistant.records import Paper, Passage
from rag_assistant.settings import Settings

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

# Papers cut into passages at once, and texts embedded before their vectors are kept: a killed ingest loses no more.
_CUT_BATCH, _EMBED_BATCH = 256, 512


@dataclass(frozen=True, slots=True)
class Content:
    """Papers in the order that they are numbered in, their passages and terms, and how many texts were embedded."""

    papers: Sequence[Paper]
    passages: PassageArrays
    terms: TermLists
    embedded: int


def make_content(
    papers: Sequence[Paper],
    previous: Previous | None,
    settings: Settings,
    model: Encoder,
    store: Store,
    progress: Progress,
) -> Content:
    """Cuts, embeds and analyses what is new; the rest is taken from the generation before.

    Args:
        papers: of the whole collection.
        previous: None: everything is made; vectors that the store keeps are not made again.
        settings: of cutting.
        model: that embeds.
        store: keeps each vector as soon as it is made.
        progress: told how far it is.
    """
    kept: list[int | None] = previous.ordinals(papers) if previous else [None] * len(papers)
    fresh = [paper for paper, ordinal in zip(papers, kept, strict=True) if ordinal is None]
    passages: list[list[Passage]] = []
    progress("passages", 0, len(fresh))
    for begin in range(0, len(fresh), _CUT_BATCH):
        some = fresh[begin : begin + _CUT_BATCH]
        passages += passages_of(some, model.count_tokens, settings.chunk, model.card.window)
        progress("passages", len(passages), len(fresh))
    pairs = [(paper, passage) for paper, cut in zip(fresh, passages, strict=True) for passage in cut]
    texts = [passage_text(paper, passage) for paper, passage in pairs]
    keys = [text_key(model.card, text) for text in texts]
    vectors, embedded = _vectors(store, model, dict(zip(keys, texts, strict=True)), keys, progress)
    made = PassageArrays.of(
        [(0, passage.start, passage.end) for _, passage in pairs],
        [passage_key(passage, key) for (_, passage), key in zip(pairs, keys, strict=True)],
        vectors,
    )
    arrays = _together(kept, previous, [len(cut) for cut in passages], made)
    terms = TermLists.make(
        [
            paper_terms(paper.title, paper.abstract) if ordinal is None else ordinal
            for paper, ordinal in zip(papers, kept, strict=True)
        ],
        previous.terms if previous else None,
    )
    return Content(papers, arrays, terms, embedded)


def _vectors(
    store: Store, model: Encoder, texts: dict[bytes, str], keys: Sequence[bytes], progress: Progress
) -> tuple[Vectors, int]:
    """(keys,) vectors, those that the store lacks embedded batch by batch, and how many these were."""
    known = store.vectors(list(texts))
    # Sorted by length over all texts, so that each batch pads little.
    missing = sorted((key for key in texts if key not in known), key=lambda key: len(texts[key]))
    for begin in range(0, len(missing), _EMBED_BATCH):
        some = missing[begin : begin + _EMBED_BATCH]

        def told(count: int, done: int = begin) -> None:
            progress("embedding", done + count, len(missing))

        fresh = dict(zip(some, model.encode_passages([texts[key] for key in some], told), strict=True))
        store.keep_vectors(fresh)
        known.update(fresh)
    vectors: Vectors = np.empty((len(keys), model.card.dimension), dtype=np.float32)
    for row, key in enumerate(keys):
        vectors[row] = known[key]
    return vectors, len(missing)


def _together(
    kept: Sequence[int | None], previous: Previous | None, made_counts: Sequence[int], made: PassageArrays
) -> PassageArrays:
    """The passages of all papers in order: rows of the generation before, and rows that were made."""
    if previous is None:
        made.table[:, 0] = np.repeat(np.arange(len(kept)), made_counts)
        return made
    old = previous.passages
    starts: npt.NDArray[np.int64] = np.empty(len(kept), dtype=np.int64)
    counts: npt.NDArray[np.int64] = np.empty(len(kept), dtype=np.int64)
    next_made, counted = len(old.table), iter(made_counts)
    for place, ordinal in enumerate(kept):
        if ordinal is None:
            starts[place], counts[place] = next_made, next(counted)
            next_made += counts[place]
        else:
            starts[place] = previous.first_passage[ordinal]
            counts[place] = previous.first_passage[ordinal + 1] - starts[place]
    offsets = np.cumsum(counts) - counts
    rows = np.arange(counts.sum()) + np.repeat(starts - offsets, counts)
    from_old = rows < len(old.table)
    table = np.concatenate((old.table, made.table))[rows]
    table[:, 0] = np.repeat(np.arange(len(kept)), counts)
    keys = np.concatenate((old.keys, made.keys))[rows]
    # Not joined first: at 100,000 passages each copy is 150 MB.
    vectors: Vectors = np.empty((len(rows), made.vectors.shape[1]), dtype=np.float32)
    vectors[from_old] = old.vectors[rows[from_old]]
    vectors[~from_old] = made.vectors[rows[~from_old] - len(old.table)]
    return PassageArrays(table, keys, vectors)
