"""A zstd file as a stream of bytes that says so when it is cut off."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

# Bytes unpacked at a time: four of them can stand for 128 kB, so this many become 32 MB at most.
_PIECE = 1_024


class ZstdStream(io.RawIOBase):
    """Bytes of one zstd frame after another.

    The library's own stream reader ends in silence where a frame is cut off.
    """

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard

        self._packed = packed
        self._library = zstandard
        self._frame: Any = None
        self._ready, self._given = b"", 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer as far as one piece goes; 0 at the end.

        Raises:
            EOFError: the file ends within a frame.
            ValueError: what is there is no zstd.
        """
        while self._given == len(self._ready):
            data = self._packed.read(_PIECE)
            if not data:
                if self._frame is not None:
                    raise EOFError("the file ends within a zstd frame")
                return 0
            self._ready, self._given = self._unpacked(data), 0
        data = self._ready[self._given : self._given + len(buffer)]
        self._given += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _unpacked(self, data: bytes) -> bytes:
        pieces = []
        try:
            while data:
                if self._frame is None:
                    self._frame = self._library.ZstdDecompressor().decompressobj()
                pieces.append(self._frame.decompress(data))
                data = b""
                if self._frame.eof:
                    data, self._frame = self._frame.unused_data, None
        except self._library.ZstdError as error:
            raise ValueError(str(error)) from error
        return b"".join(pieces)
