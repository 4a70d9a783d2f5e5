"""Finds the files that people edit, ``prompts/`` and ``evals/``, wherever the package runs from.

In a wheel they lie inside the package, under ``_data/``; in a checkout or an unpacked sdist they lie beside it.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from rag_assistant.errors import DataFileError

_PACKAGE = Path(__file__).parent


def data_path(name: str) -> Path:
    """The file or folder of that name, such as ``prompts/answer.txt``.

    Raises:
        DataFileError: there is none, or the name leads out of ``prompts/`` and ``evals/``.
    """
    parts = PurePosixPath(name).parts
    if not parts or parts[0] not in ("prompts", "evals") or ".." in parts:
        raise DataFileError(f"{name!r} is no file of prompts/ or evals/")
    inside, beside = _PACKAGE / "_data" / name, _PACKAGE.parent / name
    for path in (inside, beside):
        if path.exists():
            return path
    raise DataFileError(f"{name} is neither at {inside} nor at {beside}: install rag-assistant again")


def required(path: Path) -> Path:
    """The path of a file that belongs to the installation.

    Raises:
        DataFileError: it isn't there.
    """
    if not path.is_file():
        raise DataFileError(f"{path} is missing: install rag-assistant again")
    return path
