"""The forms in which language models write the number of a passage, and the text that they don't count in.

Known are ``[1]``, ``[1, 2]``, ``[1][2]``, ``[[1]]``, ``[1-3]``, ``[^1]``, ``[#1]``, ``[Source 1]``, ``[1†source]``,
``[1](address)``, ``【1】``, ``［1］``, ``(Source 1)``, and ``(1)`` at the end of a sentence. A year, an interval, an
equation's number and whatever stands in code or LaTeX is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = (
    r"(?:sources?|passages?|papers?|documents?|docs?|references?|refs?|citations?|cit|abstracts?|excerpts?|id|no)\.?:?"
)
_NUMBER = rf"(?:{_WORD}\s*)?[#^№]?\s*\d{{1,3}}"
_JOIN = r"\s*(?:,\s*(?:and\s+)?|;|&|\band\b|[-–—]|\bto\b)\s*"
_LIST = rf"\s*{_NUMBER}(?:{_JOIN}{_NUMBER}){{0,19}}\s*"
_TAIL = r"(?:[†‡][^\]】］\n]{0,40})?"

_SQUARE = re.compile(
    rf"(?<![\\!])(?:\[\[(?P<double>{_LIST})\]\]|\[(?P<square>{_LIST}){_TAIL}\](?:\((?:https?://|#)[^)\s]{{0,200}}\))?"
    rf"|【(?P<lens>{_LIST}){_TAIL}】|［(?P<wide>{_LIST}){_TAIL}］)",
    re.IGNORECASE,
)
_NAMED_ROUND = re.compile(
    rf"\(\s*(?:see\s+)?(?P<round>{_WORD}\s*[#^]?\d{{1,3}}(?:{_JOIN}{_NUMBER}){{0,19}})\s*\)", re.IGNORECASE
)
_SEE_SQUARE = re.compile(
    rf"\(\s*(?:see|cf\.|e\.g\.,?|from|per)\s+(?P<see>(?:\[{_LIST}\][\s,;]*){{1,10}})\)", re.IGNORECASE
)
# Round brackets are a marker only next to a sentence's end: "… of tokens (2)." or "… of tokens. (2)"
_BARE_ROUND = re.compile(
    r"(?<=\s)\((?P<bare>\d{1,2}(?:\s*[,;]\s*\d{1,2}){0,9})\)(?=(?:\s*\(\d{1,2}\))*(?:\s*[.!?](?:\s|$)|\s*$))"
    r"|(?<=[.!?])\s+\((?P<after>\d{1,2}(?:\s*[,;]\s*\d{1,2}){0,9})\)(?=\s|$)"
)
_NOT_BEFORE_ROUND = re.compile(
    r"(?:\b(?:eqs?|equations?|steps?|phases?|tables?|figs?|figures?|ranges?|intervals?|sections?|lines?|cases?|items?|"
    r"types?|levels?|stages?|grades?|class(?:es)?|in|of|from|between|to|over)\.?|=|∈)\s*$",
    re.IGNORECASE,
)
_NOT_BEFORE_INTERVAL = re.compile(
    r"(?:\b(?:in|range|interval|between|from|over|within|to|into)|=|∈)\s*$", re.IGNORECASE
)
_RANGE = re.compile(r"(\d{1,3})\s*(?:[-–—]|\bto\b)\s*(?:[A-Za-z.:]+\s*)?[#^]?(\d{1,3})")
_WIDEST_RANGE = 30

_PROTECTED = re.compile(
    r"(?P<tick>`+)(?:(?!(?P=tick)).)+?(?P=tick)"
    r"|\$\$.+?\$\$"
    r"|\\\[.+?\\\]"
    r"|\\\(.+?\\\)"
    r"|(?<![\\\w])\$(?=\S)[^$\n]{1,200}?(?<=\S)\$(?!\d)",
    re.DOTALL,
)
# What may yet become protected, or a marker, when more text comes.
_OPEN_PROTECTED = re.compile(r"`|\$\$|\\\[|\\\(|(?<![\\\w])\$(?=\S|$)")
_OPEN_MARKER = re.compile(r"[\[【［(][^\]】］)\n]{0,60}$|\[\[[^\]\n]{0,60}\]?$|\]\((?:[^)\s]{0,200})$")
_LONGEST_MATHEMATICS = 203


@dataclass(frozen=True, slots=True)
class MarkerMatch:
    """A marker in raw text: ``raw[start:end]`` names the passages ``numbers``."""

    start: int
    end: int
    numbers: tuple[int, ...]


def protected_spans(text: str) -> list[tuple[int, int]]:
    """Code and LaTeX in ``text``, as (start, end): what stands in them is no marker."""
    return [match.span() for match in _PROTECTED.finditer(text)]


def find_markers(text: str) -> list[MarkerMatch]:
    """The markers of ``text`` in order; they don't overlap."""
    taken = bytearray(len(text))
    for left, right in protected_spans(text):
        taken[left:right] = b"\1" * (right - left)
    found: list[MarkerMatch] = []
    for pattern in (_SEE_SQUARE, _NAMED_ROUND, _SQUARE, _BARE_ROUND):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            body = next(group for group in match.groups() if group is not None)
            numbers = _numbers(body)
            if not _is_marker(text[:start], pattern is _BARE_ROUND, pattern is _SQUARE, body, numbers):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append(MarkerMatch(start, end, numbers))
    return sorted(found, key=lambda one: one.start)


def opens_display(text: str) -> bool:
    """Whether displayed LaTeX was opened in ``text`` and not closed."""
    protected = protected_spans(text)
    return any(
        match.group() in ("$$", "\\[") and not any(left <= match.start() < right for left, right in protected)
        for match in _OPEN_PROTECTED.finditer(text)
    )


def settled_until(text: str) -> int:
    """How much of ``text`` reads the same whatever follows it: up to the first thing left open."""
    end = len(text)
    opening = _OPEN_MARKER.search(text)
    if opening:
        end = opening.start()
    protected = protected_spans(text)
    for match in _OPEN_PROTECTED.finditer(text):
        if any(left <= match.start() < right for left, right in protected):
            continue
        single = match.group() == "$"
        if single and len(text) - match.start() > _LONGEST_MATHEMATICS:
            continue
        end = min(end, match.start())
        break
    return end


def _numbers(body: str) -> tuple[int, ...]:
    numbers: list[int] = []
    place = 0
    for match in _RANGE.finditer(body):
        numbers += [int(one) for one in re.findall(r"\d+", body[place : match.start()])]
        low, high = int(match.group(1)), int(match.group(2))
        numbers += range(low, high + 1) if low <= high <= low + _WIDEST_RANGE else (low, high)
        place = match.end()
    numbers += [int(one) for one in re.findall(r"\d+", body[place:])]
    return tuple(dict.fromkeys(numbers))


def _is_marker(before: str, is_round: bool, is_square: bool, body: str, numbers: tuple[int, ...]) -> bool:
    if is_round:
        return 0 not in numbers and not _NOT_BEFORE_ROUND.search(before[-24:])
    plain_pair = is_square and re.fullmatch(r"\s*\d+\s*,\s*\d+\s*", body) is not None
    # [0, 1] is an interval.
    return not (plain_pair and (0 in numbers or _NOT_BEFORE_INTERVAL.search(before[-24:])))
