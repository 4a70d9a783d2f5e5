"""One question through the stages: retrieve, write, verify, and the answer that comes of it.

The stages are a generator of steps that asks no server itself. :func:`run` and :func:`arun` drive it, for a thread and
for an event loop: they pass events on, and have the model write where a step says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic, perf_counter

from rag_assistant import answer as writers
from rag_assistant.answer import Attempt
from rag_assistant.errors import LLMError
from rag_assistant.index.open import Index
from rag_assistant.records import (
    AnotherDraft,
    Answer,
    AnswerDone,
    Draft,
    Event,
    Hit,
    Mode,
    RetrievalDone,
    SentenceChecked,
)
from rag_assistant.retrieve import Filters, search
from rag_assistant.settings import Settings
from rag_assistant.verify import Resolved, resolve

_MOST_FAILURES = 6  # sentences that are named to the model when it is asked once more
LABEL = "Answered in the papers' own sentences"


@dataclass(frozen=True, slots=True)
class Request:
    """One question and what it is asked of. ``llm`` is called only when a model is to write."""

    question: str  # as typed
    standalone: str  # as searched for
    mode: Mode
    index: Index
    settings: Settings
    llm: Callable[[], writers.LLMWriter]
    k: int | None = None
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Write:
    """A step for the driver: have the model write. The draft is sent back, or the LLMError thrown in."""

    hits: tuple[Hit, ...]
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class _Checked:
    """A draft of the model's and what its check found, every unsupported sentence still in it."""

    draft: Draft
    found: Resolved

    @property
    def holds(self) -> bool:
        """Whether it may be shown: it abstains, or a sentence is wholly borne out and at most half are not at all."""
        verdicts = [sentence.verdict for sentence in self.found.sentences]
        return self.draft.abstained or ("supported" in verdicts and 2 * verdicts.count("unsupported") <= len(verdicts))

    @property
    def score(self) -> float:
        """The verifier's mean score, from 0 to 1. An abstention ranks below whatever is borne out."""
        scores = [sentence.score for sentence in self.found.sentences]
        return sum(scores) / len(scores) if scores else 0.0

    @property
    def failures(self) -> tuple[str, ...]:
        """What the model is told, a line a sentence that failed."""
        if not self.found.sentences:
            return ("there is no sentence in it that could be checked",)
        failed = [sentence for sentence in self.found.sentences if sentence.verdict != "supported"]
        lines = (f'"{sentence.text[:300]}": {"; ".join(sentence.reasons[:2])}' for sentence in failed)
        return tuple(lines)[:_MOST_FAILURES]


_Steps = Generator[Event | _Write, Draft | None, None]


def run(request: Request) -> Generator[Event, None, None]:
    """The events of one question, the answer last. Closing it cancels at the LLM server.

    Raises:
        FilterError: a filter that can't be applied.
        LLMError: mode ``llm`` was asked for and the LLM is not to be had.
    """
    steps = _steps(request)
    resume = partial(next, steps)
    while (step := _advance(resume)) is not None:
        if not isinstance(step, _Write):
            yield step
            resume = partial(next, steps)
            continue
        try:
            draft = yield from request.llm().stream(request.standalone, step.hits, step.attempt)
        except LLMError as error:
            resume = partial(steps.throw, error)
        else:
            resume = partial(steps.send, draft)


async def arun(request: Request) -> AsyncGenerator[Event, None]:
    """The same for an event loop, which waits for nothing but the server; what computes does so in a thread."""
    steps = _steps(request)
    resume = partial(next, steps)
    while (step := await asyncio.to_thread(_advance, resume)) is not None:
        if not isinstance(step, _Write):
            yield step
            resume = partial(next, steps)
            continue
        try:
            async with aclosing(request.llm().astream(request.standalone, step.hits, step.attempt)) as items:
                async for item in items:
                    if isinstance(item, Draft):
                        resume = partial(steps.send, item)
                    else:
                        yield item
        except LLMError as error:
            resume = partial(steps.throw, error)


def _advance(resume: Callable[[], Event | _Write]) -> Event | _Write | None:
    # A StopIteration can't cross the future that asyncio.to_thread gives.
    try:
        return resume()
    except StopIteration:
        return None


def _steps(request: Request) -> _Steps:
    settings = request.settings
    timings: dict[str, float] = {}
    began = mark = perf_counter()

    def lap(stage: str) -> None:
        nonlocal mark
        now = perf_counter()
        timings[stage] = timings.get(stage, 0.0) + now - mark
        mark = now

    hits = search(request.index, request.standalone, settings.retrieve, request.k, request.filters)
    lap("retrieve")
    yield RetrievalDone(hits, request.standalone)
    checked: _Checked | None = None
    if request.mode == "extractive" or not hits:
        draft = _extractive(request, hits)
    else:
        draft, checked = yield from _drafted(request, hits, lap)
    lap("write")
    if checked is not None and settings.answer.unsupported == "mark":
        found = checked.found
    else:
        found = resolve(draft, unsupported=settings.answer.unsupported)
    lap("verify")
    timings["total"] = perf_counter() - began
    answer = _answer(request, hits, draft, found, timings)
    for sentence in answer.sentences:
        yield SentenceChecked(sentence)
    yield AnswerDone(answer)


def _drafted(
    request: Request, hits: tuple[Hit, ...], lap: Callable[[str], None]
) -> Generator[Event | _Write, Draft | None, tuple[Draft, _Checked | None]]:
    """The model's draft that stood its check with that check, or the extractive one with a note that says why."""
    samples = request.settings.answer.samples
    until = monotonic() + request.settings.llm.total_timeout
    tried: list[_Checked] = []
    fault: LLMError | None = None
    attempt = Attempt(until=until)
    for number in range(1, max(samples, 2) + 1):
        try:
            draft = yield _Write(hits, attempt)
        except LLMError as error:
            if not tried and request.mode == "llm":
                raise
            fault = error
            break
        lap("write")
        if draft is None:  # pragma: no cover  the drivers send a draft or throw
            raise AssertionError("a driver sends the draft that it was asked for")
        tried.append(_Checked(draft, resolve(draft)))
        lap("verify")
        if samples == 1:
            if tried[-1].holds or number == 2:
                break
            attempt = Attempt(draft.raw, tried[-1].failures, until=until)
            yield AnotherDraft("what was written is not borne out by the papers; it is written once more")
        elif number < samples:
            attempt = Attempt(varied=True, until=until)
            yield AnotherDraft(f"draft {number} of {samples} is written; the best borne out is kept")
    best = max((one for one in tried if one.holds), key=lambda one: one.score, default=None)
    if best is None:
        return _instead(request, hits, tried, fault), None
    notes = (*best.draft.notes, *_how_many(tried, best, fault))
    return replace(best.draft, notes=notes), best


def _how_many(tried: list[_Checked], best: _Checked, fault: LLMError | None) -> tuple[str, ...]:
    if fault is not None:
        return (f"no further draft could be had: {fault}",)
    if len(tried) == 1:
        return ()
    if not tried[0].holds and best is not tried[0]:
        return ("the model's first draft was not borne out by the papers; this is a later one",)
    return (f"the best borne out of {len(tried)} drafts",)


def _instead(request: Request, hits: tuple[Hit, ...], tried: list[_Checked], fault: LLMError | None) -> Draft:
    """The extractive draft, labelled, with what the model wrote kept beside it."""
    if not tried:
        return _extractive(request, hits, f"{LABEL}: {fault}")
    last = tried[-1].draft
    times = "" if len(tried) == 1 else f" in {len(tried)} drafts"
    why = f"what {last.model} wrote{times} is not borne out by the papers" + (f", then {fault}" if fault else "")
    return replace(_extractive(request, hits, f"{LABEL}: {why}"), raw=last.raw, thinking=last.thinking)


def _extractive(request: Request, hits: tuple[Hit, ...], *notes: str) -> Draft:
    draft = writers.write_extractive(request.standalone, hits, request.index, request.settings.answer)
    return replace(draft, notes=(*draft.notes, *notes))


def _answer(
    request: Request, hits: tuple[Hit, ...], draft: Draft, checked: Resolved, timings: dict[str, float]
) -> Answer:
    abstained, reason = draft.abstained, draft.reason
    if not abstained and all(sentence.verdict == "unsupported" for sentence in checked.sentences):
        abstained, reason = True, "nothing that was written is borne out by the papers found"
    return Answer(
        question=request.question,
        standalone_question=request.standalone,
        text=writers.ABSTENTION if abstained else checked.text,
        sentences=() if abstained else checked.sentences,
        citations=() if abstained else checked.citations,
        hits=hits,
        abstained=abstained,
        reason=(reason or "the papers found do not answer the question") if abstained else None,
        mode=draft.mode,
        model=draft.model,
        timings=timings,
        manifest=_manifest(request, draft),
        notes=(*draft.notes, *checked.notes),
        draft=draft.raw or None,
        thinking=draft.thinking,
    )


def _manifest(request: Request, draft: Draft) -> dict[str, object]:
    index, settings = request.index.manifest, request.settings
    return {
        "index": index.fingerprint,
        "papers": index.papers_digest[:12],
        "mode": draft.mode,
        "model": draft.model,
        "prompts": request.llm().prompts.hashes if request.mode != "extractive" else None,
        "k": request.k or settings.retrieve.k,
        "filters": {name: str(value) for name, value in request.filters.items()},
        "settings": {"retrieve": settings.retrieve.model_dump(), "answer": settings.answer.model_dump()},
    }
