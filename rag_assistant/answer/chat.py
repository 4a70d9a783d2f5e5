"""Streaming a chat through llama-index's LLM classes, as pieces of one kind whatever the server.

llama-index's own defaults are none of ours: every option that shapes an answer is set here, where it can be seen.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from rag_assistant.answer.address import Address
from rag_assistant.answer.faults import foreign_errors
from rag_assistant.answer.prompts import Message
from rag_assistant.errors import LLMError
from rag_assistant.settings import LLMSettings

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.llms import LLM


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step of a stream brought. ``done`` comes with the last; ``reason`` is ``stop`` or ``length``."""

    text: str = ""
    thinking: str = ""
    done: bool = False
    reason: str | None = None
    prompt_tokens: int | None = None
    tokens: int | None = None

    @property
    def empty(self) -> bool:
        """Whether it brought nothing: some servers send such pieces to keep a connection open."""
        return not (self.text or self.thinking or self.done)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How a model is asked. ``think`` None: it isn't told, for it can't."""

    model: str
    num_ctx: int
    num_predict: int
    think: bool | None = None
    temperature: float = 0.0


def load_client(api: str) -> None:
    """Imports the client library (1.5 s the first time), so that no event loop waits for it later.

    Raises:
        LLMError: it isn't installed.
    """
    if api == "ollama":
        import_module("llama_index.llms.ollama")
    else:
        try:
            import_module("llama_index.llms.openai_like")
        except ImportError:
            raise LLMError("llm.api=openai needs another package: pip install 'rag-assistant[openai]'") from None


async def stream_chat(
    address: Address, settings: LLMSettings, options: ChatOptions, messages: Sequence[Message]
) -> AsyncGenerator[Piece, None]:
    """Asks the server and yields what comes, until its last piece. Closing it closes the connection.

    Raises:
        LLMError: of the kind that fits; nothing else.
    """
    from llama_index.core.base.llms.types import ChatMessage

    chat = [ChatMessage(role=message.role, content=message.content) for message in messages]
    # Reads are not limited here: httpx counts single reads only, deadlines.py counts what a reader waits for.
    timeout = httpx.Timeout(None, connect=settings.connect_timeout, write=settings.first_token_timeout)
    with foreign_errors(address.url, options.model):
        async with aclosing(_client(address, settings, options, timeout)) as clients:
            llm = await anext(clients)
            async with aclosing(await llm.astream_chat(chat)) as responses:
                async for response in responses:
                    piece = _ollama_piece(response) if settings.api == "ollama" else _openai_piece(response)
                    yield piece
                    if piece.done and settings.api == "ollama":
                        return


async def _client(
    address: Address, settings: LLMSettings, options: ChatOptions, timeout: httpx.Timeout
) -> AsyncGenerator[LLM, None]:
    """The llama-index class over a connection of its own, which closes with this generator."""
    if settings.api == "ollama":
        from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]
        from ollama import AsyncClient

        async with AsyncClient(
            address.url, timeout=timeout, headers=address.headers, **address.client_options()
        ) as client:
            yield Ollama(
                model=options.model,
                base_url=address.url,
                # Left out, the wrapper asks for the model's whole window, which may be more memory than there is.
                context_window=options.num_ctx,
                temperature=options.temperature,
                # Options given with a call are dropped by the wrapper; these arrive.
                additional_kwargs={"num_predict": options.num_predict},
                keep_alive=_keep_alive(settings.keep_alive),
                thinking=options.think,
                async_client=client,
            )
    else:
        from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]

        async with httpx.AsyncClient(timeout=timeout, **address.client_options()) as http:
            yield OpenAILike(
                model=options.model,
                api_base=address.url,
                api_key=address.api_key or "none",
                is_chat_model=True,
                context_window=options.num_ctx,
                max_tokens=options.num_predict,
                temperature=options.temperature,
                max_retries=0,
                additional_kwargs={"stream_options": {"include_usage": True}},
                async_http_client=http,
            )


def _ollama_piece(response: ChatResponse) -> Piece:
    raw: dict[str, Any] = response.raw  # type: ignore[assignment]
    return Piece(
        text=response.delta or "",
        thinking=response.additional_kwargs.get("thinking_delta") or "",
        done=raw.get("done") is True,
        reason=raw.get("done_reason"),
        prompt_tokens=raw.get("prompt_eval_count"),
        tokens=raw.get("eval_count"),
    )


def _openai_piece(response: ChatResponse) -> Piece:
    raw: Any = response.raw
    reason = raw.choices[0].finish_reason if raw.choices else None
    return Piece(
        text=response.delta or "",
        thinking=response.additional_kwargs.get("thinking_delta") or "",
        done=reason is not None,
        reason=reason,
        prompt_tokens=raw.usage.prompt_tokens if raw.usage else None,
        tokens=raw.usage.completion_tokens if raw.usage else None,
    )


def _keep_alive(value: str) -> float | str:
    """Ollama takes "10m" or a number of seconds, but not a number in quotes."""
    try:
        return float(value)
    except ValueError:
        return value
