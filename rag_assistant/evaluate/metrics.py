"""How good one answer is, and what many of them come to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rag_assistant.evaluate.cases import Case, title_key

_LATEX = re.compile(r"\\[a-zA-Z]+|[\\{}$]")


@dataclass(frozen=True, slots=True)
class Score:
    """One answer measured. What cannot be asked of it (the precision of no citation) is None.

    ``precision`` is the share of the cited papers that are right ones, ``papers`` whether those needed are cited,
    ``facts`` the share of the facts asked for that stand in the answer, ``seconds`` what it took to write.
    """

    case: Case
    declined: bool
    precision: float | None
    papers: bool | None
    facts: float | None
    words: int
    seconds: float

    @property
    def right(self) -> bool:
        """Wholly right: the papers and every fact, or a question declined that no paper answers."""
        if not self.case.answerable:
            return self.declined
        return bool(self.papers) and self.facts in (None, 1.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """Means over answers; None where no answer could be measured so. ``seconds`` is the median."""

    cases: int
    precision: float | None
    papers: float | None
    facts: float | None
    right: float | None
    declined: float | None
    words: float | None
    seconds: float | None


def score(case: Case, titles: Sequence[str], text: str, *, declined: bool, seconds: float) -> Score:
    """Measures one answer.

    Args:
        case: the question and what was wanted.
        titles: of the papers cited.
        text: of the answer.
        declined: whether it abstained.
        seconds: that it took.
    """
    gold = {title_key(title) for title in case.gold_titles}
    cited = {title_key(title) for title in titles}
    words = 0 if declined else len(text.split())
    if not case.answerable:
        return Score(case, declined, None, None, None, words, seconds)
    found = [has_fact(text, fact) for fact in case.facts]
    return Score(
        case=case,
        declined=declined,
        precision=len(cited & gold) / len(cited) if cited and not declined else None,
        papers=not declined and len(cited & gold) >= (len(gold) if case.mode == "all" else case.min_cites),
        facts=None if not found else 0.0 if declined else fmean(found),
        words=words,
        seconds=seconds,
    )


def has_fact(text: str, alternatives: Sequence[str]) -> bool:
    """Whether one of the alternatives stands in the text: from the beginning of a word, and a figure to its end."""
    plain = normalised(text)
    return any(_pattern(one).search(plain) for one in alternatives)


def normalised(text: str) -> str:
    """Lower case with figures as digits alone (12,317 is 12317) and all but words, points and percent as one space."""
    text = _LATEX.sub(" ", unicodedata.normalize("NFKC", text).replace("\\%", "%")).lower().replace("×", "x")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"[^\w.%+]+", " ", text).strip()


def summarise(scores: Sequence[Score]) -> Summary:
    """What some answers come to."""
    answered = [one.words for one in scores if not one.declined]
    return Summary(
        cases=len(scores),
        precision=_mean([one.precision for one in scores]),
        papers=_mean([one.papers for one in scores]),
        facts=_mean([one.facts for one in scores]),
        right=_mean([one.right for one in scores]),
        declined=_mean([one.declined for one in scores]),
        words=_mean(answered),
        seconds=median(one.seconds for one in scores) if scores else None,
    )


def _pattern(fact: str) -> re.Pattern[str]:
    plain = normalised(fact)
    end = r"(?!\d|\.\d)" if plain[-1:].isdigit() else ""
    return re.compile(r"(?<![\w.])" + re.escape(plain) + end)


def _mean(values: Sequence[float | bool | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return fmean(known) if known else None
