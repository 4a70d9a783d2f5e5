"""What a visitor asks for beside his question: who writes, from how many papers, and which of them may be found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_assistant.errors import LLMError, PromptError, RagAssistantError
from rag_assistant.records import Mode
from rag_assistant.retrieve import FIELDS, parse_filters
from rag_assistant.retrieve.filters import to_sql
from rag_assistant.web.safe import text

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

MOST_PAPERS = 30
# Where one filter ends and the next begins: a value may hold blanks and commas, so only a field with its sign parts
# them. A colon stands in titles as well, so before it the field must be one that there is.
_NEXT = re.compile(rf"[\s,;]+(?=(?:[A-Za-z_]+\s*(?:>=|<=|!=|>|<|=)|(?:{'|'.join(FIELDS)})\s*:))")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of one question. ``k`` is the number of papers handed to the writer, ``line`` the filters as they were typed."""

    mode: Mode
    k: int
    line: str = ""


def typed_filters(line: str) -> dict[str, str]:
    """Filters typed in one line (``year=2021..2023 category=cs.CL``), in the syntax of ``--filter``.

    Raises:
        FilterError: no field, no value, or no such field.
    """
    typed = line.strip(" \t\r\n,;")
    return parse_filters(_NEXT.split(typed)) if typed else {}


def filters_html(assistant: Assistant, line: str) -> str:
    """What a line of filters comes to: how many papers it leaves, or what is wrong with it; "" for an empty line."""
    try:
        filters = typed_filters(line)
        if not filters:
            return ""
        index = assistant.index
        left = index.catalog.count(*to_sql(filters))
    except RagAssistantError as error:
        return f'<p class="ra-wrong" role="alert">{text(str(error))}</p>'
    return f'<p class="ra-left" role="status">{left:,} of {index.manifest.papers:,} papers</p>'


def llm_html(assistant: Assistant, mode: Mode) -> str:
    """What is to be said of the language model before it is asked: why it is not to be had, and what mends that."""
    if mode == "extractive":
        return ""
    try:
        assistant.llm().model()
    except (LLMError, PromptError) as error:
        until = "Until then nothing is written." if mode == "llm" else "Until then answers are the papers’ own words."
        said = str(error).rstrip(".")
        return f'<p class="ra-nollm" role="status"><b>No language model:</b> {text(said)}. {until}</p>'
    return ""
