"""What a paper is called in running text."""

from __future__ import annotations

import re

from rag_assistant.index.lexical import fold
from rag_assistant.records import Paper

# The name before the colon of a title, as in "LongRoPE: Extending …"; a longer head is a phrase, not a name.
_HEAD = re.compile(r"^([^:]{2,48}):\s")
_HEAD_WORDS = 4
_IN_BRACKETS = re.compile(r"\(([A-Z][\w^+-]*[A-Z0-9][\w^+-]*)\)\s*$")
_COINED = re.compile(
    r"\b(?:propos|introduc|present|develop|call|nam|dub|term|releas|build|built|creat|design)\w*\s+"
    r"(?:(?:it|them|this|a|an|the|our|model|framework|method|system|benchmark|dataset|as|new|novel|simple)\s+){0,4}"
    r"([A-Z][\w^+-]*[A-Z0-9][\w^+-]*)"
)
_UNBOUND = re.compile(
    r"(?:It|Its|This|That|These|Those|They|Their|Our|We|Such|Here|Both|"
    r"The (?:proposed|resulting|former|latter|model|method|approach|framework|benchmark|dataset|"
    r"system|results?|code|authors?|paper|survey|study|architecture|pipeline))\b"
)
_CONNECTIVE = re.compile(
    r"(?:However|Moreover|Furthermore|Additionally|Specifically|In addition|Besides|Meanwhile|Also|Finally|Thus|Hence|"
    r"Therefore|Consequently|To (?:this end|address this|do so|achieve this|tackle this)|In this (?:paper|work|study)|"
    r"In particular|Notably|Concretely|Based on (?:this|these)|First|Second|Then|Further|"
    r"Extensive experiments|Experiments)\b",
)


def name_of(paper: Paper) -> str:
    """A paper's short name: the head of its title, a name in brackets, one coined in the abstract, or the title."""
    head = _HEAD.match(paper.title)
    if head and len(head.group(1).split()) <= _HEAD_WORDS:
        return head.group(1).strip()
    bracketed = _IN_BRACKETS.search(paper.title)
    if bracketed:
        return bracketed.group(1)
    coined = _COINED.search(paper.abstract)
    if coined:
        return coined.group(1)
    return paper.title


def needs_subject(sentence: str) -> bool:
    """Whether a sentence cut out of its abstract leaves open what it speaks of ("It", "Our method", "However, …")."""
    opening = _CONNECTIVE.match(sentence)
    rest = sentence[opening.end() :].lstrip(" ,") if opening else sentence
    return opening is not None or _UNBOUND.match(rest[:1].upper() + rest[1:]) is not None


def mentions(text: str, name: str) -> bool:
    """Whether a text has a name in it, whatever its case."""
    return fold(name) in fold(text)
