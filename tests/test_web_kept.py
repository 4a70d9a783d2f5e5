"""Turns as a browser keeps them: the same turn comes back, and nothing that isn't one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from rag_assistant.errors import WebError
from rag_assistant.present import answer_dict
from rag_assistant.web.kept import MOST_CHARS, kept_json, read_kept
from rag_assistant.web.turn import Turn
from tests.test_web_render import make_turn

KEY = "a-conversation_1"


def sent(*turns: Turn) -> dict[str, Any]:
    return {"conversation": KEY, "turns": [json.loads(kept_json(KEY, turn)) for turn in turns]}


def made(**changes: Any) -> Turn:
    """A turn that is done, with hits that know their stems and an emphasis in its sentence."""
    turn = make_turn()
    assert turn.answer is not None
    hits = tuple(replace(hit, stems=("harbornet",), matched=("HarborNet",)) for hit in turn.answer.hits)
    (sentence,) = turn.answer.sentences
    answer = replace(turn.answer, hits=hits, sentences=(replace(sentence, emphasis=((18, 20),)),), thinking="x\u202ey")
    return replace(turn, hits=hits, answer=answer, **changes)


def test_turns_come_back_as_they_were() -> None:
    hits = made().hits
    turns = [
        made(number=2),
        Turn(4, "How ünusual?", "stopped", "How unusual?", hits, draft="Half of \x00 an answer"),
        Turn(5, "What?").failed("no index"),
    ]
    assert read_kept(json.dumps(sent(*turns))) == (KEY, turns)


def test_what_is_kept_does_not_change_by_being_opened() -> None:
    first = kept_json(KEY, made())
    _, (again,) = read_kept(json.dumps({"conversation": KEY, "turns": [json.loads(first)]}))
    assert kept_json(KEY, again) == first
    assert first.isascii()


def test_a_turn_that_is_being_written_is_kept_as_stopped() -> None:
    _, (turn,) = read_kept(json.dumps(sent(Turn(1, "q", "writing", draft="Half"))))
    assert (turn.state, turn.draft) == ("stopped", "Half")


def test_the_answer_is_kept_as_the_command_line_prints_it() -> None:
    turn = make_turn()
    assert turn.answer is not None
    known = dict.fromkeys(("index", "papers", "mode", "model"), "x")
    answer = replace(turn.answer, manifest={**known, "prompts": None, "k": 8, "filters": {}, "settings": {}})
    kept = json.loads(kept_json(KEY, replace(turn, answer=answer)))["answer"]
    assert kept == json.loads(json.dumps(answer_dict(answer)))
    schema = json.loads((files("rag_assistant") / "present" / "answer.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(kept, schema)


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(fields: Any) -> None:
        for step in path[:-1]:
            fields = fields[step]
        fields[path[-1]] = value

    return change


ANSWER = ("turns", 0, "answer")
WRONG = {
    "another key": put("conversation", value="../../etc"),
    "no turns": put("turns", value=None),
    "turns without number": put("turns", 0, "number", value=0),
    "an unknown state": put("turns", 0, "state", value="writing"),
    "done without an answer": put(*ANSWER, value=None),
    "a quote that is none": put(*ANSWER, "citations", 0, "quotes", 0, "text", value="It runs at 90 frames per second."),
    "a quote of another paper": put(*ANSWER, "citations", 0, "quotes", 0, "paper_id", value="p2"),
    "a sentence's quote that is none": put(*ANSWER, "sentences", 0, "citations", 0, "quotes", 0, "start", value=0),
    "a quote from the end": put(*ANSWER, "citations", 0, "quotes", 0, "start", value=-60),
    "a citation of no paper": put(*ANSWER, "sentences", 0, "citations", 0, "number", value=7),
    "a passage that is none": put(*ANSWER, "hits", 0, "passage", "text", value="something else"),
    "emphasis beyond the sentence": put(*ANSWER, "sentences", 0, "emphasis", value=[[3, 9_999]]),
    "emphasis that turns back": put(*ANSWER, "sentences", 0, "emphasis", value=[[9, 12], [3, 5]]),
    "a verdict that there is none of": put(*ANSWER, "sentences", 0, "verdict", value="proven"),
    "a score above one": put(*ANSWER, "hits", 0, "score", value=1.5),
    "a title that is no text": put(*ANSWER, "citations", 0, "paper", "title", value={"a": 1}),
    "stems of too many papers": put("turns", 0, "stems", value=[[]]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_turn_is_refused_in_one_line(change: Callable[[dict[str, Any]], None]) -> None:
    fields = sent(made())
    read_kept(json.dumps(fields))
    change(fields)
    with pytest.raises(WebError) as refused:
        read_kept(json.dumps(fields))
    assert "\n" not in str(refused.value)


def test_turns_out_of_order_and_too_much_are_refused() -> None:
    with pytest.raises(WebError, match="out of order"):
        read_kept(json.dumps(sent(made(number=2), made(number=2))))
    with pytest.raises(WebError, match="more than the"):
        read_kept(" " * (MOST_CHARS + 1))
    for wrong in ("", "[]", "null", "{", '{"conversation": NaN}'):
        with pytest.raises(WebError, match="can't be read"):
            read_kept(wrong)
