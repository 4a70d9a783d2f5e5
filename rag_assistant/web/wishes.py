"""What a visitor asks for beside his question: who writes, from how many papers, which may be found, how strictly."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_type_hints

from pydantic import TypeAdapter, ValidationError

from rag_assistant.errors import LLMError, PromptError, RagAssistantError
from rag_assistant.records import Mode
from rag_assistant.retrieve import FIELDS, parse_filters
from rag_assistant.retrieve.filters import to_sql
from rag_assistant.settings import Settings, Strictness
from rag_assistant.web.safe import text

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

MOST_PAPERS = 30
LONGEST_NAME = 200  # of a model
# Where one filter ends and the next begins: a value may hold blanks and commas, so only a field with its sign parts
# them. A colon stands in titles as well, so before it the field must be one that there is.
_NEXT = re.compile(rf"[\s,;]+(?=(?:[A-Za-z_]+\s*(?:>=|<=|!=|>|<|=)|(?:{'|'.join(FIELDS)})\s*:))")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of one question. ``k`` is the number of papers handed to the writer, ``line`` the filters as they were typed,
    ``model`` an LLM's name or "" for the configured one, ``unsupported`` what becomes of sentences not borne out.
    """

    mode: Mode
    k: int
    line: str = ""
    model: str = ""
    unsupported: Strictness = "mark"

    @classmethod
    def configured(cls, settings: Settings) -> Wishes:
        """Those of the settings."""
        answer = settings.answer
        return cls(answer.mode, min(settings.retrieve.k, MOST_PAPERS), unsupported=answer.unsupported)

    @classmethod
    def read(cls, values: object, settings: Settings) -> Wishes:
        """Those that a page sends or a browser kept, as :attr:`values`; as configured where they are something else."""
        known = get_type_hints(cls)
        if not isinstance(values, list) or len(values) != len(known):
            return cls.configured(settings)
        try:
            read = TypeAdapter(cls).validate_python(dict(zip(known, values, strict=True)))
        except ValidationError:
            return cls.configured(settings)
        if len(read.model) > LONGEST_NAME:
            return cls.configured(settings)
        return replace(read, k=min(max(read.k, 1), MOST_PAPERS))

    @property
    def values(self) -> list[str | int]:
        """The fields in their order, as the page's own fields and the browser hold them."""
        return [self.mode, self.k, self.line, self.model, self.unsupported]


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


def model_choices(assistant: Assistant, wanted: str) -> list[tuple[str, str]]:
    """Labels and names of the LLMs to choose from: the configured one (""), those that the server has, the wanted one.

    Where the server can't be reached only the first and the last are left; :func:`llm_html` says why.
    """
    configured = assistant.settings.llm.model
    there: dict[str, str] = {}
    with suppress(LLMError, PromptError):
        for model in assistant.llm().server().models():
            if model.writes:
                there[model.name] = f"{model.name} (on another machine)" if model.remote else model.name
    if wanted:
        there.setdefault(wanted, wanted)
    first = f"As configured ({configured})" if configured else "The best there is"
    return [(first, ""), *((label, name) for name, label in there.items())]


def llm_html(assistant: Assistant, mode: Mode, model: str) -> str:
    """What is to be said of the language model before it is asked: why it is not to be had, and what mends that."""
    if mode == "extractive":
        return ""
    try:
        writer = assistant.llm()
        (writer.with_model(model) if model else writer).model()
    except (LLMError, PromptError) as error:
        until = "Until then nothing is written." if mode == "llm" else "Until then answers are the papers’ own words."
        said = str(error).rstrip(".")
        return f'<p class="ra-nollm" role="status"><b>No language model:</b> {text(said)}. {until}</p>'
    return ""
