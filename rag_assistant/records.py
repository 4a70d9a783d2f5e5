"""The records that every stage speaks in: papers in, passages and hits between, cited answers out.

All are frozen, slotted dataclasses with tuples inside, made of the standard library only, so that importing them
costs nothing and any of them can be hashed, compared, pickled and sent between threads.

Offsets are counted in Python characters (code points) of ``Paper.abstract``. Two promises hold for every record that
the package makes, and the constructors of the index and of the verifier check them::

    paper.abstract[passage.start:passage.end] == passage.text
    paper.abstract[quote.start:quote.end] == quote.text
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["auto", "llm", "extractive"]
VerdictName = Literal["supported", "partly", "unsupported"]
Shape = Literal["plain", "comparison", "list"]

DOUBT = "[?]"
"""Stands where a citation would, or after it, in the text of a sentence that isn't fully borne out."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paper was read: a file and the entry's place in it, counted from 1; ``line`` where the entry begins."""

    file: str
    entry: int
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}, entry {self.entry}"


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. What is not known is None (or an empty tuple), never an empty string."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    published: str | None = None  # ISO 8601 date, as precise as the source has it
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    venue: str | None = None
    source: tuple[Source, ...] = ()  # every place that the paper was read, the first one first
    categories: tuple[str, ...] = ()  # as its sources file it: arXiv's "cs.CL", keywords, subject headings

    @property
    def text(self) -> str:
        """What is indexed: the title, then the abstract."""
        return f"{self.title}\n{self.abstract}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one abstract: ``abstract[start:end] == text``."""

    id: str
    paper_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found for a question, with the passage of it that fits best.

    ``score`` is the fused score, from 0 to 1, comparable within one result list only. ``dense`` is the cosine
    similarity (-1 to 1) and ``lexical`` the BM25 score (0 and up); None where that side did not find the paper.
    ``dense_rank`` and ``lexical_rank`` are its places on each side among all papers of the collection, from 1;
    ``matched`` the question's words that it has, as the question writes them; ``stems`` the terms that it has of those
    looked for, which are more where a word was misspelt or is written in two.
    """

    passage: Passage
    paper: Paper
    score: float
    rank: int  # from 1
    dense: float | None = None
    lexical: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None
    matched: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Exact words of an abstract: ``abstract[start:end] == text``."""

    paper_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered paper (from 1, in order of appearance) and the words of it that bear the citing text out."""

    number: int
    paper: Paper
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, without its markers, and what the verifier found.

    ``citations`` carry only the quotes that bear this very sentence out. ``score`` runs from 0 to 1. ``label`` is the
    paper's name where the sentence stands for its paper in a list or a comparison, and ``emphasis`` holds (start, end)
    offsets in ``text`` of the figures that were asked for.
    """

    text: str
    citations: tuple[Citation, ...]
    verdict: VerdictName
    score: float
    reasons: tuple[str, ...] = ()
    label: str | None = None
    emphasis: tuple[tuple[int, int], ...] = ()

    @property
    def markers(self) -> str:
        """The numbers that it cites, and ``[?]`` where it isn't fully borne out: ``[1][2]``, ``[1][?]``, ``[?]``."""
        numbers = "".join(f"[{citation.number}]" for citation in self.citations)
        return numbers if self.verdict == "supported" else numbers + DOUBT

    @property
    def marked(self) -> str:
        """The sentence with its markers as shown: ``LongRoPE reaches 2048k tokens [1].``"""
        if not self.markers:
            return self.text
        body = self.text.rstrip()
        stop = body[-1:] if body[-1:] in ".!?" else ""
        return f"{body[: len(body) - len(stop)]} {self.markers}{stop}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer. No evidence is ``abstained=True`` with a ``reason``, never an exception.

    ``shape`` tells how its sentences are laid out: one after the other, side by side under the names of what is
    compared, or a line a paper. ``timings`` holds seconds by stage; ``manifest`` what made the answer (index
    fingerprint, settings, prompt hash); ``notes`` what a reader should know (that no LLM answered, that passages were
    left out); ``draft`` what the writer wrote before it was checked.
    """

    question: str
    standalone_question: str
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    abstained: bool
    reason: str | None
    mode: Mode
    model: str | None
    timings: Mapping[str, float] = field(default_factory=dict)
    manifest: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    draft: str | None = None
    thinking: str | None = None
    shape: Shape = "plain"


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as its writer left it. ``markers`` number the draft's evidence from 1.

    A writer that copies (the extractive one) gives the exact ``quotes``; one that paraphrases gives none, and the
    verifier looks for them. ``label`` and ``emphasis`` are those of :class:`Sentence`.
    """

    text: str
    markers: tuple[int, ...] = ()
    quotes: tuple[Quote, ...] = ()
    label: str | None = None
    emphasis: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer hands to the verifier: sentences over numbered evidence (marker n is ``evidence[n - 1]``)."""

    sentences: tuple[DraftSentence, ...]
    evidence: tuple[Paper, ...]
    mode: Mode
    raw: str = ""
    model: str | None = None
    abstained: bool = False
    reason: str | None = None
    thinking: str | None = None
    notes: tuple[str, ...] = ()
    shape: Shape = "plain"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that could not be read: the file, the line (None: the file as a whole) and why.

    ``cut`` says that what follows the line was not read either.
    """

    file: str
    line: int | None
    why: str
    cut: bool = False

    def __post_init__(self) -> None:
        # What a file holds is quoted in it, line breaks and all; a rejection is one line.
        object.__setattr__(self, "why", " ".join(self.why.split()))

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.why}"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An entry that is a paper already seen: where it stands, the id of the paper that keeps its place, and why.

    ``near`` is whether only their texts say so, which are nearly the same.
    """

    source: Source
    title: str
    paper_id: str
    reason: str = ""
    near: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did. The first four hold paper ids; ``embedded`` counts the texts that had to be embedded."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    duplicates: tuple[Duplicate, ...]
    rejected: tuple[Rejection, ...]
    entries: int = 0
    embedded: int = 0
    seconds: float = 0.0

    @property
    def papers(self) -> int:
        """How many different papers the sources held."""
        return len(self.added) + len(self.updated) + len(self.unchanged)


@dataclass(frozen=True, slots=True)
class RetrievalDone:
    """Streamed once: the hits that the answer will be written from."""

    hits: tuple[Hit, ...]
    standalone_question: str


@dataclass(frozen=True, slots=True)
class Token:
    """Streamed as the writer writes: the next piece of unchecked text. ``thinking`` marks a model's own notes."""

    text: str
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class AnotherDraft:
    """Streamed before a model writes once more: the tokens so far are void. ``reason`` says why, in one line."""

    reason: str


@dataclass(frozen=True, slots=True)
class SentenceChecked:
    """Streamed once for every sentence, with its verdict, in the order of the answer."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """Streamed last: the whole answer."""

    answer: Answer


Event = RetrievalDone | Token | AnotherDraft | SentenceChecked | AnswerDone
