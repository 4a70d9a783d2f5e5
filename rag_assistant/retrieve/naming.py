"""Papers that a question calls by name: by a title, by what stands before its colon, or by a name that only one has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rag_assistant.index.lexical import STOP_WORDS, LexicalIndex, fold, terms, words_of
from rag_assistant.records import Paper
from rag_assistant.retrieve.highlight import WORD

_JOINTS = re.compile(r"[\W_]+")
# Inside a word or its part: a capital after the first letter, or letters and digits together. "Image-Text" has neither.
_SHAPED = re.compile(r"[^\W_][A-Z]|[^\W\d_]\d|\d[^\W\d_]")
_HEAD = re.compile(r"\s*(?::|\s[–—-]\s)")
# A paper that a question turns on is found among the first by its name alone; one further down only mentions the word.
_AMONG = 5
_SHORTEST_TITLE = 3
# Punctuation and spaces aside.
_LONGER = 1.5
# A word that so few papers have names one of them where it stands before the colon of its title.
_RARE = 3
# Content words of a question that may turn on a name, and of one typed as keywords.
_MOST_WORDS_ASKED, _MOST_WORDS_TYPED = 10, 4
_ASKS = re.compile(
    r"\W*(?:what|how|why|where|when|which|who|whose|do|does|did|are|is|was|were|can|could|has|have|by|on|in|at|to|from|"
    r"with|for|up to|compare|contrast|describe|explain|tell|define|summari[sz]e|list|give|show|find)\b[^?]*\??",
    re.IGNORECASE,
)


def named_papers(
    lexical: LexicalIndex, question: str, looked_for: Iterable[str], found: Mapping[int, Paper]
) -> list[int]:
    """Ordinals of the papers that the question names, those named by their whole title first.

    Args:
        lexical: the words of the collection.
        question: as typed.
        looked_for: its terms as the papers write them.
        found: the papers that were found for it by ordinal, the best first; titles are looked for among them.
    """
    asked = words_of(question)
    first = set(list(found)[:_AMONG])
    whole: list[int] = []
    named: list[int] = []
    for ordinal, paper in found.items():
        # A title that is longer than the question is not in it.
        title = words_of(paper.title) if len(paper.title) <= _LONGER * len(question) else []
        if (title and title == asked) or (len(title) >= _SHORTEST_TITLE and _within(title, asked)):
            # A title inside a longer question counts less than one that is the question.
            whole.insert(0 if title == asked else len(whole), ordinal)
        elif ordinal in first and _names_by_head(lexical, paper, asked):
            named.append(ordinal)
    for term in _rare_terms(lexical, looked_for) if _asks_about_a_name(question) else ():
        ordinal = lexical.papers_with(term)[0]
        if ordinal in first and ordinal not in whole and ordinal not in named and stands_as_name(term, found[ordinal]):
            named.append(ordinal)
    return whole + named


def stands_as_name(term: str, paper: Paper) -> bool:
    """Whether a paper writes a term as names are written: capitals or digits inside, or always with a capital.

    Not two words that it joins by a hyphen ("minimal-access"), however rare that is.
    """
    shapes: list[bool] = []
    for match in WORD.finditer(paper.abstract):
        word = match.group()
        if _joined(word)[:3] != term[:3] or term not in terms(word):
            continue
        if _SHAPED.search(word):
            return True
        if "-" in word and _joined(word).startswith(term[:-1]):
            continue
        before = paper.abstract[: match.start()].rstrip()
        # The first word of a sentence has a capital whatever it is.
        if before and before[-1] not in ".!?:":
            shapes.append(word[0].isupper())
    if shapes:
        return all(shapes)
    return any(term in terms(word) and _SHAPED.search(word) for word in WORD.findall(paper.title))


def _asks_about_a_name(question: str) -> bool:
    """Whether a rare name is what the question turns on: a long statement has rare words that are not its subject."""
    words = [word for word in words_of(question) if word not in STOP_WORDS]
    return len(words) <= (_MOST_WORDS_ASKED if _ASKS.match(question) else _MOST_WORDS_TYPED)


def _rare_terms(lexical: LexicalIndex, looked_for: Iterable[str]) -> list[str]:
    """The terms that only one paper has, those among them that a word is misspelt or joined for."""
    return [term for term in looked_for if len(term) > 2 and lexical.document_frequency(term) == 1]


def _names_by_head(lexical: LexicalIndex, paper: Paper, asked: Sequence[str]) -> bool:
    head = _HEAD.split(paper.title, maxsplit=1)[0]
    if head == paper.title:
        return False
    words = words_of(head)
    if not words or len(words) > 5 or not _within(words, asked):
        return False
    # "Language models: …" names nothing; what it says must be rare.
    return 0 < min((lexical.document_frequency(term) for term in terms(head)), default=0) <= _RARE


def _within(words: Sequence[str], asked: Sequence[str]) -> bool:
    size = len(words)
    return any(list(asked[begin : begin + size]) == list(words) for begin in range(len(asked) - size + 1))


def _joined(word: str) -> str:
    return _JOINTS.sub("", fold(word))
