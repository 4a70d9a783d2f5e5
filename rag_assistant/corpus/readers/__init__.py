"""One reader for each form that abstracts come in. A reader is found by what a file holds, not by its name alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag_assistant.corpus.entry import Found
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.settings import CorpusSettings


@dataclass(frozen=True, slots=True)
class Reader:
    """How one form is known and read.

    ``form`` is its name and ``example`` a small file of it, both for people. ``recognises`` looks at the first 64 kB
    only. ``read`` yields what is there, in order, and leaves it to its caller to refuse entries without a title or an
    abstract and those too long; it may raise OSError and SourceError.
    """

    form: str
    example: str
    recognises: Callable[[SourceFile, CorpusSettings], bool]
    read: Callable[[SourceFile, CorpusSettings], Iterator[Found]]
