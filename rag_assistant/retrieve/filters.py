"""Filters: which papers a search may find, decided before anything is ranked.

One syntax for the Python API, the command line and the page, a field and a condition::

    year>=2024    year=2021..2023    venue=ACL    author=Müller    category=cs.CL    source=refs.bib
    date>=2024-03    id=longrope-extending-1a2b3c4d

Text matches anywhere in the field, whatever its case and accents; several filters must all hold; of several values of
one field
(``venue=ACL|EMNLP``) any will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag_assistant.errors import FilterError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.lexical import fold
from rag_assistant.records import Paper

Filters = Mapping[str, object]

_TEXT_COLUMNS = {"venue": "venue", "author": "authors", "source": "source", "title": "title", "category": "categories"}
FIELDS = ("year", "date", *_TEXT_COLUMNS, "id")
_AT_ONCE = 500
_EXPRESSION = re.compile(r"\s*([A-Za-z_]+)\s*(>=|<=|!=|>|<|=|:)\s*(.+?)\s*", re.DOTALL)
_CONDITION = re.compile(r"\s*(>=|<=|!=|>|<|=)?\s*(.+?)\s*", re.DOTALL)
_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)


def parse_filters(expressions: Sequence[str]) -> dict[str, str]:
    """Filters typed as text (``"year>=2024"``) as the mapping that the API takes (``{"year": ">=2024"}``).

    Raises:
        FilterError: no field, no value, or no such field.
    """
    filters: dict[str, str] = {}
    for expression in expressions:
        match = _EXPRESSION.fullmatch(expression)
        if match is None:
            raise FilterError(f"filter {expression!r} is not field, sign and value, such as year>=2024 or author=Chen")
        field, sign, value = match.groups()
        if field not in FIELDS:
            raise FilterError(f"no field {field!r} to filter on: there are {', '.join(FIELDS)}")
        if field in filters:
            raise FilterError(f"two filters on {field!r}: join values with |, years with ..")
        filters[field] = value if sign in ("=", ":") else sign + value
    return filters


def to_sql(filters: Filters) -> tuple[str, list[object]]:
    """A condition on the columns of ``papers`` and the values for its question marks.

    Raises:
        FilterError: no such field, or a value that the field can't have.
    """
    clauses: list[str] = []
    values: list[object] = []
    for field, condition in filters.items():
        if field not in FIELDS:
            raise FilterError(f"no field {field!r} to filter on: there are {', '.join(FIELDS)}")
        clause, some = _clause(field, condition)
        clauses.append(clause)
        values += some
    return " and ".join(clauses), values


def papers_of(catalog: Catalog, filters: Filters) -> Iterator[Paper]:
    """The papers of a catalog that the filters let through, in order.

    Raises:
        FilterError: no such field, or a value that the field can't have.
    """
    if not filters:
        yield from catalog.all_papers()
        return
    ordinals = catalog.select(*to_sql(filters))
    for begin in range(0, len(ordinals), _AT_ONCE):
        some = ordinals[begin : begin + _AT_ONCE]
        found = catalog.papers(some)
        yield from (found[ordinal] for ordinal in some)


def _clause(field: str, condition: object) -> tuple[str, list[object]]:
    if isinstance(condition, list | tuple | set | frozenset):
        alternatives = [_clause(field, one) for one in condition]
        if not alternatives:
            return "0", []
        return "(" + " or ".join(clause for clause, _ in alternatives) + ")", [
            v for _, some in alternatives for v in some
        ]
    match = _CONDITION.fullmatch(str(condition))
    if match is None:
        raise FilterError(f"the filter on {field!r} has no value")
    sign, value = match.group(1) or "=", match.group(2)
    if field in ("year", "date"):
        return _period(field, sign, value)
    if sign not in ("=", "!="):
        raise FilterError(f"{field!r} is text: {sign} does not apply to it")
    clauses, values = [], []
    for one in value.split("|"):
        if field == "id":
            clauses.append("id = ?")
            values.append(one.strip())
        else:
            # instr: LIKE would give % and _ a meaning.
            clauses.append(f"instr(fold({_TEXT_COLUMNS[field]}), ?) > 0")
            values.append(fold(one.strip()))
    joined = "(" + " or ".join(clauses) + ")"
    return (joined if sign == "=" else f"not {joined}"), list(values)


def _period(field: str, sign: str, value: str) -> tuple[str, list[object]]:
    column = "year" if field == "year" else "published"

    def one(text: str) -> object:
        text = text.strip()
        if field == "year":
            if not re.fullmatch(r"\d{4}", text):
                raise FilterError(f"{text!r} is not a year of four digits, such as year>=2024 or year=2021..2023")
            return int(text)
        if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
            raise FilterError(f"{text!r} is not a date such as 2024-03-12 or 2024-03")
        return text

    between = _RANGE.fullmatch(value)
    if between and sign == "=":
        clauses, values = [], []
        for bound, compare in ((between.group(1), ">="), (between.group(2), "<=")):
            if bound.strip():
                clauses.append(f"{column} {compare} ?")
                values.append(one(bound))
        if not clauses:
            raise FilterError(f"the range of {field!r} has neither beginning nor end")
        return "(" + " and ".join(clauses) + ")", values
    if "|" in value and sign == "=":
        alternatives = [one(part) for part in value.split("|")]
        return f"{column} in ({', '.join('?' * len(alternatives))})", list(alternatives)
    return f"{column} {sign} ?", [one(value)]
