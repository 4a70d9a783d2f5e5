"""JSON and JSON lines: one record a line, an array of records, or an object that holds one.

An array and JSON lines are read record by record, so that memory does not grow with the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rag_assistant.corpus.entry import Found
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.record import Records, plain_name, text_fields
from rag_assistant.corpus.source_file import HEAD_BYTES, SourceFile
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings

_LISTS = ("data", "results", "papers", "items", "records", "entries", "works", "documents", "message")


def longest_line(settings: CorpusSettings) -> int:
    """Bytes in a line that may hold a record of the allowed size: title and abstract escaped, and a lot besides."""
    return 12 * settings.max_record_chars + 1_000_000


def _recognises_lines(file: SourceFile, settings: CorpusSettings) -> bool:
    lines = [line for line in file.head_text.split("\n") if line.strip()][:3]
    if not lines or not lines[0].lstrip().startswith("{"):
        return False
    # A line that is cut off or broken is still a line of JSON lines when it goes on after its brace.
    whole = [line for line in lines if _is_object(line)]
    if whole:
        return not (len(lines) == 1 and _holds_a_list(json.loads(whole[0]), settings))
    if len(lines) == 1 and len(file.head) == HEAD_BYTES:  # is it a long record, or all of a JSON object on one line?
        rest = (text for _, text in file.lines(longest_line(settings)) if text is None or text.strip())
        return (next(islice(rest, 1, None), None) or "").lstrip().startswith("{")
    return len(lines) > 1 and (lines[1].lstrip().startswith("{") or len(lines[0]) > 1_000)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _holds_a_list(document: dict[str, Any], settings: CorpusSettings) -> bool:
    return not text_fields(document, settings.columns) and any(
        isinstance(value, list | dict) for value in document.values()
    )


def _read_lines(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    number = 0
    limit = longest_line(settings)
    records = Records(file.name, settings.columns)
    for line, text in file.lines(limit):
        if text is None:
            number += 1
            yield Rejection(file.name, line, f"a line of more than {limit:,} bytes")
        elif text := text.strip(" \t\x00\x1e"):
            number += 1
            record = _decoded(text, file.name, line)
            yield record if isinstance(record, Rejection) else records.entry(record, number, line)
    yield from records.never_seen()


def _decoded(text: str, file: str, line: int) -> dict[str, Any] | Rejection:
    try:
        record = json.loads(text)
    except ValueError as error:
        return Rejection(file, line, f"not valid JSON ({_fault(error)}): is the line cut off?")
    except RecursionError:
        return Rejection(file, line, "JSON nested too deeply")
    if not isinstance(record, dict):
        return Rejection(file, line, f"a JSON object was expected, this is a {_kind(record)}")
    return record


def _recognises_document(file: SourceFile, _settings: CorpusSettings) -> bool:
    return re.match(r"\s*(?:\[\s*(?:\{|$)|\{\s*(?:\"|$))", file.head_text) is not None


def _read_document(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    if file.head_text.lstrip().startswith("["):
        elements: Iterator[tuple[int, Any] | Rejection] = _array(file, longest_line(settings))
    else:
        elements = _object(file, settings)
    number = 0
    records = Records(file.name, settings.columns)
    for found in elements:
        if isinstance(found, Rejection):
            yield found
            continue
        number += 1
        line, record = found
        if isinstance(record, dict):
            yield records.entry(record, number, line)
        else:
            yield Rejection(file.name, line, f"a JSON object was expected, this is a {_kind(record)}")
    yield from records.never_seen()


def _object(file: SourceFile, settings: CorpusSettings) -> Iterator[tuple[int, Any] | Rejection]:
    text = file.text(settings.max_whole_bytes)
    try:
        document = json.loads(text.replace("\x00", ""))
    except ValueError as error:
        yield Rejection(file.name, getattr(error, "lineno", None), f"not valid JSON ({_fault(error)})", True)
        return
    except RecursionError:
        yield Rejection(file.name, None, "JSON nested too deeply")
        return
    while isinstance(document, dict) and _holds_a_list(document, settings):
        named = {plain_name(name): value for name, value in document.items()}
        inside = next((named[name] for name in _LISTS if isinstance(named.get(name), list | dict)), None)
        if inside is None:  # records by their key
            inside = [{"key": key, **value} for key, value in document.items() if isinstance(value, dict)]
        if inside is document:
            break
        document = inside
    # The lines of records within an object are not known.
    for record in document if isinstance(document, list) else [document]:
        yield 1, record


def _array(file: SourceFile, limit: int) -> Iterator[tuple[int, Any] | Rejection]:
    """The elements of an array with the lines they begin on, decoded one at a time from a moving window of text."""
    decoder = json.JSONDecoder()
    buffer, line, at_end = "", 1, False
    pieces = file.pieces()

    def fill() -> None:
        nonlocal buffer, at_end
        piece = next(pieces, None)
        if piece is None:
            at_end = True
        else:
            buffer += piece

    begun = False
    while True:
        blank = re.match(r"\s*[,\[]?\s*" if not begun else r"\s*,?\s*", buffer)
        assert blank is not None  # noqa: S101  the pattern matches nothing too
        begun = begun or "[" in blank.group()
        line += blank.group().count("\n")
        buffer = buffer[blank.end() :]
        if not buffer:
            if at_end:
                yield Rejection(file.name, line, "the JSON array is cut off: its end is missing", True)
                return
            fill()
            continue
        if buffer.startswith("]"):
            return
        wanted = len(buffer)
        while True:
            try:
                element, end = decoder.raw_decode(buffer)
                if end == len(buffer) and not at_end and not buffer.endswith(("}", "]")):
                    raise ValueError("a number may go on")
                break
            except RecursionError:
                yield Rejection(file.name, line, "JSON nested too deeply; the rest of the file was not read", True)
                return
            except ValueError as error:
                if at_end or len(buffer) > limit:
                    why = _fault(error) if at_end else f"a record of more than {limit:,} characters"
                    yield Rejection(file.name, line, f"not valid JSON ({why}); the rest of the file was not read", True)
                    return
                wanted *= 2  # so that a long record is tried few times
                while len(buffer) < wanted and not at_end:
                    fill()
        yield line, element
        line += buffer.count("\n", 0, end)
        buffer = buffer[end:]


def _fault(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return str(error)


def _kind(value: Any) -> str:
    return {list: "list", str: "string", bool: "true or false", type(None): "null"}.get(type(value), "number")


LINES = Reader(
    "JSON lines",
    '{"title": "A title", "abstract": "Its abstract.", "year": 2024}',
    _recognises_lines,
    _read_lines,
)
DOCUMENT = Reader(
    "JSON",
    '[{"title": "A title", "abstract": "Its abstract.", "doi": "10.1234/abcd"}]',
    _recognises_document,
    _read_document,
)
