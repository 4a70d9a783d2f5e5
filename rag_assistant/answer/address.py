"""Where the LLM server is, and how to get there."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from rag_assistant.errors import LLMUnavailableError
from rag_assistant.settings import LLMSettings

DEFAULT_PORT = 11434
API_KEY_VARIABLE = "RAG_ASSISTANT_API_KEY"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL without a slash at its end. The API key stays out of ``repr``."""

    url: str
    api_key: str | None = field(default=None, repr=False)

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine, which no proxy may come between."""
        host = urlsplit(self.url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments for an httpx client.

        Redirects are not followed: the POST would arrive as a GET, without the question. Plain HTTP does without the
        20 ms that loading the certificates takes.
        """
        verify: ssl.SSLContext | bool = _certificates() if self.url.startswith("https:") else False
        return {"trust_env": not self.loopback, "follow_redirects": False, "verify": verify}


def find_address(settings: LLMSettings) -> Address:
    """The server's address: ``llm.base_url``, else ``OLLAMA_HOST``, else this machine's port 11434.

    The API key comes from the environment variable ``RAG_ASSISTANT_API_KEY`` only.

    Raises:
        LLMUnavailableError: it can't be read as an address.
    """
    given, source = settings.base_url, "llm.base_url"
    if not given:
        given, source = os.environ.get("OLLAMA_HOST"), "OLLAMA_HOST"
    url = parse_address(given or "", source)
    if settings.api == "openai" and not urlsplit(url).path:
        url += "/v1"
    return Address(url, os.environ.get(API_KEY_VARIABLE) or None)


def parse_address(given: str, source: str = "address") -> str:
    """A base URL from any form that Ollama itself takes: host, host:port, :port, [v6]:port, or a whole URL.

    An address to listen on (``0.0.0.0``, ``::``) becomes the loopback address of its kind, for a client can't
    connect to it everywhere.

    Raises:
        LLMUnavailableError: it can't be read as one; ``source`` names where it was given.
    """
    text = given.strip().strip("\"'").rstrip("/")
    if not text:
        return f"http://localhost:{DEFAULT_PORT}"
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "http", text
    if rest.count(":") > 1 and not rest.startswith("["):
        rest = f"[{rest}]"  # a bare IPv6 address
    wrong = f"{source}: {given!r} is not an address; write it like http://localhost:{DEFAULT_PORT} or host:port"
    try:
        parts = urlsplit(f"{scheme.lower()}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        raise LLMUnavailableError(wrong) from None
    if parts.scheme not in ("http", "https") or any(character.isspace() for character in rest) or "@" in parts.netloc:
        raise LLMUnavailableError(wrong)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (recognised, not bound)
    if ":" in host:
        host = f"[{host}]"
    port = port or (DEFAULT_PORT if not separator else {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()
