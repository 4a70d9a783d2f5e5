"""What a sentence does in its abstract: sets the scene, proposes, reports a figure, says where the code is.

An abstract's words repeat all through it, so what tells the sentence that answers from its neighbours is as much its
part in the abstract as the words that it shares with the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_assistant.answer.candidates import ReadPaper, WantedWord, coverage
from rag_assistant.answer.question import Question
from rag_assistant.index.lexical import terms

_PROPOSES = re.compile(
    r"\b(?:propos|introduc|present|develop|releas|design|build|built|construct|devis|creat|offer|establish|formulat|"
    r"collect|curat)\w*\b|\b(?:is|are) (?:an?|the)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"\b(?:recent(?:ly)?|in recent years|have (?:shown|demonstrated|achieved|become|been|emerged|made)|"
    r"has (?:shown|become|been|emerged|attracted)|remain\w*|existing|previous|prior|traditional|conventional|current|"
    r"however|despite|although|challeng\w*|limited|lack\w*|crucial|essential|often|typically|motivat\w*)\b",
    re.IGNORECASE,
)
_AVAILABILITY = re.compile(
    r"https?://|\bgithub\b|\b(?:code|codes|data|dataset|datasets|model|models|weights|repository|demo|project page|"
    r"website|resources)\b[^.]{0,60}\b(?:available|released?|open-?source|public|publicly|accessible|found at|"
    r"will be)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:we|our|this (?:paper|work|study|survey))\b", re.IGNORECASE)
_REASON = re.compile(
    r"\b(?:because|due to|since|caus\w+|leads? to|attribut\w+|stems?|owing|therefore|thus|result of|reason|arises?)\b",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:conclu\w+|suggest\w*|indicat\w+|demonstrat\w+|reveal\w*|we (?:find|found|show|observe)|findings?|"
    r"results? show|should|may|might|appears?|seems?|significant(?:ly)?|turns? out|proves?)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?<![\w.-])\$?\d[\d.,]*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundreds?|"
    r"thousands?|millions?|billions?|half|twice|double|dozens?)\b",
    re.IGNORECASE,
)
_ASKS_FOR_CODE = re.compile(
    r"\b(?:code|available|availability|open[- ]?source[d]?|released?|repository|github|download|links?|url|website)\b",
    re.IGNORECASE,
)
# Shorter sentences ("This leads to two hindrances.") say little by themselves.
_SHORT = 9
# A longer one that also says where the code is says more than that.
_LONG = 24
_UNIT = re.compile(r"\+?(?:[A-Za-z×]+|\s?%)")
_NEXT_WORDS = re.compile(r"[\w-]+")

SENTENCE_FEATURES = (
    "words",
    "words_share",
    "content",
    "content_share",
    "around",
    "proposes",
    "background",
    "availability",
    "own",
    "figures",
    "counted",
    "names",
    "title",
    "short",
    "place",
    "place_squared",
    "defines",
    "figures_in_definition",
    "concludes",
    "concludes_whether",
    "place_whether",
    "figures_whether",
    "last_whether",
    "last_but_one_whether",
    "reasons",
)


def figures(text: str) -> list[tuple[int, int]]:
    """Where a text has figures, as digits or as number words: (start, end) offsets."""
    return [match.span() for match in _FIGURE.finditer(text)]


def counts(text: str, counted: Sequence[str]) -> int:
    """How many of the things counted (stems) a figure stands in front of, at most four words away.

    The first of them, which "how many" stands before itself, counts twice: "tokens" of "tokens of context".
    """
    return max((_counted_after(text, end, counted) for _, end in figures(text)), default=0)


def figures_asked(asked: Question, text: str) -> tuple[tuple[int, int], ...]:
    """The figures that a question for a number asks for, each with the unit glued to it: (start, end) offsets.

    Those in front of what "how many" counts, where there are such, else all that are written in digits.
    """
    if asked.kind != "number":
        return ()
    found = figures(text)
    most = counts(text, asked.counted)
    if most:
        telling = [(start, end) for start, end in found if _counted_after(text, end, asked.counted) == most]
    else:
        telling = [(start, end) for start, end in found if any(char.isdigit() for char in text[start:end])]
    return tuple((start, _with_unit(text, start, end)) for start, end in telling)


def _counted_after(text: str, end: int, counted: Sequence[str]) -> int:
    following = " ".join(_NEXT_WORDS.findall(text[end : end + 60])[:5])
    there = set(terms(following))
    return len(there.intersection(counted)) + (counted[0] in there if counted else 0)


def _with_unit(text: str, start: int, end: int) -> int:
    unit = _UNIT.match(text, end)
    return unit.end() if unit else start + len(text[start:end].rstrip(".,"))


def sentence_features(
    asked: Question, wanted: Sequence[WantedWord], content: Sequence[WantedWord], paper: ReadPaper, order: int
) -> tuple[float, ...]:
    """What speaks for one sentence, in the order of ``SENTENCE_FEATURES``.

    Args:
        asked: the question.
        wanted: its words.
        content: those of them that are no names.
        paper: the paper, and
        order: the place of the sentence in it, from 0.
    """
    text, stems = paper.sentence(order), paper.stems[order]
    around = frozenset[str]().union(
        *(paper.stems[near] for near in (order - 1, order + 1) if 0 <= near < len(paper.stems))
    )
    proposes = _PROPOSES.search(text) is not None
    length = len(text.split())
    concludes = _CONCLUDES.search(text) is not None
    place = order / max(1, len(paper.spans) - 1)
    # "Code is available at …" concludes nothing: the sentence before it does.
    ending = len(paper.spans) - 1
    while ending > 0 and _AVAILABILITY.search(paper.sentence(ending)):
        ending -= 1
    words, told = coverage(wanted, stems), coverage(content, stems)
    return (
        words,
        words / (max(coverage(wanted, other) for other in paper.stems) or 1.0),
        told,
        told / (max(coverage(content, other) for other in paper.stems) or 1.0),
        sum(word.weight for word in wanted if word.within(around) and not word.within(stems)),
        float(proposes),
        float(_BACKGROUND.search(text) is not None),
        float(length < _LONG and _AVAILABILITY.search(text) is not None and not _ASKS_FOR_CODE.search(asked.text)),
        float(_OWN.search(text) is not None),
        min(3, len(figures(text))) / 3,
        float(counts(text, asked.counted) > 0),
        float(any(word.is_name and word.within(stems) for word in wanted)),
        len(stems & paper.title) / max(1, len(paper.title)),
        float(length < _SHORT),
        place,
        place * place,
        float(proposes and asked.kind == "definition"),
        min(3, len(figures(text))) / 3 if asked.kind == "definition" else 0.0,
        float(concludes),
        float(concludes and asked.kind == "whether"),
        place if asked.kind == "whether" else 0.0,
        min(3, len(figures(text))) / 3 if asked.kind == "whether" else 0.0,
        float(asked.kind == "whether" and order == ending),
        float(asked.kind == "whether" and order == ending - 1),
        float(asked.kind == "reason" and _REASON.search(text) is not None),
    )
