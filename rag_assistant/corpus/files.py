"""Paths as people type them (files, folders, globs) to the files behind them."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings

_Seen = set[tuple[int, int]]


def files(paths: Iterable[str | Path], settings: CorpusSettings) -> Iterator[SourceFile | Rejection]:
    """The files that the paths name, in the order given, those of a folder by name; a Rejection for what isn't one.

    A file that is reached twice (named twice, or through a link) is given once. In folders, what begins with a dot is
    passed over. A file's name is the path as typed, for one in a folder the folder as typed and the way from there.
    """
    seen: _Seen = set()
    for given in paths:
        path = Path(given).expanduser()
        found = _expanded(path)
        if not found:
            yield Rejection(str(given), None, _missing(path))
        for one in found:
            yield from _walk(one, settings, seen, named=True)


def _expanded(path: Path) -> list[Path]:
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(str(path)):
        return [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207  absolute ones too
    return []


def _missing(path: Path) -> str:
    if glob.has_magic(str(path)):
        return "no file matches: check the pattern and the folder it starts from"
    folder = path.parent
    if folder.is_dir():
        return f"no such file or folder in {folder.resolve()}: check the name"
    return f"no such file or folder, and no folder {folder} either: check the path"


def _walk(path: Path, settings: CorpusSettings, seen: _Seen, *, named: bool) -> Iterator[SourceFile | Rejection]:
    name = path.as_posix()
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        if stat.S_ISDIR(status.st_mode):
            children = sorted(child for child in path.iterdir() if not child.name.startswith("."))
            if named and not children:
                yield Rejection(name, None, "an empty folder: nothing to read")
            for child in children:
                yield from _walk(child, settings, seen, named=False)
        elif not stat.S_ISREG(status.st_mode):
            yield Rejection(name, None, "not a regular file (a pipe, a socket or a device): save its content in a file")
        elif status.st_size == 0:
            yield Rejection(name, None, "the file is empty")
        elif status.st_size > settings.max_file_bytes:
            yield Rejection(
                name,
                None,
                f"the file has {status.st_size:,} bytes, more than the {settings.max_file_bytes:,} allowed "
                "(setting corpus.max_file_bytes)",
            )
        else:
            yield SourceFile(name, lambda: path.open("rb"), status.st_size)
    except OSError as error:
        yield Rejection(name, None, reason(error))


def reason(error: OSError) -> str:
    """Why the system would not give a file, in one line."""
    return f"can't be read: {error.strerror or type(error).__name__}"
