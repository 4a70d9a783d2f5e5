"""The files of a finished generation, each with its size and SHA-256, so that damage is found and named.

Chroma's own files are left out: Chroma may tidy them when it opens them. They are tried by querying.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.embed import file_digest

_NAME = "files.json"
CHROMA = "chroma"


def write_digests(folder: Path) -> None:
    """Writes ``files.json`` over all files of a generation that is finished."""
    files = {path.relative_to(folder).as_posix(): [path.stat().st_size, file_digest([path])] for path in _files(folder)}
    (folder / _NAME).write_text(json.dumps(files, indent=1, sort_keys=True) + "\n")


def damaged_files(folder: Path, *, deep: bool) -> list[Path]:
    """The files that are missing, cut short, or, with ``deep``, not byte for byte what was written.

    Raises:
        IndexDamagedError: the list of files can't be read itself.
    """
    path = folder / _NAME
    try:
        files: dict[str, tuple[int, str]] = json.loads(path.read_text())
        damaged = []
        for name, (size, digest) in files.items():
            one = folder / name
            if not one.is_file() or one.stat().st_size != size or (deep and file_digest([one]) != digest):
                damaged.append(one)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{path} can't be read ({error}): run rag-assistant index rebuild") from error
    return damaged


def require_whole(folder: Path, *, deep: bool = False) -> None:
    """Refuses a generation with a damaged file.

    Raises:
        IndexDamagedError: names the file.
    """
    damaged = damaged_files(folder, deep=deep)
    if damaged:
        what = "is not what was written" if damaged[0].is_file() else "is missing"
        raise IndexDamagedError(f"{damaged[0]} {what}: run rag-assistant index rebuild")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != _NAME and path.relative_to(folder).parts[0] != CHROMA:
            yield path
