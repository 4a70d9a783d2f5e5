"""The forms in which language models write the number of a passage, and the text that they don't count in.

Known are ``[1]``, ``[1, 2]``, ``[1 2]``, ``[1/2]``, ``[1][2]``, ``[[1]]``, ``[1-3]``, ``[1]-[3]``, ``[^1]``, ``[#1]``,
``[S1]``, ``[Source 1]``, ``[cite: 1]``, ``[1, p. 3]``, ``[1: Smith et al.]``, ``[1†source]``, ``[1](address)``,
``【1】``, ``【1:0†source】``, ``［1］``, ``〔1〕``, ``(Source 1)``, ``\\cite{1}``; raised ``<sup>1</sup>``, ``^1^``,
``$^{1}$`` and ``¹`` behind a word; and ``(1)`` at a sentence's end. A year, an interval, a power, an equation's number
and whatever stands in code or LaTeX is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = (
    r"(?:sources?|passages?|papers?|documents?|docs?|references?|refs?|citations?|cite|cit|abstracts?|excerpts?|id|no)"
    r"\.?:?"
)
_NUMBER = rf"(?:{_WORD}\s{{0,3}}|s(?=\d))?[#^№]?\s{{0,3}}\d{{1,3}}"
_JOIN = r"(?:\s{0,3}(?:,\s{0,3}(?:and\s+)?|;|/|&|\band\b|[-–—]|\bto\b)\s{0,3}|\s{1,3}(?=\d))"
_LIST = rf"\s{{0,3}}{_NUMBER}(?:{_JOIN}{_NUMBER}){{0,19}}\s{{0,3}}"
# What may stand in the bracket behind the number: where in the passage it is, or who wrote it.
_TAIL = (
    r"(?:(?::\d{1,3})?[†‡][^\]】］〕\n]{0,40}"
    r"|[,;:]?\s*(?:pp?\.|p(?=\d)|pages?\b|§|sec(?:t(?:ion)?)?s?\b|chap(?:ter)?s?\b|ch\.|fig(?:ure)?s?\b|tab(?:le)?s?\b|"
    r"eqs?\.|para(?:graph)?s?\b|lines?\b|appendix\b|abstract\b|theorem\b|lemma\b)[^\[\]】］〕\n]{0,50}"
    r"|[,;:]\s*(?!inf)(?-i:[A-Z][a-zà-ÿ’'-]+)[^\[\]】］〕\n]{0,70})?"
)
_LINK = r"(?:\((?=[^)\s]*[./#:])[^)\s]{0,200}\))?"
_SQUARE = re.compile(
    rf"(?<![\\!])(?:\[\[(?P<double>{_LIST})\]\]|\[(?P<square>{_LIST}){_TAIL}\]{_LINK}"
    rf"|\[(?P<far>(?!(?:1[5-9]|20)\d\d\])\d{{4,5}})\]"
    rf"|【(?P<lens>{_LIST}){_TAIL}】|［(?P<wide>{_LIST}){_TAIL}］|〔(?P<shell>{_LIST}){_TAIL}〕)",
    re.IGNORECASE,
)
_COMMAND = re.compile(rf"\\\\?cite[a-z]{{0,6}}\*?(?:\[[^\]\n]{{0,40}}\])?\{{(?P<cite>{_LIST})\}}", re.IGNORECASE)
# LaTeX that holds nothing but a marker: a power without a base, or a bracket that Markdown made one escape.
_LATEX_MARKER = re.compile(rf"\$\s*\^\s*\{{?\s*\[?(?P<tex>{_LIST})\]?\s*\}}?\s*\$|\\\[(?P<escaped>{_LIST})\\\]")
_RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = re.compile(
    rf"<sup>\s*(?:\[(?P<framed>{_LIST})\]|(?P<html>{_LIST}))\s*</sup>(?!\w)"
    r"|\^(?P<caret>\d{1,2}(?:,\d{1,2}){0,9})\^"
    rf"|(?P<digits>[{_RAISED_DIGITS}]{{1,2}}(?:[,·˒][{_RAISED_DIGITS}]{{1,2}}){{0,9}})(?!\w)",
    re.IGNORECASE,
)
# Behind these a raised number is a power: 10³, x², cm², log², (a + b)².
_NOT_BEFORE_RAISED = re.compile(
    r"(?:[\d)\]}|^⁻⁺⁰¹²³⁴-⁹]|(?<![^\W_])[^\W\d_]{1,2}|\b(?:log|exp|sin|cos|tan|chi|sigma|alpha|beta|delta|dim|length|width|"
    r"height|size|distance|norm|inch(?:es)?|met(?:re|er)s?))$",
    re.IGNORECASE,
)
_LOWERED = str.maketrans(_RAISED_DIGITS, "0123456789")
_NAMED_ROUND = re.compile(
    rf"\(\s*(?:see\s+)?(?P<round>{_WORD}\s*[#^]?\d{{1,3}}(?:{_JOIN}{_NUMBER}){{0,19}})\s*\)", re.IGNORECASE
)
# Round brackets are a marker only next to a sentence's end: "… of tokens (2)." or "… of tokens. (2)"
_ROUND_LIST = r"\(\d{1,2}(?:\s*[,;]\s*\d{1,2}){0,9}\)(?:\s*\(\d{1,2}\)){0,9}"
_BARE_ROUND = re.compile(
    rf"(?<=\s)(?P<bare>{_ROUND_LIST})(?=\s*[.!?](?:\s|$)|\s*$)"
    rf"|(?<=[.!?])\s+(?P<after>{_ROUND_LIST})(?=\s|$)"
    rf"|(?<=\w\s)(?P<inside>{_ROUND_LIST})(?=[,;]\s+(?:and|but|while|whereas|which|though|although|so|yet)\b)"
)
# "Women (12), men (10), and children (3)" are counted.
_COUNTS = re.compile(r"\(\d{1,2}\),\s+(?!and\b|but\b|while\b)[^.!?]{0,80}$")
_NOT_BEFORE_ROUND = re.compile(
    r"(?:\b(?:eqs?|equations?|steps?|phases?|tables?|figs?|figures?|ranges?|intervals?|sections?|lines?|cases?|items?|"
    r"types?|levels?|stages?|grades?|class(?:es)?|methods?|options?|conditions?|assumptions?|constraints?|first|in|of|"
    r"from|between|to|over)\.?|=|∈)\s*$",
    re.IGNORECASE,
)
_NOT_BEFORE_INTERVAL = re.compile(
    r"(?:\b(?:in|range|interval|between|from|over|within|to|into|ratio|vector|matrix|shape|kernel)|=|∈)\s*$",
    re.IGNORECASE,
)
_CITES_IN = re.compile(r"\b(?:as|in(?:troduc|dicat)ed|\w{3,}(?:ed|wn|en)|found)\s+(?:in|from)\s*$", re.IGNORECASE)
_LIES_IN = re.compile(r"\b(?:normali[sz]|scal|contain|bound|sampl|limit|clipp|fix|distribut)ed\s+(?:in|from)\s*$")
# "Layers [1-3]" are counted, not cited.
_NOT_BEFORE_RANGE = re.compile(
    r"\b(?:layers?|steps?|channels?|epochs?|stages?|blocks?|levels?|indices|positions?|scales?|range|interval|between)"
    r"\s*$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?<!\w)[^\W\d_]$")
_RANGE = re.compile(r"(\d{1,3})\s*(?:[-–—]|\bto\b)\s*(?:[A-Za-z.:]+\s*)?[#^]?(\d{1,3})")
_WIDEST_RANGE = 30
_NEAR = 120

_ENVIRONMENT = (
    r"(?:equation|align|alignat|aligned|gather|multline|eqnarray|displaymath|math|split|cases|array|"
    r"[bpvBV]?matrix|verbatim|lstlisting)\*?"
)
_PROTECTED = re.compile(
    r"(?P<tick>`+)(?:(?!(?P=tick)).)+?(?P=tick)"
    r"|\$\$.+?\$\$"
    r"|\\\[.+?\\\]"
    r"|\\\(.+?\\\)"
    rf"|\\begin\{{(?P<environment>{_ENVIRONMENT})\}}.+?\\end\{{(?P=environment)\}}"
    r"|(?<![\\\w])\$(?=\S)[^$\n]{1,200}?(?<=\S)\$(?!\d)",
    re.DOTALL,
)
# What may yet become protected, or a marker, when more text comes.
_OPEN_PROTECTED = re.compile(rf"`|\$\$|\\\[|\\\(|\\begin\{{{_ENVIRONMENT}\}}|(?<![\\\w])\$(?=\S|$)")
_OPEN_MARKER = re.compile(
    r"[\[【［〔(][^\]】］〕)\n]{0,120}$|\[\[[^\]\n]{0,60}\]?$|\]\((?:[^)\s]{0,200})$"
    r"|<sup>[^<\n]{0,60}$|\\cite[^{}\n]{0,60}\{[^}\n]{0,60}$|\$\s*\^[^$\n]{0,60}$"
)
_LONGEST_MATHEMATICS = 203


@dataclass(frozen=True, slots=True)
class MarkerMatch:
    """A marker in raw text: ``raw[start:end]`` names the passages ``numbers``."""

    start: int
    end: int
    numbers: tuple[int, ...]


def protected_spans(text: str) -> list[tuple[int, int]]:
    """Code and LaTeX in ``text``, as (start, end): what stands in them is no marker."""
    return [match.span() for match in _PROTECTED.finditer(text) if not _LATEX_MARKER.fullmatch(match.group())]


def find_markers(text: str) -> list[MarkerMatch]:
    """The markers of ``text`` in order; they don't overlap."""
    taken = bytearray(len(text))
    for left, right in protected_spans(text):
        taken[left:right] = b"\1" * (right - left)
    found: list[MarkerMatch] = []
    for pattern in (_NAMED_ROUND, _LATEX_MARKER, _COMMAND, _RAISED, _SQUARE, _BARE_ROUND):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            kind, body = next((name, group) for name, group in match.groupdict().items() if group is not None)
            numbers = _numbers(body)
            if not _is_marker(text[max(0, start - _NEAR) : start], kind, body, numbers):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append(MarkerMatch(start, end, numbers))
    return sorted(found, key=lambda one: one.start)


def opens_display(text: str) -> bool:
    """Whether displayed LaTeX was opened in ``text`` and not closed."""
    protected = protected_spans(text)
    return any(
        match.group().startswith(("$$", "\\[", "\\begin"))
        and not any(left <= match.start() < right for left, right in protected)
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
    body = body.translate(_LOWERED)
    numbers: list[int] = []
    place = 0
    for match in _RANGE.finditer(body):
        numbers += [int(one) for one in re.findall(r"\d+", body[place : match.start()])]
        low, high = int(match.group(1)), int(match.group(2))
        numbers += range(low, high + 1) if low <= high <= low + _WIDEST_RANGE else (low, high)
        place = match.end()
    numbers += [int(one) for one in re.findall(r"\d+", body[place:])]
    return tuple(dict.fromkeys(numbers))


def _is_marker(before: str, kind: str, body: str, numbers: tuple[int, ...]) -> bool:
    near = before[-40:]
    if kind == "inside" and _COUNTS.search(before):
        return False
    if kind in ("bare", "after", "inside"):
        return 0 not in numbers and not _NOT_BEFORE_ROUND.search(near)
    if kind in ("html", "caret", "digits", "tex"):
        return 0 not in numbers and not _NOT_BEFORE_RAISED.search(near)
    if kind not in ("double", "square", "far"):
        return True
    if _LETTER.search(near):
        return False  # an element of a list: a[1]
    if re.fullmatch(r"\s*\d+\s*[-–—]\s*\d+\s*", body) and _NOT_BEFORE_RANGE.search(near):
        return False
    if re.fullmatch(r"\s*\d+(?:\s*[,/]\s*|\s+)\d+\s*|\d{4,5}", body) is None:
        return True
    # [0, 1] is an interval; "as found in [1, 2]" cites.
    cites = _CITES_IN.search(near) and not _LIES_IN.search(near)
    return 0 not in numbers and (bool(cites) or not _NOT_BEFORE_INTERVAL.search(near))
