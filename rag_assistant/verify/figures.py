"""Figures of a text: their values, units and what they measure, and whether another text bears them out.

A figure may be said in another way: 1M is one million, 4x is four times is fourfold, 23% is 23 percent, half is 50%,
2,048,000 is 2048k and, rounded, about 2M. A digit within a name (GPT-4, LLaVA-1.5) belongs to the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify import number_words

_MAGNITUDES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9,
               "trillion": 1e12, "mn": 1e6, "bn": 1e9, "hundred": 1e2}  # fmt: skip
_LATEX_NOISE = r"(?:\\?[,;!]|\\ |~|\$|\{|\})*"
_DIGITS = re.compile(
    r"(?P<number>(?:\d{1,3}(?:(?:,|\{,\}|\u202f|\u2009)\d{3})+|\d+)(?:\.\d+)?|(?<![\d.])\.\d+)"
    r"(?:\s*(?:×|\\times|x|\*)\s*10\s*\^?\s*\{?(?P<exponent>[-−]?\d{1,2})\}?)?"
    rf"(?P<gap>{_LATEX_NOISE}\s?-?{_LATEX_NOISE})"
    r"(?P<suffix>\\?%|％|percent(?:age)?(?:\s+points?)?\b|per\s+cent\b|pp\b|\\times(?![A-Za-z])|×|[xX](?:\b|"
    r"(?=\d))|times(?:\b|(?=\d))|[- ]?fold\b"
    r"|thousand\b|million\b|billion\b|trillion\b|[kKMBT](?![\w])|[KMB](?=\+)|bn\b|mn\b|M(?=parameter))?"
)
_HEDGES = re.compile(
    r"(?:nearly|almost|about|around|roughly|approximately|approx\.?|some|circa|close to|an? estimated|"
    r"on the order of|~|≈|\\sim|"
    r"\\approx)\s*(?:a |the |\$)?\s*$",
    re.IGNORECASE,
)
_BOUNDS = re.compile(
    r"(?:over|more than|above|exceed(?:s|ing)?|at least|greater than|upwards of|beyond|>|≥|>=|\\geq?)\s*(?:a |"
    r"the |\$)?\s*$",
    re.IGNORECASE,
)
_UPPER = re.compile(
    r"(?:under|less than|below|fewer than|at most|up to|as (?:much|many|high|low|few|little) as|within|<|≤|<=|"
    r"\\leq?|just)\s*(?:a |the |\$)?\s*$",
    re.IGNORECASE,
)
_UNIT_AFTER = re.compile(r"[\s~-]*(?:\+\s*)?\$?\s*([A-Za-zµ°€$£][\w/%°]*)")
_SMALL_COUNT = 12
_YEAR = re.compile(r"(?:19|20)\d\d")
# Units that say the same, by their first spelling.
_UNIT_NAMES = {
    spelling: names.split()[0]
    for names in (
        "s sec secs second seconds",
        "ms millisecond milliseconds",
        "min mins minute minutes",
        "h hr hrs hour hours",
        "day days",
        "week weeks",
        "month months",
        "year years",
        "GB gb gigabyte gigabytes gib",
        "MB mb megabyte megabytes",
        "TB tb terabyte terabytes",
        "token tokens",
        "parameter parameters param params",
        "language languages",
        "hz hertz",
        "fps",
        "gpu gpus",
        "bit bits",
        "point points pts",
    )
    for spelling in names.split()
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it stands in a text, ``text[start:end]``.

    ``value`` is in units of 1 (a percentage as a share times 100, unit ``%``); ``unit`` is ``%``, ``x`` (a factor),
    ``year``, a measure such as ``ms``, or empty; ``precision`` the number of significant digits; ``hedge`` is
    ``about``, ``over``, ``under`` or empty; ``small`` a count up to twelve, which a text may leave unsaid.
    """

    text: str
    value: float
    unit: str
    start: int
    end: int
    precision: int
    hedge: str = ""
    small: bool = False


def figures_of(text: str) -> list[Figure]:
    """The figures of ``text`` in order, digits and words alike."""
    found: list[Figure] = []
    taken = bytearray(len(text))
    for match in _DIGITS.finditer(text):
        figure = _from_digits(text, match)
        if figure is not None:
            found.append(figure)
            taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
    for match in number_words.PATTERN.finditer(text):
        start, end = match.span()
        read = number_words.match_value(match)
        if read is None or any(taken[start:end]):
            continue
        value, unit = read
        if unit == "fraction":
            value, unit = value * 100, "%"
        elif not unit:
            tail = re.match(r"[\s-]*(times|percent|per cent|percentage points?)\b", text[end : end + 24], re.IGNORECASE)
            if tail:
                unit, end = ("x" if tail[1].lower() == "times" else "%"), end + tail.end()
        if value == 1 and not unit:
            continue  # "one" is mostly no figure
        small = not unit and value <= _SMALL_COUNT and value == int(value)
        found.append(
            Figure(
                text[start:end],
                value,
                unit or _measure(text, end),
                start,
                end,
                _precision_of(value),
                _hedge(text, start),
                small,
            )
        )
    return sorted(found, key=lambda one: one.start)


def _from_digits(text: str, match: re.Match[str]) -> Figure | None:
    start = match.start()
    before = text[max(0, start - 24) : start]
    if _in_name(text, start):
        return None
    try:
        digits = re.sub(r"[,{}\u202f\u2009]", "", match["number"])
        value = float(digits)
    except ValueError:  # digits of another script that do not make one number
        return None
    end = match.end("number")
    if match["exponent"]:
        value *= 10.0 ** int(match["exponent"].replace("−", "-"))
        end = match.end("exponent")
    precision = max(1, len(digits.replace(".", "").lstrip("0")))
    if "." not in digits:
        precision = max(1, len(digits.strip("0")))
    suffix = re.sub(r"\s+", " ", (match["suffix"] or "").lower().strip(" -"))
    unit = ""
    if suffix:
        end = match.end("suffix")
        if suffix in _MAGNITUDES:
            value *= _MAGNITUDES[suffix]
        elif suffix in ("%", "\\%", "％", "pp") or suffix.startswith("per"):
            unit = "%"
        else:
            unit = "x"
            if re.match(r"\s?\d", text[end:]) and suffix in ("x", "×", "\\times"):
                unit = ""  # 512 x 512: a resolution
    elif text[end : end + 1].isalpha() and not re.match(
        r"(?:[xX]\d|(?:ms|s|h|gb|mb|tb|kb|hz|px|nm|mm|cm|km|kg|mg|g|d|st|nd|rd|th)\b)",
        text[end : end + 8],
        re.IGNORECASE,
    ):
        return None  # 3D, 8bit: a name
    if not unit and value == int(value) and _YEAR.fullmatch(digits) and not suffix:
        unit = "year"
    if not unit:
        tail = re.match(r"\s*(thousand|million|billion|trillion)\b", text[end : end + 16], re.IGNORECASE)
        if tail and tail[1].lower() in _MAGNITUDES:
            value *= _MAGNITUDES[tail[1].lower()]
            end += tail.end()
    small = not unit and not suffix and value <= _SMALL_COUNT and "." not in digits and not _measure(text, end)
    return Figure(text[start:end], value, unit or _measure(text, end), start, end, precision, _hedge_of(before), small)


def _in_name(text: str, start: int) -> bool:
    """Whether the digits belong to a name: GPT-4, Llama 2 (left to names), v1.5, E^2."""
    before = text[start - 1 : start]
    if before in "xX×" and re.search(r"\d\s?[xX×]$", text[max(0, start - 3) : start]):
        return False  # 512x512
    if before.isalpha() or (before and before in "^_"):
        return True
    if before and before in "-–" and start >= 2 and (text[start - 2].isalpha()):
        word = re.search(r"[^\W\d_]+(?=[-–]$)", text[max(0, start - 40) : start])
        # "sub-10ms" and "top-5" are figures; a word with a capital or a digit is a name.
        return word is None or any(char.isupper() for char in word.group())
    return before == "." and start >= 2 and text[start - 2].isdigit()


def _measure(text: str, end: int) -> str:
    after = _UNIT_AFTER.match(text[end : end + 40])
    return _UNIT_NAMES.get(after[1].lower(), "") if after else ""


def _precision_of(value: float) -> int:
    digits = f"{value:.6g}".replace(".", "").strip("0")
    # A third is 33.3333…, but nobody who says "a third" means more than two digits of it.
    return max(1, min(2, len(digits.split("e")[0])) if value != int(value) else len(digits.split("e")[0]))


def _hedge(text: str, start: int) -> str:
    return _hedge_of(text[max(0, start - 24) : start])


def _hedge_of(before: str) -> str:
    if _HEDGES.search(before):
        return "about"
    if _BOUNDS.search(before):
        return "over"
    return "under" if _UPPER.search(before) else ""


def same(said: Figure, source: Figure) -> float:
    """How far ``source`` bears ``said`` out: 1 the same, 0.8 rounded, 0.6 with a hedge only, 0 not at all."""
    factor = _common_scale(said, source)
    if factor is None:
        return 0.0
    value, other = said.value, source.value * factor
    if value == other or abs(value - other) <= 1e-9 * abs(other):
        return 1.0
    if other == 0 or value == 0 or (value < 0) != (other < 0):
        return 0.0
    error = abs(value - other) / abs(other)
    if said.unit == "year" or said.small:
        return 0.0
    if (
        said.precision < source.precision
        and error < 0.06
        and _rounded(other, said.precision) == _rounded(value, said.precision)
    ):
        return 0.8
    hedged = said.hedge == "about" and error < 0.12
    hedged |= said.hedge == "over" and 0 < (other - value) / value < 0.25
    hedged |= said.hedge == "under" and 0 < (value - other) / value < 0.15
    return 0.6 if hedged else 0.0


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{max(digits, 1)}g}")


def _common_scale(said: Figure, source: Figure) -> float | None:
    """What the source's value is to be multiplied with, or None where the units are at odds."""
    one, other = said.unit, source.unit
    if one == other:
        return 1.0
    if {one, other} == {"%", "x"}:
        return 100.0 if one == "%" else 0.01
    times = {("min", "h"): 60.0, ("s", "min"): 60.0, ("ms", "s"): 1000.0, ("MB", "GB"): 1000.0, ("GB", "TB"): 1000.0,
             ("h", "day"): 24.0, ("day", "week"): 7.0, ("month", "year"): 12.0}  # fmt: skip
    if (one, other) in times:
        return times[one, other]
    if (other, one) in times:
        return 1 / times[other, one]
    if "year" in (one, other):
        return 1.0 if said.value == source.value else None
    if {one, other} <= {"%", "x", "", "point"} or "" in (one, other):
        # A bare number may leave its unit unsaid ("improves accuracy by 3.2"), a percent sign and a factor less so.
        return 1.0
    return None


def derived(said: Figure, sources: Sequence[Figure]) -> bool:
    """Whether the figure is the difference or the ratio of two that the source gives, as in "from 40 to 60"."""
    values = [one.value for one in sources[:24]]
    for place, first in enumerate(values):
        for second in values[place + 1 :]:
            if said.unit in ("%", "point", "") and abs(abs(first - second) - said.value) < 1e-6 * max(1.0, said.value):
                return True
            low, high = sorted((abs(first), abs(second)))
            if said.unit == "x" and low > 0 and abs(high / low - said.value) <= 0.06 * said.value:
                return True
    return False
