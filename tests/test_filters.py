from __future__ import annotations

from dataclasses import replace

import pytest

from rag_assistant.errors import FilterError
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.records import Source
from rag_assistant.retrieve import parse_filters, search
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.papers import make_papers


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    facts = [
        (2019, "ACL", ("Ada Müller", "B. Chen")),
        (2021, "ICML 2021", ("Chen, Bo",)),
        (2023, None, ()),
        (2024, "acl findings", ("Zoë 100%",)),
        (None, None, ()),
        (2024, "NeurIPS", ("Ada Müller",)),
    ]
    papers = [
        replace(paper, year=year, venue=venue, authors=authors, source=(Source(f"file{n}.bib", 1),))
        for n, (paper, (year, venue, authors)) in enumerate(zip(make_papers(), facts, strict=True), 1)
    ]
    settings = load_settings(index_dir=tmp_path_factory.mktemp("filters") / "index")
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), papers, {})
    return Index(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL))


def found(index: Index, *expressions: str) -> set[str]:
    settings = load_settings().retrieve
    return {hit.paper.id for hit in search(index, "the sea", settings, 10, parse_filters(expressions))}


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        ((), {"p1", "p2", "p3", "p4", "p5", "p6"}),
        (("year>=2023",), {"p3", "p4", "p6"}),
        (("year = 2021",), {"p2"}),
        (("year=2019..2021",), {"p1", "p2"}),
        (("year=..2021",), {"p1", "p2"}),
        (("year=2019|2024",), {"p1", "p4", "p6"}),
        (("venue=acl",), {"p1", "p4"}),
        (("author=müller",), {"p1", "p6"}),
        (("author=MÜLLER", "year>2019"), {"p6"}),
        (("author=100%",), {"p4"}),
        (("author=_",), set()),
        (("author!=chen",), {"p3", "p4", "p5", "p6"}),
        (("source=file3",), {"p3"}),
        (("id=p5|p6",), {"p5", "p6"}),
        (("year<1900",), set()),
    ],
)
def test_filters_hold_before_ranking(index: Index, expressions: tuple[str, ...], expected: set[str]) -> None:
    assert found(index, *expressions) == expected


def test_a_filter_leaves_the_order_of_what_remains_as_it_was(index: Index) -> None:
    settings = load_settings().retrieve
    everything = [hit.paper.id for hit in search(index, "ships in fog", settings, 10)]
    some = [hit.paper.id for hit in search(index, "ships in fog", settings, 10, {"id": ["p4", "p1"]})]
    assert some == [id_ for id_ in everything if id_ in {"p1", "p4"}]


@pytest.mark.parametrize(
    "expression",
    ["year", "year=", "=2024", "colour=red", "year=next", "year>=20..24", "venue>ACL", "year=..", "year='; drop"],
)
def test_a_filter_that_makes_no_sense_is_refused(index: Index, expression: str) -> None:
    with pytest.raises(FilterError):
        found(index, expression)
