"""Abstracts cut into passages: runs of whole sentences that fit the embedding model's window."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag_assistant.records import Paper, Passage
from rag_assistant.sentences import Span, sentence_spans
from rag_assistant.settings import ChunkSettings

CHUNKER_VERSION = 1
_WORD = re.compile(r"\S+\s*")


def passages_of(
    papers: Sequence[Paper], count_tokens: Callable[[Sequence[str]], list[int]], settings: ChunkSettings, window: int
) -> list[list[Passage]]:
    """The passages of each paper, in order; a paper's hold every sentence of it, and neighbours share a few.

    Args:
        papers: the title of each is embedded with every passage, so it takes its share of the window.
        count_tokens: word pieces of each of the given texts.
        settings: size and overlap.
        window: word pieces that the model reads, special ones included.
    """
    spans = [sentence_spans(paper.abstract) for paper in papers]
    texts: list[str] = []
    for paper, sentences in zip(papers, spans, strict=True):
        texts += [paper.title, *(paper.abstract[start:end] for start, end in sentences)]
    counts = iter(count_tokens(texts))
    found: list[list[Passage]] = []
    for paper, sentences in zip(papers, spans, strict=True):
        budget = max(16, min(settings.max_tokens, window - 3 - next(counts)))
        pieces: list[tuple[Span, int]] = []
        for span in sentences:
            count = next(counts)
            pieces += [(span, count)] if count <= budget else _split(paper.abstract, span, count_tokens, budget)
        found.append(
            [
                Passage(f"{paper.id}:{start}-{end}", paper.id, paper.abstract[start:end], start, end)
                for start, end in _pack(pieces, budget, settings.overlap_sentences)
            ]
        )
    return found


def _split(
    text: str, span: Span, count_tokens: Callable[[Sequence[str]], list[int]], budget: int
) -> list[tuple[Span, int]]:
    """One sentence that is longer than a passage may be, cut between words; a single endless word stays whole."""
    pieces: list[tuple[Span, int]] = []
    words = [(span[0] + match.start(), span[0] + match.end()) for match in _WORD.finditer(text[span[0] : span[1]])]
    counts = count_tokens([text[start:end] for start, end in words])
    begin, size = words[0][0], 0
    for (start, _), count in zip(words, counts, strict=True):
        if size and size + count > budget:
            pieces.append(((begin, _rstrip(text, begin, start)), size))
            begin, size = start, 0
        size += count
    pieces.append(((begin, span[1]), size))
    return pieces


def _rstrip(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _pack(pieces: list[tuple[Span, int]], budget: int, overlap: int) -> list[Span]:
    """Sentences packed into passages of about equal size: a long passage and a last sentence alone would rank badly."""
    total = sum(count for _, count in pieces)
    wanted = max(1, -(-total // budget))
    target = min(budget, total / wanted * 1.1)
    spans: list[Span] = []
    begin = 0
    while begin < len(pieces):
        end, size = begin, 0
        while end < len(pieces) and (end == begin or size + pieces[end][1] <= budget):
            if size and size + pieces[end][1] / 2 > target and len(spans) + 1 < wanted:
                break
            size += pieces[end][1]
            end += 1
        spans.append((pieces[begin][0][0], pieces[end - 1][0][1]))
        if end == len(pieces):
            break
        # Step back by the overlap, but never so far that no sentence would be new.
        begin = max(begin + 1, end - overlap)
    return spans
