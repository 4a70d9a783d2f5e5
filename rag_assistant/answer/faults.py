"""The one place where other libraries' exceptions become the package's own.

Everything that speaks to an LLM server does so inside :func:`foreign_errors`; outside of it nothing of httpx, ollama,
openai, json, pydantic or llama-index is ever raised. ``tests/faults`` raises every exception that those define in here.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from rag_assistant.errors import LLMError, LLMModelError, LLMResponseError, LLMTimeoutError, LLMUnavailableError

# Passing faults: tried again where nothing was streamed yet.
PASSING_STATUSES = frozenset({429, 502, 503})

# What the client libraries stumble over when a server sends something else than its protocol: json on a line that is
# none, pydantic (a ValueError) on a field of the wrong type, attribute or item access on a list in an object's place.
_NOT_THE_PROTOCOL = (ValueError, TypeError, AttributeError, LookupError)


class PassingLLMError(LLMResponseError):
    """A fault that may be gone at the next try: too many requests, a busy gateway, a connection cut at its start."""


@contextmanager
def foreign_errors(address: str, model: str | None = None) -> Iterator[None]:
    """Turns what is raised inside into an :class:`LLMError` with one line that says what to do.

    Args:
        address: the server's base URL, named in the message.
        model: the model that was asked, named where the server lacks it.

    Raises:
        LLMUnavailableError: no connection.
        LLMModelError: the server lacks the model.
        LLMTimeoutError: a read or write timed out.
        LLMResponseError: anything else that came back.
    """
    try:
        yield
    except LLMError:
        raise
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError, EOFError) as error:
        raise _from_transport(error, address) from error
    except _client_errors() as error:
        raise _from_client(error, address, model) from error
    except (*_NOT_THE_PROTOCOL, AssertionError, RuntimeError) as error:
        raise LLMResponseError(_not_the_protocol(error, address)) from error


def start_hint(address: str) -> str:
    """What to do where nothing answers."""
    local = any(f"//{host}" in address for host in ("localhost", "127.", "[::1]"))
    return "start it with: ollama serve" if local else "is it running there? (llm.base_url, OLLAMA_HOST)"


def unavailable(address: str, why: str) -> LLMUnavailableError:
    """No connection to the server."""
    return LLMUnavailableError(f"no LLM server answers at {address} ({why}); {start_hint(address)}")


def no_such_model(address: str, model: str, there: tuple[str, ...] = ()) -> LLMModelError:
    """The server lacks a model; ``there`` are the ones that it has."""
    has = f"; it has {', '.join(there[:8])}{' …' if len(there) > 8 else ''}" if there else ""
    return LLMModelError(f"the server at {address} has no model {model!r}{has}; get it with: ollama pull {model}")


def bad_status(address: str, status: int, body: str, model: str | None) -> LLMError:
    """What an HTTP status means."""
    said = f": {_one_line(_message(body))}" if body.strip() else ""
    if status == 404 and model is not None and ("model" in body.lower() or not body.strip()):
        return no_such_model(address, model)
    if status in PASSING_STATUSES:
        return PassingLLMError(f"the server at {address} answered {status}{said}; try again in a moment")
    if status in (401, 403):
        return LLMResponseError(f"the server at {address} answered {status}{said}; is RAG_ASSISTANT_API_KEY set?")
    if 300 <= status < 400:
        return LLMResponseError(
            f"the server at {address} redirects elsewhere ({status}); set llm.base_url to its target"
        )
    return LLMResponseError(f"the server at {address} answered {status}{said}" if status > 0 else f"LLM error{said}")


def _from_transport(error: Exception, address: str) -> LLMError:
    if isinstance(error, httpx.HTTPStatusError):
        return LLMResponseError(f"the server at {address} answered with an error: {_one_line(str(error))}")
    if isinstance(error, httpx.PoolTimeout | httpx.ReadTimeout | httpx.WriteTimeout) or (
        isinstance(error, TimeoutError) and not isinstance(error, httpx.HTTPError)
    ):
        return LLMTimeoutError(f"the LLM server at {address} did not answer in time; raise llm.first_token_timeout")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | ssl.SSLError):
        timed_out = isinstance(error, httpx.ConnectTimeout)
        return unavailable(address, "no answer within llm.connect_timeout" if timed_out else _reason(error))
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return LLMUnavailableError(f"{address} is not an address that can be asked: {_one_line(str(error))}")
    if isinstance(error, httpx.ReadError | httpx.RemoteProtocolError | httpx.CloseError | httpx.WriteError | EOFError):
        return PassingLLMError(f"the LLM server at {address} cut the connection; has its model crashed? (ollama ps)")
    if isinstance(error, httpx.HTTPError | httpx.StreamError | httpx.CookieConflict):
        return LLMResponseError(f"the answer of {address} can't be read: {_reason(error)}")
    return unavailable(address, _reason(error))


def _client_errors() -> tuple[type[Exception], ...]:
    """The roots of the clients' own exceptions. A client that was never imported has raised nothing."""
    roots: list[type[Exception]] = []
    for module, names in (("ollama", ("ResponseError", "RequestError")), ("openai", ("OpenAIError",))):
        if module in sys.modules:
            roots += [getattr(sys.modules[module], name) for name in names]
    return tuple(roots)


def _from_client(error: Exception, address: str, model: str | None) -> LLMError:
    name = type(error).__name__
    if name == "APITimeoutError":
        return LLMTimeoutError(f"the LLM server at {address} did not answer in time; raise llm.first_token_timeout")
    if name == "APIConnectionError":
        cause = error.__cause__
        return (
            _from_transport(cause, address) if isinstance(cause, Exception) else unavailable(address, "no connection")
        )
    status = getattr(error, "status_code", None)
    body = getattr(error, "error", None) or getattr(error, "message", None) or str(error)
    if isinstance(status, int) and status > 0:
        return bad_status(address, status, str(body), model)
    return LLMResponseError(f"the LLM server at {address} broke off with an error: {_one_line(_message(str(body)))}")


def _not_the_protocol(error: Exception, address: str) -> str:
    came = f": {_one_line(error.doc)!r}" if isinstance(error, json.JSONDecodeError) and error.doc.strip() else ""
    hint = "is it an LLM server? (llm.base_url, llm.api)"
    return f"{address} answered with something that is not its protocol{came}; {hint}"


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "connection refused" if "Errno 111" in text or "refused" in text.lower() else _one_line(text)


def _message(body: str) -> str:
    """The words of an error body: ``{"error": "…"}`` (Ollama), ``{"error": {"message": "…"}}`` (OpenAI), plain text."""
    try:
        data = json.loads(body)
    except ValueError:
        return re.sub(r"<[^<>]*>", " ", body)
    for key in ("error", "message"):
        data = data.get(key, data) if isinstance(data, dict) else data
    return data if isinstance(data, str) else body


def _one_line(text: str, limit: int = 200) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
