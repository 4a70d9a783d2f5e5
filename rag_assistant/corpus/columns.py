"""A mapping of one's own: which column (or field of a JSON object) holds the title, the abstract, and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from rag_assistant.errors import UsageError
from rag_assistant.settings import COLUMN_FIELDS, CorpusSettings

# A comma parts two pairs only where another field's name follows, since a column's name may have commas in it.
_BETWEEN = re.compile(rf",(?=\s*(?:{'|'.join(COLUMN_FIELDS)})\s*=)")


def parse_columns(expressions: Sequence[str]) -> dict[str, str]:
    """The mapping in ``["title=Name,abstract=Text", "year=Jahr"]``.

    Raises:
        UsageError: what is no ``field=column``, or a field given twice.
    """
    columns: dict[str, str] = {}
    for pair in [pair for expression in expressions for pair in _BETWEEN.split(expression)]:
        field, sign, column = (part.strip() for part in pair.partition("="))
        if not (sign and field and column):
            raise UsageError(f"mapping {pair!r} is not field=column, such as title=Name,abstract=Text")
        if field in columns:
            raise UsageError(f"two columns for {field}: {columns[field]!r} and {column!r}")
        columns[field] = column
    return columns


def with_columns(settings: CorpusSettings, columns: Mapping[str, str] | None) -> CorpusSettings:
    """The settings with a mapping in the place of theirs; None leaves theirs.

    Raises:
        UsageError: the mapping names a field that papers don't have.
    """
    if columns is None:
        return settings
    try:
        return CorpusSettings(**{**settings.model_dump(), "columns": dict(columns)})
    except ValidationError as error:
        raise UsageError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
