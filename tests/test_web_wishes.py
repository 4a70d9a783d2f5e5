"""What a visitor asks for beside his question: filters typed in one line, and what his browser kept."""

from __future__ import annotations

import pytest

from rag_assistant.errors import FilterError
from rag_assistant.settings import load_settings
from rag_assistant.web.wishes import MOST_PAPERS, Wishes, typed_filters


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


WISHED = Wishes("llm", 3, "year=2020", "small:1b", "drop")


def test_what_a_browser_kept_is_read_again() -> None:
    settings = load_settings()
    assert Wishes.read(WISHED.values, settings) == WISHED
    assert Wishes.read([*WISHED.values[:1], 5_000, *WISHED.values[2:]], settings).k == MOST_PAPERS


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [],
        WISHED.values[:3],
        ["best", *WISHED.values[1:]],
        [*WISHED.values[:4], "shout"],
        [*WISHED.values[:3], "m" * 999, "drop"],
        [*WISHED.values[:1], "many", *WISHED.values[2:]],
    ],
)
def test_what_is_something_else_is_as_configured(values: object) -> None:
    settings = load_settings(answer={"mode": "extractive", "unsupported": "drop"}, retrieve={"k": 12})
    assert Wishes.read(values, settings) == Wishes("extractive", 12, unsupported="drop")
