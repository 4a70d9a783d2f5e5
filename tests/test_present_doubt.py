"""A sentence that isn't fully borne out is seen to be doubtful wherever an answer is shown."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rag_assistant.present import answer_markdown, answer_svg
from rag_assistant.present.terminal import print_answer
from rag_assistant.records import Answer, Citation, Quote, Sentence, VerdictName
from tests.papers import make_papers

SHIPS = make_papers()[0]
WORDS = "It runs at 30 frames per second on one laptop GPU."
CITED = Citation(1, SHIPS, (Quote(SHIPS.id, WORDS, SHIPS.abstract.index(WORDS), SHIPS.abstract.index(WORDS) + 50),))


def answer(verdict: VerdictName) -> Answer:
    plain = Sentence("It runs fast.", (CITED,), "supported", 0.9)
    doubtful = Sentence("It sings.", () if verdict == "unsupported" else (CITED,), verdict, 0.3, ("sings isn't there",))
    text = f"{plain.marked} {doubtful.marked}"
    return Answer("How?", "How?", text, (plain, doubtful), (CITED,), (), False, None, "llm", "small:1b")


def printed(shown: Answer) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False, emoji=False)
    print_answer(console, shown)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("verdict", "marked", "said"),
    [
        ("partly", "It sings [1][?].", "(partly borne out: sings isn't there)"),
        ("unsupported", "It sings [?].", "(not borne out: sings isn't there)"),
    ],
)
def test_doubt_is_a_marker_in_text_terminal_markdown_and_picture(verdict: VerdictName, marked: str, said: str) -> None:
    shown = answer(verdict)
    assert shown.text == f"It runs fast [1]. {marked}"
    assert f"It runs fast [1]. {marked} {said}" in printed(shown)
    markdown = answer_markdown(shown).replace("\\", "")
    assert f"It runs fast [1]. {marked}\n" in markdown
    assert "[?] *not fully borne out by the papers*" in markdown
    assert "[?]" in answer_svg(shown)


def test_what_is_borne_out_carries_no_doubt() -> None:
    whole = answer("supported")
    assert "[?]" not in whole.text + printed(whole) + answer_markdown(whole) + answer_svg(whole)
    bare = replace(whole.sentences[0], citations=())
    assert bare.marked == "It runs fast."
