"""Reading what a model writes: its text and its thinking apart, and whether in the end it makes an answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag_assistant.answer.abstention import is_abstention
from rag_assistant.answer.chat import ChatOptions, Piece
from rag_assistant.answer.passages import Fitted, was_cut
from rag_assistant.answer.prompts import Message
from rag_assistant.answer.thinking import ThinkingSplitter
from rag_assistant.errors import LLMResponseError
from rag_assistant.records import Draft, Token

_MOST_CHARS_WRITTEN_PER_TOKEN = 12


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried before on the same question.

    ``rejected`` is the draft that failed its check and ``failures`` why, a line each. ``varied`` asks for other words
    than the likeliest, so that a further sample differs. ``until`` is when all attempts must be over, in seconds of
    :func:`time.monotonic`; None: ``llm.total_timeout`` from now.
    """

    rejected: str | None = None
    failures: tuple[str, ...] = ()
    varied: bool = False
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A question made ready: what is sent, to which model, until when, and what came of fitting it."""

    options: ChatOptions
    messages: tuple[Message, ...]
    until: float  # seconds of time.monotonic
    fitted: Fitted | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What one small answer cost: seconds to its first token (a cold model's loading among them) and in all, tokens."""

    model: str
    first_token: float
    seconds: float
    prompt_tokens: int | None
    tokens: int | None
    text: str = ""

    @property
    def cites(self) -> bool:
        """Whether it kept to the form: its only passage is cited."""
        return "[1]" in self.text


class Reading:
    """Reads the pieces of one answer and judges, at their end, whether they make one."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._splitter = ThinkingSplitter()
        self._last = Piece()
        self.prompt_tokens: int | None = None
        self.tokens: int | None = None
        self._written = 0

    @property
    def ran_on(self) -> bool:
        """Whether far more came than the model was allowed to write: the server doesn't hold it back."""
        return self._written > _MOST_CHARS_WRITTEN_PER_TOKEN * self._request.options.num_predict

    @property
    def text(self) -> str:
        """What was written, without thinking."""
        return self._splitter.answer

    def take(self, piece: Piece) -> list[Token]:
        """Takes a piece and gives its tokens."""
        self._written += len(piece.text) + len(piece.thinking)
        if piece.done:
            self._last = piece
        if piece.prompt_tokens is not None:
            self.prompt_tokens, self.tokens = piece.prompt_tokens, piece.tokens
        return self._splitter.add_thinking(piece.thinking) + self._splitter.add(piece.text)

    def rest(self) -> list[Token]:
        """The tokens held back, the stream being over.

        Raises:
            LLMResponseError: it broke off, or brought no answer.
        """
        tokens = self._splitter.finish()
        if not (self._last.done or self.ran_on):
            raise LLMResponseError("the stream ended before the answer was done; has the model crashed? (ollama ps)")
        if not self.text:
            raise LLMResponseError(self._no_answer())
        return tokens

    def draft(self) -> Draft:
        """What the verifier gets."""
        fitted = self._request.fitted
        abstained = is_abstention(self.text)
        return Draft(
            sentences=(),
            evidence=tuple(hit.paper for hit in fitted.hits) if fitted else (),
            mode="llm",
            raw=self.text,
            model=self._request.options.model,
            abstained=abstained,
            reason="the model found no answer in the papers that it was given" if abstained else None,
            thinking=self._splitter.thinking,
            notes=(*self._request.notes, *self._notes()),
        )

    def _notes(self) -> list[str]:
        notes = []
        fitted, options = self._request.fitted, self._request.options
        if fitted is not None and was_cut(fitted, self.prompt_tokens):
            notes.append(
                f"the server read only {self.prompt_tokens} of about {fitted.prompt_tokens} prompt tokens, so the "
                "model may not have seen every passage; give it a larger window (OLLAMA_CONTEXT_LENGTH)"
            )
        if self._last.reason == "length" or self.ran_on:
            notes.append(
                f"the answer was cut off at {options.num_predict} tokens; raise llm.max_tokens for a longer one"
            )
        return notes

    def _no_answer(self) -> str:
        model = self._request.options.model
        if self._splitter.thinking and self._last.reason == "length":
            return f"{model} spent all its tokens thinking; raise llm.max_tokens or turn llm.thinking off"
        return (
            f"{model} wrote {'its thoughts but no answer' if self._splitter.thinking else 'nothing'}; try another model"
        )
