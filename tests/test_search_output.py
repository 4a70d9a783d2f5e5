"""What a search shows of why each paper was found: terminal, JSON and page."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from rag_assistant.assistant import Assistant
from rag_assistant.index.lexical import terms
from rag_assistant.present import hit_dict
from rag_assistant.present.terminal import print_hits
from rag_assistant.records import Hit
from rag_assistant.retrieve import matched_spans
from rag_assistant.web.cards import sources_html


@pytest.fixture(scope="module")
def hits(small_index: str) -> tuple[Hit, ...]:
    return Assistant.open(index_dir=small_index).search("How fast do wet moorring lines creep, acording to tests?", k=6)


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("Ships in fog. A SHIP, foggy?", "fog ship", ["Ships", "fog", "SHIP"]),
        ("Über die Brücke", "uber brucke", ["Über", "Brücke"]),
        ("a long-context model, short-context too", "context", ["context", "context"]),
        ("a long-context model, short-context too", "longcontext", ["long-context"]),
        ("E^2-LLM reads", "e2llm", ["E^2-LLM"]),
        ("nothing of it", "fog", []),
        ("fog", "", []),
    ],
)
def test_words_are_found_as_the_search_compares_them(text: str, question: str, found: list[str]) -> None:
    spans = matched_spans(text, terms(question))
    assert [text[start:end] for start, end in spans] == found


def test_json_says_why_and_its_offsets_cut_out_the_words(hits: tuple[Hit, ...]) -> None:
    best = hit_dict(hits[0])
    assert best["paper"]["title"].startswith("Slow Rope")
    assert (best["dense_rank"], best["lexical_rank"]) == (1, 1)
    assert {"wet", "creep", "fast"} <= set(best["matched"])
    passage, title = best["passage"]["text"], best["paper"]["title"]
    cut = {passage[start:end] for start, end in best["highlights"]["passage"]}
    # One word is misspelt.
    assert {"Wet", "creep", "fast", "mooring", "lines"} <= cut
    assert [title[start:end] for start, end in best["highlights"]["title"]] == ["Mooring", "Lines", "Creep"]


def test_the_terminal_underlines_the_words_and_states_each_range(hits: tuple[Hit, ...]) -> None:
    console = Console(file=io.StringIO(), width=110, force_terminal=True, highlight=False, color_system="standard")
    print_hits(console, hits)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    underlined = re.findall(r"\x1b\[(?:\d+;)*4m([^\x1b]*)", shown)
    assert {"Mooring", "Creep", "Wet", "creep"} <= set(underlined)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    best = hits[0]
    assert f"score {best.score:.2f} · meaning {best.dense:.2f} #1 · words {best.lexical:.1f} #1 (" in plain
    assert "score: 0 to 1" in plain
    assert "cosine, -1 to 1" in plain
    assert "BM25, 0 and up" in plain
    wordless = next(hit for hit in hits if hit.lexical is None)
    assert f"meaning {wordless.dense:.2f} #{wordless.dense_rank} · words none found" in plain


def test_a_long_passage_is_shown_from_the_sentence_that_has_the_words(small_index: str) -> None:
    (hit,) = Assistant.open(index_dir=small_index).search("theft of batteries, icing", k=1)
    console = Console(file=io.StringIO(), width=400, highlight=False)
    print_hits(console, [hit])
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "icing of lenses and theft of batteries." in shown
    assert "… " in shown
    assert "This survey reviews" not in shown


def test_the_page_says_why_and_underlines_the_words(hits: tuple[Hit, ...]) -> None:
    page = sources_html(1, None, hits)
    best = hits[0]
    assert f"By meaning: {best.dense:.2f} (cosine, -1 to 1), place 1." in page
    assert f"By words: {best.lexical:.1f} (BM25, 0 and up), place 1. Found here: " in page
    assert '<span class="ra-term">Wet</span> ropes' in page
    assert "By words: none found." in page


def test_no_list_is_said_to_be_none() -> None:
    console = Console(file=io.StringIO())
    print_hits(console, [])
    assert console.file.getvalue() == "No paper found.\n"  # type: ignore[attr-defined]
