"""Questions over a collection of paper abstracts, answered with citations that can be checked.

    from rag_assistant import Assistant

    answer = Assistant.open().ask("How can a language model read two million tokens?")
    print(answer.text)
    print(answer.citations[0].quotes[0].text)

The names in ``__all__`` are the public ones. They are loaded when first used, so that importing the package imports
no heavy library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant as Assistant
    from rag_assistant.conversation import Conversation as Conversation
    from rag_assistant.errors import RagAssistantError as RagAssistantError
    from rag_assistant.records import Answer as Answer
    from rag_assistant.records import Citation as Citation
    from rag_assistant.records import Hit as Hit
    from rag_assistant.records import IngestReport as IngestReport
    from rag_assistant.records import Paper as Paper
    from rag_assistant.records import Passage as Passage
    from rag_assistant.records import Quote as Quote
    from rag_assistant.records import Sentence as Sentence
    from rag_assistant.settings import Settings as Settings

__version__ = "0.1.0"

_HOMES = {
    "Assistant": "assistant",
    "Conversation": "conversation",
    "Settings": "settings",
    "RagAssistantError": "errors",
    **dict.fromkeys(("Answer", "Citation", "Hit", "IngestReport", "Paper", "Passage", "Quote", "Sentence"), "records"),
}

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Conversation",
    "Hit",
    "IngestReport",
    "Paper",
    "Passage",
    "Quote",
    "RagAssistantError",
    "Sentence",
    "Settings",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
