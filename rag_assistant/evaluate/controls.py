"""Shortcuts that are no answers. They are measured beside every run: a measure that a shortcut wins says little."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from rag_assistant.answer import ABSTENTION
from rag_assistant.index.open import Index
from rag_assistant.records import Answer, Citation, Hit, Paper, Quote, Sentence
from rag_assistant.sentences import sentence_spans

Control = Callable[[str, Sequence[Hit], Index, random.Random], Answer]


def copy_top_passage(question: str, hits: Sequence[Hit], index: Index, chance: random.Random) -> Answer:
    """The best passage of the first paper found, word for word, each sentence citing it."""
    del index, chance
    if not hits:
        return _answer(question, ())
    passage, paper = hits[0].passage, hits[0].paper
    spans = [(start + passage.start, end + passage.start) for start, end in sentence_spans(passage.text)]
    return _answer(question, [_sentence(paper, start, end, (paper,)) for start, end in spans])


def cite_everything(question: str, hits: Sequence[Hit], index: Index, chance: random.Random) -> Answer:
    """The first sentence of each of the first three papers found, and every one of them cites all of the papers."""
    del index, chance
    papers = tuple(hit.paper for hit in hits)
    firsts = [(paper, spans[0]) for paper in papers[:3] if (spans := sentence_spans(paper.abstract))]
    return _answer(question, [_sentence(paper, start, end, papers) for paper, (start, end) in firsts])


def always_abstain(question: str, hits: Sequence[Hit], index: Index, chance: random.Random) -> Answer:
    """No answer, whatever is asked."""
    del hits, index, chance
    return _answer(question, ())


def answer_at_random(question: str, hits: Sequence[Hit], index: Index, chance: random.Random) -> Answer:
    """Some paper's abstract, whatever is asked."""
    del hits
    ordinal = chance.randrange(index.manifest.papers)
    paper = index.catalog.papers([ordinal])[ordinal]
    return _answer(question, [_sentence(paper, *span, (paper,)) for span in sentence_spans(paper.abstract)])


def closest_sentences(question: str, hits: Sequence[Hit], index: Index, chance: random.Random) -> Answer:
    """Of each of the first three papers the sentence whose vector is closest to the question's."""
    del chance
    vector = index.embed_question(question)
    chosen = []
    for hit in hits[:3]:
        if spans := sentence_spans(hit.paper.abstract):
            vectors = index.encoder.encode_passages([hit.paper.abstract[start:end] for start, end in spans])
            chosen.append(_sentence(hit.paper, *spans[int((vectors @ vector).argmax())], (hit.paper,)))
    return _answer(question, chosen)


CONTROLS: dict[str, Control] = {
    "copy the top passage": copy_top_passage,
    "cite everything": cite_everything,
    "always abstain": always_abstain,
    "answer at random": answer_at_random,
    "closest sentences": closest_sentences,
}


def _sentence(said: Paper, start: int, end: int, cited: Sequence[Paper]) -> Sentence:
    """A sentence of one paper that cites some; numbers are of no account, papers are told apart by their ids."""
    text = said.abstract[start:end]
    citations = tuple(
        Citation(number, paper, (Quote(paper.id, text, start, end),) if paper is said else ())
        for number, paper in enumerate(cited, 1)
    )
    return Sentence(text, citations, "supported", 1.0)


def _answer(question: str, sentences: Sequence[Sentence]) -> Answer:
    citations: dict[str, Citation] = {}
    for citation in (one for sentence in sentences for one in sentence.citations):
        before = citations.get(citation.paper.id)
        quotes = (*(before.quotes if before else ()), *citation.quotes)
        citations[citation.paper.id] = Citation(citation.number, citation.paper, quotes)
    return Answer(
        question=question,
        standalone_question=question,
        text=" ".join(sentence.text for sentence in sentences) or ABSTENTION,
        sentences=tuple(sentences),
        citations=tuple(citations.values()),
        hits=(),
        abstained=not sentences,
        reason=None if sentences else "a control that answers nothing",
        mode="extractive",
        model=None,
    )
