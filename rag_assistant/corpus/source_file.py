"""A file as a reader sees it: a name to cite, its first bytes, and its text a bounded piece at a time.

UTF-8 is tried first, line by line, and a line that isn't UTF-8 is read as Windows-1252 (Latin-1 and its quotation
marks), so that files of mixed encodings are read too. Where such lines are full of high bytes they are of another
script, and charset-normalizer tells which. UTF-16 and UTF-32 are known by their byte order mark, or by where
their zero bytes stand.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from rag_assistant.errors import SourceError

_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEAD_BYTES = 65_536

# Encodings of other scripts. Those of Latin letters with accents can't be told apart by a few bytes in a hundred.
_SCRIPTS = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "koi8_r", "cp1251", "cp1253", "cp1255", "cp1256"]
_LATIN = "cp1252"
_MANY_HIGH = 0.4  # of the letters: in French, every sixth one at the most
_SAMPLE = 8_192

_AS_LATIN = "rag_assistant.latin"


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  it is asked only when decoding
    return error.object[error.start : error.end].decode(_LATIN, "ignore"), error.end


codecs.register_error(_AS_LATIN, _as_latin)

Line = tuple[int, str | None]
"""The number of a line, from 1, and its text without the line end; None for a line over the limit."""


@dataclass(frozen=True)
class SourceFile:
    """A file to read.

    ``name`` is what sources and rejections call it; ``opener`` opens it for reading bytes; ``size`` is how many there
    are on disk (of what is packed: as it lies there).
    """

    name: str
    opener: Callable[[], BinaryIO]
    size: int = 0

    @cached_property
    def head(self) -> bytes:
        """The first 64 kB.

        Raises:
            OSError: the file can't be read.
        """
        with self.opener() as stream:
            return stream.read(HEAD_BYTES)

    @cached_property
    def head_text(self) -> str:
        """The first 64 kB as text; the last line of it may be cut off."""
        return decode(self.head, self.narrow)

    @cached_property
    def narrow(self) -> str:
        """The encoding of lines that aren't UTF-8."""
        return narrow_encoding(self.head)

    def lines(self, limit: int) -> Iterator[Line]:
        """The lines one after the other; of one longer than ``limit`` bytes no more than that is ever held.

        Raises:
            OSError: the file can't be read.
        """
        with self.opener() as stream:
            wide = wide_encoding(self.head)
            yield from _wide_lines(stream, wide, limit) if wide else _lines(stream, limit, self.narrow)

    def pieces(self) -> Iterator[str]:
        """The text, some thousand characters at a time, with ``\\n`` for every kind of line end.

        Bytes that aren't UTF-8 are read as Windows-1252 one by one, or the whole file in the encoding of its script.

        Raises:
            OSError: the file can't be read.
        """
        encoding = wide_encoding(self.head) or ("utf-8-sig" if self.narrow == _LATIN else self.narrow)
        errors = _AS_LATIN if encoding == "utf-8-sig" else "replace"
        with io.TextIOWrapper(self.opener(), encoding, errors) as text:
            while piece := text.read(HEAD_BYTES):
                yield piece

    def text(self, limit: int) -> str:
        """The whole text, with ``\\n`` for every kind of line end.

        Raises:
            OSError: the file can't be read.
            SourceError: it has more than ``limit`` bytes.
        """
        with self.opener() as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            why = f"more than the {limit:,} bytes allowed for a file of this form (setting corpus.max_whole_bytes)"
            raise SourceError(f"{self.name} has {why}")
        return decode(data, self.narrow)


def wide_encoding(head: bytes) -> str | None:
    """The name of a UTF-16 or UTF-32 encoding that the bytes are in, or None."""
    for mark, name in _WIDE:
        if head.startswith(mark):
            return name
    even, odd = head[:2_000:2], head[1:2_000:2]
    if len(odd) >= 8:
        if odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
            return "utf-16-le"
        if even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
            return "utf-16-be"
    return None


def narrow_encoding(head: bytes) -> str:
    """The encoding of those lines that aren't UTF-8: Windows-1252, unless they look like another script."""
    if head.isascii() or wide_encoding(head):
        return _LATIN
    lines = head.split(b"\n")[:-1] or [head]  # the last one may be cut off within a character
    strange = b"\n".join(line for line in lines if not _is_utf_8(line))[:_SAMPLE]
    high = sum(byte >= 0x80 for byte in strange)
    if high < _MANY_HIGH * (high + sum(bytes((byte,)).isalpha() for byte in strange)):
        return _LATIN
    from charset_normalizer import from_bytes

    best = from_bytes(strange, cp_isolation=_SCRIPTS, enable_fallback=False).best()
    return best.encoding if best is not None else _LATIN


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decode(data: bytes, narrow: str = _LATIN) -> str:
    """Text of the bytes, whatever they are; never raises. Every line end becomes ``\\n``."""
    wide = wide_encoding(data[:HEAD_BYTES])
    if wide:
        text = data.decode(wide, errors="replace")
    else:
        data = data.removeprefix(codecs.BOM_UTF8)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = "\n".join(_narrow(line, narrow) for line in data.split(b"\n"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _narrow(line: bytes, encoding: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        # The five bytes that Windows-1252 leaves open are control characters in Latin-1, which cleaning would drop.
        return line.decode(encoding, errors="ignore")


def _lines(stream: BinaryIO, limit: int, narrow: str) -> Iterator[Line]:
    number = 0
    while line := stream.readline(limit + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        ended = line.endswith(b"\n")
        line = line.rstrip(b"\r\n")
        if len(line) <= limit:
            yield number, _narrow(line, narrow)
            continue
        yield number, None
        while not ended and (line := stream.readline(HEAD_BYTES)):
            ended = line.endswith(b"\n")


def _wide_lines(stream: BinaryIO, encoding: str, limit: int) -> Iterator[Line]:
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)
    number = 0
    while line := text.readline(limit + 1):
        number += 1
        ended = line.endswith("\n")
        line = line.rstrip("\n")
        if len(line) <= limit:
            yield number, line.removeprefix("\ufeff")
            continue
        yield number, None
        while not ended and (line := text.readline(HEAD_BYTES)):
            ended = line.endswith("\n")
