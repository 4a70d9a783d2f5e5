"""Answers laid out: running text, names side by side, a line a paper; the same in terminal, Markdown and page."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from rag_assistant.assistant import Assistant
from rag_assistant.present import answer_markdown
from rag_assistant.present.layout import blocks, runs
from rag_assistant.present.terminal import print_answer
from rag_assistant.records import Answer
from rag_assistant.web.render import answer_html

COMPARED = "Compare HarborNet with KelpBank"
LISTED = "Which papers introduce a benchmark or a data set of images?"
COUNTED = "How many labelled frames does the FogPort data set hold?"


@pytest.fixture(scope="module")
def assistant(small_index: str) -> Assistant:
    return Assistant.open(small_index)


def printed(answer: Answer) -> list[str]:
    screen = StringIO()
    print_answer(Console(file=screen, width=400), answer)
    return screen.getvalue().splitlines()


def test_things_compared_stand_under_their_names(assistant: Assistant) -> None:
    answer = assistant.ask(COMPARED, mode="extractive")
    assert [block.heading for block in blocks(answer.shape, answer.sentences)] == ["HarborNet", "KelpBank"]
    lines = printed(answer)
    assert (
        lines.index("HarborNet") < lines.index("KelpBank") < next(i for i, line in enumerate(lines) if "[1] " in line)
    )
    assert [line.split("**")[1] for line in answer_markdown(answer).splitlines() if line.startswith("- ")] == [
        "HarborNet",
        "KelpBank",
    ]
    assert answer_html(1, answer.sentences, answer.shape).count("<h3>") == 2
    assert len(answer.text.splitlines()) == 2


def test_a_list_has_a_line_a_paper_under_its_title(assistant: Assistant) -> None:
    answer = assistant.ask(LISTED, mode="extractive")
    titles = [block.heading for block in blocks(answer.shape, answer.sentences)]
    assert titles == [citation.paper.title for citation in answer.citations]
    assert len(titles) >= 2
    assert len(answer.text.splitlines()) == len(titles)


def test_under_a_heading_the_name_is_not_said_twice(assistant: Assistant) -> None:
    answer = assistant.ask(COMPARED, mode="extractive")
    first = answer.sentences[0]
    quote = answer.citations[0].quotes[0]
    labelled = replace(first, text=f"[HarborNet] {quote.text}", label="HarborNet", emphasis=((12, 14),))
    (block,) = blocks("comparison", [labelled])
    assert "".join(run.text for run in runs(labelled, block)) == quote.text
    assert [run.text for run in runs(labelled, block) if run.strong] == [quote.text[:2]]
    (plain,) = blocks("plain", [labelled])
    assert "".join(run.text for run in runs(labelled, plain)).startswith("[HarborNet] ")


def test_the_figure_asked_for_is_bold(assistant: Assistant) -> None:
    answer = assistant.ask(COUNTED, mode="extractive")
    assert "**12,000**" in answer_markdown(answer)
    assert "<strong>12,000</strong>" in answer_html(1, answer.sentences, answer.shape)
    screen = StringIO()
    print_answer(Console(file=screen, width=400, force_terminal=True, color_system="truecolor"), answer)
    assert "\x1b[1m12,000\x1b[0m" in screen.getvalue()


def test_an_answer_declined_is_in_nobodys_words(assistant: Assistant) -> None:
    lines = printed(assistant.ask("What is WhaleNet?", mode="extractive"))
    assert not any("own sentences" in line for line in lines)
