"""A question and its hits to a draft: the extractive writer, the LLM writer, follow-ups, abstention."""

from __future__ import annotations

from rag_assistant.answer.abstention import ABSTENTION, is_abstention
from rag_assistant.answer.extractive import write_extractive
from rag_assistant.answer.followup import standalone_question
from rag_assistant.answer.judge import LLMJudge
from rag_assistant.answer.llm import LLMWriter, make_llm_writer
from rag_assistant.answer.reading import Attempt

__all__ = [
    "ABSTENTION",
    "Attempt",
    "LLMJudge",
    "LLMWriter",
    "is_abstention",
    "make_llm_writer",
    "standalone_question",
    "write_extractive",
]
