"""Papers that a question calls by name: by a title, by what stands before its colon, or by a name that only one has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter

from rag_assistant.index.lexical import STOP_WORDS, LexicalIndex, fold, terms, words_of
from rag_assistant.index.spelling import slips_between
from rag_assistant.records import Paper
from rag_assistant.retrieve.highlight import WORD

_PART = re.compile(r"[^\W_]+")
_JOINTS = re.compile(r"[\W_]+")
# Inside a word or its part: a capital after the first letter, or letters and digits together. "Image-Text" has neither.
_SHAPED = re.compile(r"[^\W_][A-Z]|[^\W\d_]\d|\d[^\W\d_]")
_HEAD = re.compile(r"\s*(?::|\s[–—-]\s)")
# A paper that a question turns on is found among the first by its name alone; one further down only mentions the word.
_AMONG = 5
_SHORTEST_TITLE = 3
# Punctuation and spaces aside.
_LONGER = 1.5
_LONGEST_HEAD = 5
# A shorter word that is one letter off may be another one.
_SHORTEST_WORD = 4
# A word that so few papers have names one of them where it stands before the colon of its title.
_RARE = 3
# Words of a question that are read for names: longer ones are texts pasted in.
_READ = 1_000
# Before any name that is only spelt alike.
_AS_TYPED = 1_000
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
    words = [_parts(word) for word in words_of(question)[:_READ]]
    asked = list(chain.from_iterable(words))
    content = [word for word in words if word[0] not in STOP_WORDS]
    # A question that is nothing but a name can mean no other paper.
    among = list(found) if len(content) == 1 else list(found)[:_AMONG]
    whole: list[tuple[int, int]] = []
    heads: list[tuple[int, int]] = []
    for ordinal, paper in found.items():
        # A title that is longer than the question is not in it.
        title = _parts(paper.title) if len(paper.title) <= _LONGER * len(question) else []
        if title and title == asked:
            whole.append((0, ordinal))
        elif len(title) >= _SHORTEST_TITLE and _is_misspelt(asked, title):
            whole.append((1, ordinal))
        elif len(title) >= _SHORTEST_TITLE and _within(title, words):
            # A title inside a longer question counts less than one that is the question.
            whole.append((2, ordinal))
        elif head := _parts(_head(paper)):
            as_typed = _is_typed(_head(paper), question)
            named = ordinal in among and _within(head, words) and _is_rare(lexical, _head(paper))
            if as_typed or named or head in (asked, list(chain.from_iterable(content))):
                # "LongRope-V: …" before "LongRope: …" where both are in the question, and "ThinK: …" before
                # "Think: …" where it says "ThinK".
                heads.append((-len("".join(head)) - (_AS_TYPED if as_typed else 0), ordinal))
    first = [ordinal for _, ordinal in sorted(whole, key=itemgetter(0)) + sorted(heads, key=itemgetter(0))]
    first += [one for one in _alone_with_a_name(lexical, question, looked_for, found) if one in among]
    return list(dict.fromkeys(first))


def alone_with_a_word(lexical: LexicalIndex, question: str, looked_for: Iterable[str]) -> list[int]:
    """Ordinals of the papers that alone have a word that a short question may turn on."""
    rare = _rare_terms(lexical, looked_for) if _asks_about_a_name(question) else ()
    return list(dict.fromkeys(int(lexical.papers_with(term)[0]) for term in rare))


def mentioned_papers(
    lexical: LexicalIndex, question: str, looked_for: Iterable[str], found: Mapping[int, Paper]
) -> list[int]:
    """Ordinals of the papers that alone have a name of the question, wherever among those found they are."""
    return list(dict.fromkeys(_alone_with_a_name(lexical, question, looked_for, found)))


def _alone_with_a_name(
    lexical: LexicalIndex, question: str, looked_for: Iterable[str], found: Mapping[int, Paper]
) -> Iterator[int]:
    for term in _rare_terms(lexical, looked_for) if _asks_about_a_name(question) else ():
        ordinal = int(lexical.papers_with(term)[0])
        if ordinal in found and stands_as_name(term, found[ordinal]):
            yield ordinal


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


def _head(paper: Paper) -> str:
    """What stands before the colon of a title, if that is a name and not half a sentence; else nothing."""
    head = _HEAD.split(paper.title, maxsplit=1)[0]
    return head if head != paper.title and len(_parts(head)) <= _LONGEST_HEAD else ""


def _is_typed(head: str, question: str) -> bool:
    """Whether a question has a name letter for letter, with its capitals inside: so nobody writes an ordinary word."""
    return (
        _SHAPED.search(head) is not None and re.search(rf"(?<![\w-]){re.escape(head)}(?![\w-])", question) is not None
    )


def _is_rare(lexical: LexicalIndex, head: str) -> bool:
    """Whether what it says is rare: "Language models: …" names nothing."""
    return 0 < min((lexical.document_frequency(term) for term in terms(head)), default=0) <= _RARE


def _is_misspelt(asked: Sequence[str], title: Sequence[str]) -> bool:
    """Whether a question is a title with one slip in one of its words."""
    if len(asked) != len(title):
        return False
    wrong = [(one, other) for one, other in zip(asked, title, strict=True) if one != other]
    return len(wrong) == 1 and len(wrong[0][1]) >= _SHORTEST_WORD and slips_between(*wrong[0], 1) <= 1


def _within(name: Sequence[str], words: Sequence[Sequence[str]]) -> bool:
    """Whether a name stands among words that are taken apart, not cutting one: "Sphinx" is not in "Sphinx-V"."""
    parts = list(chain.from_iterable(words))
    edges = set(accumulate(map(len, words), initial=0))
    return any(parts[begin : begin + len(name)] == list(name) and begin + len(name) in edges for begin in edges)


def _parts(text: str) -> list[str]:
    """Words, compound ones taken apart, as "LongRope-V" and "longrope v" are one name."""
    return _PART.findall(fold(text))


def _joined(word: str) -> str:
    return _JOINTS.sub("", fold(word))
