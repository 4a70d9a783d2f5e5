"""The protocol server is faithful: the ollama client's own types read all that it says."""

from __future__ import annotations

from collections.abc import Iterator

import ollama
import pytest

from tests.protocol_client import ProtocolServer

pytest_plugins = ["tests.llm_fixtures"]

PROMPT = (
    '<passage number="1" title="T">\nSieves let water through. They hold sand.\n</passage>\n\n'
    "Question: What do sieves do?"
)


@pytest.fixture
def client(protocol_server: ProtocolServer) -> Iterator[ollama.Client]:
    with ollama.Client(protocol_server.url, trust_env=False) as client:
        yield client


def fields(answer: ollama.ChatResponse | ollama.GenerateResponse) -> set[str]:
    """The fields that are there and that the type knows."""
    assert answer.model_extra is None or not answer.model_extra
    return {name for name in answer.model_fields_set if getattr(answer, name) is not None}


def test_list_show_and_ps(client: ollama.Client) -> None:
    (good,) = [model for model in client.list().models if model.model == "good:latest"]
    assert good.details is not None
    assert (good.size, good.details.quantization_level) == (2_019_393_189, "Q4_K_M")
    shown = client.show("thinks")
    assert shown.capabilities == ["completion", "tools", "thinking"]
    assert shown.modelinfo is not None
    assert shown.modelinfo["llama.context_length"] == 32_768
    assert client.ps().models == []
    client.chat("good", [{"role": "user", "content": PROMPT}])
    assert [model.name for model in client.ps().models] == ["good:latest"]


@pytest.mark.parametrize("stream", [False, True])
def test_chat(client: ollama.Client, stream: bool) -> None:
    messages = [{"role": "user", "content": PROMPT}]
    if stream:
        parts = list(client.chat("good", messages, stream=True))
        assert all(part.done is False for part in parts[:-1])
        text, last = "".join(part.message.content or "" for part in parts), parts[-1]
    else:
        last = client.chat("good", messages)
        text = last.message.content or ""
    assert text == "Sieves let water through [1]."
    assert (last.done, last.done_reason) == (True, "stop")
    assert {"total_duration", "load_duration", "prompt_eval_count", "eval_count", "eval_duration"} <= fields(last)


def test_thinking_has_its_own_field(client: ollama.Client) -> None:
    answer = client.chat("thinks", [{"role": "user", "content": PROMPT}], think=True)
    assert answer.message.thinking == "The passages say it plainly."
    with pytest.raises(ollama.ResponseError, match="does not support thinking"):
        client.chat("good", [{"role": "user", "content": PROMPT}], think=True)


def test_generate(client: ollama.Client) -> None:
    assert client.generate("good", PROMPT).response == "Sieves let water through [1]."
    parts = list(client.generate("good", PROMPT, stream=True))
    assert "".join(part.response or "" for part in parts) == "Sieves let water through [1]."


def test_pull(client: ollama.Client) -> None:
    assert [step.status for step in client.pull("new", stream=True)][-1] == "success"
    assert "new:latest" in [model.model for model in client.list().models]


def test_a_missing_model_is_404_with_ollamas_words(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        client.chat("nobody", [])
    assert (raised.value.status_code, raised.value.error) == (404, "model 'nobody' not found")


def test_a_prompt_past_the_window_is_cut_without_a_word(client: ollama.Client) -> None:
    answer = client.chat("good", [{"role": "user", "content": PROMPT * 400}])
    assert answer.prompt_eval_count == 4_096
