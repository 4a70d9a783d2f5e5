"""The same writer over a server of the OpenAI kind."""

from __future__ import annotations

import asyncio
import logging

import pytest

from rag_assistant.errors import LLMError, LLMModelError, LLMResponseError, LLMTimeoutError, LLMUnavailableError
from tests.protocol_client import ProtocolServer, aask, ask, closed_early, make_hits, writer
from tests.protocol_scripts import FAULTS

pytest_plugins = ["tests.llm_fixtures"]

CHAT = "/v1/chat/completions"


def test_it_streams_the_same_answer(protocol_server: ProtocolServer) -> None:
    tokens, draft = ask(writer(protocol_server, "good:latest", api="openai"))
    assert len(tokens) > 5
    assert "".join(token.text for token in tokens) == draft.raw
    assert draft.raw == ask(writer(protocol_server, "good"))[1].raw
    assert asyncio.run(aask(writer(protocol_server, "good:latest", api="openai"), make_hits()))[1] == draft


def test_what_shapes_the_answer_arrives(protocol_server: ProtocolServer) -> None:
    ask(writer(protocol_server, "good:latest", api="openai", max_tokens=300, temperature=0.3))
    body = protocol_server.requests(CHAT)[0]["body"]
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("good:latest", 300, 0.3)
    assert body["stream_options"] == {"include_usage": True}


def test_the_key_goes_to_the_server_and_nowhere_else(
    protocol_server: ProtocolServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_API_KEY", "a-secret-key")
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    with caplog.at_level(logging.DEBUG):
        asked = writer(protocol_server, "good:latest", api="openai")
        _, draft = ask(asked)
    for entry in protocol_server.requests():
        assert entry["headers"]["authorization"] == "Bearer a-secret-key"
    assert "a-secret" not in caplog.text + repr(draft) + repr(vars(asked))


def test_reasoning_is_kept_apart(protocol_server: ProtocolServer) -> None:
    protocol_server.control(models={"reasons": "reasons"})
    _, draft = ask(writer(protocol_server, "reasons", api="openai"))
    assert draft.thinking == "The passages say it plainly."
    assert draft.raw.startswith("SieveNet")


def test_a_length_stop_is_said_so(protocol_server: ProtocolServer) -> None:
    _, draft = ask(writer(protocol_server, "length:latest", api="openai", max_tokens=64))
    assert "cut off at 64 tokens" in draft.notes[0]


def test_a_model_that_is_not_there_is_named(protocol_server: ProtocolServer) -> None:
    with pytest.raises(LLMModelError, match="no model 'nobody'; it has good:latest"):
        ask(writer(protocol_server, "nobody", api="openai"))


def test_a_server_that_is_down_is_known_at_once() -> None:
    with pytest.raises(LLMUnavailableError):
        ask(writer(ProtocolServer("http://127.0.0.1:1"), "good", api="openai"))


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_an_error_of_one_line(protocol_server: ProtocolServer, fault: str) -> None:
    asked = writer(
        protocol_server, f"{fault}:latest", api="openai", first_token_timeout=0.6, token_timeout=0.5, total_timeout=3.0
    )
    with pytest.raises(LLMError) as raised:
        ask(asked)
    assert len(str(raised.value).splitlines()) == 1
    assert isinstance(raised.value, LLMModelError | LLMResponseError | LLMTimeoutError)


def test_closing_the_stream_reaches_the_server(protocol_server: ProtocolServer) -> None:
    stream = writer(protocol_server, "slow:latest", api="openai").stream("What does SieveNet read?", make_hits())
    next(stream)
    stream.close()
    assert closed_early(protocol_server, path=CHAT) < 1
