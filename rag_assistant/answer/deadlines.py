"""Deadlines of our own over a stream, and the way from an asynchronous stream to a plain generator.

An HTTP client's timeout counts single reads, so a server that sends a byte now and then never runs into it. What counts
here is what a reader waits for: the first piece with something in it, the next one, the whole.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from rag_assistant.answer.chat import Piece
from rag_assistant.errors import LLMTimeoutError
from rag_assistant.settings import LLMSettings

# Added to the whole's deadline before a plain generator stops waiting for its event loop altogether.
_BACKSTOP = 5.0
# After the last piece some servers send one more with the token counts.
_AFTER_DONE = 2.0

T = TypeVar("T")

_LOOPS: dict[int, asyncio.AbstractEventLoop] = {}
_LOOPS_LOCK = threading.Lock()


async def within_deadlines(
    pieces: AsyncGenerator[Piece, None], settings: LLMSettings, until: float
) -> AsyncGenerator[Piece, None]:
    """The pieces that hold something, each in its time.

    Args:
        pieces: closed when this ends, however it ends.
        settings: seconds to the first piece and between two.
        until: when the whole must be done, in seconds of :func:`time.monotonic`.

    Raises:
        LLMTimeoutError: naming the deadline that passed and its setting.
    """
    last, limit, name = monotonic(), settings.first_token_timeout, "first_token_timeout"
    done = False
    async with aclosing(pieces):
        while True:
            wait = min(_AFTER_DONE if done else last + limit - monotonic(), until - monotonic())
            try:
                async with asyncio.timeout(max(wait, 0)):
                    piece = await anext(pieces, None)
            except TimeoutError:
                if done:
                    return
                raise _too_late(name, limit, settings, whole=monotonic() >= until) from None
            if piece is None:
                return
            if not piece.empty or piece.prompt_tokens is not None:
                yield piece
                last, limit, name = monotonic(), settings.token_timeout, "token_timeout"
                done = done or piece.done


def iterate(source: Callable[[], AsyncGenerator[T, None]], patience: float) -> Generator[T, None, None]:
    """An asynchronous stream as a plain generator; it runs on an event loop in a thread of its own.

    Closing the generator cancels the stream wherever it stands, a hanging connection included, and returns when that is
    done (a second at most).

    Args:
        source: makes the stream.
        patience: seconds after which nothing is waited for any more, should the stream's own deadlines fail.

    Raises:
        LLMTimeoutError: patience is at its end. Whatever the stream raises is raised as it is.
    """
    items: SimpleQueue[tuple[T] | None] = SimpleQueue()  # None: the end

    async def pump() -> None:
        try:
            async with aclosing(source()) as stream:
                async for item in stream:
                    items.put((item,))
        finally:
            items.put(None)

    until = monotonic() + patience + _BACKSTOP
    task = asyncio.run_coroutine_threadsafe(pump(), _loop())
    ended = False
    try:
        while True:
            try:
                item = items.get(timeout=max(until - monotonic(), 0))
            except Empty:
                raise LLMTimeoutError(f"the answer took more than {patience:g} s (llm.total_timeout)") from None
            if item is None:
                ended = True
                task.result()
                return
            yield item[0]
    finally:
        if not ended:
            task.cancel()
            _drain(items)


def _drain(items: SimpleQueue[Any]) -> None:
    until = monotonic() + 1
    try:
        while items.get(timeout=max(until - monotonic(), 0)) is not None:
            pass
    except Empty:
        return


def _too_late(name: str, limit: float, settings: LLMSettings, *, whole: bool) -> LLMTimeoutError:
    if whole:
        return LLMTimeoutError(f"the answer took more than {settings.total_timeout:g} s; raise llm.total_timeout")
    what = "nothing came" if name == "first_token_timeout" else "the answer stopped in the middle and nothing more came"
    return LLMTimeoutError(f"{what} from the LLM server for {limit:g} s; raise llm.{name} if the model is slow")


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop that all plain generators of this process share. A forked child gets one of its own."""
    with _LOOPS_LOCK:
        loop = _LOOPS.get(os.getpid())
        if loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="llm-streams", daemon=True).start()
            _LOOPS[os.getpid()] = loop
        return loop
