"""The one phrase that says "the papers don't answer this", shared by the prompt, the parser and the tests."""

from __future__ import annotations

import re

ABSTENTION = "The indexed papers do not answer this."

_MARKER = re.compile(r"[\[【(]\^?\d+[^\])】]*[\])】]")
_LETTERS = re.compile(r"[^a-z]+")

# How small models put the same thing in their own words. Believed only where nothing is cited.
_OWN_WORDS = re.compile(
    r"\b(?:indexed|provided|given|supplied|available|above|these|the)\s+(?:\w+\s+){0,2}?"
    r"(?:papers?|passages?|abstracts?|context|documents?|text|sources?|excerpts?)\s+(?:\w+\s+){0,2}?"
    r"(?:do(?:es)?\s+not|don['’]t|doesn['’]t|cannot|can['’]t|provides?\s+no|contains?\s+no|gives?\s+no|has\s+no|have\s+no)\b",
    re.IGNORECASE,
)


def is_abstention(text: str) -> bool:
    """Whether a draft abstains.

    It does where it begins with the phrase (whatever its case, quotes, emphasis or punctuation), and where it cites
    nothing and says in other words that the papers don't answer. "The papers do not mention X, but Y does [1]." cites
    something, and is left to the verifier.
    """
    if _plain(text).startswith(_plain(ABSTENTION).strip()):
        return True
    return not _MARKER.search(text) and _OWN_WORDS.search(_first_sentence(text)) is not None


def _plain(text: str) -> str:
    return _LETTERS.sub(" ", text.lower()).strip()


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]
