"""Prompts are files: text to edit, with named placeholders, known in every answer by the hash of what they say.

A prompt file holds a system part and a user part, each under a line of its own (``=== system ===``, ``=== user ===``);
without such lines all of it is the user's. A placeholder is a lower-case name in braces, ``{question}``. Any other
brace is text. What is put in is never searched for placeholders again, so a question may hold braces too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from rag_assistant.data import data_path
from rag_assistant.errors import PromptError

Role = Literal["system", "user", "assistant"]

# What each prompt is given, and so what its file must hold, no more and no less.
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "again": frozenset({"failures", "abstention"}),
    "answer": frozenset({"passages", "question", "abstention"}),
    "followup": frozenset({"history", "question"}),
    "judge": frozenset({"passages", "sentence"}),
}

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SECTION = re.compile(r"^===[ \t]*(\w+)[ \t]*===[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file, checked. ``hash`` is the first 12 hex digits of the SHA-256 of its text."""

    name: str
    path: Path
    sections: tuple[Message, ...]
    hash: str

    def render(self, **values: str) -> tuple[Message, ...]:
        """The messages with every placeholder filled in.

        Raises:
            PromptError: a value is missing, or there is one too many.
        """
        _same(self.name, self.path, frozenset(values), PLACEHOLDERS[self.name], "was given")
        return tuple(
            Message(part.role, _PLACEHOLDER.sub(lambda match: values[match[1]], part.content)) for part in self.sections
        )


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts in force."""

    again: Prompt
    answer: Prompt
    followup: Prompt
    judge: Prompt

    @property
    def hashes(self) -> dict[str, str]:
        """The hash of each by its name, for the manifest of an answer."""
        return {name: getattr(self, name).hash for name in PLACEHOLDERS}


def load_prompts(folder: Path | None = None) -> Prompts:
    """The prompts of a folder; one that the folder lacks is the package's own.

    Raises:
        PromptError: the folder isn't there or holds no prompt, or a file can't be read, is empty, or has a placeholder
            missing or unknown.
    """
    names = sorted(PLACEHOLDERS)
    if folder is not None:
        if not folder.is_dir():
            raise PromptError(f"{folder}: no such folder of prompts; it should hold {_files(names)}")
        if not any((folder / f"{name}.txt").is_file() for name in names):
            raise PromptError(f"{folder}: no prompt in it; name the files {_files(names)}")
    return Prompts(**{name: _load(name, folder) for name in PLACEHOLDERS})


def read_prompt(name: str, path: Path) -> Prompt:
    """One prompt from its file.

    Raises:
        PromptError: the file can't be read, is empty, or has a placeholder missing or unknown.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PromptError(f"{path}: the prompt {name!r} can't be read: {why}") from None
    sections = _sections(name, path, text)
    found = frozenset(_PLACEHOLDER.findall("\n".join(part.content for part in sections)))
    _same(name, path, found, PLACEHOLDERS[name], "has")
    return Prompt(name, path, sections, sha256(text.encode()).hexdigest()[:12])


def _load(name: str, folder: Path | None) -> Prompt:
    own = None if folder is None else folder / f"{name}.txt"
    return read_prompt(name, own if own is not None and own.is_file() else data_path(f"prompts/{name}.txt"))


def _sections(name: str, path: Path, text: str) -> tuple[Message, ...]:
    pieces = _SECTION.split(text)
    before, rest = pieces[0].strip(), pieces[1:]
    if not rest:
        rest, before = ["user", before], ""
    if before:
        raise PromptError(f"{path}: text before the first === section === of the prompt {name!r}")
    messages: list[Message] = []
    for role, content in zip(rest[::2], rest[1::2], strict=True):
        if role not in ("system", "user"):
            raise PromptError(f"{path}: unknown section {role!r} in the prompt {name!r}; there are system and user")
        if any(role == message.role for message in messages):
            raise PromptError(f"{path}: the section {role!r} stands twice in the prompt {name!r}")
        messages.append(Message("system" if role == "system" else "user", content.strip()))
    if not any(message.role == "user" and message.content for message in messages):
        raise PromptError(f"{path}: the prompt {name!r} has nothing to say to the model; its user section is empty")
    return tuple(message for message in messages if message.content)


def _same(name: str, path: Path, found: frozenset[str], wanted: frozenset[str], verb: str) -> None:
    known = ", ".join(f"{{{placeholder}}}" for placeholder in sorted(wanted))
    for missing in sorted(wanted - found):
        raise PromptError(f"{path}: the prompt {name!r} {verb} no {{{missing}}}; it needs {known}")
    for unknown in sorted(found - wanted):
        raise PromptError(f"{path}: the prompt {name!r} {verb} an unknown {{{unknown}}}; it may hold {known}")


def _files(names: list[str]) -> str:
    return ", ".join(f"{name}.txt" for name in names)
