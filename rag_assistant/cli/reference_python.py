"""The Python API as Markdown, made from signatures, docstrings and the comments beside dataclass fields."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from typing import Any

# What a program uses: a heading, a sentence, and the names under it.
_CHAPTERS = (
    (
        "The assistant",
        "Made with `Assistant.open`; everything else is reached from it.",
        ("rag_assistant.Assistant", "rag_assistant.Conversation", "rag_assistant.Settings"),
    ),
    (
        "Answers",
        "Frozen dataclasses. Offsets count Python characters of `Paper.abstract`.",
        (
            "rag_assistant.Answer",
            "rag_assistant.Sentence",
            "rag_assistant.Citation",
            "rag_assistant.Quote",
        ),
    ),
    (
        "Papers and search",
        "",
        (
            "rag_assistant.Paper",
            "rag_assistant.records.Source",
            "rag_assistant.Passage",
            "rag_assistant.Hit",
        ),
    ),
    (
        "What an ingest did",
        "",
        ("rag_assistant.IngestReport", "rag_assistant.records.Duplicate", "rag_assistant.records.Rejection"),
    ),
    (
        "Events of a stream",
        "`Assistant.stream` and `Conversation.stream` yield these, in this order.",
        (
            "rag_assistant.records.RetrievalDone",
            "rag_assistant.records.Token",
            "rag_assistant.records.AnotherDraft",
            "rag_assistant.records.SentenceChecked",
            "rag_assistant.records.AnswerDone",
        ),
    ),
    ("Checking a sentence", "", ("rag_assistant.verify.check", "rag_assistant.verify.Verdict")),
    ("The page as an application", "", ("rag_assistant.web.make_app",)),
    (
        "Errors",
        "All are of this root; [Troubleshooting](troubleshooting.md#errors) lists every one with what mends it.",
        ("rag_assistant.RagAssistantError",),
    ),
)


def python_part() -> str:
    """Every name that a program uses, with its signature, its docstring, its fields and its methods."""
    chapters = []
    for heading, about, names in _CHAPTERS:
        parts = [f"## {heading}", *([about] if about else []), *(_section(name) for name in names)]
        chapters.append("\n\n".join(parts))
    return "\n\n".join(chapters)


def plain(docstring: str) -> str:
    """A docstring as Markdown: Args, Returns and Raises become lists, reStructuredText's marks become Markdown's."""
    text = inspect.cleandoc(docstring)
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text)
    text = text.replace("``", "`")
    text = re.sub(r"::$", ":", text, flags=re.MULTILINE)
    return re.sub(
        r"^(Args|Returns|Raises|Yields):\n((?:[ ].*\n?|\n(?=[ ]))+)", _listed, text, flags=re.MULTILINE
    ).strip()


def cell(text: str) -> str:
    """A text as one cell of a table: on one line."""
    return " ".join(plain(text).split())


def _listed(found: re.Match[str]) -> str:
    body = inspect.cleandoc(found[2])
    title = {"Args": "Parameters", "Returns": "Returns", "Raises": "Raises", "Yields": "Yields"}[found[1]]
    if title in ("Returns", "Yields"):
        return f"**{title}** {' '.join(body.split())}\n"
    items = [re.sub(r"\n\s+", " ", item) for item in re.split(r"\n(?=\S)", body)]
    return f"**{title}**\n\n" + "\n".join(re.sub(r"^([\w.*]+):", r"- `\1`:", item) for item in items) + "\n"


def _section(dotted: str) -> str:
    home, _, name = dotted.rpartition(".")
    value = getattr(importlib.import_module(home), name)
    lead = f"### {name}\n\n`from {home} import {name}`"
    if inspect.isfunction(value):
        return f"{lead}\n\n{_code(name, value)}\n\n{plain(value.__doc__ or '')}"
    parts = [lead, plain(value.__doc__ or "")]
    if dataclasses.is_dataclass(value):
        parts.append(_fields(value))
    parts += [_member(value, member) for member in vars(value) if _public(value, member)]
    return "\n\n".join(part for part in parts if part)


def _public(owner: type, name: str) -> bool:
    member = inspect.getattr_static(owner, name)
    if name.startswith("_") or name == "settings_customise_sources":
        return False
    return isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member)


def _member(owner: type, name: str) -> str:
    member = inspect.getattr_static(owner, name)
    if isinstance(member, property):
        returned = inspect.signature(member.fget).return_annotation if member.fget else ""
        shown = f"```py\n{owner.__name__}.{name}: {returned}\n```"
        return f"#### {owner.__name__}.{name}\n\n{shown}\n\n{plain(member.__doc__ or '')}"
    function: Any = getattr(owner, name)
    whole = f"{owner.__name__}.{name}"
    return f"#### {whole}\n\n{_code(whole, function)}\n\n{plain(function.__doc__ or '')}"


def _code(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    shown = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    whole = str(signature.replace(parameters=shown)).replace("'", "")
    if len(name + whole) > 100:
        inner = [str(one).replace("'", "") for one in shown]
        keyword = next((i for i, one in enumerate(shown) if one.kind is inspect.Parameter.KEYWORD_ONLY), None)
        if keyword is not None:
            inner.insert(keyword, "*")
        whole = "(\n    " + ",\n    ".join(inner) + f",\n) -> {signature.return_annotation}"
    return f"```py\n{name}{whole}\n```"


def _fields(record: Any) -> str:
    names = {field.name for field in dataclasses.fields(record)}
    lines = [line.strip() for line in inspect.getsource(record).splitlines()]
    return "```py\n" + "\n".join(line for line in lines if line.partition(":")[0] in names) + "\n```"
