from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.records import DraftSentence
from rag_assistant.verify import MarkerParser, parse_sentences


def parsed(raw: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(sentence.text, sentence.markers) for sentence in parse_sentences(raw)]


@pytest.mark.parametrize(
    ("marker", "numbers"),
    [
        ("[1]", (1,)),
        ("[1, 2]", (1, 2)),
        ("[1][2]", (1, 2)),
        ("[1], [2] and [3]", (1, 2, 3)),
        ("[1-3]", (1, 2, 3)),
        ("[2–4]", (2, 3, 4)),
        ("[1; 3]", (1, 3)),
        ("[1 and 2]", (1, 2)),
        ("[[2]]", (2,)),
        ("[^1]", (1,)),
        ("[#4]", (4,)),
        ("[Source 1]", (1,)),
        ("[source 1, source 3]", (1, 3)),
        ("[Passage 2]", (2,)),
        ("[1†source]", (1,)),
        ("【1】", (1,)),
        ("【3†L10-L14】", (3,)),
        ("［2］", (2,)),
        ("(1)", (1,)),
        ("(Source 2)", (2,)),
        ("(see [3])", (3,)),
        ("[1](https://example.org/a)", (1,)),
    ],
)
def test_every_form_of_marker_is_read_and_taken_out(marker: str, numbers: tuple[int, ...]) -> None:
    assert parsed(f"The model reads long texts {marker}.") == [("The model reads long texts.", numbers)]
    assert parsed(f"The model reads long texts. {marker} It is small [9].") == [
        ("The model reads long texts.", numbers),
        ("It is small.", (9,)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It was shown in 2023 (2023) by others.",
        "Values lie in the range [0, 1] throughout.",
        "Use `rows[1]` to read it.",
        "The sum $x[1] + y[2]$ is small.",
        r"The sum \( a[1] \) is small.",
        "First (1) load it, then (2) run it.",
        "It follows from equation (1).",
        "As Smith [Smith 2023] wrote, it holds.",
        r"An escaped \[1] stays.",
    ],
)
def test_what_is_no_marker_stays(text: str) -> None:
    assert parsed(text) == [(text, ())]


def test_a_marker_in_front_of_the_sentence_opens_it() -> None:
    assert parsed("[1] Alpha is fast. [2] Beta is slow.") == [("Alpha is fast.", (1,)), ("Beta is slow.", (2,))]


def test_a_marker_that_is_the_subject_leaves_a_sentence_behind() -> None:
    assert parsed("Alpha is fast [1]. [2] shows that Beta is slow.") == [
        ("Alpha is fast.", (1,)),
        ("The paper shows that Beta is slow.", (2,)),
    ]
    assert parsed("According to [1], memory falls by half.") == [("Memory falls by half.", (1,))]


def test_a_line_of_markers_belongs_to_the_sentence_before() -> None:
    assert parsed("Alpha is fast.\n[1][3]\nBeta is slow [2].") == [
        ("Alpha is fast.", (1, 3)),
        ("Beta is slow.", (2,)),
    ]


def test_what_states_nothing_goes() -> None:
    raw = (
        "**Answer:** Two ways are known:\n\n"
        "## Ways\n"
        "- **Alpha** prunes weights [1]\n"
        "- Beta adds adapters [2]\n\n"
        "References:\n[1] Alpha: pruning made easy\n[2] Beta. A paper. 2024."
    )
    assert parsed(raw) == [("Alpha prunes weights", (1,)), ("Beta adds adapters", (2,))]


def test_a_wrapped_line_is_one_sentence() -> None:
    assert parsed("The window is made\nlonger step by step [1].\nThen it is tuned [2].") == [
        ("The window is made longer step by step.", (1,)),
        ("Then it is tuned.", (2,)),
    ]


def test_a_sentence_is_given_as_soon_as_the_next_one_has_begun() -> None:
    parser = MarkerParser()
    assert parser.feed("Alpha is fast [1]. Beta") == []
    assert parser.feed(" is") == [DraftSentence("Alpha is fast.", (1,))]


_PIECES = st.sampled_from(
    "[1]|[1, |2]|【3】|(1)|. |.| |\n|\n\n|Alpha is |beta |It |`|$|e.g. |```\n|- |[^1]|[Source 2]|# H\n|References:\n|"
    "**|According to | shows |5|\\[|\\]|“|é|\ud800".split("|")
)


@given(st.lists(_PIECES, max_size=30), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_token_by_token_is_the_same_as_at_once(pieces: list[str], steps: list[int]) -> None:
    text = "".join(pieces)
    parser = MarkerParser()
    found: list[DraftSentence] = []
    place = turn = 0
    while place < len(text):
        step = steps[turn % len(steps)]
        found += parser.feed(text[place : place + step])
        place, turn = place + step, turn + 1
    found += parser.close()
    assert tuple(found) == parse_sentences(text)


@given(st.text())
def test_no_text_raises_and_words_are_kept_in_order(text: str) -> None:
    for sentence in parse_sentences(text):
        assert sentence.text.strip()


def test_a_very_long_line_without_a_stop_takes_no_long_time() -> None:
    sentences = parse_sentences("e.g. word " * 20_000 + "[1]")
    assert sentences[-1].markers == (1,)
