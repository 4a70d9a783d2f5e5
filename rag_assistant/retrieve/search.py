"""One search: score every paper, leave out what the filters forbid, put the best first, each with its best passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from rag_assistant.errors import FilterError
from rag_assistant.index.lexical import STOP_WORDS, terms, words_of
from rag_assistant.index.open import Index
from rag_assistant.index.vectors import top
from rag_assistant.records import Hit, Paper
from rag_assistant.retrieve.filters import Filters, to_sql
from rag_assistant.retrieve.framing import unframed
from rag_assistant.retrieve.fusion import Scores, pool_size, unit_range
from rag_assistant.retrieve.naming import alone_with_a_word, mentioned_papers, named_papers
from rag_assistant.retrieve.parts import parts_of
from rag_assistant.retrieve.ranking import Ordinals, Ranking, passages_of, rank_papers
from rag_assistant.settings import RetrieveSettings

# Papers among which a title is looked for: one typed whole is found among the first.
_TITLES_READ = 20


def search(
    index: Index, question: str, settings: RetrieveSettings, k: int | None = None, filters: Filters | None = None
) -> tuple[Hit, ...]:
    """The papers that fit a question best, the best first, each once with its best passage.

    A question in two parts is searched for as a whole and part by part, and every part's best papers come near the top.
    Papers that it names come first: by their title, or by a name that no other paper has.

    Args:
        index: to search.
        question: in plain words; nothing but white space finds nothing.
        settings: weights and sizes.
        k: papers at most; None: ``settings.k``.
        filters: what papers may be found, see ``retrieve.filters``.

    Raises:
        FilterError: a filter that can't be applied, or ``k`` below 1.
        EncoderError: the reranker that the settings name can't be loaded.
    """
    wanted = settings.k if k is None else k
    if wanted < 1:
        raise FilterError(f"k = {wanted}: at least one paper must be asked for")
    allowed = _allowed(index, filters)
    # Bytes of a command line that are no UTF-8 come as half characters, which no tokenizer takes.
    question = question.encode("utf-8", "replace").decode("utf-8")
    if not question.strip() or not len(allowed):
        return ()
    asked = unframed(question)
    ranking = rank_papers(index, asked, settings, every=bool(filters))
    scores = _scores(ranking, allowed, settings)
    for part in _parts(index, asked):
        # Each part's best paper stands beside the best of all.
        alone = _scores(rank_papers(index, part, settings, every=bool(filters)), allowed, settings)
        scores = np.maximum(scores, alone / max(float(alone.max()), 1e-6) * float(scores.max()))
    places, found = top(scores, max(wanted, _TITLES_READ, settings.rerank if settings.reranker else 0))
    rare = alone_with_a_word(index.lexical, asked, ranking.looked_for)
    behind = np.setdiff1d(np.flatnonzero(np.isin(allowed, rare)), places)
    places, found = np.append(places, behind), np.append(found, scores[behind])
    ordinals = allowed[places]
    papers = index.catalog.papers([int(one) for one in ordinals])
    best_first = {int(ordinal): papers[int(ordinal)] for ordinal in ordinals}
    scored = dict(zip(best_first, (float(score) for score in found), strict=True))
    if settings.reranker:
        scored = _reranked(index, question, ranking, best_first, scored, settings)
    named = named_papers(index.lexical, question, ranking.looked_for, best_first)
    if not named and asked != question:
        named = named_papers(index.lexical, asked, ranking.looked_for, best_first)
    highest = max(scored.values())
    order = dict.fromkeys(named, highest) | {one: score for one, score in scored.items() if one not in named}
    mentioned = mentioned_papers(index.lexical, asked, ranking.looked_for, best_first)
    return _hits(index, question, papers, _with_mentioned(list(order.items()), mentioned, wanted), ranking)


def _with_mentioned(
    ordered: Sequence[tuple[int, float]], mentioned: Sequence[int], wanted: int
) -> list[tuple[int, float]]:
    """The first papers; those that alone have a name of the question take the last places, if they lie behind."""
    first = list(ordered[:wanted])
    behind = [one for one in ordered[wanted:] if one[0] in mentioned][: max(0, wanted - 1)]
    return first[: len(first) - len(behind)] + behind


def _allowed(index: Index, filters: Filters | None) -> Ordinals:
    if not filters:
        return np.arange(index.manifest.papers, dtype=np.int64)
    where, values = to_sql(filters)
    return np.array(index.catalog.select(where, values), dtype=np.int64)


def _scores(ranking: Ranking, allowed: Ordinals, settings: RetrieveSettings) -> Scores:
    """(allowed,) scores from 0 (the last candidate) to 1 (the best there could be: first on every side)."""
    if len(ranking.fused) == 1:
        return np.ones(len(allowed), dtype=np.float32)  # the only one there is has no candidate to be measured by
    fused = ranking.fused[allowed]
    # The candidates of the whole collection, so that a filter doesn't make a poor paper look good.
    floor = _last_candidate(ranking.fused, settings)
    if len(fused) < len(ranking.fused):
        floor = min(floor, _last_candidate(fused, settings))
    return unit_range(fused, floor, ranking.highest)


def _last_candidate(fused: Scores, settings: RetrieveSettings) -> float:
    pool = pool_size(len(fused), settings.pool)
    return float(np.partition(fused, -pool)[-pool])


def _parts(index: Index, question: str) -> tuple[str, ...]:
    """The parts of a question in which there is a word that some paper has."""
    return tuple(part for part in parts_of(question) if index.lexical.question_terms(part))


def _reranked(
    index: Index,
    question: str,
    ranking: Ranking,
    papers: dict[int, Paper],
    scored: dict[int, float],
    settings: RetrieveSettings,
) -> dict[int, float]:
    """The first papers in the order of a cross-encoder, which reads question and passage together; then the rest."""
    from rag_assistant.index.rerank import load_reranker

    read = list(papers)[: settings.rerank]
    passages = [
        index.catalog.passage(row, papers[ordinal])
        for ordinal, (row, _) in zip(read, _best_passages(index, read, ranking.vector), strict=True)
    ]
    texts = [f"{papers[ordinal].title}\n{passage.text}" for ordinal, passage in zip(read, passages, strict=True)]
    judged = load_reranker(settings.reranker or "").scores(question, texts)
    order = sorted(range(len(read)), key=lambda place: (-judged[place], place))
    lowest = float(judged.min())
    rest = {ordinal: min(score, lowest) for ordinal, score in scored.items() if ordinal not in set(read)}
    return {read[place]: float(judged[place]) for place in order} | rest


def _hits(
    index: Index, question: str, papers: Mapping[int, Paper], scored: Sequence[tuple[int, float]], ranking: Ranking
) -> tuple[Hit, ...]:
    words = {word: frozenset(terms(word)) for word in dict.fromkeys(words_of(question)) if word not in STOP_WORDS}
    looked_for = {term: (term,) for term in ranking.looked_for}
    rows = _best_passages(index, [ordinal for ordinal, _ in scored], ranking.vector)
    hits = []
    for rank, ((ordinal, score), (row, similarity)) in enumerate(zip(scored, rows, strict=True), 1):
        lexical = float(ranking.lexical[ordinal])
        stems = index.lexical.matched(ordinal, looked_for)
        hits.append(
            Hit(
                passage=index.catalog.passage(row, papers[ordinal]),
                paper=papers[ordinal],
                score=min(1.0, max(0.0, score)),
                rank=rank,
                dense=similarity,
                lexical=lexical if lexical > 0 else None,
                dense_rank=_place(ranking.dense, ordinal),
                lexical_rank=_place(ranking.lexical, ordinal) if lexical > 0 else None,
                matched=tuple(word for word, own in words.items() if not own.isdisjoint(stems)),
                stems=stems,
            )
        )
    return tuple(hits)


def _place(scores: Scores, ordinal: int) -> int:
    return int(np.count_nonzero(scores > scores[ordinal])) + 1


def _best_passages(index: Index, papers: Sequence[int], vector: Scores) -> list[tuple[int, float]]:
    """The passage of each paper that is nearest to the question, and its cosine similarity."""
    rows, starts = passages_of(index, np.array(papers, dtype=np.int64))
    similarities = index.vectors.rows(rows) @ vector
    best = []
    for begin, end in pairwise([*starts.tolist(), len(rows)]):
        place = begin + int(np.argmax(similarities[begin:end]))
        best.append((int(rows[place]), float(similarities[place])))
    return best
