"""No exception of another library gets past the LLM writer: all that they define are raised where theirs would be."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator

import httpx
import ollama
import openai
import pydantic
import pytest
from llama_index.core.llms import ChatMessage

from rag_assistant.answer.faults import foreign_errors
from rag_assistant.errors import LLMError, LLMTimeoutError, LLMUnavailableError, RagAssistantError

ADDRESS = "http://localhost:11434"


class Strict(pydantic.BaseModel):
    number: int


def below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


def defined_by(module: str, *roots: type[BaseException]) -> list[type[BaseException]]:
    found = {kind for root in roots for kind in below(root) if kind.__module__.split(".")[0] == module}
    return sorted(found, key=lambda kind: kind.__name__)


def bare(kind: type[BaseException]) -> BaseException:
    """An exception with a message and nothing else: a mapping that leans on more must not fail itself."""
    try:
        return kind("it went wrong")
    except TypeError:
        error = kind.__new__(kind)
        error.args = ("it went wrong",)
        return error


FOREIGN = [
    *defined_by("httpx", httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict),
    *defined_by("ollama", Exception),
    *defined_by("openai", openai.OpenAIError),
]


def test_the_lists_are_not_empty() -> None:
    names = {kind.__name__ for kind in FOREIGN}
    assert {"ConnectError", "ReadTimeout", "RemoteProtocolError", "ResponseError", "RequestError"} <= names
    assert {"RateLimitError", "APIConnectionError", "NotFoundError"} <= names
    assert len(FOREIGN) > 40


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__.split('.')[0]}.{kind.__name__}")
def test_every_exception_of_the_clients_is_mapped(kind: type[BaseException]) -> None:
    with pytest.raises(LLMError) as raised, foreign_errors(ADDRESS, "good"):
        raise bare(kind)
    assert len(str(raised.value).splitlines()) == 1
    assert raised.value.__cause__ is not None


def raise_json() -> None:
    json.loads("<html>")


def raise_pydantic() -> None:
    Strict.model_validate({"number": "three"})


def raise_llama_index() -> None:
    ChatMessage.model_validate({"role": "poet", "content": "x"})


def raise_attribute() -> None:
    json.loads("[]").get("error")


def raise_unicode() -> None:
    b"\xff".decode()


def raise_os() -> None:
    raise ConnectionResetError(104, "Connection reset by peer")


def raise_ssl() -> None:
    raise ssl.SSLCertVerificationError("self-signed certificate")


@pytest.mark.parametrize(
    "trouble", [raise_json, raise_pydantic, raise_llama_index, raise_attribute, raise_unicode, raise_os, raise_ssl]
)
def test_what_the_clients_let_through_is_mapped(trouble: object) -> None:
    assert callable(trouble)
    with pytest.raises(LLMError) as raised, foreign_errors(ADDRESS):
        trouble()
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_being_stopped_is_no_fault_of_the_server(kind: type[BaseException]) -> None:
    with pytest.raises(kind), foreign_errors(ADDRESS):
        raise kind


def test_the_packages_own_errors_pass_as_they_are() -> None:
    error = LLMTimeoutError("as it was")
    with pytest.raises(LLMTimeoutError) as raised, foreign_errors(ADDRESS):
        raise error
    assert raised.value is error


def test_a_long_message_of_many_lines_becomes_one_short_line() -> None:
    with pytest.raises(LLMError) as raised, foreign_errors(ADDRESS):
        raise ollama.ResponseError("first\nsecond\t\x1b[31m" + "x" * 5_000, 500)
    assert len(str(raised.value)) < 320
    assert str(raised.value).isprintable()


def test_connection_and_time_have_their_own_kinds() -> None:
    for kind, expected in ((httpx.ConnectError, LLMUnavailableError), (httpx.ReadTimeout, LLMTimeoutError)):
        with pytest.raises(expected), foreign_errors(ADDRESS):
            raise kind("no")
    assert issubclass(LLMError, RagAssistantError)
