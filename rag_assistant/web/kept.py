"""Conversations as the browser keeps them, and made again of what it sends back.

The server keeps no conversation. With each turn the page is given the turn's JSON, which holds the answer's as
``rag-assistant ask --json`` prints it; a script keeps it in the browser (``static/conversations.js``). When the visitor
comes back to a conversation, its turns come back too. They are anybody's text by then: read by their form, within a
limit, every quote and passage compared with its abstract, and shown as everything is, escaped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from rag_assistant.errors import WebError
from rag_assistant.present import answer_dict, answer_markdown, hit_dict
from rag_assistant.records import Answer, Citation, Hit, Paper, Passage, Quote, Sentence, Shape, VerdictName
from rag_assistant.web.turn import Turn

MOST_CHARS = 3_500_000  # of a conversation's JSON; the guard lets a little more through, for what is wrapped around it
MOST_TURNS = 500
KEY = r"[0-9A-Za-z_-]{8,40}"  # what a conversation is called by; the server draws it, the browser only gives it back

_Offset = Annotated[int, Field(ge=0)]
_Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


def kept_json(key: str, turn: Turn) -> str:
    """A turn as JSON in ASCII. One that is still being written is kept as stopped, as a reload would leave it."""
    turn = turn.stopped()
    answer = turn.answer
    fields = {
        "conversation": key,
        "number": turn.number,
        "question": turn.question,
        "state": turn.state,
        "standalone": turn.standalone,
        "draft": "" if answer else turn.draft,
        "error": turn.error,
        "opinion": turn.opinion,
        "hits": [] if answer else [hit_dict(hit) for hit in turn.hits],
        "stems": [list(hit.stems) for hit in turn.hits],
        "answer": answer_dict(answer) if answer else None,
        "markdown": answer_markdown(answer) if answer else None,
    }
    return json.dumps(fields, separators=(",", ":"))


def read_kept(sent: str) -> tuple[str, list[Turn]]:
    """A conversation's key and turns out of ``{"conversation": …, "turns": […]}`` with turns as :func:`kept_json` has.

    Raises:
        WebError: it is too long, of another form, or words stand in it for quotes that are none.
    """
    if len(sent) > MOST_CHARS:
        raise WebError(
            f"the conversation has {len(sent):,} characters, more than the {MOST_CHARS:,} that can be opened"
        )
    try:
        read = _Conversation.model_validate_json(sent)
        turns = [turn.turn() for turn in read.turns]
        _check(all(one.number < next_.number for one, next_ in pairwise(turns)), "turns out of order")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise WebError(f"the browser's copy of the conversation can't be read: {where}: {first['msg']}") from None
    except ValueError as error:
        raise WebError(f"the browser's copy of the conversation can't be read: {error}") from None
    return read.conversation, turns


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Passage(_Read):
    id: str
    text: str
    start: _Offset
    end: _Offset


class _Hit(_Read):
    rank: int = Field(ge=1)
    score: _Share
    dense: FiniteFloat | None
    dense_rank: int | None
    lexical: FiniteFloat | None
    lexical_rank: int | None
    matched: tuple[str, ...]
    passage: _Passage
    paper: Paper

    def hit(self, stems: tuple[str, ...]) -> Hit:
        """The record.

        Raises:
            ValueError: the passage is not in its paper.
        """
        at, paper = self.passage, self.paper
        _check(paper.abstract[at.start : at.end] == at.text, f"a passage of {paper.id!r} is not in its abstract")
        fields = {name: getattr(self, name) for name in _Hit.model_fields if name not in ("passage", "paper")}
        return Hit(Passage(at.id, paper.id, at.text, at.start, at.end), paper, stems=stems, **fields)


class _Cited(_Read):
    number: int = Field(ge=1)
    quotes: tuple[Quote, ...]

    def citation(self, papers: Mapping[int, Paper]) -> Citation:
        """The record.

        Raises:
            ValueError: no paper has the number, or a quote's words are not in it.
        """
        _check(self.number in papers, f"no paper is cited as {self.number}")
        paper = papers[self.number]
        for quote in self.quotes:
            exact = quote.paper_id == paper.id and paper.abstract[quote.start : quote.end] == quote.text != ""
            _check(exact and quote.start >= 0, f"a quote of {paper.id!r} is not in its abstract")
        return Citation(self.number, paper, self.quotes)


class _CitedPaper(_Cited):
    paper: Paper


class _Sentence(_Read):
    text: str
    verdict: VerdictName
    score: _Share
    reasons: tuple[str, ...]
    label: str | None
    emphasis: tuple[tuple[_Offset, _Offset], ...]
    citations: tuple[_Cited, ...]

    def sentence(self, papers: Mapping[int, Paper]) -> Sentence:
        """The record; raises what :meth:`_Cited.citation` raises."""
        edges = [edge for span in self.emphasis for edge in span]
        _check(all(a <= b for a, b in pairwise([*edges, len(self.text)])), "emphasis beyond its sentence")
        citations = tuple(cited.citation(papers) for cited in self.citations)
        return Sentence(
            self.text, citations, self.verdict, self.score, self.reasons, label=self.label, emphasis=self.emphasis
        )


class _Answer(_Read):
    question: str
    standalone_question: str
    text: str
    abstained: bool
    reason: str | None
    mode: Literal["llm", "extractive"]
    model: str | None
    shape: Shape
    notes: tuple[str, ...]
    sentences: tuple[_Sentence, ...]
    citations: tuple[_CitedPaper, ...]
    hits: tuple[_Hit, ...]
    timings: dict[str, FiniteFloat]
    manifest: dict[str, Any]
    draft: str | None
    thinking: str | None

    def answer(self, hits: tuple[Hit, ...]) -> Answer:
        """The record; raises what :meth:`_Cited.citation` raises."""
        papers = {cited.number: cited.paper for cited in self.citations}
        _check(len(papers) == len(self.citations), "two papers are cited by one number")
        fields = {name: getattr(self, name) for name in _Answer.model_fields}
        fields["sentences"] = tuple(sentence.sentence(papers) for sentence in self.sentences)
        fields["citations"] = tuple(cited.citation(papers) for cited in self.citations)
        return Answer(**{**fields, "hits": hits})


class _Turn(_Read):
    number: int = Field(ge=1, le=1_000_000)
    question: str = Field(max_length=20_000)
    state: Literal["done", "stopped", "failed"]
    standalone: str
    draft: str
    error: str | None
    opinion: Literal["good", "bad"] | None
    hits: tuple[_Hit, ...]
    stems: tuple[tuple[str, ...], ...]
    answer: _Answer | None

    def turn(self) -> Turn:
        """The turn; raises what its answer raises."""
        _check((self.answer is not None) == (self.state == "done"), "an answer is there exactly where a turn is done")
        found = self.answer.hits if self.answer else self.hits
        _check(len(found) == len(self.stems), "stems are given for each paper found")
        hits = tuple(hit.hit(stems) for hit, stems in zip(found, self.stems, strict=True))
        answer = self.answer.answer(hits) if self.answer else None
        return Turn(
            self.number,
            self.question,
            self.state,
            self.standalone,
            hits,
            self.draft,
            answer=answer,
            error=self.error,
            opinion=self.opinion,
        )


class _Conversation(_Read):
    conversation: str = Field(pattern=f"^{KEY}$")
    turns: tuple[_Turn, ...] = Field(max_length=MOST_TURNS)
