"""A text read once for all signals: its sentences, words, figures, names and negated words."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.meaning import places_of
from rag_assistant.sentences import sentence_spans, sentences
from rag_assistant.verify.figures import Figure, figures_of
from rag_assistant.verify.lexicon import directions
from rag_assistant.verify.names import Name, NameIndex, names_of
from rag_assistant.verify.words import Word, words_of

_NEGATIONS = frozenset(
    "not no never cannot without neither nor none nothing lack lacks lacked lacking absent unable fail fails "
    "failed hardly "
    "rarely seldom barely scarcely instead nobody nowhere non zero avoid avoids avoiding eliminate eliminates "
    "eliminating "
    "remove removes removing free".split()
)
_HINDRANCES = frozenset(
    "limited limitation limitations limits limit restrict restricts restricted struggle struggles struggling "
    "overlook overlooks "
    "overlooked ignore ignores neglect neglects neglected hinder hinders hindering prevent prevents underperform "
    "underperforms "
    "insufficient hard difficult difficulty difficulties challenging suboptimal poor poorly degrade degrades "
    "infeasible impractical "
    "prohibitively unable short rarely seldom underexplored unexplored impede impedes obstacle loss inability "
    "incapable scarce "
    "scarcity worse modest marginal barely little few less inconsistent uneven exclude excludes excluding".split()
)
# "training-free" negates what stands before it.
_NEGATES_BEFORE = frozenset({"free", "less", "lacking"})
_CLAUSE_END = re.compile(r"[,;:.!?()]|\bbut\b|\bwhile\b|\bwhereas\b|\balthough\b")
_SCOPE = 4
# What is removed is what follows at once, not what that does: "removing dropout reduces accuracy".
_TAKES_AWAY = frozenset("remove removes removing avoid avoids avoiding eliminate eliminates eliminating".split())
_SCOPE_OF_TAKING = 2
_INTRODUCES = re.compile(
    r"\b(?:propos|introduc|present|develop|releas|dub|call|nam|term|design|built|build|creat|contribut|conceiv|"
    r"construct|provid|"
    r"termed|known as)\w*\s[^.;]{0,50}$",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(r"\bnot (?:only|just|merely)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence, read.

    ``passage``, ``start``, ``end`` say where it stands; words, figures and names have places within ``text``.
    ``negated`` holds the places (in ``words``) of words in the scope of a negation, ``cues`` those of the negations.
    """

    text: str
    passage: int
    start: int
    end: int
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    names: tuple[Name, ...]
    stems: frozenset[str]
    negated: frozenset[int]
    cues: tuple[int, ...]
    hindered: frozenset[int]  # the same for words that say that something is limited, hard or overlooked
    hindrances: tuple[int, ...]


class Source:
    """Passages, read sentence by sentence."""

    def __init__(self, passages: Sequence[str]) -> None:
        self.passages = tuple(passages)
        self.sentences: list[Reading] = []
        for number, passage in enumerate(self.passages):
            self.sentences += _read_passage(passage, number)
        # With and without a title on its first line told apart.
        self.whole = tuple(
            dict.fromkeys(
                (*(one.text for one in self.sentences), *(one for text in self.passages for one in sentences(text)))
            )
        )
        self.stems = frozenset(stem for sentence in self.sentences for stem in sentence.stems)
        ordered = sorted(self.stems)
        # Vectors of all stems, and for each sentence which of them are its own.
        self.meanings = places_of(ordered)
        column = {stem: place for place, stem in enumerate(ordered)}
        self.columns = [sorted(column[stem] for stem in sentence.stems) for sentence in self.sentences]
        self.lower = frozenset(word.lower for sentence in self.sentences for word in sentence.words)
        self.figures = [figure for sentence in self.sentences for figure in sentence.figures]
        self.names = NameIndex("\n".join(self.passages))
        self.own_names = _own_names(self.sentences)


def _own_names(sentences: Sequence[Reading]) -> frozenset[str]:
    """What "our method" and "we" stand for: names in front of a title's colon, and those that are introduced."""
    found: set[str] = set()
    for sentence in sentences:
        head = sentence.text.find(":") if sentence.start == 0 else -1
        for name in sentence.names:
            if name.end <= head or _INTRODUCES.search(sentence.text[max(0, name.start - 60) : name.start]):
                found.add(name.key)
    return frozenset(found)


@functools.lru_cache(maxsize=256)
def read_source(passages: tuple[str, ...]) -> Source:
    """The passages, read; remembered, because one answer checks several sentences against the same ones."""
    return Source(passages)


@functools.lru_cache(maxsize=2_048)
def _read_passage(passage: str, number: int) -> tuple[Reading, ...]:
    spans = _title_and_sentences(passage) or sentence_spans(passage)
    return tuple(read_sentence(passage[start:end], number, start) for start, end in spans)


def _title_and_sentences(passage: str) -> list[tuple[int, int]] | None:
    """The spans where a title without a full stop stands on a line of its own in front; None where none does."""
    title, newline, rest = passage.partition("\n")
    stripped = title.strip()
    if not newline or not stripped or stripped[-1] in ".!?,;" or not rest.strip() or rest.lstrip()[0].islower():
        return None
    start = title.index(stripped)
    offset = len(title) + 1
    return [(start, start + len(stripped)), *((left + offset, right + offset) for left, right in sentence_spans(rest))]


def read_sentence(text: str, passage: int = 0, start: int = 0) -> Reading:
    """Reads one sentence; ``start`` is its place in the passage."""
    figures = tuple(figures_of(text))
    # "eight percent" and "fourfold" are figures, and no words besides.
    words = tuple(word for word in words_of(text) if not any(one.start <= word.start < one.end for one in figures))
    cues, negated = _negations(text, words)
    return Reading(
        text,
        passage,
        start,
        start + len(text),
        words,
        figures,
        tuple(names_of(text)),
        frozenset(word.stem for word in words if word.is_content),
        negated,
        cues,
        *_hindrances(text, words),
    )


def _hindrances(text: str, words: Sequence[Word]) -> tuple[frozenset[int], tuple[int, ...]]:
    cues = [place for place, word in enumerate(words) if word.lower in _HINDRANCES]
    reach: set[int] = set()
    for cue in cues:
        stop = _CLAUSE_END.search(text, words[cue].end)
        limit = stop.start() if stop else len(text)
        taken = 0
        for after in range(cue + 1, len(words)):
            if words[after].start >= limit or taken >= _SCOPE:
                break
            reach.add(after)
            taken += words[after].is_content
        # "… remains limited": what stands before it in the clause.
        if taken <= 1:
            reach.update(range(max(0, cue - 4), cue))
    return frozenset(reach), tuple(cues)


def _negations(text: str, words: Sequence[Word]) -> tuple[tuple[int, ...], frozenset[int]]:
    not_only = {match.start() for match in _NOT_BUT.finditer(text)}
    cues: list[int] = []
    negated: set[int] = set()
    for place, word in enumerate(words):
        lower = word.lower
        if not (lower in _NEGATIONS or lower.endswith("n't")) or word.start in not_only:
            continue
        if lower == "free" and text[word.start - 1 : word.start] not in ("-", "–"):
            continue
        if lower == "non" and text[word.end : word.end + 1] not in ("-", " "):
            continue
        cues.append(place)
        if lower in _NEGATES_BEFORE:
            negated.update(range(max(0, place - 2), place))
            continue
        stop = _CLAUSE_END.search(text, word.end)
        limit = stop.start() if stop else len(text)
        taken = 0
        takes_away = lower in _TAKES_AWAY
        for after in range(place + 1, len(words)):
            if words[after].start >= limit or taken >= (_SCOPE_OF_TAKING if takes_away else _SCOPE):
                break
            if takes_away and words[after].lower in directions():
                break
            negated.add(after)
            taken += words[after].is_content
    return tuple(cues), frozenset(negated)
