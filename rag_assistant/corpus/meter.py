"""How far a reading is: bytes read of the bytes that there are."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from rag_assistant.corpus.source_file import HEAD_BYTES, SourceFile

Watch = Callable[[int, int], None]
"""Told how many bytes are read, and how many there are (packed files count as they lie on disk)."""


class Meter:
    """Counts what is read of one file after another; a file read twice (its beginning is) counts once."""

    def __init__(self, total: int, watch: Watch) -> None:
        self._total, self._watch = total, watch
        self._before = 0  # bytes of the files that are done
        self._size = self._read = 0

    def begin(self, file: SourceFile) -> SourceFile:
        """The file as one whose reading is counted."""
        self._before += self._size
        self._size, self._read = file.size, 0
        return replace(file, opener=lambda: io.BufferedReader(_Counted(file.opener(), self._count), HEAD_BYTES))

    def end(self) -> None:
        """Says that all is read, also of files that were passed over."""
        self._watch(self._total, self._total)

    def _count(self, count: int) -> None:
        self._read += count
        self._watch(self._before + min(self._read, self._size), self._total)


class _Counted(io.RawIOBase):
    """A file that tells how many bytes were read of it, each time that some are."""

    def __init__(self, stream: BinaryIO, count: Callable[[int], None]) -> None:
        self._stream, self._count = stream, count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._count(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
