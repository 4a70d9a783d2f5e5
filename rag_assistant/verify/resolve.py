"""A draft to checked sentences: markers that hold, exact quotes, verdicts, citations numbered as they appear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from rag_assistant.records import Citation, Draft, DraftSentence, Paper, Quote, Sentence, Shape, VerdictName
from rag_assistant.sentences import sentence_spans
from rag_assistant.verify.check import Evidence, Verdict, check
from rag_assistant.verify.copying import plain
from rag_assistant.verify.markers import parse_sentences
from rag_assistant.verify.model import THRESHOLD

# "[LongRoPE] It extends …": what a writer that copies added, visibly, in front of the paper's own words.
_ADDED = re.compile(r"^(?:\[[^\[\]]{1,200}\]\s*)+")
_EMPHASIS = re.compile(r"\*\*")
# From this share of the threshold on, a sentence is partly borne out.
_PARTLY = 0.5
# A paper of the same subject may seem to say what another one says outright: what is cited with a score below the first
# of these gives way to a paper with a score from the second on.
_PLAIN, _SURE = 0.75, 0.9
# A sentence is held against many papers when it is looked for where it stands, and one of many is easily just above the
# threshold: a marker is moved to, and a sentence without one shown as borne out by, a paper with this score alone.
_TO_MOVE = 0.8
_MOST_MOVED = 12  # papers that a sentence without a right marker is held against


@dataclass(frozen=True, slots=True)
class Resolved:
    """A checked draft.

    ``text`` joins the sentences as they are shown, with [n] markers; ``notes`` say what was changed on the way.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What bears one sentence out: papers with their quotes, and the verdict."""

    cited: tuple[tuple[Paper, tuple[Quote, ...]], ...]
    verdict: VerdictName
    score: float
    reasons: tuple[str, ...]


def resolve(draft: Draft, *, unsupported: Literal["drop", "mark"] = "mark") -> Resolved:
    """Checks a draft sentence by sentence; an abstaining one passes through.

    Markers that name no evidence go, a sentence without a marker is attributed to what bears it out, a wrong marker
    moves to the right paper where there is one, and what nothing bears out is dropped or given the verdict
    ``unsupported``.

    Args:
        draft: its sentences, or where it has none its raw text, over numbered evidence.
        unsupported: what becomes of a sentence that isn't borne out.
    """
    if draft.abstained:
        return Resolved((), (), draft.raw)
    resolver = Resolver(draft.evidence, unsupported=unsupported, shape=draft.shape)
    for sentence in draft.sentences or parse_sentences(draft.raw):
        resolver.add(sentence)
    return resolver.result()


class Resolver:
    """Checks sentences one after the other, as a draft streams in; one for each draft."""

    def __init__(
        self,
        evidence: Sequence[Paper],
        *,
        unsupported: Literal["drop", "mark"] = "mark",
        shape: Shape = "plain",
    ) -> None:
        self._shape = shape
        self._evidence = tuple(evidence)
        self._drop = unsupported == "drop"
        self._numbers: dict[str, int] = {}
        self._papers: list[Paper] = []
        self._quotes: dict[str, set[Quote]] = {}
        self._sentences: list[Sentence] = []
        self._last: tuple[Paper, ...] = ()
        self._said: set[str] = set()
        self._removed = self._moved = self._dropped = self._repeated = 0

    def add(self, sentence: DraftSentence) -> Sentence | None:
        """Checks the next sentence; None where it was said before, or isn't borne out and such ones are dropped."""
        said = plain(sentence.text)
        # A model that runs on says the same again; a writer that copies may find one sentence in two papers.
        if said in self._said and not sentence.quotes:
            self._repeated += 1
            return None
        self._said.add(said)
        valid = tuple(dict.fromkeys(number for number in sentence.markers if 1 <= number <= len(self._evidence)))
        self._removed += len(set(sentence.markers)) - len(valid)
        cited = tuple(self._evidence[number - 1] for number in valid)
        found = _copied(sentence, self._evidence) or self._search(sentence.text, cited)
        if found.verdict == "unsupported" and self._drop:
            self._dropped += 1
            return None
        citations = tuple(self._cite(paper, quotes) for paper, quotes in found.cited)
        citations = tuple(sorted(citations, key=lambda one: one.number))
        checked = Sentence(
            sentence.text,
            citations,
            found.verdict,
            round(found.score, 4),
            found.reasons,
            sentence.label,
            sentence.emphasis,
        )
        self._sentences.append(checked)
        if found.cited:
            self._last = tuple(paper for paper, _ in found.cited)
        return checked

    def result(self) -> Resolved:
        """The whole, once every sentence was added."""
        citations = tuple(
            Citation(number, paper, tuple(sorted(self._quotes[paper.id], key=lambda one: (one.start, one.end))))
            for number, paper in enumerate(self._papers, start=1)
        )
        text = _joined(self._sentences, self._shape)
        return Resolved(tuple(self._sentences), citations, text, tuple(self._notes()))

    def _notes(self) -> list[str]:
        unsupported = sum(sentence.verdict == "unsupported" for sentence in self._sentences)
        counts = (
            (
                self._removed,
                "citation number that names no source was removed",
                "citation numbers that name no source were removed",
            ),
            (
                self._moved,
                "citation was moved to the paper that bears it out",
                "citations were moved to the papers that bear them out",
            ),
            (
                self._dropped,
                "sentence was left out: no paper bears it out",
                "sentences were left out: no paper bears them out",
            ),
            (
                self._repeated,
                "sentence that was said before was left out",
                "sentences that were said before were left out",
            ),
            (unsupported, "sentence isn't borne out by the papers", "sentences aren't borne out by the papers"),
        )
        return [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]

    def _cite(self, paper: Paper, quotes: tuple[Quote, ...]) -> Citation:
        if paper.id not in self._numbers:
            self._papers.append(paper)
            self._numbers[paper.id] = len(self._papers)
            self._quotes[paper.id] = set()
        self._quotes[paper.id].update(quotes)
        return Citation(self._numbers[paper.id], paper, quotes)

    def _search(self, text: str, cited: tuple[Paper, ...]) -> _Found:
        verdict = check(text, [_passage(paper) for paper in cited]) if cited else None
        supported = verdict is not None and verdict.supported
        if verdict is not None and supported and verdict.score >= _PLAIN:
            return _Found(_bearers(text, cited, verdict), "supported", verdict.score, verdict.reasons)
        best: tuple[Paper, Verdict] | None = None
        others = [paper for paper in (*self._last, *self._evidence) if paper not in cited]
        for paper in list(dict.fromkeys(others))[:_MOST_MOVED]:
            other = check(text, [_passage(paper)])
            if best is None or other.score > best[1].score + 1e-9:
                best = (paper, other)
        if verdict is not None and supported and (best is None or best[1].score < _SURE):
            return _Found(_bearers(text, cited, verdict), "supported", verdict.score, verdict.reasons)
        if best is not None and best[1].score >= _TO_MOVE:
            self._moved += bool(cited)
            paper, verdict = best
            return _Found(
                ((paper, _quotes(text, paper, verdict.evidence, 0)),), "supported", verdict.score, verdict.reasons
            )
        if verdict is None and best is not None:
            cited, verdict = (best[0],), best[1]
        if verdict is None:
            return _Found((), "unsupported", 0.0, ("there is no paper to check against",))
        if verdict.score >= _PARTLY * THRESHOLD:
            return _Found(_bearers(text, cited, verdict), "partly", verdict.score, verdict.reasons)
        return _Found((), "unsupported", verdict.score, verdict.reasons)


def _joined(sentences: Sequence[Sentence], shape: Shape) -> str:
    """Sentences as they are shown; in a list or a comparison every paper begins a line."""
    if shape == "plain":
        return " ".join(sentence.marked for sentence in sentences)
    papers = groupby(sentences, key=lambda one: [citation.paper.id for citation in one.citations])
    return "\n".join(" ".join(sentence.marked for sentence in said) for _, said in papers)


def _passage(paper: Paper) -> str:
    return f"{' '.join(paper.title.split())}\n{paper.abstract}"


def _copied(sentence: DraftSentence, evidence: Sequence[Paper]) -> _Found | None:
    """The verdict on a sentence that its writer copied, or None where its quotes aren't exactly what it says."""
    if not sentence.quotes:
        return None
    papers = {paper.id: paper for paper in evidence}
    cited: dict[str, list[Quote]] = {}
    for quote in sentence.quotes:
        paper = papers.get(quote.paper_id)
        if paper is None or not quote.text or paper.abstract[quote.start : quote.end] != quote.text:
            return None
        cited.setdefault(quote.paper_id, []).append(quote)
    said = plain(_EMPHASIS.sub("", _ADDED.sub("", sentence.text)))
    quoted = plain(_EMPHASIS.sub("", " ".join(quote.text for quote in sentence.quotes)))
    if said != quoted and plain(sentence.text) != plain(" ".join(quote.text for quote in sentence.quotes)):
        return None
    found = tuple((papers[paper_id], tuple(quotes)) for paper_id, quotes in cited.items())
    return _Found(found, "supported", 1.0, ("the paper's own words",))


def _bearers(text: str, cited: tuple[Paper, ...], verdict: Verdict) -> tuple[tuple[Paper, tuple[Quote, ...]], ...]:
    """Of the cited papers those that bear a sentence out, alone or as part of the evidence found over all of them."""
    if len(cited) == 1:
        return ((cited[0], _quotes(text, cited[0], verdict.evidence, 0)),)
    alone = {place: check(text, [_passage(paper)]) for place, paper in enumerate(cited)}
    if any(one.supported for one in alone.values()):
        return tuple(
            (cited[place], _quotes(text, cited[place], one.evidence, 0))
            for place, one in alone.items()
            if one.supported
        )
    places = sorted({one.passage for one in verdict.evidence})
    return tuple((cited[place], _quotes(text, cited[place], verdict.evidence, place)) for place in places)


def _quotes(text: str, paper: Paper, evidence: Sequence[Evidence], passage: int) -> tuple[Quote, ...]:
    """Whole sentences of the abstract under the evidence found in title and abstract."""
    offset = len(" ".join(paper.title.split())) + 1
    spans = [(one.start - offset, one.end - offset) for one in evidence if one.passage == passage and one.end > offset]
    if not spans and paper.abstract.strip():
        # Only the title came near: the abstract's own best sentence stands in for it.
        spans = [(one.start, one.end) for one in check(text, [paper.abstract]).evidence[:1]]
    whole = [
        (start, end)
        for start, end in sentence_spans(paper.abstract)
        if any(start < right and left < end for left, right in spans)
    ]
    return tuple(Quote(paper.id, paper.abstract[start:end], start, end) for start, end in whole)


def resolve_sentence(sentence: DraftSentence, evidence: Sequence[Paper]) -> Sentence:
    """Checks one sentence by itself; its citations are numbered from 1."""
    checked = Resolver(evidence).add(sentence)
    return checked if checked is not None else replace(_NOTHING, text=sentence.text)


_NOTHING = Sentence("", (), "unsupported", 0.0)
