"""Words of a text with their places, their stems, and how much each one tells."""

from __future__ import annotations

import functools
import json
import re
import threading
from dataclasses import dataclass
from importlib import resources
from typing import Any

# A word is letters, with digits where they are part of a name (GPT4, 3D); a bare number is a figure and no word.
_WORD = re.compile(r"[^\W_]+(?:['’](?:s|t|re|ve|ll|d|m)\b)?")
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th|x|k|m|b|t|ms|s|gb|mb)?")
_LOCAL = threading.local()

STOP_WORDS = frozenset(
    "a about above after again all also although am an and any are as at be because been before being below "
    "between both "
    "but by can could did do does doing down during each either et few for from further had has have having he "
    "her here "
    "hers him his how i if in into is it its itself just may me might more most much must my neither no nor not "
    "now of off "
    "on once one only onto or other others our ours out over own per quite rather same shall she should since so "
    "some such "
    "than that the their theirs them themselves then there these they this those though through thus to too "
    "toward towards "
    "under until up upon us very via was we well were what when where whereas whether which while who whom whose "
    "why will "
    "with within without would yet you your s t re ve ll d m first al eg ie e g".split()
)
# Words that an answer leans on to speak of a paper; they say nothing that the paper would have to bear out.
_ABOUT_PAPERS = frozenset(
    "paper author authors work study researcher researchers approach method propose proposes proposed introduce "
    "introduces "
    "introduced present presents presented describe describes described show shows shown report reports reported "
    "find finds "
    "found called named namely according say says state states use uses used using make makes made new novel make also "
    "several various different example instance including include includes result results resulting provide provides "
    "provided allow allows enable enables offer offers aim aims based".split()
)


# Words that English puts in for nearly anything; that a passage says it without them means little.
_ALL_PURPOSE = frozenset(
    "stay stays stayed remain remains keep keeps let lets go goes going gone come comes give gives given take "
    "takes taken get "
    "gets put puts need needs ought enough way ways thing things kind kinds sort sorts today already still "
    "instead alike else "
    "together apart hold holds happen happens become becomes seem seems turn turns bring brings brought look "
    "looks whole set "
    "sets lot big bigger much little else yet ever even done doing tell tells told want wants try tries tried "
    "fairly merely simply clearly greatly almost nearly roughly about altogether throughout besides among amid".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in a text: ``text[start:end]``, in lower case, and its stem."""

    text: str
    lower: str
    stem: str
    start: int
    end: int

    @property
    def is_content(self) -> bool:
        """Whether the word carries meaning of its own."""
        return self.lower not in STOP_WORDS and len(self.lower) > 1


@functools.lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The Snowball stem of a lower-case word."""
    if not hasattr(_LOCAL, "stemmer"):
        import Stemmer

        # PyStemmer's objects keep state and are not safe to share between threads.
        _LOCAL.stemmer = Stemmer.Stemmer("english", 0)
    stemmer: Any = _LOCAL.stemmer
    try:
        return str(stemmer.stemWord(word))
    except UnicodeEncodeError:  # a lone surrogate
        return word


def words_of(text: str) -> list[Word]:
    """The words of ``text`` in order, with their places; numbers are left to :mod:`figures`."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        lower = word.lower().replace("’", "'")
        if lower.endswith("'s"):
            lower = lower[:-2]
        if not _NUMBER.fullmatch(lower):
            found.append(Word(word, lower, stem(lower), match.start(), match.end()))
    return found


@functools.cache
def _rarity_table() -> dict[str, float]:
    table = json.loads(resources.files("rag_assistant.verify").joinpath("rarity.json").read_text("utf-8"))
    return {
        stem_: value / 10
        for value, stems in ((int(key), group) for key, group in table["stems"].items())
        for stem_ in stems.split()
    }


def is_common(lower: str) -> bool:
    """Whether a word (in lower case) is an ordinary one of scientific English, and so no name."""
    return stem(lower) in _rarity_table() or lower in STOP_WORDS


def rarity(word: Word) -> float:
    """How much a word tells, from 0 to 1: its inverse document frequency in abstracts, 1 for one never seen there."""
    if not word.is_content:
        return 0.0
    value = _rarity_table().get(word.stem, 1.0)
    return value * 0.3 if word.lower in _ABOUT_PAPERS or word.lower in _ALL_PURPOSE else value
