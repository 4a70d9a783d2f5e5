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
        ("[1](paper.pdf)", (1,)),
        ("[2, p. 3]", (2,)),
        ("[1, 2, Table 3]", (1, 2)),
        ("[1, Section 2]", (1,)),
        ("[1: Smith et al.]", (1,)),
        ("[cite: 2]", (2,)),
        ("【4:0†source】", (4,)),
        ("〔1〕", (1,)),
        ("[1/2]", (1, 2)),
        ("[1 2]", (1, 2)),
        ("[S1]", (1,)),
        (r"\cite{1}", (1,)),
        (r"\[1\]", (1,)),
        ("<sup>1</sup>", (1,)),
        ("<sup>[1, 2]</sup>", (1, 2)),
        ("^1^", (1,)),
        ("^[1]", (1,)),
        ("¹", (1,)),
        ("¹,²", (1, 2)),
        ("$^{[1]}$", (1,)),
        ("$^{1, 2}$", (1, 2)),
        ("[1000]", (1000,)),
        ("**[1]**", (1,)),
        ("_[1]_", (1,)),
        ("**[1]**, *[2]*", (1, 2)),
        ("[1]-[3]", (1, 2, 3)),
        ("[1] to [3]", (1, 2, 3)),
        ("(1)(2)", (1, 2)),
        ("([1])", (1,)),
        ("(ref. [1])", (1,)),
        ("(as in [1])", (1,)),
        ("(as [1] shows)", (1,)),
        ("(from [1] and [2])", (1, 2)),
        ("(Source: [1])", (1,)),
        ("see [1]", (1,)),
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
        "The value a[1] is small.",
        "The layers [1-3] are frozen.",
        "In steps [1-3] it is trained, and channels [1-3] are cut.",
        "Values lie in [1, 2] throughout.",
        "The ratio [1/2] is kept.",
        "It was shown in [2023] by others.",
        "An area of 5 cm², 10³ words, x², 10⁻³, and <sup>2</sup>H of 10<sup>3</sup> or m^2^ or 10$^3$.",
        r"We have \begin{align*} x [1] \end{align*} and so on.",
        "Many women (12), men (10), and children (3) took part.",
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


@pytest.mark.parametrize(
    ("raw", "text", "numbers"),
    [
        ("Memory falls, according to [1].", "Memory falls.", (1,)),
        ("Memory falls according to [1].", "Memory falls.", (1,)),
        ("Memory falls, as shown in [1] and [2].", "Memory falls.", (1, 2)),
        ("Memory falls, as [1] shows.", "Memory falls.", (1,)),
        ("Alpha, per [1], is fast.", "Alpha is fast.", (1,)),
        ("Alpha, as noted in [1], is fast.", "Alpha is fast.", (1,)),
        ("Alpha is fast; see also [1].", "Alpha is fast.", (1,)),
        ("Alpha is fast. Sources: [1], [2].", "Alpha is fast.", (1, 2)),
        ("Alpha is fast. For details, see [1].", "Alpha is fast.", (1,)),
        ("As [1] shows, memory falls by half.", "Memory falls by half.", (1,)),
        ("As [1] and [2] report, vLLM is fast.", "vLLM is fast.", (1, 2)),
        ("According to [1] and [2], it holds.", "It holds.", (1, 2)),
        ("Based on [1], it holds.", "It holds.", (1,)),
        ("As [1] notes in passing, it holds.", "As the paper notes in passing, it holds.", (1,)),
        ("The work of [1] is large.", "The work of the paper is large.", (1,)),
        ("It builds on [1] and [2].", "It builds on the papers.", (1, 2)),
        ("[1] and [2] show that it holds.", "The papers show that it holds.", (1, 2)),
        ("Both [1] and [2] show that it holds.", "Both papers show that it holds.", (1, 2)),
        ("Alpha is fast (1), and Beta is slow (2).", "Alpha is fast, and Beta is slow.", (1, 2)),
        ("[1]: Alpha is fast.", "Alpha is fast.", (1,)),
        ("(1) Alpha is fast.", "Alpha is fast.", ()),
        ("The work grew¹ and fell².", "The work grew and fell.", (1, 2)),
        ("This was found in [1, 2].", "This was found in the papers.", (1, 2)),
    ],
)
def test_words_around_a_marker_leave_a_grammatical_sentence(raw: str, text: str, numbers: tuple[int, ...]) -> None:
    assert parsed(raw) == [(text, numbers)]


def test_a_lead_in_opens_a_later_sentence_too() -> None:
    raw = "Alpha is fast. According to [1], memory falls by half. As [2] shows, time grows. It ends."
    whole = [("Alpha is fast.", ()), ("Memory falls by half.", (1,)), ("Time grows.", (2,)), ("It ends.", ())]
    assert parsed(raw) == whole


def test_emphasis_beside_a_marker_stays_paired() -> None:
    assert parsed("_Alpha_[1]_Beta_ is fast.") == [("_Alpha__Beta_ is fast.", (1,))]


@pytest.mark.parametrize(
    "works",
    [
        "[1] Alpha: pruning made easy. 2021.\n[2] Beta. A paper. 2024.",
        "[1] Smith et al. Alpha.\n[2] Jones (2021). Beta.\n[3] Lee. Gamma",
        "[1] Alpha: a way.\n[2] Attention is all you need.",
    ],
)
def test_a_bare_list_of_references_at_the_end_goes(works: str) -> None:
    assert parsed(f"Alpha is fast [1]. Beta is slow [2].\n\n{works}") == [
        ("Alpha is fast.", (1,)),
        ("Beta is slow.", (2,)),
    ]
    # … but only at the end, and only where something was cited.
    assert len(parsed(f"Alpha is fast [1].\n\n{works}\n\nMore is known [3].")) > 3
    assert len(parsed(works)) > 1


def test_statements_that_open_with_a_marker_are_no_references() -> None:
    assert parsed("Two ways are known [1, 2].\n[1] Alpha prunes weights.\n[2] Beta adds adapters.") == [
        ("Two ways are known.", (1, 2)),
        ("Alpha prunes weights.", (1,)),
        ("Beta adds adapters.", (2,)),
    ]


def test_an_equation_over_several_lines_holds_no_marker() -> None:
    raw = "\\begin{equation}\nx = a [2]\n\\end{equation}\nAlpha is fast [1]."
    assert parsed(raw) == [(r"\begin{equation} x = a [2] \end{equation}", ()), ("Alpha is fast.", (1,))]


def test_indented_code_holds_no_marker() -> None:
    code = "    rows = read([1])\n    print(rows [1])"
    assert parsed(f"Use it [3].\n\n{code}\n\nIt is good [2].") == [
        ("Use it.", (3,)),
        (code, ()),
        ("It is good.", (2,)),
    ]
    assert parsed("- Alpha is fast [1].\n\n    It is small [2].") == [
        ("Alpha is fast.", (1,)),
        ("It is small.", (2,)),
    ]


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
    "**|According to | shows |5|\\[|\\]|[1, p. 3]|<sup>1, |</sup>|$^{1|}$|¹|\\cite{|}|as |see |, |Source: |(|)|_|-|"
    "    |[1] A: b|\\begin{align}|\\end{align}|[1000]|“|é|\ud800".split("|")
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
