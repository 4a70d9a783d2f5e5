"""A draft to a checked answer: markers, exact quotes, and a verdict for every sentence."""

from __future__ import annotations

from rag_assistant.verify.check import Evidence, Verdict, check
from rag_assistant.verify.judging import judged_by
from rag_assistant.verify.markers import MarkerParser, parse_sentences
from rag_assistant.verify.resolve import Resolved, Resolver, resolve, resolve_sentence

__all__ = [
    "Evidence",
    "MarkerParser",
    "Resolved",
    "Resolver",
    "Verdict",
    "check",
    "judged_by",
    "parse_sentences",
    "resolve",
    "resolve_sentence",
]
