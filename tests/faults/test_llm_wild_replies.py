"""Replies that no server should give: whatever comes, an LLMError or an answer comes of it, in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_assistant.answer.models import Server, server_for
from rag_assistant.errors import LLMError
from rag_assistant.records import Draft
from rag_assistant.settings import LLMSettings
from tests.protocol_client import ProtocolServer, aask, ask, make_hits, writer
from tests.protocol_scripts import FAULTS

pytest_plugins = ["tests.llm_fixtures"]

KEYS = st.sampled_from(
    "models data name model details model_info llama.context_length capabilities id size message content role thinking "
    "done done_reason error prompt_eval_count tool_calls".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
WILD = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ASKED: dict[str, Callable[[Server], object]] = {
    "/api/tags": lambda server: server.choose(None),
    "/api/show": lambda server: server.show("good"),
    "/api/version": lambda server: server.version(),
    "/api/ps": lambda server: server.loaded(),
    "/api/pull": lambda server: list(server.pull("good")),
}


def attempt(work: Callable[[], object]) -> object:
    """What comes of it: a result or an LLMError. Anything else that is raised goes on and fails the test."""
    try:
        return work()
    except LLMError as error:
        return error


@pytest.mark.parametrize("path", ASKED)
@given(reply=JSON)
@WILD
def test_what_is_asked_before_a_chat_raises_nothing_foreign(
    protocol_server: ProtocolServer, path: str, reply: object
) -> None:
    protocol_server.control(replies={path: {"status": 200, "body": json.dumps(reply)}})
    outcome = attempt(lambda: ASKED[path](server_for(LLMSettings(base_url=protocol_server.url))))
    assert not isinstance(outcome, LLMError) or len(str(outcome).splitlines()) == 1


@given(lines=st.lists(JSON | st.fixed_dictionaries({"message": st.dictionaries(KEYS, JSON), "done": JSON}), max_size=4))
@WILD
def test_any_stream_of_json_ends_in_a_draft_or_an_error(protocol_server: ProtocolServer, lines: list[object]) -> None:
    body = "".join(json.dumps(line) + "\n" for line in lines)
    protocol_server.control(replies={"/api/chat": {"status": 200, "body": body}})
    asked = writer(protocol_server, total_timeout=3.0)
    for outcome in (attempt(lambda: ask(asked)[1]), attempt(lambda: asyncio.run(aask(asked, make_hits()))[1])):
        if isinstance(outcome, LLMError):
            assert len(str(outcome).splitlines()) == 1
        else:
            assert isinstance(outcome, Draft)
            assert outcome.raw.strip()


@pytest.mark.parametrize("path", ["/api/tags", "/api/show"])
@pytest.mark.parametrize(
    "fault", sorted(set(FAULTS) - {"empty", "no-done", "thinks-for-ever", "thinks-inline-unclosed"})
)
def test_every_fault_before_the_chat_ends_in_time(protocol_server: ProtocolServer, path: str, fault: str) -> None:
    protocol_server.control(replies={path: {"script": fault}})
    began = monotonic()
    with pytest.raises(LLMError) as raised:
        ask(writer(protocol_server, connect_timeout=0.8, first_token_timeout=0.8))
    assert monotonic() - began < 3
    assert len(str(raised.value).splitlines()) == 1
