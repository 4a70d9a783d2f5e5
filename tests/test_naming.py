"""A name with a capital inside is no ordinary word, and an ordinary word is not that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.retrieve.search import _with_mentioned

PAPERS = """{"title": "ReeF: Sails That Shorten Themselves", "abstract": "Sails are shortened by hand. We made ReeF, \
a sail that rolls itself up when the wind rises. It was tried on three dinghies and a trawler."}
{"title": "Reefing and Reefs: Keeping Ships off the Rocks", "abstract": "Reefs wreck ships. We chart reefs with sonar \
and call the chart Reefing-9. Reefing-9 was tested on two ferries and beats older charts of reefs by 12%."}
{"title": "CoOk: Sharing a Galley", "abstract": "A galley is small. CoOk plans who may use the galley when. Crews \
of nine waited half as long."}
{"title": "What Crews Eat", "abstract": "We asked crews what they eat. Rice and beans lead. Few crews bake bread."}
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    place: Path = tmp_path_factory.mktemp("naming")
    (place / "papers.jsonl").write_text(PAPERS)
    made = Assistant.open(index_dir=place / "index")
    made.ingest([place / "papers.jsonl"])
    return made


@pytest.mark.parametrize("question", ["What is ReeF?", "Which boats was ReeF tested on?", "Tell me about ReeF, please"])
def test_a_name_typed_letter_for_letter_is_answered_from_its_paper_alone(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question, mode="extractive")
    assert answer.hits[0].paper.title.startswith("ReeF:")
    assert {citation.paper.title for citation in answer.citations} == {"ReeF: Sails That Shorten Themselves"}


def test_a_question_in_a_frame_is_answered_as_without_it(assistant: Assistant) -> None:
    plain = assistant.ask("How long did crews wait with CoOk?", mode="extractive")
    framed = assistant.ask("Hi, could you please tell me how long crews waited with CoOk? Thanks!", mode="extractive")
    assert "half as long" in plain.text
    assert framed.text == plain.text


def test_the_word_is_still_a_word(assistant: Assistant) -> None:
    answer = assistant.ask("How are reefs charted?", mode="extractive")
    assert answer.citations[0].paper.title.startswith("Reefing and Reefs")


def test_a_misspelt_question_word_asks_for_nothing(assistant: Assistant) -> None:
    right = assistant.ask("which sail rolls itself up?", mode="extractive")
    assert not right.abstained
    assert assistant.ask("wich sail rolls itself up?", mode="extractive").text == right.text


def test_an_ordinary_word_beside_a_foreign_one_does_not_mean_the_name(assistant: Assistant) -> None:
    assert assistant.ask("how do i cook lasagne?", mode="extractive").abstained
    assert not assistant.ask("what is cook?", mode="extractive").abstained


def test_what_is_mentioned_takes_the_last_places_and_never_the_first() -> None:
    ordered = [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.1)]
    assert _with_mentioned(ordered, [], 2) == ordered[:2]
    assert _with_mentioned(ordered, [4], 2) == [(1, 0.9), (4, 0.1)]
    assert _with_mentioned(ordered, [3, 4], 2) == [(1, 0.9), (3, 0.7)]
    assert _with_mentioned(ordered, [2], 2) == ordered[:2]
    assert _with_mentioned(ordered, [4], 1) == ordered[:1]
