"""Numbers written as words, to values: "two thirds", "one hundred and twenty thousand", "tenfold", "doubles"."""

from __future__ import annotations

import re

UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen "
        "eighteen nineteen".split()
    )
}
TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
FRACTIONS = {
    "half": 0.5, "halves": 0.5, "third": 1 / 3, "thirds": 1 / 3, "quarter": 0.25, "quarters": 0.25, "fifth": 0.2,
    "fifths": 0.2, "sixth": 1 / 6, "tenth": 0.1, "tenths": 0.1, "eighth": 0.125, "hundredth": 0.01,
}  # fmt: skip
FACTORS = {
    "double": 2.0, "doubles": 2.0, "doubled": 2.0, "doubling": 2.0, "twice": 2.0, "twofold": 2.0, "triple": 3.0,
    "triples": 3.0, "tripled": 3.0, "tripling": 3.0, "thrice": 3.0, "quadruple": 4.0, "quadruples": 4.0,
    "quadrupled": 4.0, "quadrupling": 4.0, "quintuple": 5.0, "halve": 0.5, "halves": 0.5, "halved": 0.5, "halving": 0.5,
}  # fmt: skip
SIGNS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_OTHERS = {"dozen": 12.0}
_GREATEST = 1e60  # beyond this, nobody counts

_NUMBER = "|".join((*UNITS, *TENS, *SCALES))
_FRACTION = "|".join(sorted(FRACTIONS, key=len, reverse=True))
_FACTOR = "|".join(sorted(FACTORS, key=len, reverse=True))
PATTERN = re.compile(
    rf"\b(?:"
    rf"(?P<fraction>(?:one|two|three|four|a)[\s-](?:{_FRACTION})|half)\b(?!\s*-?\s*(?:of\s+)?precision)"
    rf"|(?P<fold>(?:{_NUMBER})(?:[\s-](?:{_NUMBER}))*)[\s-]?fold\b"
    rf"|(?P<order>(?:an?|one|two|three|several)\s+orders?\s+of\s+magnitude)\b"
    rf"|(?P<factor>{_FACTOR})\b"
    rf"|(?P<number>(?:a\s+)?(?:{_NUMBER})(?:[\s-](?:and\s+)?(?:{_NUMBER}))*(?:\s+dozen)?"
    rf"|(?:a\s+)?dozen)\b"
    rf")",
    re.IGNORECASE,
)
# Numbers made of several, digits or words: "two and a half billion", "1½", "one in five".
COMPOUND = re.compile(
    rf"(?<![\w.,])(?:"
    rf"(?P<whole>{_NUMBER}|\d{{1,3}})\s+and\s+(?P<parts>(?:a|one|two|three)[\s-](?:{_FRACTION}))\b"
    rf"|(?P<digits>\d{{0,3}})\s?(?P<sign>[{''.join(SIGNS)}])"
    rf"|(?:one|1)\s+(?:in|out\s+of)(?:\s+every)?\s+(?P<of>{_NUMBER}|\d{{1,2}})\b(?![.,]\d)"
    rf")(?:[\s-]*(?P<tail>thousand|million|billion|trillion|times)\b)?",
    re.IGNORECASE,
)
_ORDERS = {"a": 10.0, "an": 10.0, "one": 10.0, "two": 100.0, "three": 1000.0, "several": 1000.0}


def value_of(words: str) -> float | None:
    """The value of a cardinal number in words; None where the words are none."""
    total = current = 0.0
    seen = False
    for word in re.split(r"[\s-]+", words.lower()):
        if word in UNITS:
            current += UNITS[word]
        elif word in TENS:
            current += TENS[word]
        elif word in _OTHERS:
            current = max(current, 1.0) * _OTHERS[word]
        elif word == "hundred":
            current = max(current, 1.0) * 100
        elif word in SCALES:
            total += max(current, 1.0) * SCALES[word]
            current = 0.0
        elif word in ("a", "and"):
            continue
        else:
            return None
        seen = True
    return total + current if seen and total + current < _GREATEST else None


def compound_value(match: re.Match[str]) -> tuple[float, str] | None:
    """The value of a match of :data:`COMPOUND` and its unit: ``x``, ``fraction``, or none."""
    if match["of"]:
        among = _cardinal(match["of"])
        return (1 / among, "fraction") if among >= 2 and not match["tail"] else None
    if match["sign"]:
        whole, part = _cardinal(match["digits"]), SIGNS[match["sign"]]
    else:
        whole, part = _cardinal(match["whole"]), _fraction(match["parts"])
    tail = (match["tail"] or "").lower()
    if tail == "times":
        return whole + part, "x"
    if tail:
        return (whole + part) * SCALES[tail], ""
    return (whole + part, "") if whole else (part, "fraction")


def _cardinal(text: str) -> float:
    return float(text) if text.isdecimal() else (value_of(text) or 0.0)


def _fraction(words: str) -> float:
    parts = re.split(r"[\s-]+", words.lower())
    numerator = value_of(parts[0]) if len(parts) > 1 and parts[0] != "a" else 1.0
    return (numerator or 1.0) * FRACTIONS[parts[-1]]


def match_value(match: re.Match[str]) -> tuple[float, str] | None:
    """The value of a match of :data:`PATTERN` and its unit: ``x`` for a factor, ``fraction``, or none."""
    if match["fraction"]:
        return _fraction(match["fraction"]), "fraction"
    if match["fold"]:
        value = value_of(match["fold"])
        return None if value is None else (value, "x")
    if match["order"]:
        return _ORDERS[match["order"].split()[0].lower()], "x"
    if match["factor"]:
        return FACTORS[match["factor"].lower()], "x"
    value = value_of(match["number"])
    return None if value is None else (value, "")
