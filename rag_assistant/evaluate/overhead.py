"""What the assistant adds to the bare LLM server: until the first token, beside retrieval, and for every token after.

    python -m rag_assistant.evaluate.overhead [--index-dir DIR] [--base-url URL] [--model NAME] [--questions 20]

Each question is put to the assistant, and its very request to the server without it: over a plain HTTP connection,
whose lines are counted and not read. A first request, which isn't timed, has the server read the prompt, so that both
of the two that are timed find it in the server's cache.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from rag_assistant.answer.faults import bad_status, foreign_errors
from rag_assistant.answer.reading import Request
from rag_assistant.assistant import Assistant
from rag_assistant.errors import LLMResponseError, RagAssistantError, UsageError
from rag_assistant.records import AnotherDraft, RetrievalDone, Token
from rag_assistant.settings import load_settings


@dataclass(frozen=True, slots=True)
class Timed:
    """One streamed answer: seconds to the first token, from there to the last, and how many pieces came."""

    first: float
    rest: float
    pieces: int

    @property
    def per_piece(self) -> float:
        """Seconds between two pieces."""
        return self.rest / max(1, self.pieces - 1)


@dataclass(frozen=True, slots=True)
class Overhead:
    """A question asked both ways. ``retrieval`` is in seconds; the assistant's ``first`` counts from its end."""

    retrieval: float
    assistant: Timed
    bare: Timed


@dataclass(frozen=True, slots=True)
class OverheadReport:
    """Every question's times; all figures are medians, in milliseconds."""

    questions: tuple[Overhead, ...]

    def _median(self, of: Callable[[Overhead], float]) -> float:
        return 1000 * median(of(one) for one in self.questions)

    @property
    def first_token(self) -> float:
        """What the assistant adds until the first token, retrieval apart."""
        return self._median(lambda one: one.assistant.first - one.bare.first)

    @property
    def per_token(self) -> float:
        """What it adds to every further token."""
        return self._median(lambda one: one.assistant.per_piece - one.bare.per_piece)

    def table(self) -> str:
        """The report as lines for a terminal."""
        rows = (
            ("retrieval", "", self._median(lambda one: one.retrieval)),
            ("to the first token", "assistant", self._median(lambda one: one.assistant.first)),
            ("", "bare server", self._median(lambda one: one.bare.first)),
            ("", "added", self.first_token),
            ("a further token", "assistant", self._median(lambda one: one.assistant.per_piece)),
            ("", "bare server", self._median(lambda one: one.bare.per_piece)),
            ("", "added", self.per_token),
        )
        tokens = median(one.assistant.pieces for one in self.questions)
        head = f"{len(self.questions)} questions, {tokens:g} tokens an answer; medians in milliseconds"
        return "\n".join([head, *(f"{what:<20}{who:<13}{value:>9.2f}" for what, who, value in rows)])


def measure_overhead(assistant: Assistant, questions: Sequence[str]) -> OverheadReport:
    """Asks every question both ways. The first one is asked once more beforehand, to load what is loaded once.

    Raises:
        LLMError: the server or its model is not to be had.
        UsageError: the server speaks another protocol than Ollama's.
    """
    if assistant.settings.llm.api != "ollama":
        raise UsageError("the overhead is measured over Ollama's protocol; set llm.api to ollama")
    _ask(assistant, questions[0])
    measured = []
    for question in questions:
        request = assistant.llm().prepare(question, assistant.search(question))
        _ask_bare(assistant, request)
        retrieval, timed = _ask(assistant, question)
        measured.append(Overhead(retrieval, timed, _ask_bare(assistant, request)))
    return OverheadReport(tuple(measured))


def _ask(assistant: Assistant, question: str) -> tuple[float, Timed]:
    """Retrieval and the first draft's tokens, the checking of it left out. Closing the stream ends the rest."""
    began = perf_counter()
    found = first = last = began
    pieces = 0
    with closing(assistant.stream(question, "llm")) as events:
        for event in events:
            if isinstance(event, RetrievalDone):
                found = perf_counter()
            elif isinstance(event, Token):
                last = perf_counter()
                first = first if pieces else last
                pieces += 1
            elif isinstance(event, AnotherDraft):
                break
    return found - began, Timed(first - found, last - first, pieces)


def _ask_bare(assistant: Assistant, request: Request) -> Timed:
    settings, address = assistant.settings.llm, assistant.llm().server().address
    options = request.options
    body = {
        "model": options.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "options": {
            "num_ctx": options.num_ctx,
            "num_predict": options.num_predict,
            "temperature": options.temperature,
        },
    }
    if options.think is not None:
        body["think"] = options.think
    timeout = httpx.Timeout(settings.first_token_timeout, connect=settings.connect_timeout)
    times: list[float] = []
    with (
        foreign_errors(address.url, options.model),
        httpx.Client(headers=address.headers, timeout=timeout, **address.client_options()) as client,
    ):
        began = perf_counter()
        with client.stream("POST", f"{address.url}/api/chat", json=body) as response:
            if response.status_code != 200:
                raise bad_status(address.url, response.status_code, next(response.iter_text(2_000), ""), options.model)
            times += [perf_counter() for line in response.iter_lines() if line]
    if len(times) < 2:
        raise LLMResponseError(f"{options.model} wrote nothing; try another model")
    *tokens, _ = times  # the last object says only that it is done
    return Timed(tokens[0] - began, tokens[-1] - tokens[0], len(tokens))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.overhead", description=__doc__)
    parser.add_argument("--index-dir", type=Path, help="the bundled papers where none is named")
    parser.add_argument("--base-url", help="the server; llm.base_url or OLLAMA_HOST where none is named")
    parser.add_argument("--model", help="llm.model, or the best there is, where none is named")
    parser.add_argument("--questions", type=int, default=20)
    given = parser.parse_args(arguments)
    try:
        llm = {name: value for name, value in (("base_url", given.base_url), ("model", given.model)) if value}
        settings = load_settings(index_dir=given.index_dir, llm=llm or None)
        assistant = Assistant(settings, bundled_if_missing=given.index_dir is None)
        titles = [paper.title for paper in assistant.papers()][: given.questions]
        print(measure_overhead(assistant, [f"What does “{title}” find?" for title in titles]).table())  # noqa: T201
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
