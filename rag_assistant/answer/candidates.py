"""The papers found, read against a question: which of its words stand in which of their sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.answer.question import SCAFFOLD, Question, Word
from rag_assistant.answer.spelling import nearest_spelling
from rag_assistant.index.lexical import fold, terms, words_of
from rag_assistant.index.open import Index
from rag_assistant.meaning import known_places, nearness
from rag_assistant.records import Hit, Paper
from rag_assistant.sentences import Span, sentence_spans

_FEWEST_FOR_RARITY = 400

Stems = frozenset[str]
_SCAFFOLD_WEIGHT = 0.3
# One slip away from them ("wich") an unknown word asks for nothing. Of all such words, those that are like no other.
_QUESTION_WORDS = frozenset("which what where when between would could should because".split())
# Nobody writes an ordinary word with a capital inside: "ThinK" is no form of "thinking".
_CAPITAL_INSIDE = re.compile(r"(?<![\w-])[A-Za-z]*[a-z][A-Z][A-Za-z]*(?![\w-])")


@dataclass(frozen=True, slots=True)
class ReadPaper:
    """A paper found, its abstract taken apart. ``place`` counts from 0; ``stems`` are those of each sentence.

    Beside its stem a name with a capital inside stands among them letter for letter, too. ``meanings`` are the places
    of all stems in the table of ``rag_assistant.meaning``, as far as they are known there.
    """

    hit: Hit
    place: int
    spans: tuple[Span, ...]
    stems: tuple[Stems, ...]
    title: Stems
    every: Stems
    meanings: tuple[int, ...]

    @property
    def paper(self) -> Paper:
        """The paper itself."""
        return self.hit.paper

    def sentence(self, order: int) -> str:
        """One sentence of the abstract, counted from 0."""
        start, end = self.spans[order]
        return self.hit.paper.abstract[start:end]


@dataclass(frozen=True, slots=True)
class WantedWord:
    """A word of the question as it was ``typed`` (folded), and its stems with a misspelling mended; none where the
    papers have it as a name alone, and the question as a word.

    ``weight`` is its share of the question's inverse document frequencies, which add up to 1; ``rarity`` its own, from
    0 (in every paper) to 1 (in none). ``known`` tells whether any paper of the collection has it.
    """

    typed: str
    stems: Word
    weight: float
    rarity: float
    known: bool
    is_name: bool

    def within(self, stems: Stems) -> bool:
        """Whether the word stands among stems: joined, or as all of its parts. One without stems stands nowhere."""
        if not self.stems:
            return False
        return self.stems[0] in stems or (len(self.stems) > 1 and all(part in stems for part in self.stems[1:]))


def read_papers(hits: Sequence[Hit]) -> list[ReadPaper]:
    """The papers found, each taken apart, in their order; those without an abstract are left out."""
    papers = []
    for place, hit in enumerate(hits):
        abstract = hit.paper.abstract
        spans = tuple(sentence_spans(abstract))
        if not spans:
            continue
        stems = tuple(_stems(abstract[start:end]) for start, end in spans)
        title = _stems(hit.paper.title)
        every = title.union(*stems)
        papers.append(ReadPaper(hit, place, spans, stems, title, every, tuple(known_places(sorted(every)))))
    return papers


def weigh(asked: Question, papers: Sequence[ReadPaper], index: Index) -> tuple[WantedWord, ...]:
    """The words of a question with their weights.

    A word that no paper has is looked for among the papers found as a misspelling; a short one that stays unknown is
    left out.
    """
    every = frozenset[str]().union(*(paper.every for paper in papers))
    seen = sorted(every)
    as_typed = {fold(name): name for name in asked.names if name in every and _CAPITAL_INSIDE.fullmatch(name)}
    named = {fold for name in (*asked.names, *asked.proper) for fold in words_of(name)}
    found: list[tuple[str, Word, float, bool]] = []
    # A handful of papers says nothing of how rare a word is: their words are weighed as if among some hundreds.
    total = max(index.manifest.papers, _FEWEST_FOR_RARITY)
    highest = _rarity(0, total)
    for typed, stems in asked.words.items():
        word: Word = stems
        frequency = _frequency(word, index)
        if not frequency:
            if typed not in named and nearest_spelling(typed, _QUESTION_WORDS):
                continue
            mended = nearest_spelling(word[0], seen)
            if mended is not None:
                word, frequency = (mended,), index.lexical.document_frequency(mended)
            elif len(word[0]) < 4 and typed not in named:
                continue
        if typed in as_typed:
            word = (as_typed[typed],)
            frequency = min(frequency, sum(as_typed[typed] in paper.every for paper in papers))
        elif (
            frequency
            and typed not in named
            and _others_unknown(asked, typed, index)
            and _stands_as_name_alone(word[0], typed, papers)
        ):
            # "How do I cook pasta?" is no question about CooK, as "what is cook?" may be.
            word, frequency = (), 0
        rarity = _rarity(frequency, total) * (_SCAFFOLD_WEIGHT if typed in SCAFFOLD else 1)
        found.append((typed, word, rarity, frequency > 0))
    whole = sum(rarity for _, _, rarity, _ in found) or 1.0
    return tuple(
        WantedWord(typed, word, rarity / whole, rarity / highest, known, typed in named)
        for typed, word, rarity, known in found
    )


def _others_unknown(asked: Question, typed: str, index: Index) -> bool:
    """Whether a word was typed among others of which the collection has none."""
    others = [stems for other, stems in asked.words.items() if other != typed and other not in SCAFFOLD]
    return bool(others) and not any(_frequency(stems, index) for stems in others)


def _stands_as_name_alone(stem: str, typed: str, papers: Sequence[ReadPaper]) -> bool:
    """Whether the papers found have a word only as a name with a capital inside."""
    having = [paper.paper.text for paper in papers if stem in paper.every]
    return bool(having) and all(
        any(fold(name) == typed for name in _CAPITAL_INSIDE.findall(text))
        and stem not in terms(_CAPITAL_INSIDE.sub(" ", text))
        for text in having
    )


def _stems(text: str) -> Stems:
    return frozenset(terms(text)).union(_CAPITAL_INSIDE.findall(text))


def coverage(wanted: Sequence[WantedWord], stems: Stems) -> float:
    """The share of the words, by weight, that stand among stems; 0 where nothing is wanted."""
    whole = sum(word.weight for word in wanted)
    return sum(word.weight for word in wanted if word.within(stems)) / whole if whole else 0.0


def nearness_to(word: WantedWord, paper: ReadPaper) -> float:
    """How near a paper comes to saying a word: 1 where it does, less where it says one that can stand for it.

    Nothing stands for a name.
    """
    if word.within(paper.every):
        return 1.0
    said = [] if word.is_name else known_places(word.stems)
    return float(nearness(said, paper.meanings).max()) if said and paper.meanings else 0.0


def _frequency(word: Word, index: Index) -> int:
    joined = index.lexical.document_frequency(word[0])
    if joined or len(word) == 1:
        return joined
    # A compound is as rare as its rarest part.
    return min(index.lexical.document_frequency(part) for part in word[1:])


def _rarity(frequency: int, papers: int) -> float:
    return math.log(1 + (papers - frequency + 0.5) / (frequency + 0.5))
