"""What becomes of a model's draft that fails its check: asked for once more, the best of several, or set aside."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import pytest

from rag_assistant import Assistant
from rag_assistant.errors import LLMResponseError
from rag_assistant.records import AnotherDraft, Answer, AnswerDone, Event, SentenceChecked, Token
from rag_assistant.web.turn import Turn
from tests.protocol_client import ProtocolServer, closed_early

pytest_plugins = ["tests.llm_fixtures"]

QUESTION = "How many vessels does HarborNet find in dense fog?"
LABEL = "Answered in the papers' own sentences: "


def assistant(
    index: str, server: ProtocolServer, model: str, answer: dict[str, Any] | None = None, **llm: Any
) -> Assistant:
    return Assistant.open(index, llm={"base_url": server.url, "model": model, **llm}, answer=answer or {})


def told(server: ProtocolServer) -> list[list[dict[str, str]]]:
    return [entry["body"]["messages"] for entry in server.requests("/api/chat")]


def extractive(answer: Answer) -> bool:
    label = [note for note in answer.notes if note.startswith(LABEL)]
    return answer.mode == "extractive" and len(label) == 1 and bool(answer.citations) and "91.4%" in answer.text


def test_a_draft_that_fails_is_asked_for_once_more_with_the_failure_named(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    events: list[Event] = list(assistant(small_index, protocol_server, "mends").stream(QUESTION))
    answer = events[-1].answer if isinstance(events[-1], AnswerDone) else None
    assert answer is not None
    assert (answer.mode, answer.abstained) == ("llm", False)
    assert answer.citations
    assert all(sentence.verdict == "supported" for sentence in answer.sentences)
    assert "the model's first draft was not borne out by the papers; this is a later one" in answer.notes
    first, second = told(protocol_server)
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert second[:2] == first
    assert "1,234 glaciologists" in second[2]["content"]
    assert '- "It was awarded a prize by an academy of 1,234 glaciologists."' in second[3]["content"]
    assert "figure 1,234" in second[3]["content"]


def test_who_watches_is_told_that_the_tokens_so_far_are_void(small_index: str, protocol_server: ProtocolServer) -> None:
    events = list(assistant(small_index, protocol_server, "mends").stream(QUESTION))
    (again,) = [place for place, event in enumerate(events) if isinstance(event, AnotherDraft)]
    written = "".join(event.text for event in events[again:] if isinstance(event, Token))
    assert "glaciologists" not in written
    assert "glaciologists" in "".join(event.text for event in events[:again] if isinstance(event, Token))
    turn = Turn(1, QUESTION)
    for event in events[: again + 1]:
        turn = turn.after(event)
    assert (turn.draft, turn.running) == ("", True)
    done = events[-1]
    assert isinstance(done, AnswerDone)
    assert written == done.answer.draft
    assert [event.sentence for event in events if isinstance(event, SentenceChecked)] == list(done.answer.sentences)


def test_a_draft_of_which_half_is_borne_out_is_kept(small_index: str, protocol_server: ProtocolServer) -> None:
    answer = assistant(small_index, protocol_server, "invents").ask(QUESTION)
    assert [sentence.verdict for sentence in answer.sentences] == ["supported", "unsupported"]
    assert len(told(protocol_server)) == 1


@pytest.mark.parametrize("mode", ["auto", "llm"])
def test_a_model_that_fails_twice_is_set_aside_and_said_so(
    small_index: str, protocol_server: ProtocolServer, mode: Any
) -> None:
    answer = assistant(small_index, protocol_server, "invents-all").ask(QUESTION, mode)
    assert extractive(answer), answer.notes
    assert f"{LABEL}what invents-all:latest wrote in 2 drafts is not borne out by the papers" in answer.notes
    assert "glaciologists" in (answer.draft or "")
    assert len(told(protocol_server)) == 2


def test_a_fault_at_the_second_asking_loses_nothing(small_index: str, protocol_server: ProtocolServer) -> None:
    answer = assistant(small_index, protocol_server, "then-breaks").ask(QUESTION, "llm")
    assert extractive(answer)
    assert any("is not borne out by the papers, then the server at" in note for note in answer.notes)


def test_the_whole_deadline_holds_over_all_drafts(small_index: str, protocol_server: ProtocolServer) -> None:
    began = monotonic()
    answer = assistant(small_index, protocol_server, "then-hangs", total_timeout=1.2).ask(QUESTION)
    assert 1.2 <= monotonic() - began < 4
    assert extractive(answer)
    assert any("took more than 1.2 s" in note for note in answer.notes)


def test_a_model_that_abstains_when_asked_again_is_believed(small_index: str, protocol_server: ProtocolServer) -> None:
    answer = assistant(small_index, protocol_server, "then-abstains").ask(QUESTION)
    assert answer.abstained
    assert answer.mode == "llm"
    assert answer.reason == "the model found no answer in the papers that it was given"


def test_the_best_of_several_samples_is_kept(small_index: str, protocol_server: ProtocolServer) -> None:
    events = list(assistant(small_index, protocol_server, "improves", {"samples": 4}).stream(QUESTION))
    done = events[-1]
    assert isinstance(done, AnswerDone)
    assert [sentence.verdict for sentence in done.answer.sentences] == ["supported", "supported"]
    assert "glaciologists" not in (done.answer.draft or "")
    assert sum(isinstance(event, AnotherDraft) for event in events) == 3
    sent = [entry["body"] for entry in protocol_server.requests("/api/chat")]
    assert [body["options"]["temperature"] for body in sent] == [0.0, 0.7, 0.7, 0.7]
    assert all(len(body["messages"]) == 2 for body in sent)


def test_samples_that_all_fail_end_in_the_extractive_answer(small_index: str, protocol_server: ProtocolServer) -> None:
    answer = assistant(small_index, protocol_server, "invents-all", {"samples": 3}).ask(QUESTION)
    assert extractive(answer)
    assert "wrote in 3 drafts is not borne out" in " ".join(answer.notes)


def test_unsupported_sentences_are_dropped_from_the_draft_that_is_kept(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    answer = assistant(small_index, protocol_server, "invents", {"unsupported": "drop"}).ask(QUESTION)
    assert [sentence.verdict for sentence in answer.sentences] == ["supported"]
    assert "1 sentence was left out: no paper bears it out" in answer.notes


@pytest.mark.parametrize("model", ["good", "mends", "invents-all", "status-500"])
def test_an_event_loop_gets_the_same_answer(small_index: str, protocol_server: ProtocolServer, model: str) -> None:
    asked = assistant(small_index, protocol_server, model)
    by_thread, by_loop = asked.ask(QUESTION), asyncio.run(asked.aask(QUESTION))
    assert by_loop.text == by_thread.text
    assert by_loop.notes == by_thread.notes
    assert by_loop.manifest == by_thread.manifest


def test_an_event_loop_is_never_blocked_and_cancelling_reaches_the_server(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    asked = assistant(small_index, protocol_server, "hang-in-middle")
    asked.ask(QUESTION, "extractive")  # loads the encoder, which is no part of what is measured

    async def watched() -> float:
        longest, last = 0.0, monotonic()
        task = asyncio.create_task(asked.aask(QUESTION))
        until = monotonic() + 1.0
        while monotonic() < until:
            await asyncio.sleep(0.01)
            longest, last = max(longest, monotonic() - last), monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return longest

    assert asyncio.run(watched()) < 0.5
    assert closed_early(protocol_server) < 1


def test_with_the_llm_asked_for_a_fault_of_the_first_draft_is_an_error(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    asked = assistant(small_index, protocol_server, "status-500")
    with pytest.raises(LLMResponseError, match="answered 500"):
        asked.ask(QUESTION, "llm")
    with pytest.raises(LLMResponseError, match="answered 500"):
        asyncio.run(asked.aask(QUESTION, "llm"))
