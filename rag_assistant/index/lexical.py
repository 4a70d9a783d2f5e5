"""BM25 over whole papers, title and abstract; a question's words as the collection spells them."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import filterfalse, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.index.postings import Postings, TermLists
from rag_assistant.index.spelling import Spelling

ANALYZER_VERSION = 2

# How often a title's words count beside the abstract's.
_TITLE_TIMES = 2

_WORD = re.compile(r"[^\W_]+(?:[.+'’^-][^\W_]+)*")
_PARTS = re.compile(r"[^\W_]+")
# English function words, and those that questions over papers are made of.
STOP_WORDS = frozenset(
    "a about an and any are as at be been being but by can could did do does doing for from had has have having he her "
    "here his how i if in into is it its itself just may me might more most my no nor not of on once only or other our "
    "ours out over own same she should so some such than that the their theirs them then there these they this those "
    "through to too under until up very was we were what when where which while who whom whose why will with would you "
    "your".split()
)

# How much a word counts that is written otherwise than in the question: joined or split, or misspelt.
_REWRITTEN, _MISSPELT = 0.7, 0.7
# From this length on a word may be two slips away from its right spelling.
_LONG = 8
# No word of a language is longer: what is, is not misspelt, and to try its every split would take seconds.
_LONGEST = 64
# A question with more terms than this is a text pasted in: there is enough in it that is spelt right.
_MOST_RESPELT = 64

# How questions ask for papers: stems that are looked for only where a question has no others.
_ASKING = frozenset(
    "abstract articl author concern describ discuss inform literatur paper pleas publish refer send studi tell "
    "work".split()
)

_LOCAL = threading.local()


def _stemmer() -> Any:
    # A PyStemmer object keeps state and is not safe to share between threads.
    if not hasattr(_LOCAL, "stemmer"):
        import Stemmer

        _LOCAL.stemmer = Stemmer.Stemmer("english")
    return _LOCAL.stemmer


def fold(text: str) -> str:
    """Lower case without accents, so that "Émile" finds "emile"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(filterfalse(unicodedata.combining, decomposed)).lower()


def words_of(text: str) -> list[str]:
    """The words of a text, folded, function words included. ``E^2-LLM`` and ``long-context`` are one word each."""
    return _WORD.findall(fold(text))


def terms(text: str) -> list[str]:
    """What is indexed and searched for: stems, and for a compound word its parts and its joined form too.

    "LLaVA-1.5", "llava 1.5" and "llava1.5" so find one another.
    """
    found: list[str] = []
    for word in words_of(text):
        parts = _PARTS.findall(word)
        if len(parts) > 1:
            found.append("".join(parts))
        found += parts
    kept = [word for word in found if word not in STOP_WORDS]
    stems: list[str] = _stemmer().stemWords(kept)
    return stems


def paper_terms(title: str, abstract: str) -> list[str]:
    """What is indexed of a paper."""
    return terms(title) * _TITLE_TIMES + terms(abstract)


class LexicalIndex:
    """BM25 scores of every paper for a question."""

    def __init__(self, vocabulary: Sequence[str], postings: Postings) -> None:
        self._numbers = {term: number for number, term in enumerate(vocabulary)}
        self._postings = postings
        self._size = len(postings.paper_pointers) - 1
        self._spelling: Spelling | None = None

    @property
    def size(self) -> int:
        """How many papers there are."""
        return self._size

    @classmethod
    def build(cls, papers: Iterable[tuple[str, str]]) -> LexicalIndex:
        """An index over (title, abstract) pairs, in their order."""
        lists = TermLists.make([paper_terms(title, abstract) for title, abstract in papers])
        return cls(lists.vocabulary, Postings.make(lists))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """The index of a folder in which ``TermLists`` and ``Postings`` were saved, mapped into memory."""
        return cls(TermLists.load(folder).vocabulary, Postings.load(folder))

    def scores(self, question: str) -> npt.NDArray[np.float32]:
        """(papers,) BM25 scores; 0 where no term is found. Each term counts once, however often it was typed."""
        return self.weighted_scores(self.question_terms(question))

    def weighted_scores(self, weights: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """(papers,) BM25 scores for terms that count differently; those that no paper has count nothing."""
        scores: npt.NDArray[np.float32] = np.zeros(self._size, dtype=np.float32)
        for term, weight in weights.items():
            if self.knows(term):
                self._add(scores, self._numbers[term], weight)
        return scores

    def question_terms(self, question: str) -> dict[str, float]:
        """The terms to look for and how much each counts, as the collection writes them.

        Beside the question's own terms: two neighbouring words joined where the papers write them so ("long rope"),
        one that no paper has split in two that they have ("longcontext"), or else the nearest spelling ("acuracy").
        """
        typed = list(dict.fromkeys(terms(question)))
        typed = [term for term in typed if term not in _ASKING] or typed
        weights = dict.fromkeys((term for term in typed if self.knows(term)), 1.0)
        words = words_of(question)
        for one, other in pairwise(words):
            if one in STOP_WORDS or other in STOP_WORDS:
                continue
            joined = _stemmer().stemWord("".join(_PARTS.findall(one + " " + other)))
            # A joined form is a name, and rare; one that is common is two ordinary words that met by chance.
            if 0 < self.document_frequency(joined) <= max(3, self._size // 100):
                weights.setdefault(joined, _REWRITTEN)
        for term in typed:
            if len(typed) <= _MOST_RESPELT and len(term) <= _LONGEST and not self.knows(term):
                for known, weight in self._respelt(term).items():
                    weights.setdefault(known, weight)
        return weights

    def knows(self, term: str) -> bool:
        """Whether any paper has the term (a stem, as ``terms`` gives them)."""
        return term in self._numbers

    def document_frequency(self, term: str) -> int:
        """In how many papers the term stands."""
        if not self.knows(term):
            return 0
        begin, end = self._span(term)
        return end - begin

    def papers_with(self, term: str) -> list[int]:
        """Ordinals of the papers in which the term stands, ascending."""
        if not self.knows(term):
            return []
        begin, end = self._span(term)
        papers: list[int] = self._postings.indices[begin:end].tolist()
        return papers

    def matched(self, paper: int, words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Those of some words, given with their terms, of which the paper has a term."""
        numbers = self._numbers
        begin, end = self._postings.paper_pointers[paper : paper + 2]
        there = set(self._postings.paper_terms[begin:end].tolist())
        return tuple(word for word, stems in words.items() if any(numbers.get(stem) in there for stem in stems))

    def feedback(self, papers: Sequence[int], weights: Sequence[float], size: int = 40) -> npt.NDArray[np.float32]:
        """(papers,) BM25 scores for the words that a few papers have in common, after Lavrenko and Croft's relevance
        model (2001): a term counts as much as its BM25 weight in those papers, the ``size`` heaviest are looked for.

        Args:
            papers: ordinals of the papers that are taken for relevant.
            weights: how much each of them counts.
            size: terms at most.
        """
        pointers = self._postings.paper_pointers
        spans = [slice(int(pointers[paper]), int(pointers[paper + 1])) for paper in papers]
        scores: npt.NDArray[np.float32] = np.zeros(self._size, dtype=np.float32)
        if not spans:
            return scores
        numbers = np.concatenate([self._postings.paper_terms[span] for span in spans])
        values = [weight * self._postings.paper_data[span] for weight, span in zip(weights, spans, strict=True)]
        totals = np.bincount(numbers, weights=np.concatenate(values))
        heaviest = np.argpartition(-totals, size)[:size] if len(totals) > size else np.arange(len(totals))
        for number in heaviest[totals[heaviest] > 0].tolist():
            self._add(scores, number, float(totals[number]))
        return scores

    def _add(self, scores: npt.NDArray[np.float32], number: int, weight: float) -> None:
        begin, end = self._postings.pointers[number : number + 2]
        scores[self._postings.indices[begin:end]] += np.float32(weight) * self._postings.data[begin:end]

    def _respelt(self, term: str) -> dict[str, float]:
        """What a term that no paper has may stand for."""
        if self._spelling is None:
            self._spelling = Spelling(self._numbers)
        near = self._spelling.nearest(term, 1)
        if near is None and (halves := self._halves(term)):
            return dict.fromkeys(halves, _REWRITTEN / 2)
        if near is None and len(term) >= _LONG:
            near = self._spelling.nearest(term, 2)
        return {} if near is None else {near: _MISSPELT}

    def _halves(self, term: str) -> tuple[str, str] | None:
        best, halves = 1, None
        for cut in range(4, len(term) - 3):
            one, other = _stemmer().stemWord(term[:cut]), _stemmer().stemWord(term[cut:])
            common = min(self.document_frequency(one), self.document_frequency(other))
            if common > best:
                best, halves = common, (one, other)
        return halves

    def _span(self, term: str) -> tuple[int, int]:
        number = self._numbers[term]
        return int(self._postings.pointers[number]), int(self._postings.pointers[number + 1])
