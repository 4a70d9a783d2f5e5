"""Whether a sentence and its sources point the same way: negation, more and less, opposites."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify.coverage import match
from rag_assistant.verify.lexicon import directions
from rag_assistant.verify.opposites import opposites
from rag_assistant.verify.reading import Reading
from rag_assistant.verify.words import Word, rarity

_REACH = 5
_WITH = re.compile(r"\b(?P<how>with|without)\s+(?:the |an? |any )?(?P<what>[\w-]+ [\w-]+)", re.IGNORECASE)
# More and less of one thing are not looked for in the next clause: "rises slightly, while costs fall".
_CLAUSE_BEGINS = re.compile(
    r"[,;:()]\s|\b(?:while|whereas|but|although|though)\b"
    r"|\band (?=\w+ (?:rises?|rose|falls?|fell|drops?|dropped|increase[sd]?|decrease[sd]?|grows?|grew)\b)",
    re.IGNORECASE,
)
VALENCES = {
    **dict.fromkeys(
        "well better best good strong strongly effective effectively efficient efficiently accurate accurately "
        "robust reliable "
        "superior success successful successfully succeed succeeds excel excels outperform outperforms "
        "outperforming surpass "
        "surpasses improve improves improved improving improvement improvements enhance enhances enhanced gain "
        "gains benefit "
        "benefits beneficial boost boosts advantage easily easy able capable enough sufficient competitive "
        "comparable solve "
        "solves overcome overcomes promising optimal favorable exceed exceeds beat beats help helps substantial "
        "effortlessly "
        "preserve preserves maintain maintains retain retains allow allows enable enables large greatly".split(),
        1,
    ),
    **dict.fromkeys(
        "poor poorly bad badly worse worst weak weakly ineffective inefficient inaccurate fragile unreliable "
        "inferior fail fails "
        "failed failure failures struggle struggles struggling underperform underperforms underperforming degrade "
        "degrades "
        "degraded degradation decline declines drop drops hurt hurts harm harms harmful limited limitation "
        "limitations limits "
        "restrict restricts hinder hinders difficult difficulty difficulties hard challenge challenges "
        "challenging overlook "
        "overlooks ignore ignores neglect neglects suboptimal infeasible unable insufficient lack lacks lacking "
        "lag lags behind "
        "short compromise compromises compromising sacrifice sacrifices sacrificing lose loses lost loss problem "
        "problems issue "
        "issues barely hardly rarely only modest marginal little costly prohibitive prohibitively expensive "
        "suffer suffers "
        "cost bottleneck obstacle impede impedes".split(),
        -1,
    ),
}


@dataclass(frozen=True, slots=True)
class Polarity:
    """What is at odds, each from 0 up, with the words to name it by.

    ``said_not``: the sentence negates what its sources don't. ``source_not``: the sources negate what it states.
    ``direction``: more against less of the same thing. ``opposite``: a word that the source's word denies.
    """

    said_not: float
    source_not: float
    direction: float
    opposite: float
    agreement: float
    reasons: tuple[str, ...]


def compare(said: Reading, near: Sequence[Reading]) -> Polarity:
    """Compares a sentence with the sentences that bear it out best."""
    reasons: list[str] = []
    said_not = _said_not(said, near, reasons)
    source_not = _source_not(said, near, reasons)
    direction, agreement = _direction(said, near, reasons)
    opposite = _opposite(said, near, reasons)
    return Polarity(said_not, source_not, direction, opposite, agreement, tuple(reasons))


def _said_not(said: Reading, near: Sequence[Reading], reasons: list[str]) -> float:
    score = 0.0
    for cue in said.cues:
        scope = [place for place in range(cue + 1, min(len(said.words), cue + 8)) if place in said.negated] or [
            place for place in range(max(0, cue - 2), cue) if place in said.negated
        ]
        content = [said.words[place] for place in scope if said.words[place].is_content]
        found = excused = False
        for sentence in near:
            for word in content:
                for place, other in enumerate(sentence.words):
                    if not match(word, frozenset((other.stem,))):
                        continue
                    found = True
                    # The source negates it too, or says it by a word that denies ("frozen" for "not trained").
                    excused |= place in sentence.negated or bool(
                        sentence.cues and min(abs(place - c) for c in sentence.cues) <= _REACH
                    )
        denies = any(
            opposites().get(word.lower, frozenset()) & {w.lower for s in near for w in s.words} for word in content
        )
        if excused or denies:
            continue
        score += 1.0 if found else 0.6
        cue_text = said.words[cue].text
        reasons.append(
            f"says “{cue_text} {content[0].text}”, the passage doesn't"
            if content
            else f"says “{cue_text}”, the passage doesn't"
        )
    return score


def _source_not(said: Reading, near: Sequence[Reading], reasons: list[str]) -> float:
    """The share, from 0 to 1, of what is stated that the sources only have negated."""
    if exchanged := _with_and_without(said, near):
        reasons.append(exchanged)
        return 1.0
    total = denied = 0.0
    named: list[str] = []
    for place, word in enumerate(said.words):
        if not word.is_content or place in said.negated or place in said.hindered:
            continue
        weight = rarity(word)
        total += weight
        if _said_negatively(said, place):
            continue
        seen = plain = False
        for sentence in near:
            for there, other in enumerate(sentence.words):
                if other.stem == word.stem:
                    seen = True
                    plain |= there not in sentence.negated
        if seen and not plain:
            denied += weight
            named.append(word.text)
    if denied and not said.cues:
        reasons.append(f"the passage denies “{' '.join(named[:3])}”")
        return denied / total
    return 0.5 * denied / total if denied else 0.0


def _with_and_without(said: Reading, near: Sequence[Reading]) -> str:
    """The reason where a sentence says "with" of what its sources only say "without", or the other way round."""
    for own in _WITH.finditer(said.text):
        how, what = own["how"].lower(), own["what"].lower()
        theirs = {
            other["how"].lower() for one in near for other in _WITH.finditer(one.text) if other["what"].lower() == what
        }
        if theirs and how not in theirs and not (said.cues and how == "with"):
            return f"says “{how} {what}”, the passage says “{theirs.pop()} {what}”"
    return ""


def hindered(said: Reading, near: Sequence[Reading]) -> tuple[float, tuple[str, ...]]:
    """The share, from 0 to 1, of what is stated that the sources only speak of as limited, hard or overlooked."""
    total = denied = 0.0
    named: list[str] = []
    if said.hindrances or said.cues:
        return 0.0, ()
    for word in said.words:
        if not word.is_content:
            continue
        total += rarity(word)
        places = [(one, at) for one in near for at, other in enumerate(one.words) if other.stem == word.stem]
        if places and all(at in one.hindered for one, at in places):
            denied += rarity(word)
            named.append(word.text)
    if not denied or not total:
        return 0.0, ()
    return denied / total, (
        f"the passage says that “{' '.join(named[:3])}” is limited or fails",
    ) if denied / total > 0.25 else ()


def _said_negatively(said: Reading, place: int) -> bool:
    """Whether a cue stands close by although the word is out of its grammatical reach."""
    return any(abs(place - cue) <= _REACH for cue in (*said.cues, *said.hindrances))


def _direction(said: Reading, near: Sequence[Reading], reasons: list[str]) -> tuple[float, float]:
    against = agreeing = 0.0
    for place, word in enumerate(said.words):
        sign = directions().get(word.lower)
        if sign is None:
            continue
        sign = -sign if place in said.negated else sign
        things = _neighbours(said, place)
        same = other = 0.0
        rival: Word | None = None
        for sentence in near:
            for there, candidate in enumerate(sentence.words):
                theirs = directions().get(candidate.lower)
                if theirs is None:
                    continue
                theirs = -theirs if there in sentence.negated else theirs
                around = frozenset(one.stem for one in _neighbours(sentence, there))
                near_both = [thing for thing in things if match(thing, around)]
                shared = sum(rarity(thing) * match(thing, around) for thing in near_both)
                if theirs == sign and shared:
                    # The very word beside the same thing ("less memory"): names stand near every comparison.
                    alike = candidate.stem == word.stem and any(thing.text.islower() for thing in near_both)
                    same = max(same, shared + (1.5 if alike else 0.3 * (candidate.stem == word.stem)))
                elif theirs != sign and shared > other:
                    other, rival = shared, candidate
        if same >= other and same > 0:
            agreeing += 1.0
        elif rival is not None and other > same + 0.15:
            against += min(1.0, other - same)
            reasons.append(f"says “{word.text}”, the passage says “{rival.text}”")
    return against, agreeing


def _opposite(said: Reading, near: Sequence[Reading], reasons: list[str]) -> float:
    score = 0.0
    for place, word in enumerate(said.words):
        denied_by = opposites().get(word.lower)
        if not denied_by or place in said.negated:
            continue
        things = _neighbours(said, place)
        same = other = 0.0
        rival: Word | None = None
        for sentence in near:
            for there, candidate in enumerate(sentence.words):
                is_same, denies = candidate.lower == word.lower, candidate.lower in denied_by
                if not (is_same or denies):
                    continue
                if there in sentence.negated:
                    is_same, denies = denies, is_same
                around = frozenset(one.stem for one in _neighbours(sentence, there))
                shared = max((match(thing, around) * (0.3 + rarity(thing)) for thing in things), default=0.0)
                if is_same:
                    same = max(same, shared + 0.1)
                elif shared > other:
                    other, rival = shared, candidate
        if rival is not None and other >= 0.5 and other > same:
            score += other
            reasons.append(f"says “{word.text}”, the passage says “{rival.text}”")
    return score


def valence_clash(said: Reading, near: Sequence[Reading]) -> float:
    """How far (0 to 2) a sentence speaks well of what its sources speak ill of, or the other way round.

    Only words of praise or blame next to a word that the other side has too are counted; a negated one counts the other
    way.
    """
    worst = agreeing = 0.0
    for sentence in near:
        here, there = _valence([said], sentence.stems), _valence([sentence], said.stems)
        if here * there < 0:
            worst = max(worst, abs(here - there))
        elif here * there > 0:
            agreeing = max(agreeing, min(abs(here), abs(there)))
    return max(0.0, worst - agreeing)


def _valence(sentences: Sequence[Reading], shared: frozenset[str]) -> float:
    total = 0
    for sentence in sentences:
        for place, word in enumerate(sentence.words):
            value = VALENCES.get(word.lower, 0)
            if not value:
                continue
            around = sentence.words[max(0, place - _REACH) : place + _REACH + 1]
            if any(other is not word and match(other, shared) for other in around if other.is_content):
                total += -value if place in sentence.negated else value
    return max(-1.0, min(1.0, total / 2))


def _neighbours(sentence: Reading, place: int) -> list[Word]:
    words = sentence.words
    borders = _borders(sentence.text)
    clause = bisect.bisect(borders, words[place].start)
    around = (*words[max(0, place - _REACH) : place], *words[place + 1 : place + 1 + _REACH])
    return [
        word
        for word in around
        if word.is_content and word.lower not in directions() and bisect.bisect(borders, word.start) == clause
    ]


@functools.lru_cache(maxsize=1_024)
def _borders(text: str) -> tuple[int, ...]:
    """Where the clauses of a sentence begin but for the first."""
    return tuple(match.start() for match in _CLAUSE_BEGINS.finditer(text))
