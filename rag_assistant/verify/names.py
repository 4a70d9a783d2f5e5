"""Named things of a text (systems, datasets, metrics, acronyms, people, places) and whether another text names them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify.figures import unit_of
from rag_assistant.verify.words import STOP_WORDS, Word, is_common, words_of

# A name with what is glued to it: LLaVA-1.5, GPT-4V, E^2-LLM, ImageNet, COCO, CO2, Llama 2.
_NAME = re.compile(
    r"[^\W_]+(?:[-–./^+&][^\W_]+)*"
    r"(?:\s\d+(?:\.\d+)?\b(?![.,]?\d|\s*(?:%|\\%|percent|times|x\b|million|billion|thousand|[a-z])))?\+*"
)
_HAS_INNER_CAPITAL = re.compile(r"[^\W\d_][A-ZÀ-ÖØ-Þ]|[A-ZÀ-ÖØ-Þ]{2}")
_HAS_LETTER_AND_DIGIT = re.compile(r"(?=.*[^\W\d_])(?=.*\d)")
_UNIT_LIKE = re.compile(
    r"\d+(?:\.\d+)?(?:[kKmMbBtT]|x|X|[xX]\d+|ms|s|h|gb|GB|MB|mb|TB|fps|px|th|st|nd|rd|D|-?bits?|hz|Hz|kHz|FPS|d|"
    r"min|kbps|dB|[eE][-−+]?\d+|-[a-z]+(?:-[a-z]+)*)",
)
_FIGURE_BEFORE = re.compile(r"\d[\s~-]?$")
_GENERIC = frozenset("ai i ml dl nlp cv we usa".split())
# At the beginning of a sentence such words are capitalised without being names.
_ORDINARY_ENDING = re.compile(r"(?:ing|ly|ed|ides?|eas|ough|ever|hile|ess|ion|ions|ies)$")
_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:;]['\"”’)]*\s|\n)\s*['\"“‘(\[]*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in a text, and its letters and digits alone, in lower case."""

    text: str
    key: str
    start: int
    end: int


def key_of(text: str) -> str:
    """A name's letters and digits in lower case: "LLaVA-1.5" and "llava 1.5" are one name."""
    return "".join(char for char in text.lower() if char.isalnum())


def names_of(text: str) -> list[Name]:
    """The names of ``text`` in order.

    A word is a name for a capital inside it, for a digit in it, for being written in capitals, or for a capital where
    no sentence begins; an ordinary capitalised word of scientific English ("Transformer", "Experiments") is none.
    """
    found: list[Name] = []
    for match in _NAME.finditer(text):
        word = match.group()
        start = match.start()
        head = word.split(" ")[0]
        if start and text[start - 1] == "\\":
            continue  # a LaTeX command
        if not any(char.isalpha() for char in head) or _UNIT_LIKE.fullmatch(head):
            continue
        if unit_of(head) and _FIGURE_BEFORE.search(text, max(0, start - 3), start):
            continue  # 50 kHz
        if not (head[0].isupper() or _HAS_INNER_CAPITAL.search(head) or _HAS_LETTER_AND_DIGIT.match(head)):
            continue
        strong = _HAS_INNER_CAPITAL.search(head) or _HAS_LETTER_AND_DIGIT.match(head)
        parts = [part for part in re.split(r"[-–./^+&]", head) if part]
        if not strong and (
            len(parts[0]) < 2 or all(part.lower() in STOP_WORDS or is_common(part.lower()) for part in parts)
        ):
            continue
        if (
            strong
            and "-" in head
            and all(is_common(part.lower()) and not _HAS_INNER_CAPITAL.search(part) for part in parts)
        ):
            continue  # Vision-Language
        if not strong and " " in word:
            word = head
        if key_of(word) not in _GENERIC:
            found.append(Name(word, key_of(word), start, start + len(word)))
    return found


class NameIndex:
    """What one text names, for looking names of another text up in it."""

    def __init__(self, text: str, words: Sequence[Word] | None = None) -> None:
        words = words_of(text) if words is None else words
        self._text = text
        tokens = [key_of(match.group()) for match in re.finditer(r"[^\W_]+", text)]
        self._keys = set(tokens)
        for size in (2, 3, 4):
            self._keys.update("".join(tokens[place : place + size]) for place in range(len(tokens) - size + 1))
        self._initials = "".join(word.lower[:1] for word in words)
        self._main_initials = "".join(word.lower[:1] for word in words if word.lower not in STOP_WORDS)
        self._lower = {word.lower for word in words}

    def has(self, name: Name | str) -> bool:
        """Whether the text names it, in any spelling, in the plural, or by the words that an acronym stands for."""
        text = name if isinstance(name, str) else name.text
        key = key_of(text)
        if not key or key in self._keys or key + "s" in self._keys:
            return True
        if key.endswith("s") and key[:-1] in self._keys:
            return True
        head, _, number = text.partition(" ")
        if number and number[:1].isdigit() and self.has(head):
            # "AIME 60.8" is no version but a result: the figure is held against the figures.
            return not re.search(rf"{re.escape(head)}[-\s]?v?\d", self._text, re.IGNORECASE)
        stem = text[:-1] if text.endswith("s") and len(text) > 3 else text
        if stem.isupper() and stem.isalpha() and 2 <= len(stem) <= 6:
            initials = stem.lower()
            if len(initials) > 2 and (initials in self._initials or initials in self._main_initials):
                return True
        parts = [part for part in re.split(r"[-–/&+]", text) if part]
        if len(parts) > 1:
            return all(
                self.has(part) or part.lower() in self._lower or (is_common(part.lower()) and not part[:1].isupper())
                for part in parts
            )
        return False
