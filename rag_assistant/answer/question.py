"""What a question asks for: its kind, its words, the names in it, the details it wants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag_assistant.index.lexical import STOP_WORDS, terms, words_of
from rag_assistant.retrieve.framing import unframed

Kind = Literal["number", "list", "compare", "definition", "reason", "method", "whether", "plain"]
Word = tuple[str, ...]
"""One word of a question as stems: itself, and for a compound ("E^2-LLM") its joined form first and then its parts."""

# Of a question of 10,000 words the beginning is read: it holds more than any abstract could answer.
_MOST_WORDS, _MOST_CHARS = 120, 2_000

_PAPERS = r"papers?|works?|stud(?:y|ies)|surveys?|reviews?|articles?|research|literature|publications?"
_PLURALS = (
    r"papers|works|studies|methods|approaches|benchmarks|data\s?sets|systems|techniques|articles|surveys|reviews|"
    r"frameworks|strategies|models|corpora|authors|researchers|publications|tools"
)
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "compare",
        (
            r"\b(?:compare[sd]?|comparison|versus|vs|differs?|differences?|contrasts?|distinguish(?:es)?|separates|"
            r"better than|worse than)\b|\bor\b[^?]*\bwhat does each\b|\beach\b[^?]*\band\b|"
            r"\bdo\b[^?]*\band\b[^?]*\beach\b"
        ),
    ),
    (
        "list",
        (
            rf"\b(?:which|what|list|name|find|any|are there|give|show)\b(?:\s+(?!(?:is|are|was|were|do|does|did)\b)"
            rf"[\w-]+){{0,4}}?\s+(?:{_PLURALS})\b|"
            r"\bwhat\s+(?:work|research)\s+(?:is|has|exists)\b|\bwho\s+(?:uses|else|works)\b|"
            rf"^\s*(?:{_PLURALS})\s+(?:on|about|that|for|which)\b|\bis there (?:any )?(?:work|research)\b"
        ),
    ),
    (
        "number",
        (
            r"\bhow\s+(?:\w+\s+)?(?:many|much|large|big|long|fast|quickly|often|far|small|high|low|"
            r"accurate|accurately|well|little|few|expensive)\b|\bby (?:what|which|how)\b|"
            r"\b(?:what|which)\s+(?:\w+\s+){0,3}(?:percentage|accuracy|score|size|number|rate|speed-?up|length|factor|"
            r"fraction|share|ratio|cost|latency|gain|budget|window|perplexity|f1)\b"
        ),
    ),
    ("reason", r"\bwhy\b|\b(?:reasons?|causes?|caused|stops|prevents|explains?)\b"),
    (
        "definition",
        r"^\s*(?:what|who)(?:\s+(?:is|are|was|were|does|do|can|kind)\b|'s)|\bdefine\b",
    ),
    (
        "whether",
        (
            r"(?:^|[:;,.!?–—]\s+)\s*(?:is|are|was|were|do|does|did|can|could|should|has|have|will|would)\b|"
            r"\b(?:evidence|know|wonder|wondering|shown|clear|tell me)\s+(?:that|if|whether)\b"
        ),
    ),
    ("method", r"\bhow\s+(?:does|do|did|can|could|is|are|to|might|would|should)\b"),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)
_ASKS_FOR_PAPERS = re.compile(rf"\b(?:{_PAPERS})\b", re.IGNORECASE)
# "how many attention heads": what is counted.
_COUNTED = re.compile(r"\bhow\s+many\s+(?:of\s+)?((?:[\w-]+\s*){1,3})", re.IGNORECASE)

# A name as systems and data sets are named: a capital inside, a digit, or all capitals.
_NAME = re.compile(r"(?<![\w-])(?=[\w^+.*-]*[A-Z0-9])[A-Za-z0-9][\w^+-]*(?:\.\d+\w*)*\*?(?![\w-])")
_SHAPED = re.compile(r"[a-z][A-Z]|[A-Z]{2}|[A-Za-z]\d|\d[A-Za-z]|\^|[A-Z]\w*-[A-Z0-9]|^[A-Z]\*")
# "GPUs" and "LLMs" can be counted.
_INITIALS = re.compile(r"[A-Z]{2,}s")
_CAPITALISED = re.compile(r"(?<=[\w,;:)] )[A-Z][a-z]+(?:-[A-Za-z0-9]+)*\b")
_SHOUTED = re.compile(r"[a-z]")

# What is said to an assistant, not asked of papers. Matched against the whole text.
_TALK = re.compile(
    r"(?:(?:hi|hey|hello|hallo|howdy|greetings|good (?:morning|day|afternoon|evening|night))"
    r"(?: there| all| everyone)?|"
    r"(?:many )?thanks?(?: you)?(?: (?:so|very) much| a lot)?|ty|thx|cheers|bye|goodbye|see you|"
    r"ok(?:ay)?|yes|no|yep|nope|sure|cool|nice|great|wow|lol|haha+|test(?:ing)?|hm+|please|sorry|stop|help(?: me)?|"
    r"(?:how|who|what) are you(?: doing)?(?: today)?|what(?:'s| is) (?:up|your name)|what can you do(?: for me)?|"
    r"(?:can|could) you help(?: me)?|tell me (?:something|anything|more|a joke|a story)|"
    r"(?:that|this|it) (?:was|is) \w+|"
    r"(?:please )?(?:write|compose|sing|draw|paint|invent|make up) (?:me |us )?(?:a|an|some|the) .*|"
    r"(?:please )?(?:ignore|disregard|forget) (?:all |any |the |your |my )*"
    r"(?:previous|prior|above|earlier|former|these|those)? ?"
    r"(?:instructions?|prompts?|rules?|messages?)\b.*|i am (?:bored|tired|sad|happy|here|back)|"
    r"good (?:job|work|bot)|well done|never ?mind|i (?:love|like|hate) (?:you|this|it)|go on|continue)",
    re.IGNORECASE,
)


# Words that questions are put with; that a paper lacks them says little.
SCAFFOLD = frozenset(
    "paper papers author authors say says tell talk speak mention mentions describe describes discuss mean "
    "means kind kinds sort type exactly actually really roughly test tests measure measures contain contains "
    "include includes hold holds offer offers provide provides cover covers propose proposes introduce "
    "introduces present presents show shows report reports reach reaches achieve achieves differ differs "
    "compare compared versus vs per many much each anything something anyone someone else".split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart, of a very long one its beginning.

    ``words`` are its content words as typed (folded), in order, with their stems; ``names`` those that are shaped like
    the name of a system, as typed; ``proper`` further capitalised words; ``counted`` the stems of what "how many"
    counts. ``small_talk`` marks a greeting and the like.
    """

    text: str
    kind: Kind
    words: Mapping[str, Word]
    names: tuple[str, ...]
    proper: tuple[str, ...]
    counted: tuple[str, ...]
    asks_for_papers: bool
    small_talk: bool

    @property
    def terms(self) -> tuple[str, ...]:
        """All stems, each once."""
        return tuple(dict.fromkeys(term for word in self.words.values() for term in word))


def understand(text: str) -> Question:
    """Takes a question apart."""
    typed = " ".join(text[:_MOST_CHARS].split())
    read = unframed(typed)
    # "Tell me about X" says nothing more of what is wanted.
    otherwise: Kind = "plain" if read == typed else "definition"
    kind: Kind = next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(read)), otherwise)
    counted = _COUNTED.search(read)
    # A question typed in capitals throughout names nothing by them.
    shouted = not _SHOUTED.search(read)
    return Question(
        text=read,
        kind=kind,
        words=_words(read),
        names=() if shouted else tuple(names(read)),
        proper=() if shouted else tuple(dict.fromkeys(_CAPITALISED.findall(read))),
        counted=_counted(counted.group(1)) if counted else (),
        asks_for_papers=_ASKS_FOR_PAPERS.search(read) is not None,
        small_talk=is_small_talk(text),
    )


def names(text: str) -> list[str]:
    """Tokens that are shaped like the name of a system, a data set or a metric, each once."""
    return list(dict.fromkeys(match.group() for match in _NAME.finditer(text) if _SHAPED.search(match.group())))


def is_small_talk(text: str) -> bool:
    """Whether every clause of a short text is a greeting, thanks or the like."""
    if len(text) > 200:
        return False
    clauses = [clause.strip(" '\"-") for clause in re.split(r"[.!?,;:\n()]+", text)]
    return all(_TALK.fullmatch(clause) for clause in clauses if clause)


def _counted(phrase: str) -> tuple[str, ...]:
    """The stems of the first two words that are no name."""
    plain = [
        word
        for word in phrase.split()
        if (_INITIALS.fullmatch(word) or not _SHAPED.search(word)) and word.lower() not in STOP_WORDS
    ]
    return tuple(terms(" ".join(plain[:2])))


def _words(text: str) -> dict[str, Word]:
    found: dict[str, Word] = {}
    for word in words_of(text):
        stems = () if word in STOP_WORDS else tuple(dict.fromkeys(terms(word)))
        if any(len(stem) > 1 for stem in stems):
            found[word] = stems
        if len(found) == _MOST_WORDS:
            break
    return found
