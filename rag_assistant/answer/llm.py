"""The writer that has a language model answer: the right passages, within its window, within its time.

Nothing but :class:`~rag_assistant.errors.LLMError` is ever raised here, whatever the server does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, closing
from copy import copy
from time import monotonic, perf_counter

from rag_assistant.answer.abstention import ABSTENTION
from rag_assistant.answer.chat import ChatOptions, Piece, load_client, stream_chat
from rag_assistant.answer.deadlines import iterate, within_deadlines
from rag_assistant.answer.faults import PassingLLMError
from rag_assistant.answer.followup import read_rewritten
from rag_assistant.answer.models import ModelDetails, ModelInfo, Server, server_for
from rag_assistant.answer.passages import count_tokens, disarm, fit, show_passages
from rag_assistant.answer.prompts import Message, Prompts, load_prompts
from rag_assistant.answer.reading import Attempt, Reading, Request, Trial
from rag_assistant.errors import LLMError
from rag_assistant.records import Answer, Draft, Hit, Paper, Passage, Token
from rag_assistant.settings import LLMSettings, Settings

_BACKOFF = 0.25  # seconds before the first new try; doubled each time
_MOST_BACKOFF = 4.0
_THINKING_FACTOR = 4  # thinking is counted among the tokens written, and takes more of them than the answer
_TURNS = 3  # earlier turns that a follow-up may lean on
_TURN_CHARS = 600
_FOLLOW_UP_CHARS = 1_000  # what is longer says itself what it is about
_REWRITE_TOKENS = 160
_VARIED = 0.7  # the least temperature of a further sample; at 0 it would be the same words again
_REJECTED_CHARS = 2_000  # of a rejected draft that are shown to its writer; one that ran on is far longer

FIRST_ATTEMPT = Attempt()


class LLMWriter:
    """Writes drafts by an LLM server. Making one asks nothing of the server; it is safe to share between threads."""

    def __init__(self, settings: LLMSettings, prompts: Prompts) -> None:
        self.settings = settings
        self.prompts = prompts
        self._details: dict[tuple[str, str], ModelDetails] = {}

    def with_model(self, name: str) -> LLMWriter:
        """The same writer with another model; what one finds out about models, both know."""
        other = copy(self)
        other.settings = self.settings.model_copy(update={"model": name})
        return other

    def server(self) -> Server:
        """The server that the settings and the environment name.

        Raises:
            LLMUnavailableError: no address can be read from them.
        """
        return server_for(self.settings)

    def model(self) -> str:
        """The model that would answer: ``llm.model``, else the best that the server has.

        Raises:
            LLMUnavailableError: nothing answers at the address.
            LLMModelError: the server lacks the model, or has none that writes.
        """
        return self.server().choose(self.settings.model).name

    def warm_up(self) -> str:
        """Has the server load the model and this process its client, so that the first question doesn't wait for them.

        Returns:
            The model's name.

        Raises:
            LLMError: the model can't be had.
        """
        request = self._ready((Message("user", "Say yes."),), 1)
        for _ in self._stream(request):
            pass
        return request.options.model

    def stream(
        self, question: str, hits: Sequence[Hit], attempt: Attempt = FIRST_ATTEMPT
    ) -> Generator[Token, None, Draft]:
        """Yields tokens as they come and returns the draft; closing it cancels at the server.

        The draft's ``raw`` is what the model wrote, without its thinking; its ``sentences`` are left to the verifier.
        Marker ``n`` means ``evidence[n - 1]``, which is the paper of ``hits[n - 1]``.

        Args:
            question: standalone, in plain words.
            hits: best first.
            attempt: what was tried before, where this isn't the first draft.

        Raises:
            LLMUnavailableError: nothing answers at the address.
            LLMModelError: the server lacks the model.
            LLMTimeoutError: a deadline passed.
            LLMResponseError: an error came back, or nothing, or something that isn't the protocol.
        """
        if not hits:
            return _nothing_found()
        request = self.prepare(question, hits, attempt)
        reading = Reading(request)
        with closing(self._stream(request)) as pieces:
            for piece in pieces:
                yield from reading.take(piece)
                if reading.ran_on:
                    break
        yield from reading.rest()
        return reading.draft()

    async def astream(
        self, question: str, hits: Sequence[Hit], attempt: Attempt = FIRST_ATTEMPT
    ) -> AsyncGenerator[Token | Draft, None]:
        """The same for an event loop: tokens, and the draft as the last item."""
        if not hits:
            yield _nothing_found()
            return
        request = await asyncio.to_thread(self.prepare, question, hits, attempt)
        reading = Reading(request)
        async with aclosing(self._pieces(request)) as pieces:
            async for piece in pieces:
                for token in reading.take(piece):
                    yield token
                if reading.ran_on:
                    break
        for token in reading.rest():
            yield token
        yield reading.draft()

    def trial(self) -> Trial:
        """Asks one small question over one passage, for real, and measures what that costs.

        Raises:
            LLMError: as :meth:`stream`.
        """
        request = self.prepare("What did the sieve hold?", (_trial_hit(),))
        reading, began, first = Reading(request), perf_counter(), 0.0
        for piece in self._stream(request):
            first = first or perf_counter() - began
            reading.take(piece)
        seconds = perf_counter() - began
        reading.rest()
        return Trial(request.options.model, first, seconds, reading.prompt_tokens, reading.tokens, reading.text)

    def rewrite(self, history: Sequence[Answer], question: str) -> str:
        """A follow-up as a question that stands alone; the question itself where the model makes nothing of it.

        Args:
            history: the conversation so far, oldest first; the last three turns are used.
            question: what was asked now.

        Raises:
            LLMError: as :meth:`stream`.
        """
        if not history or len(question) > _FOLLOW_UP_CHARS:
            return question
        turns = "\n".join(
            f"Question: {disarm(answer.standalone_question)[:_TURN_CHARS]}\nAnswer: {disarm(answer.text)[:_TURN_CHARS]}"
            for answer in history[-_TURNS:]
        )
        messages = self.prompts.followup.render(history=turns, question=disarm(question))
        return read_rewritten(self.complete(messages, _REWRITE_TOKENS), question) or question

    def complete(self, messages: tuple[Message, ...], tokens: int) -> str:
        """What the model writes when asked, without its thinking.

        Args:
            messages: the whole prompt.
            tokens: that it may write.

        Raises:
            LLMError: as :meth:`stream`, or the prompt doesn't fit into the window.
        """
        request = self._ready(messages, tokens)
        reading = Reading(request)
        for piece in self._stream(request):
            reading.take(piece)
        reading.rest()
        return reading.text

    def prepare(self, question: str, hits: Sequence[Hit], attempt: Attempt = FIRST_ATTEMPT) -> Request:
        """The request that :meth:`stream` sends: the prompt over the hits that fit, the model and its options.

        Raises:
            LLMError: the model can't be had, or not even one passage fits into its window.
        """
        model, details, server = self._choose()
        again = self._again(attempt)

        def render(kept: Sequence[Hit]) -> tuple[Message, ...]:
            asked = self.prompts.answer.render(
                passages=show_passages(kept), question=disarm(question), abstention=ABSTENTION
            )
            return (*asked, *again)

        think, notes = self._think(model, details)
        fitted = fit(
            hits,
            lambda kept: "\n".join(message.content for message in render(kept)),
            window=details.window,
            num_ctx=self.settings.num_ctx,
            max_tokens=self.settings.max_tokens * (_THINKING_FACTOR if think else 1),
        )
        temperature = max(self.settings.temperature, _VARIED) if attempt.varied else self.settings.temperature
        options = ChatOptions(model.name, fitted.num_ctx, fitted.num_predict, think, temperature)
        load_client(server.api)
        until = self._deadline() if attempt.until is None else attempt.until
        return Request(options, render(fitted.hits), until, fitted, (*fitted.notes, *notes))

    def _again(self, attempt: Attempt) -> tuple[Message, ...]:
        """The rejected draft as its writer's own turn, and what was wrong with it as the next question."""
        if attempt.rejected is None:
            return ()
        failures = "\n".join(f"- {disarm(failure)}" for failure in attempt.failures)
        return (
            Message("assistant", attempt.rejected[:_REJECTED_CHARS]),
            *self.prompts.again.render(failures=failures, abstention=ABSTENTION),
        )

    def _deadline(self) -> float:
        return monotonic() + self.settings.total_timeout

    def _ready(self, messages: tuple[Message, ...], tokens: int) -> Request:
        model, details, server = self._choose()
        load_client(server.api)
        # The same window as an answer's: with another one Ollama would load the model anew.
        size = min(self.settings.num_ctx, details.window)
        needed = sum(count_tokens(message.content) for message in messages) + tokens
        if needed > size:
            raise LLMError(f"the prompt takes about {needed} tokens, more than the window of {size}; raise llm.num_ctx")
        think = False if details.thinks else None
        options = ChatOptions(model.name, size, tokens, think, self.settings.temperature)
        return Request(options, messages, self._deadline())

    def _choose(self) -> tuple[ModelInfo, ModelDetails, Server]:
        server = self.server()
        model = server.choose(self.settings.model)
        key = (model.name, model.digest)
        if key not in self._details:
            self._details[key] = server.show(model.name)
        return model, self._details[key], server

    def _think(self, model: ModelInfo, details: ModelDetails) -> tuple[bool | None, tuple[str, ...]]:
        """What to tell the model about thinking. Asked to think, one that can't makes Ollama answer 400."""
        if details.thinks:
            return self.settings.thinking, ()
        note = (f"{model.name} can't think before it answers; llm.thinking was left out",)
        return None, note if self.settings.thinking and self.settings.api == "ollama" else ()

    def _stream(self, request: Request) -> Generator[Piece, None, None]:
        return iterate(lambda: self._pieces(request), max(request.until - monotonic(), 0))

    async def _pieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The stream within its deadlines, begun anew after a passing fault where nothing has come yet."""
        until = request.until
        address = self.server().address
        for attempt in range(self.settings.retries + 1):
            begun = False
            chat = stream_chat(address, self.settings, request.options, request.messages)
            try:
                async with aclosing(within_deadlines(chat, self.settings, until)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except PassingLLMError:
                pause = min(_BACKOFF * 2**attempt, _MOST_BACKOFF)
                if begun or attempt == self.settings.retries or monotonic() + pause >= until:
                    raise
            await asyncio.sleep(pause)


def make_llm_writer(settings: Settings) -> LLMWriter:
    """The writer that the settings ask for.

    Raises:
        PromptError: a prompt file that is missing, or has a wrong placeholder.
    """
    return LLMWriter(settings.llm, load_prompts(settings.prompts_dir))


def _trial_hit() -> Hit:
    text = "The sieve held 40 grams of sand and let the water through."
    paper = Paper(id="trial", title="A trial of one sieve", abstract=text)
    return Hit(Passage("trial", paper.id, text, 0, len(text)), paper, score=1.0, rank=1)


def _nothing_found() -> Draft:
    return Draft((), (), "llm", raw=ABSTENTION, abstained=True, reason="no paper was found for the question")
