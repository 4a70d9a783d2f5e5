from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.sentences import sentence_spans, sentences

CHARACTERS = list("aB1 .!?()[]\"'$%\\\n\u00e9\u0301\u05d0\ufb01…–")
SCIENTIFIC = st.lists(st.sampled_from([*CHARACTERS, "e.g. ", "et al. ", "Fig. 3", " We "]), max_size=200).map("".join)


@given(st.one_of(st.text(max_size=200), SCIENTIFIC))
def test_spans_are_in_order_and_hold_every_character_that_is_not_white_space(text: str) -> None:
    spans = sentence_spans(text)
    begin = 0
    for start, end in spans:
        assert begin <= start < end <= len(text)
        assert text[begin:start].strip() == ""
        assert text[start:end].strip() == text[start:end]
        begin = end
    assert text[begin:].strip() == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We test e.g. GPT-4. It wins.", ["We test e.g. GPT-4.", "It wins."]),
        ("Smith et al. show 3.5 points. Done.", ["Smith et al. show 3.5 points.", "Done."]),
        ("Gains of 4.2 vs. 3.1 in Fig. 2 hold.", ["Gains of 4.2 vs. 3.1 in Fig. 2 hold."]),
        ("It stops here. vLLM goes on.", ["It stops here.", "vLLM goes on."]),
        ("It stops here. and goes on.", ["It stops here. and goes on."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Images, videos, etc. The rest follows.", ["Images, videos, etc.", "The rest follows."]),
        ("A glued stop.The next one begins here.", ["A glued stop.", "The next one begins here."]),
        ("Two steps: 1. Read it. 2. Write it.", ["Two steps: 1. Read it.", "2. Write it."]),
        ("Code is out. https://example.org/a.b", ["Code is out.", "https://example.org/a.b"]),
        ("One para\n\nAnother", ["One para", "Another"]),
    ],
)
def test_scientific_prose(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
