"""Follow-up questions made standalone by rule: "and how large was its dataset?" after an answer about one paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag_assistant.answer.question import is_small_talk, names
from rag_assistant.answer.subject import mentions, name_of
from rag_assistant.records import Answer, Paper

_OPENING = re.compile(
    r"^\s*(?:(?:and|but|so|then|ok(?:ay)?|also|now|great|thanks?|thank you|please)\b[\s,.!]*)*"
    r"(?:(?:what|how) about\b[\s,]*)?(?:and\b[\s,]*)?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:what|which|who|whose|how|why|when|where|is|are|was|were|do|does|did|can|could|has|have|compare|tell|explain|show|"
    r"list|give|summari[sz]e)\b",
    re.IGNORECASE,
)
_ITS = re.compile(r"\b(?:its|their|his|her)\b(?!\s+(?:own|is|are)\b)", re.IGNORECASE)
_THING = (
    r"(?:paper|method|model|work|system|approach|benchmark|data\s?set|framework|technique|study|survey|tool|"
    r"architecture|one)"
)
_PLURAL = (
    r"(?:papers|methods|models|works|systems|approaches|benchmarks|data\s?sets|frameworks|techniques|studies|ones)"
)
_IT = re.compile(
    rf"\b(?:it|they|them|this {_THING}|that {_THING}|the (?:paper|method|authors|same {_THING})|these {_PLURAL}|"
    rf"those {_PLURAL}|(?:these|those|the) (?:two|three) (?:{_PLURAL})?|both(?: of (?:them|these))?)(?!\w)",
    re.IGNORECASE,
)
# "it" that stands for nothing: "is it possible to …", "does it matter whether …".
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|does|can|could|makes?|will)\s+it\s+(?:be\s+)?(?:possible|true|known|better|worth|common|matter|hard|"
    r"easy|necessary|enough|sensible|take)\b|\bit\s+(?:is|was|'s)\s+(?:possible|true|known|better|worth|common|hard|easy)\b",
    re.IGNORECASE,
)
_THAT = re.compile(
    r"\b(?:that|this|these|those)\b(?=\s*(?:[?.!,]|$|(?:with|to|and|against|compare[sd]?|differ|work|do|does|did)\b))",
    re.IGNORECASE,
)
_NTH = re.compile(
    rf"\bthe (first|second|third|fourth|fifth|last|former|latter|other)(?: {_THING})?(?=\s*(?:[?.!,']|$|[a-z]))"
    rf"(?!\s+(?:author|time|step|stage|place|half|part|layers?|tokens?|few|two|three|sentences?|row|column|reason)\b)|"
    r"(?:\bpaper |\bnumber |\[)(\d{1,2})\]?(?!\w)",
    re.IGNORECASE,
)
_PLACES = {
    "first": 0,
    "former": 0,
    "second": 1,
    "latter": 1,
    "other": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "last": -1,
}
_ORDINAL_ALONE = re.compile(rf"the \w+(?: {_THING})?[?.! ]*", re.IGNORECASE)
# Too common to name what is spoken of: GPU, LLMs, RAG.
_ACRONYM = re.compile(r"[A-Z]{2,4}s?")
# What comes before a second clause: "what is X and …".
_CLAUSE = re.compile(r"^(.*)\b(?:and|but|,|;|\.|\?|that|which|when|if|because)\s", re.IGNORECASE)
_SEVERAL = re.compile(r"^(?:they|them|these|those|the (?:two|three)|both)\b", re.IGNORECASE)
# A question as short as this that names nothing leans on what came before, even where no word says so.
_SHORT = 5
_WORD = re.compile(r"\w{3,}")
# Words of a follow-up that a rewritten question may well lack.
_POINTING = frozenset(
    "and but its it's they them their his her this that these those the one ones what about then also first second "
    "third last former latter other paper method model work study both same please".split()
)
_MOST_NAMED = 3


def standalone_question(question: str, answers: Sequence[Answer]) -> str:
    """The question with what it leans on put in: the papers that the last answers cited.

    Args:
        question: as typed.
        answers: of the conversation so far, oldest first.

    Returns:
        The question unchanged where it stands alone, or where nothing was cited that it could lean on.
    """
    last = next((answer for answer in reversed(answers) if answer.citations), None)
    if last is None or is_small_talk(question):
        return question
    papers = [citation.paper for citation in last.citations]
    called = [_called(paper, answers) for paper in papers]
    subject = called[_subject(papers, called, last)]
    text = " ".join(question.split())
    opening = _OPENING.match(text)
    body = text[opening.end() :] if opening else text
    if not body:
        return question
    opened = body != text
    result = (
        _replaced(body, subject, called).strip(" ?")
        if _ORDINAL_ALONE.fullmatch(body)
        else _replaced(body, subject, called)
    )
    if result in called:
        # "and the second one?"
        result = f"What is {result}?" if mentions(last.standalone_question, result) else f"{result}?"
    named = [name for name in names(body) if not _ACRONYM.fullmatch(name)]
    if result == body and not named and not _mentions_any(body, called):
        if opened and not _ASKS.match(body):
            # "and on ImageNet?": nothing in it to replace, so the last subject is said outright.
            result = f"{subject}: {body}"
        elif opened or _is_fragment(body):
            result = f"{body.rstrip(' ?.!')} ({subject})?"
    elif result == body and opened and not _ASKS.match(body) and named:
        # "what about LongLoRA?": the last question again, about another.
        result = _asked_again(body, last, called) or body
    if result == body:
        return question
    return result[:1].upper() + result[1:]


def read_rewritten(text: str, question: str) -> str | None:
    """The question out of what a model wrote when asked to rewrite one; None where that can't be believed.

    It can't where it is far too long, or where less than half of the question's own words are left: then the model
    answered, or spoke of something else.
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    for label in ("rewritten question:", "standalone question:", "question:"):
        if line.lower().startswith(label):
            line = line[len(label) :]
    line = line.strip().strip("\"'“”*` ").strip()
    if not line or len(line) > 4 * len(question) + 400:
        return None
    own = set(_WORD.findall(question.lower())) - _POINTING
    return line if 2 * len(own & set(_WORD.findall(line.lower()))) >= len(own) else None


def _replaced(body: str, subject: str, called: Sequence[str]) -> str:
    """The words that point back, replaced by what they point at."""

    def nth(match: re.Match[str]) -> str:
        place = int(match.group(2)) - 1 if match.group(2) else _PLACES[match.group(1).lower()]
        return called[place] if -len(called) <= place < len(called) else match.group()

    def pronoun(match: re.Match[str]) -> str:
        # A name earlier in the same question is what the pronoun stands for: "what is X and what does it do?"
        before = _CLAUSE.search(result[: match.start()])
        if before and (names(before.group(1)) or _mentions_any(before.group(1), called)):
            return match.group()
        several = _SEVERAL.match(match.group()) and len(called) > 1 and "author" not in match.group().lower()
        if several and _means_papers(match.group(), called):
            return _joined(called[:_MOST_NAMED])
        return subject

    result = _NTH.sub(nth, body)
    if _EMPTY_IT.search(result):
        return result
    for pattern, ending in ((_ITS, "'s"), (_IT, ""), (_THAT, "")):
        result = _pointed(pattern, result, pronoun, ending)
    return result


def _pointed(pattern: re.Pattern[str], text: str, pronoun: Callable[[re.Match[str]], str], ending: str) -> str:
    def put(match: re.Match[str]) -> str:
        named = pronoun(match)
        return named if named == match.group() else named + ending

    return pattern.sub(put, text)


def _means_papers(word: str, called: Sequence[str]) -> bool:
    # "they" after an answer over one paper is its authors; after a comparison of two it is both.
    return len(called) == 2 or word.lower().startswith(("these", "those", "both", "the "))


def _joined(called: Sequence[str]) -> str:
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} and {called[-1]}"


def _is_fragment(body: str) -> bool:
    words = body.split()
    return len(words) <= _SHORT and bool(
        re.match(r"(?:how (?:many|much|long|large|big|fast)|why|on (?:which|what)|with)\b", body, re.IGNORECASE)
    )


def _asked_again(body: str, last: Answer, called: Sequence[str]) -> str | None:
    """The last question with its subject changed to the one that is named now."""
    other = body.rstrip(" ?.!")
    before = last.standalone_question
    for name in (*names(before), *called):
        if mentions(before, name):
            return re.sub(re.escape(name), lambda _: other, before, count=1, flags=re.IGNORECASE)
    return None


def _subject(papers: Sequence[Paper], called: Sequence[str], last: Answer) -> int:
    """Which of the papers cited is spoken of: the first that the last question named, else the first cited."""
    asked = last.standalone_question
    places = [(asked.lower().find(name.lower()), number) for number, name in enumerate(called) if mentions(asked, name)]
    del papers
    return min(places)[1] if places else 0


def _called(paper: Paper, answers: Sequence[Answer]) -> str:
    """A paper's name in the conversation: as a question named it, where the paper has that name, else its own."""
    own = name_of(paper)
    for answer in reversed(answers):
        for name in names(answer.standalone_question):
            if own == paper.title and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", paper.text):
                return name
    return own


def _mentions_any(text: str, called: Sequence[str]) -> bool:
    return any(mentions(text, name) for name in called)
