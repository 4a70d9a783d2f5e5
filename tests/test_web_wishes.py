"""Filters typed in one line of the chat page."""

from __future__ import annotations

import pytest

from rag_assistant.errors import FilterError
from rag_assistant.web.wishes import typed_filters


@pytest.mark.parametrize(
    ("line", "filters"),
    [
        ("", {}),
        ("  ,; ", {}),
        ("year>=2024", {"year": ">=2024"}),
        ("year=2021..2023 source=a.bib", {"year": "2021..2023", "source": "a.bib"}),
        ("author=Chen, Li; year != 2020", {"author": "Chen, Li", "year": "!=2020"}),
        ("title=Ropes: a survey venue:ACL", {"title": "Ropes: a survey", "venue": "ACL"}),
    ],
)  # fmt: skip
def test_one_line_holds_several_filters(line: str, filters: dict[str, str]) -> None:
    assert typed_filters(line) == filters


@pytest.mark.parametrize("line", ["ropes", "yaer=2020", "author=Chen yaer=2020", "year>=2020 year<2024"])
def test_what_is_no_filter_is_named(line: str) -> None:
    with pytest.raises(FilterError):
        typed_filters(line)
