"""The cross-encoder of questions and papers, and what the likelihood of a paper makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from rag_assistant.answer.candidates import read_papers
from rag_assistant.answer.evidence import fit
from rag_assistant.answer.relevance import ENCODER, gist, relevance, relevance_features
from rag_assistant.index.adapter import Adapter
from rag_assistant.records import Hit, Paper, Passage

ABSTRACT = "Fog hides ships. HarborNet finds ships by their horns. It hears 91.4% of them. The code is public."
QUESTION = "Can boats be noticed by the noise they make when nobody sees anything?"
GISTS = [
    "HarborNet. HarborNet finds ships by their horns when it is foggy. It hears 91.4% of them.",
    "SlowRope. Mooring lines creep faster when they are wet. We hung 40 ropes in a tank for a year.",
    "TideGPT. We predict currents two days ahead with a language model over buoy readings.",
]


def hit(title: str, abstract: str) -> Hit:
    return Hit(Passage(f"{title}:0", title, abstract, 0, len(abstract)), Paper(title, title, abstract), 1.0, 1)


def test_the_gist_is_the_title_and_the_two_sentences_of_most_worth_in_their_order() -> None:
    (paper,) = read_papers([hit("HarborNet: Ships by Ear.", ABSTRACT)])
    assert gist(paper, (-1.0, 2.0, 3.0, 0.0)) == (
        "HarborNet: Ships by Ear. HarborNet finds ships by their horns. It hears 91.4% of them."
    )
    (short,) = read_papers([hit("Ropes", "Ropes creep.")])
    assert gist(short, (0.0,)) == "Ropes. Ropes creep."


def test_a_paper_that_answers_in_other_words_is_put_above_those_that_do_not() -> None:
    found = relevance(QUESTION, GISTS)
    assert found is not None, ENCODER.missing()
    assert found[0] > max(found[1:])


def test_a_detail_that_a_paper_lacks_is_told_from_one_that_it_gives() -> None:
    given, lacking = "How many ships does HarborNet hear?", "Which GPUs was HarborNet trained on, and for how long?"
    (yes,), (no,) = relevance(given, GISTS[:1]) or (0.0,), relevance(lacking, GISTS[:1]) or (0.0,)
    assert yes > no


def test_papers_are_read_alike_side_by_side_and_one_by_one() -> None:
    together = relevance(QUESTION, GISTS)
    assert together == tuple((relevance(QUESTION, [one]) or (0.0,))[0] for one in GISTS)
    assert relevance(QUESTION, []) == ()


def test_a_lead_is_held_against_the_best_of_the_others() -> None:
    assert relevance_features([1.0, 3.0, -2.0]) == [(1.0, -2.0), (3.0, 2.0), (-2.0, -5.0)]
    assert relevance_features([9.0, -9.0]) == [(9.0, 6.0), (-9.0, -6.0)]
    assert relevance_features([1.0]) == [(1.0, 6.0)]


def test_what_was_fitted_takes_relevance_for_a_good_sign() -> None:
    model = fit().together
    assert all(weight > 0 for weight in model.coefficients)
    assert model.probability([0.0, 4.0, 3.0]) > 2 * model.probability([0.0, -4.0, -3.0])


def test_the_shipped_adapter_is_small_and_says_what_made_it() -> None:
    packed = ENCODER.packed()
    assert len(packed) < 3_000_000
    assert Adapter.load(packed).made_by.startswith("python -m rag_assistant.evaluate.train_relevance ")


@pytest.mark.parametrize("question", ["ships?", "x " * 5_000, "🚢", "\ud83d"])
def test_odd_questions_are_read_too(question: str) -> None:
    assert len(relevance(question, GISTS) or ()) == len(GISTS)


def test_where_nothing_can_be_exported_the_model_and_the_measures_answer(tmp_path: Path, small_index: str) -> None:
    cache = tmp_path / "rag_assistant"
    cache.mkdir()
    (cache / "encoders").symlink_to(user_cache_path("rag_assistant") / "encoders")
    (cache / "adapted").write_text("no folder can be made in here")
    code = (
        "import sys\n"
        "from rag_assistant import Assistant\n"
        "from rag_assistant.answer.relevance import ENCODER\n"
        "assistant = Assistant.open(sys.argv[1])\n"
        "print(assistant.ask('How far ahead does TideGPT predict currents?', 'extractive').text)\n"
        "print(assistant.ask('Who won the cup in 1990?', 'extractive').abstained)\n"
        "print(ENCODER.missing())\n"
        "from rag_assistant.retrieve.questions import ENCODER\n"
        "print(ENCODER.missing())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, small_index],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )
    *said, why, why_questions = done.stdout.splitlines()
    assert "48" in said[0]
    assert said[-1] == "True"
    assert "can't be written" in why
    assert "can't be written" in why_questions
