"""How much of what a sentence says its sources speak of: its content words, weighted by how much each tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant import meaning
from rag_assistant.verify.lexicon import synonyms
from rag_assistant.verify.reading import Reading, Source
from rag_assistant.verify.words import Word, rarity

_SYNONYM = 0.85
_SAME_BEGINNING = 0.75
_LIKE = 0.8  # at most, for a word that only means something like it
_ELSEWHERE = 0.8  # a word that only the rest of the passages has
_MOST_SENTENCES = 3
_WORTH_ADDING = 0.06


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence laid over its sources.

    ``words`` are its content words, ``weights`` how much each tells; ``near`` is how well, from 0 to 1, the chosen
    sentences have each, ``anywhere`` how well any sentence has it. ``chosen`` are the places in ``source.sentences`` of
    the best ones.
    """

    words: tuple[Word, ...]
    weights: tuple[float, ...]
    near: tuple[float, ...]
    anywhere: tuple[float, ...]
    literal: tuple[float, ...]  # how well any sentence has each word itself, or one of its family
    chosen: tuple[int, ...]
    best: float  # share of the weight that the best single sentence has

    @property
    def coverage(self) -> float:
        """Share of the weight that the chosen sentences have, from 0 to 1."""
        return _share(self.weights, self.near)

    @property
    def coverage_anywhere(self) -> float:
        """Share of the weight that the passages have, from 0 to 1."""
        return _share(self.weights, self.anywhere)

    @property
    def coverage_literal(self) -> float:
        """Share of the weight that stands in the passages literally, from 0 to 1."""
        return _share(self.weights, self.literal)

    def missing(self) -> list[tuple[Word, float]]:
        """The words that nothing in the passages speaks of, each with its weight, the most telling first."""
        found = [
            (word, weight)
            for word, weight, has in zip(self.words, self.weights, self.anywhere, strict=True)
            if has < 0.5
        ]
        return sorted(found, key=lambda one: -one[1])


def _share(weights: Sequence[float], has: Sequence[float]) -> float:
    total = sum(weights)
    return sum(weight * one for weight, one in zip(weights, has, strict=True)) / total if total else 0.0


def match(word: Word, stems: frozenset[str]) -> float:
    """How well a set of stems has a word: 1 itself, less for a synonym or a word of the same family, 0 not at all."""
    if word.stem in stems:
        return 1.0
    if not stems.isdisjoint(synonyms().get(word.stem, ())):
        return _SYNONYM
    beginning = word.stem[:6]
    if len(beginning) >= 5 and any(stem.startswith(beginning[:5]) and _family(word.stem, stem) for stem in stems):
        return _SAME_BEGINNING
    joined = word.stem
    for prefix in ("multi", "pre", "un", "non", "self", "sub", "super", "re", "co", "cross", "inter", "intra", "hyper"):
        if (
            joined.startswith(prefix)
            and len(joined) > len(prefix) + 3
            and joined[len(prefix) :] in stems
            and prefix not in ("un", "non")
        ):
            return _SAME_BEGINNING
    return 0.0


def _literal(word: Word, stems: frozenset[str]) -> float:
    has = match(word, stems)
    return has if has != _SYNONYM else 0.0


def _family(one: str, other: str) -> bool:
    """Whether two stems are of one family: "robust" and "robustness" stem alike, "evaluat" and "evalu" too."""
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same >= 5 and same >= 0.65 * max(len(one), len(other))


def align(said: Reading, source: Source) -> Alignment:
    """Finds the sentences that together have most of what is said, the best one first, at most three."""
    words = tuple(word for word in said.words if word.is_content)
    weights = tuple(rarity(word) for word in words)
    table = _table(words, source)
    near = [0.0] * len(words)
    chosen: list[int] = []
    best = 0.0
    while table and len(chosen) < _MOST_SENTENCES:
        gains = [
            _share(weights, [max(a, b) for a, b in zip(near, row, strict=True)])
            + _figure_bonus(said, source.sentences[place], chosen)
            for place, row in enumerate(table)
        ]
        now = _share(weights, near)
        place = max(range(len(table)), key=lambda one: (gains[one], -one))
        if chosen and (gains[place] < now + _WORTH_ADDING or place in chosen):
            break
        chosen.append(place)
        near = [max(a, b) for a, b in zip(near, table[place], strict=True)]
        if len(chosen) == 1:
            best = _share(weights, near)
    anywhere = [max((row[place] for row in table), default=0.0) for place in range(len(words))]
    near = [max(a, _ELSEWHERE * b) if b else a for a, b in zip(near, anywhere, strict=True)]
    literal = tuple(_literal(word, source.stems) for word in words)
    return Alignment(words, weights, tuple(near), tuple(anywhere), literal, tuple(chosen), best)


def _table(words: Sequence[Word], source: Source) -> list[list[float]]:
    """How well (0 to 1) each sentence of the sources has each word: a row a sentence, a column a word."""
    exact = [[match(word, sentence.stems) for word in words] for sentence in source.sentences]
    if not words or not source.stems:
        return exact
    near = meaning.nearness(meaning.places_of([word.stem for word in words]), source.meanings)
    table = []
    for row, columns in zip(exact, source.columns, strict=True):
        like = near[:, columns].max(axis=1).tolist() if columns else [0.0] * len(words)
        table.append([max(one, _LIKE * other) for one, other in zip(row, like, strict=True)])
    return table


def _figure_bonus(said: Reading, sentence: Reading, chosen: Sequence[int]) -> float:
    """Prefers, among sentences with the same words, the one that has the figure."""
    if chosen or not said.figures or not sentence.figures:
        return 0.0
    values = {figure.value for figure in sentence.figures}
    return 0.15 * sum(figure.value in values for figure in said.figures) / len(said.figures)


def pair_coverage(alignment: Alignment, source: Source) -> float:
    """Share of neighbouring content words of the sentence that stand together in one sentence of the sources."""
    pairs = list(zip(alignment.words, alignment.words[1:], strict=False))
    if not pairs:
        return alignment.best
    sets = [sentence.stems for sentence in source.sentences]
    total = have = 0.0
    for (one, other), (left, right) in zip(
        pairs, zip(alignment.weights, alignment.weights[1:], strict=False), strict=True
    ):
        weight = min(left, right) + 0.05
        total += weight
        have += weight * max((min(match(one, stems), match(other, stems)) for stems in sets), default=0.0)
    return have / total


def longest_gap(alignment: Alignment) -> float:
    """Weight of the longest run of neighbouring words that nothing in the passages speaks of."""
    longest = run = 0.0
    for weight, has in zip(alignment.weights, alignment.anywhere, strict=True):
        run = run + weight if has < 0.5 else 0.0
        longest = max(longest, run)
    return longest
