"""The corpus that comes with the package: digests of papers, one JSON object a line with ``title`` and ``abstract``."""

from __future__ import annotations

import hashlib
from pathlib import Path


def bundled_path() -> Path:
    """The file ``papers.jsonl``, which :func:`rag_assistant.corpus.collect` reads like any other."""
    return Path(__file__).with_name("papers.jsonl")


def bundled_digest() -> str:
    """The SHA-256 of the file in hexadecimal: it changes when the bundled corpus does.

    Raises:
        DataFileError: the file is missing from the installation.
    """
    from rag_assistant.data import required

    return hashlib.sha256(required(bundled_path()).read_bytes()).hexdigest()
