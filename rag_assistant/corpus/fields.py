"""The small facts of a record brought to one form: identifiers, dates, names. What can't be made out is None."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
# https://info.arxiv.org/help/arxiv_identifier.html: 0704.0001 up to 2014, 1501.00001 since, hep-th/9901001 before.
_ARXIV_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_ARXIV_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7}"
_ARXIV_ALONE = re.compile(
    rf"\s*(?:arxiv:\s*)?({_ARXIV_NEW}|{_ARXIV_OLD})(?:v\d+)?(?:\.pdf)?\s*(?:\[[\w.-]+\])?\s*", re.I
)
_ARXIV_WITHIN = re.compile(
    rf"(?:arxiv\.org/(?:abs|pdf|html)/|10\.48550/arxiv\.|arxiv:\s*|/papers/)({_ARXIV_NEW}|{_ARXIV_OLD})(?![\d.]*\d)",
    re.I,
)
_ARXIV_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)?\.[A-Za-z-]+|(?:[a-z]+-)+[a-z]+")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_ISO = re.compile(r"\s*(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:[T\s]+\d.*)?\s*$", re.S)
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WORDED = re.compile(r"\s*(?:(\d{1,2})\s+)?([A-Za-z]{3,9})\.?\s*(?:(\d{1,2}),?\s+)?(\d{4})\s*$")


def text_or_none(value: Any) -> str | None:
    """A string without the white space around it; None where nothing is left, or where it is no string or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def doi_of(value: Any) -> str | None:
    """A DOI in lower case without its resolver: ``https://doi.org/10.1/AB.`` gives ``10.1/ab``."""
    text = text_or_none(value)
    found = _DOI.search(text) if text else None
    if not found:
        return None
    doi = found.group().rstrip(".,;")
    # A bracket that closes nothing inside the DOI belongs to the text around it.
    while doi.endswith((")", "]", "}")) and doi.count(doi[-1]) > doi.count({")": "(", "]": "[", "}": "{"}[doi[-1]]):
        doi = doi[:-1].rstrip(".,;")
    return doi.lower()


def arxiv_id_of(value: Any) -> str | None:
    """An arXiv id without its version, from the bare id, ``arXiv:…``, or a link to the paper."""
    text = text_or_none(value)
    if not text:
        return None
    found = _ARXIV_ALONE.fullmatch(text) or _ARXIV_WITHIN.search(text)
    return found.group(1) if found else None


def url_of(value: Any) -> str | None:
    """A web address, None for anything else: a link of another scheme is never shown."""
    text = text_or_none(value)
    return text if text and re.fullmatch(r"https?://[^\s\"<>]+", text, re.I) else None


def date_of(value: Any) -> str | None:
    """An ISO 8601 date as precise as the value: ``2024``, ``2024-03`` or ``2024-03-12``."""
    text = text_or_none(value)
    if not text or len(text) > 100:
        return None
    if match := _ISO.match(text):
        return _iso(match.group(1), match.group(2), match.group(3))
    if match := _WORDED.match(text):
        month = _MONTHS.get(match.group(2)[:3].lower())
        return _iso(match.group(4), str(month), match.group(1) or match.group(3)) if month else None
    if ":" in text:  # RFC 5322, as the arXiv snapshot has it; without a time it would be guessing
        try:
            return parsedate_to_datetime(text).date().isoformat()
        except (ValueError, OverflowError):
            return None
    return None


def _iso(year: str, month: str | None, day: str | None) -> str | None:
    if not 1500 <= int(year) <= 2099:
        return None
    if month is None or not 1 <= int(month) <= 12:
        return year
    if day is None:
        return f"{year}-{int(month):02}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return f"{year}-{int(month):02}"


def year_of(value: Any) -> int | None:
    """The year (1500 to 2099) that stands in a value."""
    text = text_or_none(value)
    found = _YEAR.search(text[:200]) if text else None
    return int(found.group()) if found else None


def categories_of(value: Any) -> tuple[str, ...]:
    """Categories, keywords or subjects, from a list of them or of records that name them, or from one string.

    A string of arXiv's codes is parted at blanks (``cs.CL stat.ML``), any other one at semicolons, else at commas.
    """
    if isinstance(value, str):
        words = value.split()
        by_code = words and all(_ARXIV_CATEGORY.fullmatch(word) for word in words)
        parts: Iterable[Any] = words if by_code else re.split(r"[;\n]" if ";" in value else r"[,\n]", value)
    else:
        parts = value if isinstance(value, list | tuple) else ()
    names = (_name_of_category(part) for part in parts)
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name and name.strip()))


def _name_of_category(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("display_name") or value.get("name") or value.get("term") or value.get("category")
    return value if isinstance(value, str) else None


def people_of(value: Any) -> tuple[str, ...]:
    """Names, given name first, from a list of names or of name records, or from one string of names."""
    if isinstance(value, str):
        parts: Iterable[Any] = re.split(r"\s*;\s*|\s+and\s+", value.strip())
        if ";" not in value and " and " not in value and value.count(",") > 1:
            parts = re.split(r"\s*,\s*(?:and\s+)?", value.strip())
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return ()
    return tuple(name for part in parts if (name := _person(part)))


def _person(value: Any) -> str:
    if isinstance(value, dict):
        if "author" in value:  # OpenAlex: authorships
            return _person(value["author"])
        name = value.get("name") or value.get("display_name") or value.get("full_name")
        if not isinstance(name, str):
            given = value.get("given") or value.get("first") or value.get("firstName")
            family = value.get("family") or value.get("last") or value.get("lastName")
            name = " ".join(part for part in (given, family) if isinstance(part, str))
        return " ".join(name.split())
    if isinstance(value, list | tuple):  # the arXiv snapshot: family name, given name, suffix
        family, given, suffix = ([part for part in value if isinstance(part, str)] + ["", "", ""])[:3]
        return " ".join(f"{given} {family} {suffix}".split())
    if not isinstance(value, str):
        return ""
    family, comma, given = value.partition(",")
    return " ".join((f"{given} {family}" if comma else value).split())
