"""Sentences of running text as exact spans.

Passages, quotes and verdicts are all made of whole sentences, so the boundaries are found once, here, and always as
offsets into the text itself. pysbd was right on scientific abstracts too, but takes 6 ms for each of them (measured;
this takes 0.1 ms), which is as long as embedding one; llama-index's splitter breaks at "e.g." and "et al.".
"""

from __future__ import annotations

import re

Span = tuple[int, int]

# A stop with its closing quotes or brackets, then white space; or a stop glued to the next sentence ("… data.The …").
_STOP = re.compile(r"(?:[.!?]+|…)[\"'”’)\]]*(?=\s)|(?<=[a-z)%]{3})[.!?](?=[A-Z][a-z]+\s)|\n\s*\n")
_TOKEN_BEFORE = re.compile(r"[^\s(\[\"'“‘]+$")
# What may begin a sentence: a capital, a digit, an opening mark, or a name with its capital inside (vLLM, mPLUG).
_BEGINNING = re.compile(
    r"https?://|\([ivx]+\)|[\"'“‘(\[$]*(?:[A-Z0-9À-ÖØ-Þ]|\\|[^\W\d_]*[a-z][\w-]*[A-Z0-9]|[^\x00-\x7f])"
)
_ENUMERATOR = re.compile(r"(?:^|[.:;!?]\s)\s*[(\[]?(?:\d{1,2}|[ivx]{1,4}|[a-h])\.$")

# Abbreviations that a sentence goes on after, without their last stop, in lower case.
_ABBREVIATIONS = frozenset(
    "e.g i.e eg ie al cf vs viz fig figs eq eqs eqn sec secs ref refs tab ch no nos vol pp ed eds dr prof mr mrs ms st "
    "approx resp incl ca w.r.t i.i.d a.k.a dept univ inc ltd jr sr".split()
)
# … and those that may also close a sentence: only a plain beginning of a new one is believed.
_MAYBE_LAST = frozenset({"etc", "al", "inc", "ltd"})
_NEW_SENTENCE_WORDS = re.compile(
    r"(?:The|This|These|Those|We|Our|In|It|Its|To|However|Moreover|Furthermore|Here|A|An|As|By|For|With|On|Such)\b"
)


def sentence_spans(text: str) -> list[Span]:
    """The sentences of ``text`` in order, as (start, end) offsets with the white space around them left out.

    The spans never overlap, are never empty, and together hold every character that is not white space.
    """
    spans: list[Span] = []
    begin = 0
    for stop in _STOP.finditer(text):
        if stop.start() >= begin and _ends_sentence(text, begin, stop):
            _append(spans, text, begin, stop.end())
            begin = stop.end()
    _append(spans, text, begin, len(text))
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` themselves."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _append(spans: list[Span], text: str, begin: int, end: int) -> None:
    piece = text[begin:end]
    stripped = piece.strip()
    if stripped:
        start = begin + piece.index(stripped)
        spans.append((start, start + len(stripped)))


def _ends_sentence(text: str, begin: int, stop: re.Match[str]) -> bool:
    if stop.group().startswith("\n"):
        return True
    rest = text[stop.end() : stop.end() + 80].lstrip()
    if not rest:
        return True
    if not _BEGINNING.match(rest):
        return False
    if "." not in stop.group():
        return True
    window = text[max(begin, stop.start() - 40) : stop.start()]
    token = _TOKEN_BEFORE.search(window)
    word = token.group().lower().rstrip(".") if token else ""
    if word in _MAYBE_LAST:
        return _NEW_SENTENCE_WORDS.match(rest) is not None
    if word in _ABBREVIATIONS:
        return False
    if len(word) == 1 and token is not None and token.group().isupper() and word.isalpha():
        # An initial ("J. Smith"), unless a plain new sentence follows ("… vitamin C. The …").
        return _NEW_SENTENCE_WORDS.match(rest) is not None
    return _ENUMERATOR.search(window + ".") is None
