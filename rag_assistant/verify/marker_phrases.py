"""The words and signs around a marker that go with it, so that a grammatical sentence is left.

"X, according to [1]." is "X.", "As [1] shows, X" is "X", "(from [1] and [2])" goes whole and "the work of [1]" becomes
"the work of the paper".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag_assistant.verify.marker_forms import MarkerMatch, find_markers

_ACT = (
    r"(?:shown|noted|described|stated|reported|discussed|explained|mentioned|seen|demonstrated|proposed|introduced|"
    r"presented|found|suggested|observed|argued|defined|detailed|outlined|done|given|studied|used)"
)
_NOUN = r"(?:\s+(?:the\s+)?(?:papers?|sources?|passages?|stud(?:y|ies)|documents?|works?|references?))?"
_VERB = (
    r"(?:shows?|introduces?|proposes?|presents?|reports?|finds?|found|describes?|uses?|achieves?|argues?|states?|"
    r"claims?|demonstrates?|notes?|says?|mentions?|explains?|studies|investigates?|evaluates?|trains?|builds?|develops?|"
    r"explores?|suggests?|reveals?|offers?|provides?|addresses)"
)
_NARRATIVE = re.compile(rf"\s+(?:(?:also|further|both)\s+)?(?:{_VERB}|is|are|was|were|has|have|does|do)\b")
_BEFORE_NARRATIVE = re.compile(r"(?:^|[.!?]\s|\b(?:while|whereas|but|as|that|because|since|both)\s)\s*$", re.IGNORECASE)
_AS_WORKS = re.compile(rf"\s+(?:also\s+)?(?:{_VERB}|shown?|did|does|do)\s*(?=[,.;!?)]|$)")
_AS = re.compile(r"(?:(?P<opens>^|(?<=[.!?]\s))|(?P<comma>\s*,)?\s+|(?P<round>\s*\())as$", re.IGNORECASE)

_OPENING = re.compile(
    rf"(?:^|(?<=[.!?]\s))(?:according to|as (?:also )?{_ACT} (?:in|by)|based on|following|as in|per|from|in){_NOUN}$",
    re.IGNORECASE,
)
_SEE = r"see(?: also)?(?:,? e\.g\.,?)?:?|cf\.?|e\.g\.,?|refs?\.?:?|sources?:|references?:|citations?:"
_BRACKETED = re.compile(
    rf"\s*\((?:(?:{_SEE}|as in|as (?:also )?{_ACT}(?: (?:in|by))?|from|per|via|in|by|according to|based on|"
    rf"adapted from|following|source|reference){_NOUN})?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"(?P<comma>\s*[,;:—–])\s*(?:{_SEE}|as in|per|from|based on|following|according to|as (?:also )?{_ACT} (?:in|by))"
    rf"{_NOUN}$|\s+(?:according to|as (?:also )?{_ACT} (?:in|by)){_NOUN}$"
    rf"|(?<!can)(?<!to)(?<!we)(?<!will)(?<!must)(?<!may)\s+(?:see(?: also)?|cf\.?)$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"(?:^|(?<=[.!?]\s))(?:for (?:more |further )?(?:details?|information)[^.,]{{0,40}},\s*)?(?:{_SEE})$",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"(?<=[.!?]\s)for(?: (?:more|further)| (?:more |further )?(?:details?|information)\b[^.!?]{0,45})?$", re.IGNORECASE
)
_CLAUSE_ENDS = re.compile(r"\s*(?:[.!?;:,)]|$)")
_CLAUSE_GOES_ON = re.compile(r"\s+(?:and|but|while|whereas|or)\b")
_KEEPS_COMMA = re.compile(r",\s+(?:and|but|or|so|while|whereas|which|where|who|although|though)\b")
_WANTS_OBJECT = re.compile(
    rf"\b(?:of|by|than|such as|like|unlike|following|according to|(?:builds?|based|building|relies) on|extends?|"
    rf"(?:compared|similar|identical) (?:to|with)|as in|{_ACT} in|(?:approach|method|model|results?|study|framework|"
    rf"technique|experiments?|system|authors) (?:in|from))$",
    re.IGNORECASE,
)
_BETWEEN_MARKERS = re.compile(r"\s*(?:,|;|&|,?\s*and|,?\s*or)?\s*")
_BETWEEN_RANGE = re.compile(r"\s?[-–—]\s?|\s+to\s+")
_WIDEST_RANGE = 30
_NEAR = 200  # characters in front of a marker that may belong to it
_EMPHASIS = ("***", "**", "__", "*", "_")
_AFTER_MARKER_THAT_OPENS = re.compile(r"\s*(?::|\.|\s[-–—])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Joint:
    """How a text goes on where a marker was taken out.

    ``kept`` is how much of the text before it stays and ``skipped`` how much of the text behind it goes; ``put`` stands
    in its place. ``opens`` is whether what follows begins a sentence.
    """

    kept: int
    skipped: int
    put: str = ""
    opens: bool = False


def marker_groups(raw: str, begin: int) -> list[MarkerMatch]:
    """The markers of ``raw`` from ``begin`` on, neighbours as one, with the emphasis around them."""
    groups: list[MarkerMatch] = []
    for marker in find_markers(raw):
        if marker.start < begin:
            continue
        one = _with_emphasis(raw, marker, begin)
        last = groups[-1] if groups else None
        between = raw[last.end : one.start] if last else "."
        if last and _BETWEEN_RANGE.fullmatch(between):
            low, high = last.numbers[-1], one.numbers[0]
            inner = tuple(range(low + 1, high)) if low < high <= low + _WIDEST_RANGE else ()
            numbers = (*last.numbers, *inner, *one.numbers)
        elif last and _BETWEEN_MARKERS.fullmatch(between):
            numbers = (*last.numbers, *one.numbers)
        else:
            groups.append(one)
            continue
        joined = MarkerMatch(last.start, one.end, tuple(dict.fromkeys(numbers)))
        groups[-1] = _with_emphasis(raw, joined, begin)
    return groups


def announces_marker(text: str) -> bool:
    """Whether ``text`` ends with words that only a marker can follow: "… Sources:", or may: "… For details,"."""
    text = text.rstrip()
    return (_ALONE.search(text) or _ANNOUNCES.search(text)) is not None


def joint(before: str, after: str, *, several: bool) -> Joint:
    """What stays where a marker stood between ``before``, which has no markers, and ``after``.

    Args:
        before: the text up to it.
        after: the raw text behind it.
        several: whether it names more than one passage.
    """
    cut = len(before) - _NEAR
    if cut > 1:
        # The sign in front keeps a cut from being taken for the beginning of the line.
        near = joint("\0" + before[cut:], after, several=several)
        return replace(near, kept=near.kept + cut - 1)
    text = before.rstrip()
    works = _AS_WORKS.match(after)
    if works and (match := _AS.search(text)):
        rest = after[works.end() :]
        if match["opens"] is not None and rest.startswith(","):
            return Joint(match.start(), works.end() + _width(rest, " ,"), opens=True)
        if match["round"] and rest.startswith(")"):
            return Joint(match.start(), works.end() + 1)
        if match["opens"] is None and not match["round"]:
            return Joint(match.start(), works.end() + _comma(rest, bool(match["comma"])))
    paper = "papers" if several else "paper"
    if _NARRATIVE.match(after) and (match := _BEFORE_NARRATIVE.search(before)):
        if match.group().strip().lower() == "both":
            return Joint(len(text), 0, " papers")
        opens = not text or text.endswith((".", "!", "?"))
        return Joint(len(before), 0, f"{'The' if opens else 'the'} {paper}")
    if match := _OPENING.search(text):
        return Joint(match.start(), _width(after, " ,"), opens=True)
    if (match := _BRACKETED.search(text)) and (closing := re.match(r"\s*\)", after)):
        return Joint(match.start(), closing.end())
    ends = _CLAUSE_ENDS.match(after)
    if match := _ALONE.search(text):
        return Joint(len(text[: match.start()].rstrip()), 1 if after.startswith(".") else 0)
    if (match := _CLOSING.search(text)) and (ends or _CLAUSE_GOES_ON.match(after)):
        return Joint(match.start(), _comma(after, bool(match["comma"])))
    if before != text and _WANTS_OBJECT.search(text):
        return Joint(len(text), 0, f" the {paper}")
    if not text and (match := _AFTER_MARKER_THAT_OPENS.match(after)):
        return Joint(0, match.end())
    return Joint(len(text), 0, " " if text and after[:1].isalnum() else "")


def _comma(after: str, had_comma: bool) -> int:
    """How much of ``after`` goes: the second of the two commas around a clause, and the first with it."""
    return 1 if had_comma and after.startswith(",") and not _KEEPS_COMMA.match(after) else 0


def _width(text: str, characters: str) -> int:
    return len(text) - len(text.lstrip(characters))


def _with_emphasis(raw: str, marker: MarkerMatch, begin: int) -> MarkerMatch:
    start, end = marker.start, marker.end
    for sign in _EMPHASIS:
        left, right = start - len(sign), end + len(sign)
        if left < begin or raw[left:start] != sign or raw[end:right] != sign:
            continue
        if (left == begin or not raw[left - 1].isalnum()) and not raw[right : right + 1].isalnum():
            start, end = left, right
            break
    if start > begin and raw[start - 1] in "^~":
        start -= 1
    return MarkerMatch(start, end, marker.numbers)
