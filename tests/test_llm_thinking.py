"""Thinking is told from the answer however the stream is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_assistant.answer.thinking import ThinkingSplitter
from rag_assistant.records import Token

WHOLE = [
    ("Plain answer [1].", "Plain answer [1].", None),
    ("<think>Hm.</think>Answer [1].", "Answer [1].", "Hm."),
    ("<think>\nHm.\n</think>\n\nAnswer [1].", "Answer [1].", "Hm."),
    ("<thinking>Hm.</thinking>Answer.", "Answer.", "Hm."),
    ("<THINK>Hm.</THINK>Answer.", "Answer.", "Hm."),
    ("< think >Hm.</ think >Answer.", "Answer.", "Hm."),
    ("◁think▷Hm.◁/think▷Answer.", "Answer.", "Hm."),
    ("Hm. [2]\n</think>\nAnswer [1].", "Answer [1].", "Hm. [2]"),
    ("<think>Hm.", "", "Hm."),
    ("<think></think>Answer.", "Answer.", None),
    ("First. <think>Hm.</think>Second.", "First. Second.", "Hm."),
    ("<think>a</think>One. <think>b</think>Two.", "One. Two.", "ab"),
    ("If a < b and b <th then c.", "If a < b and b <th then c.", None),
    ("It ends in <", "It ends in <", None),
    ("A <thing> here.", "A <thing> here.", None),
]


def split(pieces: list[str]) -> tuple[ThinkingSplitter, list[Token]]:
    splitter = ThinkingSplitter()
    tokens = [token for piece in pieces for token in splitter.add(piece)]
    return splitter, tokens + splitter.finish()


@pytest.mark.parametrize(("text", "answer", "thinking"), WHOLE)
def test_thinking_is_kept_apart_in_every_form(text: str, answer: str, thinking: str | None) -> None:
    splitter, _ = split([text])
    assert (splitter.answer, splitter.thinking) == (answer, thinking)


@settings(deadline=None)
@given(st.sampled_from(WHOLE), st.lists(st.integers(0, 60), max_size=12))
def test_where_the_pieces_begin_and_end_makes_no_difference(case: tuple[str, str, str | None], cuts: list[int]) -> None:
    text, answer, thinking = case
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    splitter, tokens = split([text[start:end] for start, end in pairwise(places)])
    assert (splitter.answer, splitter.thinking) == (answer, thinking)
    if not text.startswith("Hm."):
        assert "".join(token.text for token in tokens if not token.thinking).strip() == answer


def test_only_what_could_be_a_tag_is_held_back() -> None:
    splitter = ThinkingSplitter()
    assert splitter.add("a < b") == [Token("a < b")]
    assert splitter.add(" <th") == [Token(" ")]
    assert splitter.add("is is it.") == [Token("<this is it.")]
