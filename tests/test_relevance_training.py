"""What the cross-encoder of questions and papers learns from."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.cases import load_cases, title_key
from rag_assistant.evaluate.metrics import has_fact
from rag_assistant.evaluate.relevance_groups import (
    Group,
    Pair,
    groups_of,
    is_kept_out,
    load_training_questions,
)
from rag_assistant.index.cross_encoder import PairTokenizer
from rag_assistant.index.embed import model_folder
from rag_assistant.settings import DEFAULT_MODEL
from tests.papers import TEXTS

EVALS = Path(__file__).parents[1] / "evals"
TRAINING = EVALS / "training"


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "Why?", "paper": "Ropes", "answerable": true}\n{"question": "Why?"}\n')
    with pytest.raises(SourceError, match=r"questions\.jsonl:2: not a training question: 'paper'"):
        load_training_questions(file)


def test_of_a_group_the_answers_stay_and_of_the_others_the_likeliest() -> None:
    pairs = [Pair([place], 1) for place in range(8)]
    group = Group(pairs, [False] * 4 + [True] + [False] * 3, answerable=True)
    drawn = {tuple(pair.ids[0] for pair in group.drawn(3, random.Random(seed)).pairs) for seed in range(40)}
    assert all(len(one) == 4 and one[:3] == (4, 0, 1) for one in drawn)
    assert {one[3] for one in drawn} == {2, 3, 5, 6, 7}
    nothing = Group(pairs[:2], [False, False], answerable=False).drawn(3, random.Random(0))
    assert nothing.answers == [False, False]


def test_a_question_is_given_the_papers_of_its_own_side_that_others_are_about(tmp_path: Path, small_index: str) -> None:
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    file = tmp_path / "questions.jsonl"
    asked = [
        ("Can boats be heard in fog?", "HarborNet", True),
        ("How far ahead are currents predicted?", "TideGPT", True),
        ("Who paid for the gull recordings?", "GullSpeak", False),
    ]
    full = {title.partition(":")[0]: title for title in TEXTS}
    lines = [{"question": question, "paper": full[name], "answerable": yes} for question, name, yes in asked]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    groups = list(groups_of(file, Path(small_index), PairTokenizer(folder), keep_out=False))
    assert [sum(group.answers) for group in groups] == [1, 1, 0]
    assert all(len(group.pairs) <= len(asked) for group in groups), "no paper is taken that no question is about"


def test_a_fifth_of_the_papers_is_kept_out() -> None:
    keys = {one.paper for one in load_training_questions(TRAINING / "questions.jsonl")}
    assert 0.12 < sum(map(is_kept_out, keys)) / len(keys) < 0.28


def test_no_question_to_learn_from_is_about_a_paper_that_a_held_out_one_is_about() -> None:
    cases = [case for case in load_cases(EVALS / "questions.jsonl") if case.split == "held_out"]
    held_out = {title_key(title) for case in cases for title in case.gold_titles}
    learned = load_training_questions(TRAINING / "questions.jsonl")
    assert not held_out & {one.paper for one in learned}
    asked = {case.question.lower() for case in cases}
    assert not asked & {
        one.question.lower() for file in TRAINING.glob("questions*.jsonl") for one in load_training_questions(file)
    }


def test_the_facts_asked_for_stand_in_the_invented_abstracts() -> None:
    papers = {one["title"]: one["abstract"] for one in map(json.loads, (TRAINING / "papers_invented.jsonl").open())}
    for one in map(json.loads, (TRAINING / "questions_invented.jsonl").open()):
        text = f"{one['paper']} {papers[one['paper']]}"
        assert not one["answerable"] or all(has_fact(text, fact) for fact in one["facts"]), one["id"]


def test_what_is_taught_is_known_afterwards_and_kept_in_the_adapter(tmp_path: Path) -> None:
    """Nonsense that no pre-trained model could guess: which of two texts answers is a matter of a made-up word."""
    import numpy as np

    from rag_assistant.evaluate import lora
    from rag_assistant.evaluate.train_relevance import Course, train
    from rag_assistant.index.adapter import Adapter

    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    tokenizer = PairTokenizer(folder)
    texts = [("ropes creep, zorb", "ropes creep, quax"), ("gulls call, zorb", "gulls call, quax")] * 8
    groups = [
        Group([Pair(*tokenizer.pair("which one?", text)[:2]) for text in pair], [False, True], answerable=True)
        for pair in texts
    ]
    silent = Group(groups[0].pairs[:1], [False], answerable=False)
    encoder, heads = train(groups, [*groups[:2], silent], folder, Course(epochs=4))
    found = lora.logits(encoder, heads, groups[1].pairs)
    assert found[1] > found[0]
    lora.write(encoder, heads, tmp_path / "adapter.npz", "test")
    again, its_heads = lora.build(folder)
    lora.lay(Adapter.load((tmp_path / "adapter.npz").read_bytes()), again, its_heads)
    assert lora.logits(again, its_heads, groups[1].pairs) == pytest.approx(np.asarray(found), abs=0.1)
