"""Where the LLM server is taken to be."""

from __future__ import annotations

import pytest

from rag_assistant.answer.address import Address, find_address, parse_address
from rag_assistant.errors import LLMUnavailableError
from rag_assistant.settings import LLMSettings


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "http://localhost:11434"),
        ("  ", "http://localhost:11434"),
        ("host", "http://host:11434"),
        ("host:1234", "http://host:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("[::]:1234", "http://[::1]:1234"),
        ("::", "http://[::1]:11434"),
        ("::1", "http://[::1]:11434"),
        ("http://host", "http://host:80"),
        ("https://host", "https://host:443"),
        ("HTTPS://host/", "https://host:443"),
        ("https://host:8443/ollama/", "https://host:8443/ollama"),
        ('"host:1234"', "http://host:1234"),
    ],
)
def test_every_form_that_ollama_takes_is_read(given: str, url: str) -> None:
    assert parse_address(given) == url


@pytest.mark.parametrize("given", ["ftp://host", "host:port", "host:99999", "http://[::1", "two words", "user@host"])
def test_what_is_no_address_is_refused_with_its_source(given: str) -> None:
    with pytest.raises(
        LLMUnavailableError, match=r"^OLLAMA_HOST: .* is not an address; write it like http://localhost"
    ):
        parse_address(given, "OLLAMA_HOST")


def test_the_setting_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:1234")
    assert find_address(LLMSettings()).url == "http://127.0.0.1:1234"
    assert find_address(LLMSettings(base_url="elsewhere")).url == "http://elsewhere:11434"
    monkeypatch.delenv("OLLAMA_HOST")
    assert find_address(LLMSettings()).url == "http://localhost:11434"


def test_an_openai_address_gets_its_version_path_once() -> None:
    assert find_address(LLMSettings(api="openai", base_url="http://host:8000")).url == "http://host:8000/v1"
    assert find_address(LLMSettings(api="openai", base_url="http://host:8000/api/v3")).url == "http://host:8000/api/v3"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.1:1", True),
        ("http://127.8.0.1:1", True),
        ("http://[::1]:1", True),
        ("http://10.0.0.2:1", False),
        ("http://localhost.example.org:1", False),
    ],
)
def test_only_this_machine_is_reached_past_a_proxy(url: str, loopback: bool) -> None:
    assert Address(url).loopback is loopback
    assert Address(url).client_options()["trust_env"] is not loopback


def test_the_api_key_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_API_KEY", "a-secret-key")
    address = find_address(LLMSettings())
    assert address.headers == {"Authorization": "Bearer a-secret-key"}
    assert "secret" not in repr(address)
