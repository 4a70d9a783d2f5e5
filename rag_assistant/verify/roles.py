"""Who does what to whom: A beats B against B beats A, and names that change places."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify.lexicon import directions
from rag_assistant.verify.reading import Reading, Source
from rag_assistant.verify.words import STOP_WORDS

# A comparison: what stands before it is ahead of what stands after it (or behind).
_AHEAD = (
    r"outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?|beat(?:s|en|ing)?|exceed(?:s|ed|ing)?|outdo(?:es|ne)?|"
    r"overtak(?:es?|en|ing)|"
    r"better than|superior to|ahead of|(?:improv(?:es?|ed|ing|ements?)|gains?|advantage) (?:\w+ ){0,3}?(?:over|upon)|"
    r"(?:higher|faster|stronger|larger|greater|more [\w-]+)(?: [\w-]+){0,4}? than|wins? (?:over|against)|"
    r"leads? over|dominates?"
)
_BEHIND = (
    r"underperform(?:s|ed|ing)?|lag(?:s|ged|ging)? behind|trail(?:s|ed|ing)?|falls? (?:short of|behind)|"
    r"worse than|inferior to|behind|loses? to|"
    r"(?:lower|slower|weaker|smaller|less|fewer|less [\w-]+|fewer [\w-]+)(?: [\w-]+){0,4}? than"
)
_COMPARISON = re.compile(
    rf"(?P<passive>(?:is|are|was|were|been|being)\s+(?:\w+\s+)?)?(?:(?P<ahead>\b(?:{_AHEAD})\b)|"
    rf"(?P<behind>\b(?:{_BEHIND})\b))(?P<by>\s+by\b(?!\s+[\d~]|\s+(?:a|an|up|more|over|about|nearly)\b))?",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    r"\b(?:compar(?:able|ably|ed favou?rably)|competitive(?:ly)?|on (?:a )?par|as (?:well|good|strong|accurate|"
    r"fast) as|equal(?:s|ly)?|match(?:es|ing)?|"
    r"rival(?:s|ing)?|similar(?:ly)?)\b",
    re.IGNORECASE,
)
_MORE_OF = re.compile(
    r"(?:more|less|fewer|higher|lower|larger|smaller|greater)\s+[\w-]+(?: [\w-]+){0,4}? than", re.IGNORECASE
)
_SURE = 0.65  # of 2: the sides of two comparisons share this much where both are of the same things
_QUANTIFIERS = frozenset("more less fewer higher lower larger smaller greater than".split())
_OWN = re.compile(
    r"\b(?:we|our|ours|it|its|this (?:paper|work|model|method|approach)|the proposed \w+|the (?:model|method|"
    r"approach|framework))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Side:
    names: frozenset[str]
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Comparison:
    ahead: _Side
    behind: _Side
    words: str
    quantity: frozenset[str]  # what there is more or less of, in "needs less memory than"; empty for better and worse


def swapped(said: Reading, near: Sequence[Reading], source: Source) -> tuple[float, tuple[str, ...]]:
    """How surely (0 to 1) the sides of a comparison changed places, and the words for it."""
    worst = 0.0
    reasons: tuple[str, ...] = ()
    tie_words = ""
    for claim in _comparisons(said, source):
        straight, crossed, theirs = _held(claim, near, source)
        level = 0.0
        for sentence in near:
            if claim.ahead.names | claim.behind.names and (tie := _LEVEL.search(sentence.text)):
                named = frozenset(name.key for name in sentence.names) | source.own_names
                both = claim.ahead.names | claim.behind.names
                if both <= named and level < 0.6:
                    level, tie_words = 0.6, tie.group()
        if level > straight and level > worst:
            worst, reasons = level, (f"says “{claim.words}”, the passage says “{tie_words}”",)
        if crossed > straight:
            score = min(1.0, crossed - straight)
            if score > worst:
                worst = score
                reasons = (f"says “{claim.words}”, the passage has it the other way round (“{theirs}”)",)
    return worst, reasons


def agrees(said: Reading, near: Sequence[Reading], source: Source) -> bool:
    """Whether a comparison of named things is the sources' own, perhaps from the other side: B is larger, A smaller.

    Only said of a sentence with one word of more or less: what else is said may still be wrong.
    """
    if sum(word.lower in directions() for word in said.words) > 1 or swapped(said, near, source)[0]:
        return False
    for claim in _comparisons(said, source):
        straight, crossed, _ = _held(claim, near, source)
        if claim.ahead.names and claim.behind.names and straight >= _SURE and straight > crossed:
            return True
    return False


def _held(claim: _Comparison, near: Sequence[Reading], source: Source) -> tuple[float, float, str]:
    """How well a comparison matches the sources' as it stands, how well with its sides exchanged, and those's words."""
    straight = crossed = 0.0
    theirs = ""
    for sentence in near:
        for other in _comparisons(sentence, source):
            if claim.quantity != other.quantity and not claim.quantity & other.quantity:
                continue
            one = _shared(claim.ahead, other.ahead) + _shared(claim.behind, other.behind)
            cross = _shared(claim.ahead, other.behind) + _shared(claim.behind, other.ahead)
            straight = max(straight, one)
            if cross > crossed:
                crossed, theirs = cross, other.words
    return straight, crossed, theirs


def order_inverted(said: Reading, near: Sequence[Reading]) -> float:
    """Share of the neighbouring names of a sentence that one source sentence has in the opposite order only."""
    keys = [name.key for name in said.names]
    pairs = [(one, other) for one, other in itertools.pairwise(keys) if one != other]
    inverted = 0
    for one, other in pairs:
        straight = reverse = False
        for sentence in near:
            places: dict[str, list[int]] = {}
            for name in sentence.names:
                places.setdefault(name.key, []).append(name.start)
            if one in places and other in places:
                straight |= min(places[one]) < max(places[other])
                reverse |= min(places[other]) < max(places[one])
        inverted += reverse and not straight
    return inverted / len(pairs) if pairs else 0.0


def _comparisons(sentence: Reading, source: Source) -> list[_Comparison]:
    found = []
    for match in _COMPARISON.finditer(sentence.text):
        passive = bool(match["passive"]) and bool(match["by"])
        left = _side(sentence, source, max(0, _clause_start(sentence.text, match.start())), match.start())
        right = _side(sentence, source, match.end(), _clause_end(sentence.text, match.end()))
        first_ahead = bool(match["ahead"]) != passive
        ahead, behind = (left, right) if first_ahead else (right, left)
        found.append(_Comparison(ahead, behind, " ".join(match.group().split()), _quantity(sentence, match)))
    return found


def _quantity(sentence: Reading, match: re.Match[str]) -> frozenset[str]:
    if not _MORE_OF.match(match.group()):
        return frozenset()
    inside = {word.stem for word in sentence.words if match.start() <= word.start < match.end()}
    return frozenset(inside) - _QUANTIFIERS


def _clause_start(text: str, place: int) -> int:
    return max(
        text.rfind(";", 0, place),
        text.rfind(": ", 0, place),
        text.rfind(" while ", 0, place),
        text.rfind(" whereas ", 0, place),
        text.rfind(" but ", 0, place),
    )


def _clause_end(text: str, place: int) -> int:
    stops = [stop for mark in ("; ", ": ", " while ", " whereas ") if (stop := text.find(mark, place)) >= 0]
    return min(stops, default=len(text))


def _side(sentence: Reading, source: Source, start: int, end: int) -> _Side:
    names = {name.key for name in sentence.names if start <= name.start < end}
    stems = {word.stem for word in sentence.words if start <= word.start < end and word.lower not in STOP_WORDS}
    if _OWN.search(sentence.text[start:end]):
        names |= source.own_names
    return _Side(frozenset(names), frozenset(stems))


def _shared(one: _Side, other: _Side) -> float:
    names = len(one.names & other.names) / len(one.names) if one.names else 0.0
    stems = len(one.stems & other.stems) / len(one.stems) if one.stems else 0.0
    return 0.7 * names + 0.3 * stems
