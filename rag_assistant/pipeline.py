"""One question through the stages: retrieve, write, verify, and the answer that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter

from rag_assistant import answer as writers
from rag_assistant.errors import LLMError
from rag_assistant.index.open import Index
from rag_assistant.records import Answer, AnswerDone, Draft, Event, Hit, Mode, RetrievalDone, SentenceChecked, Token
from rag_assistant.retrieve import Filters, search
from rag_assistant.settings import Settings
from rag_assistant.verify import Resolved, resolve


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


def run(request: Request) -> Iterator[Event]:
    """The events of one question, the answer last.

    Raises:
        FilterError: a filter that can't be applied.
        LLMError: mode ``llm`` was asked for and the LLM is not to be had.
    """
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
    draft = yield from _write(request, hits)
    lap("write")
    checked = resolve(draft, unsupported=settings.answer.unsupported)
    lap("verify")
    if draft.mode == "llm" and not draft.abstained and not _holds(checked):
        failed = f"what {draft.model} wrote is not borne out by the papers: this answer is in their own sentences"
        draft = replace(_extractive(request, hits, failed), raw=draft.raw, thinking=draft.thinking)
        lap("write")
        checked = resolve(draft, unsupported=settings.answer.unsupported)
        lap("verify")
    timings["total"] = perf_counter() - began
    answer = _answer(request, hits, draft, checked, timings)
    for sentence in answer.sentences:
        yield SentenceChecked(sentence)
    yield AnswerDone(answer)


def _write(request: Request, hits: tuple[Hit, ...]) -> Generator[Token, None, Draft]:
    if request.mode == "extractive" or not hits:
        return _extractive(request, hits)
    try:
        return (yield from request.llm().stream(request.standalone, hits))
    except LLMError as error:
        if request.mode == "llm":
            raise
        return _extractive(request, hits, f"Answered in the papers' own sentences: {error}")


def _extractive(request: Request, hits: tuple[Hit, ...], *notes: str) -> Draft:
    draft = writers.write_extractive(request.standalone, hits, request.index, request.settings.answer)
    return replace(draft, notes=(*draft.notes, *notes))


def _holds(checked: Resolved) -> bool:
    return any(sentence.verdict != "unsupported" for sentence in checked.sentences)


def _answer(
    request: Request, hits: tuple[Hit, ...], draft: Draft, checked: Resolved, timings: dict[str, float]
) -> Answer:
    abstained, reason = draft.abstained, draft.reason
    if not abstained and not _holds(checked):
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
        "prompt": request.llm().prompts.answer.hash if draft.mode == "llm" else None,
        "k": request.k or settings.retrieve.k,
        "filters": {name: str(value) for name, value in request.filters.items()},
        "settings": {"retrieve": settings.retrieve.model_dump(), "answer": settings.answer.model_dump()},
    }
