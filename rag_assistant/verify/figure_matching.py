"""Whether one figure bears another out: the same, rounded, hedged, in another unit, or reckoned from two others."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rag_assistant.verify.figures import Figure

_JOINED = re.compile(r"\s*(?:to|of|out of|vs\.?|versus)(?: the)?\s*", re.IGNORECASE)


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
    if _is_binary(said, value, other) or _is_binary(source, other, value):
        return 0.8
    error = abs(value - other) / abs(other)
    if said.unit == "%" and error < 0.0101 and round(value) == round(other) and (_in_words(said) or _in_words(source)):
        return 0.8  # 33% is a third
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


def _is_binary(short: Figure, value: float, other: float) -> bool:
    """Whether the one stands for the other in powers of two: 128k for 131,072, 4k for 4,096."""
    scales = {"k": (1e3, 1024), "K": (1e3, 1024), "M": (1e6, 1024**2)}.get(short.text[-1:])
    if scales is None:
        return False
    count = value / scales[0]
    return count == int(count) and int(count).bit_count() == 1 and other == count * scales[1]


def _in_words(figure: Figure) -> bool:
    return not any(char.isdecimal() for char in figure.text)


def _is_fraction(figure: Figure) -> bool:
    """Whether it is a half, a third, one in five: a share said without a percent sign."""
    return figure.unit == "%" and not re.search(r"cent|%|％|pp$", figure.text, re.IGNORECASE)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{max(digits, 1)}g}")


def _common_scale(said: Figure, source: Figure) -> float | None:
    """What the source's value is to be multiplied with, or None where the units are at odds."""
    one, other = said.unit, source.unit
    if one == other:
        return 1.0
    if {one, other} == {"%", "x"}:
        return 100.0 if one == "%" else 0.01
    times = {("min", "h"): 60.0, ("s", "min"): 60.0, ("ms", "s"): 1000.0, ("hz", "khz"): 1000.0,
             ("MB", "GB"): 1000.0, ("GB", "TB"): 1000.0,
             ("h", "day"): 24.0, ("day", "week"): 7.0, ("month", "year"): 12.0}  # fmt: skip
    if (one, other) in times:
        return times[one, other]
    if (other, one) in times:
        return 1 / times[other, one]
    if "year" in (one, other):
        return 1.0 if said.value == source.value else None
    if "" in (one, other) and (_is_fraction(said) or _is_fraction(source)):
        return None  # half is no 50
    if {one, other} <= {"%", "x", "", "point"} or "" in (one, other):
        # A bare number may leave its unit unsaid ("improves accuracy by 3.2"), a percent sign and a factor less so.
        return 1.0
    return None


def derived(said: Figure, sources: Sequence[Figure], text: str) -> bool:
    """Whether the figure is the difference or the ratio of two that the source gives, as in "from 40 to 60".

    Args:
        said: the figure.
        sources: the figures of one sentence of the source, in order.
        text: that sentence.
    """
    sources = sources[:24]
    if any(_is_share(said, one, other, text) for one, other in itertools.pairwise(sources)):
        return True
    for one, other in itertools.combinations(sources, 2):
        first, second = one.value, other.value
        alike = said.unit != "year" and one.unit == other.unit == said.unit
        subtracts = alike or said.unit in ("%", "point", "")
        if subtracts and abs(abs(first - second) - said.value) < 1e-6 * max(1.0, said.value):
            return True
        low, high = sorted((abs(first), abs(second)))
        if said.unit == "x" and low > 0 and abs(high / low - said.value) <= 0.06 * said.value:
            return True
    return False


def _is_share(said: Figure, one: Figure, other: Figure, text: str) -> bool:
    """Whether the figure is the share or the change between two neighbours: 80% of "40 of 50", 50% of "0.2 to 0.1"."""
    low, high = sorted((abs(one.value), abs(other.value)))
    if said.unit not in ("%", "x") or not low or one.unit != other.unit or one.unit in ("%", "x", "year"):
        return False
    if (one.small and other.small) or not _JOINED.fullmatch(text, one.end, other.start):
        return False
    part, rise = low / high, (high - low) / low
    shares = (100 * part, 100 * (1 - part), 100 * rise) if said.unit == "%" else (part,)
    return any(abs(share - said.value) <= 0.02 * said.value for share in shares)
