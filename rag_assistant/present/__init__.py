"""A checked answer as text for people and for programs: terminal, Markdown, JSON, BibTeX."""

from __future__ import annotations

from rag_assistant.present.bibtex import answer_bibtex, paper_bibtex
from rag_assistant.present.json import answer_dict, hit_dict, paper_dict, report_dict
from rag_assistant.present.markdown import answer_markdown
from rag_assistant.present.svg import answer_svg
from rag_assistant.present.table import write_csv

__all__ = [
    "answer_bibtex",
    "answer_dict",
    "answer_markdown",
    "answer_svg",
    "hit_dict",
    "paper_bibtex",
    "paper_dict",
    "report_dict",
    "write_csv",
]
