"""Figures of a text: their values, units and what they measure (:mod:`figure_matching` compares them).

A figure may be said in another way: 1M is one million, 4x is four times is fourfold, 23% is 23 percent, half is 50%,
2,048,000 is 2048k and, rounded, about 2M. A digit within a name (GPT-4, LLaVA-1.5) belongs to the name.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace

from rag_assistant.verify import number_words

_MAGNITUDES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9,
               "trillion": 1e12, "mn": 1e6, "bn": 1e9, "hundred": 1e2}  # fmt: skip
_LATEX_NOISE = r"(?:\\?[,;!]|\\ |~|\$|\{|\})*"
# 10^-4, 10^{-4} and 10⁻⁴.
_RAISED = r"\^\s*\{?[-−+]?\d{1,2}\}?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}"
_RAISED_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-", "^{} ")
_DIGITS = re.compile(
    r"(?P<number>(?:\d{1,3}(?:(?:,|\{,\}|\u202f|\u2009)\d{3})+|\d+)(?:\.\d+)?|(?<![\d.])\.\d+)"
    rf"(?:\s*(?:×|\\times|x|\*)\s*10\s*(?P<exponent>{_RAISED}|\{{?[-−]?\d{{1,2}}\}}?)"
    rf"|[eE](?P<e>[-−+]?\d{{1,2}})(?!\w)|(?P<power>{_RAISED}))?"
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
_BETWEEN = re.compile(r"between\s*$", re.IGNORECASE)
_UNIT_AFTER = re.compile(r"[\s~-]*(?:\+\s*)?\$?\s*([A-Za-zµ°€$£][\w/%°]*)")
_SMALL_COUNT = 12
_GREATEST = 1e60  # longer rows of digits are no figures
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
        "khz kilohertz",
        "kbps",
        "db decibel decibels",
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

    def take(figure: Figure | None) -> None:
        if figure is not None and not any(taken[figure.start : figure.end]):
            found.append(figure)
            taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)

    # What is made of several comes first: "two and a half" is neither two nor a half.
    for match in number_words.COMPOUND.finditer(text):
        take(_from_words(text, match, number_words.compound_value(match)))
    for match in _DIGITS.finditer(text):
        take(_from_digits(text, match))
    for match in number_words.PATTERN.finditer(text):
        take(_from_words(text, match, number_words.match_value(match)))
    return _sharing_units(text, sorted(found, key=lambda one: one.start))


def unit_of(word: str) -> str:
    """The unit that a word names, by its first spelling; empty where it names none."""
    return _UNIT_NAMES.get(word.lower(), "")


def _sharing_units(text: str, figures: list[Figure]) -> list[Figure]:
    """Gives the first of "30 to 45 ms" the unit of the second."""
    for place, (one, other) in enumerate(itertools.pairwise(figures)):
        if one.unit or other.unit in ("", "year"):
            continue
        joined = text[one.end : other.start].strip().lower()
        between = joined in ("and", "or") and _BETWEEN.search(text[max(0, one.start - 10) : one.start])
        if between or joined in ("-", "–", "—", "~", "\\sim", "to"):
            figures[place] = replace(one, unit=other.unit, small=False)
    return figures


def _from_words(text: str, match: re.Match[str], read: tuple[float, str] | None) -> Figure | None:
    if read is None:
        return None
    start, end = match.span()
    value, unit = read
    if unit == "fraction":
        value, unit = value * 100, "%"
    elif not unit:
        tail = re.match(r"[\s-]*(times|percent|per cent|percentage points?)\b", text[end : end + 24], re.IGNORECASE)
        if tail:
            unit, end = ("x" if tail[1].lower() == "times" else "%"), end + tail.end()
    if value == 1 and not unit:
        return None  # "one" is mostly no figure
    small = not unit and value <= _SMALL_COUNT and value == int(value)
    unit = unit or _measure(text, end)
    return Figure(text[start:end], value, unit, start, end, _precision_of(value), _hedge(text, start), small)


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
    if value > _GREATEST:
        return None
    value, end = _raised(value, match)
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
        r"(?:[xX]\d|(?:ms|s|h|gb|mb|tb|kb|k?hz|kbps|db|px|nm|mm|cm|km|kg|mg|g|d|st|nd|rd|th)\b)",
        text[end : end + 8],
        re.IGNORECASE,
    ):
        return None  # 3D, 8bit: a name
    if not suffix and end == match.end("number") and _is_year(text, match["number"], end):
        unit = "year"
    if not unit:
        tail = re.match(r"\s*(thousand|million|billion|trillion)\b", text[end : end + 16], re.IGNORECASE)
        if tail and tail[1].lower() in _MAGNITUDES:
            value *= _MAGNITUDES[tail[1].lower()]
            end += tail.end()
    counts = not suffix and 1 <= value <= _SMALL_COUNT and "." not in digits and not match["e"] and not match["power"]
    small = not unit and (counts or value == 0) and not _measure(text, end)
    return Figure(text[start:end], value, unit or _measure(text, end), start, end, precision, _hedge_of(before), small)


def _raised(value: float, match: re.Match[str]) -> tuple[float, int]:
    """The value with its power of ten (3×10^8, 1e-4, 10^-4, 2^10), and where it ends."""
    for group in ("exponent", "e"):
        if match[group]:
            return value * 10.0 ** int(match[group].translate(_RAISED_DIGITS)), match.end(group)
    # Raised behind another number stands a footnote.
    if match["power"] and value in (2, 10):
        return value ** float(match["power"].translate(_RAISED_DIGITS)), match.end("power")
    return value, match.end("number")


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


def _is_year(text: str, number: str, end: int) -> bool:
    """Whether a number is a year: 2,000 and 2000 hours are none, the 1990s are."""
    return bool(_YEAR.fullmatch(number)) and (text[end : end + 1] == "s" or not _measure(text, end))


def _measure(text: str, end: int) -> str:
    after = _UNIT_AFTER.match(text[end : end + 40])
    return unit_of(after[1]) if after else ""


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
