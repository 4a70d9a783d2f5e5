"""Questions in two parts ("Compare A and B", "How does A differ from B?") taken apart, so that each is searched for."""

from __future__ import annotations

import re

from rag_assistant.index.lexical import STOP_WORDS

_TOKEN = re.compile(r"\S+")
_EDGE = " \t\n,;:.!?\"'“”‘’()[]"
# What says that two things are set side by side; a claim ("X and Y are better than Z") is no question about two.
_CUE = re.compile(
    r"^\W*(?:please\s+)?(?:compare|contrast|comparison|comparing|(?:the\s+|what\s+(?:is|are)\s+the\s+)?differences?)\b|"
    r"\b(?:differ|compare|each|respectively)\b",
    re.IGNORECASE,
)
_VERSUS = re.compile(r"\s(?:versus|vs\.?)\s", re.IGNORECASE)
_AGAINST = re.compile(
    r"\s(?:(?:is\s+|are\s+)?(?:compared|as opposed|in contrast)\s+(?:to|with)|(?:differs?|different)\s+from|"
    r"compares?\s+(?:to|with|against)|(?:better|worse|faster|slower|larger|smaller)\s+than)\s",
    re.IGNORECASE,
)
_TWO_QUESTIONS = re.compile(r"\sand\s(?=(?:how|what|why|which|where|when)\b)", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|or|with|against)\s", re.IGNORECASE)
_ASKS = re.compile(r"\W*(?:what|how|why|where|when|which|on what|in what|do|does|did|are|is)\b", re.IGNORECASE)
# Words that end a part though they are no function words.
_VERBS = frozenset(
    "each both differ differs differing compare compares compared comparing comparison contrast contrasts difference "
    "differences versus vs between achieve achieves report reports handle handles use uses share say says propose "
    "proposes reach reaches give gives get gets work works perform performs need needs treat treats define defines "
    "respectively better worse speed-ups".split()
)
# "methods that prune heads" is one thing.
_ENDS = (STOP_WORDS | _VERBS) - {"that"}
_NAMED = re.compile(r"[A-Z0-9]")
_MOST_WORDS = 60


def parts_of(question: str) -> tuple[str, ...]:
    """A question about two things as two questions, each without the other's thing; () where it is about one.

    "How do LongRoPE and LongLoRA differ in length?" is "How do LongRoPE differ in length?" and "How do LongLoRA differ
    in length?". Nothing is cut where neither a word of comparison nor a name on either side says that two things are
    meant: "vision and language models" is one.
    """
    text = " ".join(question.split())
    if text.count(" ") >= _MOST_WORDS:
        return ()
    asks = _ASKS.match(text) is not None
    compared = _CUE.search(text) is not None and (asks or text.endswith("?") or _CUE.match(text) is not None)
    for match in _VERSUS.finditer(text):
        if cut := _cut(text, match):
            return cut[2:]
    for match in _AGAINST.finditer(text):
        cut = _cut(text, match)
        if cut and (_is_name(cut[0]) and _is_name(cut[1])):
            return cut[2:]
    if asks and (second := _TWO_QUESTIONS.search(text)):
        one, other = text[: second.start()].strip(_EDGE), text[second.end() :].strip(_EDGE)
        # "How many authors and how many pages has it?" asks one thing about one thing, twice.
        return (one, other) if min(_telling(one), _telling(other)) >= 2 and not _refers_back(other) else ()
    for match in _AND.finditer(text):
        cut = _cut(text, match)
        if cut and (
            compared or (asks and match.group().strip().lower() == "and" and _is_name(cut[0]) and _is_name(cut[1]))
        ):
            return cut[2:]
    return ()


def _cut(text: str, joint: re.Match[str]) -> tuple[str, str, str, str] | None:
    """Both things that a joint stands between, and the question with each of them alone."""
    begin, end = _begin_of(text, joint.start()), _end_of(text, joint.end())
    left, right = text[begin : joint.start()].strip(_EDGE), text[joint.end() : end].strip(_EDGE)
    if not _tells(left) or not _tells(right):
        return None
    return left, right, _joined(text[:begin], left, text[end:]), _joined(text[:begin], right, text[end:])


def _begin_of(text: str, stop: int) -> int:
    """Where the part that ends at ``stop`` begins: after the last function word, verb or punctuation before it."""
    begin = stop
    for match in reversed(list(_TOKEN.finditer(text[:stop]))):
        token = match.group()
        if token.strip(_EDGE).lower() in _ENDS or (begin < stop and token[-1] in ",;:.!?"):
            break
        begin = match.start()
    return begin


def _end_of(text: str, start: int) -> int:
    """Where the part that begins at ``start`` ends."""
    end = start
    for match in _TOKEN.finditer(text, start):
        token = match.group()
        if token.strip(_EDGE).lower() in _ENDS:
            break
        end = match.end()
        if token[-1] in ",;:.!?":
            break
    return end


def _tells(part: str) -> bool:
    return len(part) > 1 and len(part.split()) <= 8


def _telling(part: str) -> int:
    return sum(word.strip(_EDGE).lower() not in STOP_WORDS for word in part.split())


def _refers_back(part: str) -> bool:
    return re.search(r"\b(?:it|its|they|them|their|this|that|these|those|he|she)\b", part, re.IGNORECASE) is not None


def _is_name(part: str) -> bool:
    return all(_NAMED.search(word) for word in part.split())


def _joined(*pieces: str) -> str:
    return " ".join(piece.strip() for piece in pieces if piece.strip())
