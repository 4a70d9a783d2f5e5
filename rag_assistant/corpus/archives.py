"""What is packed (gzip, bzip2, xz, zstd, zip) is read as if it lay there unpacked; nothing is ever written to disk.

A small file can unpack to a huge one, so what comes out is counted: it may have no more bytes than a file may
(``corpus.max_file_bytes``), nor, past 100 MB, more than so many times (``corpus.max_unpacked_times``) the bytes that
went in. Text packs to a third of its size, seldom to a twentieth.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.corpus.zstd_stream import ZstdStream
from rag_assistant.errors import SourceError
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings

_UNPACKERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"(\xb5/\xfd": ZstdStream,
}
_ZIP = b"PK\x03\x04"
_DEEPEST = 2
_TRUSTED_BYTES = 100_000_000
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)


class _Counted(io.RawIOBase):
    """Bytes of an unpacker, counted, with its many errors mapped to one; closes what it is told to."""

    def __init__(self, name: str, stream: Any, most: int, *owned: Any) -> None:
        self._name, self._stream, self._most, self._owned, self._count = name, stream, most, owned, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data: bytes = self._stream.read(len(buffer))
        except _BROKEN as error:
            raise SourceError(f"{self._name} can't be unpacked: {error}: is it damaged or cut off?") from error
        self._count += len(data)
        if self._count > self._most:
            raise SourceError(f"{self._name} unpacks to more than the {self._most:,} bytes allowed for its size")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for stream in (self._stream, *self._owned):
            stream.close()
        super().close()


def unpacked(file: SourceFile, settings: CorpusSettings, depth: int = 0) -> Iterator[SourceFile | Rejection]:
    """The files that a file holds: those of an archive, the content of a packed file, or the file itself.

    Raises:
        OSError: the file can't be read.
        SourceError: it is damaged, or unpacks to too much.
    """
    if depth < _DEEPEST:
        for magic, unpacker in _UNPACKERS.items():
            if file.head.startswith(magic):
                inside = SourceFile(file.name, _opener(file, unpacker, settings), file.size)
                yield from unpacked(inside, settings, depth + 1)
                return
        if file.head.startswith(_ZIP) and b"[Content_Types].xml" not in file.head and b"mimetype" not in file.head[:60]:
            yield from _members(file, settings, depth)
            return
    yield file


def _opener(file: SourceFile, unpacker: Callable[[Any], Any], settings: CorpusSettings) -> Callable[[], BinaryIO]:
    def open_() -> BinaryIO:
        packed = file.opener()
        # What is packed twice is held to the size on disk both times.
        return io.BufferedReader(_Counted(file.name, unpacker(packed), _most(file.size, settings), packed))

    return open_


def _most(size: int, settings: CorpusSettings) -> int:
    return min(settings.max_file_bytes, max(_TRUSTED_BYTES, size * settings.max_unpacked_times))


def _members(file: SourceFile, settings: CorpusSettings, depth: int) -> Iterator[SourceFile | Rejection]:
    with file.opener() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except (*_BROKEN, OSError) as error:
            raise SourceError(f"{file.name} can't be unpacked: {error}: is it damaged or cut off?") from error
        with archive:  # for all members: its directory is read once
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                yield from _from_member(file.name, archive, member, settings, depth)


def _from_member(
    name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: CorpusSettings, depth: int
) -> Iterator[SourceFile | Rejection]:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    name = f"{name}/{path}"
    if member.filename.endswith("/") or any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts):
        return
    if path.is_absolute() or ".." in path.parts:
        yield Rejection(name, None, "its name leads out of the archive: it was not read")
    elif member.flag_bits & 1:
        yield Rejection(name, None, "it is encrypted: unpack the archive with its password first")
    elif member.file_size == 0:
        yield Rejection(name, None, "the file is empty")
    else:
        try:
            inside = SourceFile(name, _member(archive, member, name, settings), member.compress_size)
            yield from unpacked(inside, settings, depth + 1)
        except SourceError as error:
            yield Rejection(name, None, str(error).removeprefix(f"{name} "))


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, settings: CorpusSettings
) -> Callable[[], BinaryIO]:
    def open_() -> BinaryIO:
        try:
            stream = archive.open(member)
        except _BROKEN as error:
            raise SourceError(f"{name} can't be unpacked: {error}: is the archive damaged?") from error
        return io.BufferedReader(_Counted(name, stream, _most(member.compress_size, settings)))

    return open_
