"""The answer without an LLM: the few sentences of the papers that together answer the question.

Nothing is written but what a paper says. Where a sentence begins with "It" or "We", its paper's name is put in front in
square brackets, so that what was added is seen to be added and the quote stays exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_assistant.answer.candidates import WantedWord, read_papers, weigh
from rag_assistant.answer.evidence import abstention_reason, fit
from rag_assistant.answer.likelihood import Fitting, likeliest
from rag_assistant.answer.question import Question, understand
from rag_assistant.answer.rhetoric import counts, figures_asked
from rag_assistant.answer.shapes import Choice, choose
from rag_assistant.answer.subject import mentions, name_of, needs_subject
from rag_assistant.index.lexical import words_of
from rag_assistant.index.open import Index
from rag_assistant.records import Draft, DraftSentence, Hit, Paper, Quote
from rag_assistant.settings import AnswerSettings


def write_extractive(question: str, hits: Sequence[Hit], index: Index, settings: AnswerSettings) -> Draft:
    """A draft made of the papers' own sentences, or an abstaining one that says what was looked for.

    Args:
        question: standalone, in plain words.
        hits: the best first.
        index: that the hits are from; it knows how rare each word is.
        settings: the most sentences that an answer may have; a list may have three more.
    """
    asked = understand(question)
    model = fit()
    read = read_papers(hits)
    wanted = weigh(asked, read, index)
    likely = likeliest(asked, wanted, read, model)
    papers = _called_first(asked, wanted, likely.papers)
    best = papers[0].probability if papers else 0.0
    reason = abstention_reason(
        asked, wanted, [one.read for one in papers], best, likely.threshold, index.manifest.papers
    )
    if reason is not None:
        return Draft((), tuple(hit.paper for hit in hits), "extractive", abstained=True, reason=reason)
    shape, chosen = choose(asked, wanted, papers, settings.max_sentences)
    evidence = tuple(dict.fromkeys(one.paper.read.paper for one in chosen))
    sentences = tuple(_draft_sentences(chosen, asked, evidence))
    raw = " ".join(sentence.text for sentence in sentences)
    return Draft(sentences, evidence, "extractive", raw=raw, shape=shape)


def _called_first(asked: Question, wanted: Sequence[WantedWord], likely: Sequence[Fitting]) -> list[Fitting]:
    """The same, those first that have every name by which the question calls a paper: no other can answer it."""
    names = [word for word in wanted if word.is_name and any(word.within(one.read.title) for one in likely)]
    if asked.kind in ("list", "compare"):
        return list(likely)
    return sorted(likely, key=lambda one: not all(name.within(one.read.every) for name in names))


def _draft_sentences(chosen: Sequence[Choice], asked: Question, evidence: Sequence[Paper]) -> Iterator[DraftSentence]:
    """The sentences with their quotes; a paper's name is put before its first one where nothing there says it."""
    introduced: set[str] = set()
    telling = max(chosen, key=lambda one: _telling(one, asked))
    for one in chosen:
        read = one.paper.read
        start, end = read.spans[one.order]
        text = read.sentence(one.order)
        quote = Quote(read.paper.id, text, start, end)
        name = called(read.paper, asked)
        if mentions(text, name):
            introduced.add(read.paper.id)
        elif read.paper.id not in introduced and (one.labelled or needs_subject(text)):
            introduced.add(read.paper.id)
            text = f"[{name}] {text}"
        label = name if one.labelled else None
        emphasis = figures_asked(asked, text) if one is telling else ()
        yield DraftSentence(text, (evidence.index(read.paper) + 1,), (quote,), label, emphasis)


def _telling(one: Choice, asked: Question) -> tuple[int, float, float]:
    """What puts one sentence before the others when the figure asked for is looked for."""
    counted = counts(one.paper.read.sentence(one.order), asked.counted)
    return counted, one.paper.probability, one.paper.worth[one.order]


def called(paper: Paper, asked: Question) -> str:
    """A paper's name in an answer: the one that the question uses, where the paper has it, else its own."""
    own = name_of(paper)
    if own != paper.title:
        return own
    has = set(words_of(paper.text))
    return next((name for name in asked.names if set(words_of(name)) <= has), own)
