"""Every fault of an LLM server, asked of the writer: each ends within its deadline in an LLMError of one line.

What the Assistant makes of them is in test_llm_through_assistant.py.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from rag_assistant.errors import LLMError, LLMModelError, LLMResponseError, LLMTimeoutError, LLMUnavailableError
from rag_assistant.records import Draft
from tests.protocol_client import ProtocolServer, aask, ask, closed_early, make_hits, writer
from tests.protocol_scripts import ANSWERS, FAULTS

pytest_plugins = ["tests.llm_fixtures"]

FIRST, BETWEEN = 1.5, 0.6  # seconds, for the faults that hang; the others end long before the usual deadlines
SLACK = 2.0  # seconds for two tries, the pause between them, and a busy machine
WAYS = ("stream", "astream")

EXPECTED: dict[str, tuple[type[LLMError], str]] = {
    "status-400": (LLMResponseError, "answered 400: invalid options"),
    "status-401": (LLMResponseError, "RAG_ASSISTANT_API_KEY"),
    "status-404": (LLMModelError, "ollama pull status-404"),
    "status-429": (LLMResponseError, "answered 429: too many requests; try again"),
    "status-500": (LLMResponseError, "answered 500: llama runner process has terminated"),
    "status-502": (LLMResponseError, "answered 502"),
    "redirect": (LLMResponseError, "redirects elsewhere (302); set llm.base_url"),
    "hang-before-headers": (LLMTimeoutError, "raise llm.first_token_timeout"),
    "hang-before-first": (LLMTimeoutError, "raise llm.first_token_timeout"),
    "hang-in-middle": (LLMTimeoutError, "raise llm.token_timeout"),
    "drips-empty": (LLMTimeoutError, "raise llm.first_token_timeout"),
    "drips-bytes": (LLMTimeoutError, "raise llm.first_token_timeout"),
    "reset": (LLMResponseError, "cut the connection"),
    "cut-in-middle": (LLMResponseError, "cut the connection"),
    "error-in-middle": (LLMResponseError, "an error was encountered while running the model"),
    "garbage-line": (LLMResponseError, "something that is not its protocol: '%$§ not json {'"),
    "not-an-object": (LLMResponseError, "something that is not its protocol"),
    "wrong-types": (LLMResponseError, "something that is not its protocol"),
    "not-utf8": (LLMResponseError, "something that is not its protocol"),
    "html": (LLMResponseError, "something that is not its protocol: '<!DOCTYPE html>'"),
    "no-done": (LLMResponseError, "ended before the answer was done"),
    "empty": (LLMResponseError, "wrote nothing"),
    "nothing-at-all": (LLMResponseError, "ended before the answer was done"),
    "thinks-for-ever": (LLMResponseError, "spent all its tokens thinking"),
    "thinks-inline-unclosed": (LLMResponseError, "spent all its tokens thinking"),
}
HANGS = ("hang-before-headers", "hang-before-first", "hang-in-middle", "drips-empty", "drips-bytes")


def test_every_fault_has_an_expected_ending() -> None:
    assert set(EXPECTED) == set(FAULTS)


def outcome_of(server: ProtocolServer, model: str, way: str) -> tuple[Draft | LLMError, float]:
    short = {"first_token_timeout": FIRST, "token_timeout": BETWEEN} if model in HANGS else {}
    asked = writer(server, model, **short)
    began = monotonic()
    try:
        draft = (ask(asked) if way == "stream" else asyncio.run(aask(asked, make_hits())))[1]
    except LLMError as error:
        return error, monotonic() - began
    return draft, monotonic() - began


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_one_clear_line_and_in_time(protocol_server: ProtocolServer, fault: str, way: str) -> None:
    outcome, seconds = outcome_of(protocol_server, fault, way)
    kind, said = EXPECTED[fault]
    assert isinstance(outcome, kind), outcome
    assert said in str(outcome)
    assert len(str(outcome).splitlines()) == 1
    deadline = (BETWEEN if fault == "hang-in-middle" else FIRST) if fault in HANGS else 0.0
    assert deadline <= seconds < deadline + SLACK
    if fault in HANGS:
        assert closed_early(protocol_server) < 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", ANSWERS)
def test_every_answer_ends_in_a_draft_with_words_in_it(protocol_server: ProtocolServer, model: str, way: str) -> None:
    outcome, _ = outcome_of(protocol_server, model, way)
    assert isinstance(outcome, Draft), outcome
    assert outcome.raw
    assert "think>" not in outcome.raw
    assert outcome.evidence


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_is_down_ends_in_the_command_that_starts_it(way: str) -> None:
    outcome, seconds = outcome_of(ProtocolServer("http://127.0.0.1:1"), "good", way)
    assert isinstance(outcome, LLMUnavailableError)
    assert "ollama serve" in str(outcome)
    assert seconds < 1
