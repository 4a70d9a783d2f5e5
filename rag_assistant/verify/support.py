"""Whether figures and names of a sentence stand in its sources, and next to the same things."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify.coverage import match
from rag_assistant.verify.figure_matching import derived, same
from rag_assistant.verify.figures import Figure
from rag_assistant.verify.names import NameIndex
from rag_assistant.verify.reading import Reading, Source
from rag_assistant.verify.words import Word, rarity

_DIVIDES = re.compile(r",|;|\band\b|\bwhile\b|\bversus\b")
_JOINS = re.compile(r"\s*(?:vs\.?|versus|to|and|or|of|out of|-|–)(?:\s+the)?\s*", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s*[$~]?$", re.IGNORECASE)
_TO = re.compile(r"[^.;]{0,3}\s*to\s*", re.IGNORECASE)
_WINDOW = 60  # characters on either side of a figure or a name that tell what it belongs to
_MIN_SHARED = 0.12


@dataclass(frozen=True, slots=True)
class Standing:
    """How figures or names stand: how many there are, lack, stand but rounded or hedged, stand next to other things.

    ``lacking`` and ``misplaced`` are counts (a small one such as "two" counts a third), ``context`` the least share,
    from 0 to 1, of what stands around one of them here that stands around it in the sources too.
    """

    count: int
    lacking: float
    loose: float
    misplaced: float
    repeated: float
    context: float
    reasons: tuple[str, ...]


def figures(said: Reading, source: Source) -> Standing:
    """Holds the figures of a sentence against those of its sources."""
    reasons: list[str] = []
    lacking = loose = misplaced = repeated = 0.0
    least = 1.0
    counted = 0
    for figure in said.figures:
        counted += 1
        repeats = sum(same(other, figure) >= 1 for other in said.figures[:counted])
        found = [(one, sentence) for sentence in source.sentences for one in sentence.figures if same(figure, one)]
        if not found:
            if any(derived(figure, sentence.figures, sentence.text) for sentence in source.sentences):
                loose += 1
                continue
            lacking += 0.34 if figure.small else 1.0
            if not figure.small or figure.text[:1].isdigit():
                reasons.append(f"figure {_shown(figure, said.text)} isn't in the passage")
            continue
        if max(same(figure, one) for one, _ in found) < 1:
            loose += 1
        if figure.small:
            continue
        if repeats > len(found) and figure.unit != "year":
            repeated += 1
            reasons.append(f"figure {_shown(figure, said.text)} is said of more things than in the passage")
        around = _around(said, figure.start, figure.end)
        has = max(_shared(around, sentence, one) for one, sentence in found)
        least = min(least, has)
        if around and has < _MIN_SHARED:
            misplaced += 1
            reasons.append(f"figure {_shown(figure, said.text)} measures something else in the passage")
    return Standing(counted, lacking, loose, misplaced, repeated, least, tuple(reasons))


def names(said: Reading, source: Source) -> Standing:
    """Holds the names of a sentence against those of its sources."""
    reasons: list[str] = []
    lacking = misplaced = 0.0
    least = 1.0
    for name in said.names:
        if not source.names.has(name):
            lacking += 1
            reasons.append(f"{name.text} isn't named there")
            continue
        here = [(sentence, one) for sentence in source.sentences for one in sentence.names if one.key == name.key]
        around = _around(said, name.start, name.end)
        if here and around:
            total = sum(rarity(word) for word in around) or 1.0
            has = max(
                sum(rarity(word) * match(word, sentence.stems) for word in around) / total for sentence, _ in here
            )
            least = min(least, has)
            misplaced += has < _MIN_SHARED
    return Standing(len(said.names), lacking, 0.0, misplaced, 0.0, least, tuple(reasons))


def counts_at_odds(said: Reading, source: Source) -> tuple[float, tuple[str, ...]]:
    """How many counts ("five datasets") the sources give otherwise ("two datasets") and nowhere so; the reasons."""
    odds, reasons = 0.0, []
    for figure in said.figures:
        counted = _counted(said, figure)
        if counted is None or figure.unit in ("%", "x", "year"):
            continue
        there = [
            other
            for sentence in source.sentences
            for other in sentence.figures
            if other.unit == figure.unit
            and (thing := _counted(sentence, other))
            and match(counted, frozenset((thing.stem,))) == 1.0
        ]
        if not there or any(same(figure, other) for other in (*there, *_joined(there, source))):
            continue
        if figure.unit not in ("point", "%") or not any(derived(figure, run, "") for run in _runs(source)):
            odds += 1
            reasons.append(f"says {figure.text} {counted.text}, the passage says {there[0].text}")
    return odds, tuple(reasons)


def _joined(counts: Sequence[Figure], source: Source) -> list[Figure]:
    """The figures that share with one of ``counts`` what they count: the six of "six of eight languages"."""
    return [
        one
        for sentence in source.sentences
        for one, other in itertools.pairwise(sentence.figures)
        if other in counts and _JOINS.fullmatch(sentence.text, one.end, other.start)
    ]


def figures_crossed(said: Reading, source: Source) -> tuple[float, tuple[str, ...]]:
    """Whether two figures of a sentence changed places, 1 or 0, with the reason."""
    if len(said.figures) < 2:
        return 0.0, ()
    for one, other in itertools.pairwise(said.figures):
        if one.unit != other.unit or same(one, other):
            continue
        if _reversed(one, other, said, source):
            return 1.0, (f"says from {one.text} to {other.text}, the passage says it the other way round",)
        for sentence in source.sentences:
            first = [figure for figure in sentence.figures if same(one, figure)]
            second = [figure for figure in sentence.figures if same(other, figure)]
            if len(first) != 1 or len(second) != 1:
                continue
            here, there = (
                (_next_to(said, one), _next_to(said, other)),
                (_next_to(sentence, first[0]), _next_to(sentence, second[0])),
            )
            straight = _common(here[0], there[0]) + _common(here[1], there[1])
            crossed = _common(here[0], there[1]) + _common(here[1], there[0])
            if crossed > straight + 0.15:
                return 1.0, (f"figures {one.text} and {other.text} stand the other way round in the passage",)
    return 0.0, ()


def _reversed(one: Figure, other: Figure, said: Reading, source: Source) -> bool:
    """Whether a sentence says "from A to B" where its sources only go from B to A."""
    if not _FROM.search(said.text, max(0, one.start - 8), one.start):
        return False
    if not _TO.fullmatch(said.text, one.end, other.start):
        return False
    runs = _runs(source)
    straight = any(same(one, first) and same(other, second) for first, second in runs)
    return not straight and any(same(one, second) and same(other, first) for first, second in runs)


def _runs(source: Source) -> list[tuple[Figure, Figure]]:
    """The figures that the sources join as in "from A to B"."""
    return [
        (one, other)
        for sentence in source.sentences
        for one, other in itertools.pairwise(sentence.figures)
        if _TO.fullmatch(sentence.text, one.end, other.start)
    ]


def _next_to(sentence: Reading, figure: Figure) -> dict[str, float]:
    """The stems around a figure up to the next one, each with how near it stands."""
    before = max((other.end for other in sentence.figures if other.end <= figure.start), default=0)
    after = min((other.start for other in sentence.figures if other.start >= figure.end), default=len(sentence.text))
    # What "and" or a comma divides belongs to the other figure.
    cuts = list(_DIVIDES.finditer(sentence.text, before, after))
    before = max([cut.end() for cut in cuts if cut.end() <= figure.start], default=before)
    after = min([cut.start() for cut in cuts if cut.start() >= figure.end], default=after)
    near: dict[str, float] = {}
    for word in sentence.words:
        if word.is_content and before <= word.start < after:
            distance = figure.start - word.end if word.end <= figure.start else word.start - figure.end
            near[word.stem] = max(near.get(word.stem, 0.0), rarity(word) / (1 + max(0, distance) / 12))
    return near


def _common(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(min(weight, other[stem]) for stem, weight in one.items() if stem in other)


def _counted(sentence: Reading, figure: Figure) -> Word | None:
    """What a figure counts: the last of the content words that follow it directly, as in "five strong baselines"."""
    counted = None
    place = figure.end
    for word in sentence.words:
        if word.start < figure.end:
            continue
        if sentence.text[place : word.start].strip(" -") or not word.is_content or word.start - figure.end > 40:
            break
        counted, place = word, word.end
        if word.lower.endswith("s"):
            break
    return counted


def names_near(said: Reading, source: Source, near: Sequence[Reading]) -> tuple[float, float]:
    """Whether names stand in the very sentences that bear the rest out.

    Returns:
        The share of the names that do, from 0 to 1, and 1 where the first name, mostly the subject, does not although
        those sentences name another or speak of "we".
    """
    if not said.names:
        return 1.0, 0.0
    here = NameIndex(" ".join(one.text for one in near))
    has = [here.has(name) or name.key in source.own_names for name in said.names]
    return sum(has) / len(has), float(not has[0] and source.names.has(said.names[0]))


def _around(sentence: Reading, start: int, end: int) -> list[Word]:
    return [
        word
        for word in sentence.words
        if word.is_content and (end <= word.start <= end + _WINDOW or start - _WINDOW <= word.end <= start)
    ]


def _shared(around: Sequence[Word], sentence: Reading, figure: Figure) -> float:
    """Share of what stands around a figure that stands around the source's too, nearer words counting more."""
    if not around:
        return 1.0
    stems = frozenset(word.stem for word in _around(sentence, figure.start, figure.end))
    total = sum(rarity(word) for word in around) or 1.0
    near = sum(rarity(word) * match(word, stems) for word in around) / total
    wide = sum(rarity(word) * match(word, sentence.stems) for word in around) / total
    return 0.6 * near + 0.4 * wide


def _shown(figure: Figure, text: str) -> str:
    unit = re.match(r"\s?(?:ms|s|GB|MB|TB|hours?|days?|tokens?|points?|years?|bits?|GPUs?)\b", text[figure.end :])
    return (figure.text + (unit.group() if unit else "")).replace("\\%", "%").strip()
