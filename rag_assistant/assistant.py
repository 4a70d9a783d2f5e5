"""The one place that wires the stages together, and the object that everything outside holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_assistant import ingestion, pipeline
from rag_assistant.answer import LLMWriter, make_llm_writer
from rag_assistant.bundled import open_bundled
from rag_assistant.conversation import Conversation
from rag_assistant.errors import QuestionError, RagAssistantError
from rag_assistant.index import build as building
from rag_assistant.index.encoders import shared_encoder
from rag_assistant.index.generation import current
from rag_assistant.index.open import Index
from rag_assistant.records import Answer, AnswerDone, Event, Hit, IngestReport, Mode, Paper
from rag_assistant.retrieve import Filters, papers_of, search
from rag_assistant.settings import Settings, Strictness, load_settings

if TYPE_CHECKING:
    from llama_index.core.query_engine import CustomQueryEngine
    from llama_index.core.retrievers import BaseRetriever


class Assistant:
    """Questions over one collection of papers. Make one with :meth:`open`; it is safe to share between threads."""

    def __init__(self, settings: Settings, *, bundled_if_missing: bool) -> None:
        self.settings = settings
        self._bundled_if_missing = bundled_if_missing
        self._index: Index | None = None
        self._lock = threading.RLock()
        self._writer: LLMWriter | None = None
        self._encoder = partial(shared_encoder, settings.embedding.model)
        if current(settings.index_dir) is not None:
            self._index = Index(settings.index_dir, settings, self._encoder)

    @classmethod
    def open(
        cls, index_dir: str | Path | None = None, *, settings: Settings | None = None, **overrides: Any
    ) -> Assistant:
        """An assistant over the index in a directory.

        Args:
            index_dir: None: the configured one; where that holds nothing yet, the bundled corpus answers, indexed on
                first use in a place of its own.
            settings: None: from the environment, the settings file and the defaults.
            overrides: settings that win over all of those, such as ``llm={"model": "llama3.2"}``.

        Raises:
            IndexMismatchError: the index was made with other settings.
            IndexDamagedError: its files are missing or cut short.
            SettingsError: a setting that isn't there or is of the wrong kind.
        """
        if settings is None:
            settings = load_settings(index_dir=index_dir, **overrides)
        elif index_dir is not None:
            settings = settings.model_copy(update={"index_dir": Path(index_dir)})
        return cls(settings, bundled_if_missing=index_dir is None)

    @classmethod
    def open_bundled(cls, *, settings: Settings | None = None) -> Assistant:
        """An assistant over the bundled corpus, whatever else is indexed."""
        assistant = cls.open(settings=settings)
        with assistant._lock:
            assistant._index = open_bundled(assistant.settings, assistant._encoder)
        return assistant

    @property
    def index_dir(self) -> Path:
        """The directory that an ingest writes to."""
        return self.settings.index_dir

    @property
    def bundled(self) -> bool:
        """Whether the bundled corpus answers, the configured index being empty."""
        return self._bundled_if_missing and current(self.index_dir) is None

    @property
    def index(self) -> Index:
        """The index that questions are answered from, opened when first needed.

        Raises:
            IndexNotFoundError: there is none yet.
        """
        with self._lock:
            if self._index is None:
                if self.bundled:
                    self._index = open_bundled(self.settings, self._encoder)
                else:
                    self._index = Index(self.index_dir, self.settings, self._encoder)
            return self._index

    def ingest(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        mapping: Mapping[str, str] | None = None,
        sync: bool = False,
        progress: building.Progress | None = None,
    ) -> IngestReport:
        """Reads files and folders of abstracts and brings the index up to date with them.

        What can't be read is named in the report and the rest goes on; no paper that was there before is lost.

        Args:
            paths: files, folders or globs.
            mapping: columns of tables and JSON by field, such as ``{"title": "Name", "abstract": "Text"}``; None: as
                configured.
            sync: take out the papers that came from these paths and are not there any more; those of a file that can't
                be read stay.
            progress: called with a stage, how much of it is done and how much there is.

        Raises:
            IndexLockedError: another process is writing this index.
            IndexMismatchError: the index was made with other settings.
            IndexWriteError: no space, or a directory that can't be written.
            UsageError: the mapping names a field that papers don't have.
        """
        report = ingestion.ingest(self.settings, self._encoder, paths, mapping=mapping, sync=sync, progress=progress)
        self.reload()
        return report

    def remove(self, ids: Iterable[str] = (), *, source: str | None = None) -> IngestReport:
        """Takes out papers by id, and those that were read in a source (a file or folder) and nowhere else.

        Raises:
            UsageError: neither ids nor a source.
            PaperNotFoundError: the collection has none of an id.
            SourceNotFoundError: no paper was read from the source.
            IndexLockedError: another process is writing this index.
        """
        report = ingestion.remove(self.settings, self._encoder, tuple(ids), source)
        self.reload()
        return report

    def reports(self, last: int = 10) -> list[ingestion.KeptReport]:
        """What the last ingests and removals did, the newest first."""
        return ingestion.kept_reports(self.index_dir, last)

    def reload(self) -> None:
        """Turns to the newest generation of the index; answers under way keep the one that they began with."""
        with self._lock:
            self._index = None

    def search(self, question: str, k: int | None = None, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The papers that fit a question in plain words best, without an answer.

        Args:
            k: papers at most; None: as configured.
            filters: such as ``{"year": ">=2024", "author": "Chen"}``.

        Raises:
            QuestionError: a blank question, or one past the length limit.
            FilterError: a filter that can't be applied.
            IndexNotFoundError: there is no index yet.
        """
        return search(self.index, self._checked(question), self.settings.retrieve, k, filters)

    def ask(
        self, question: str, mode: Mode | None = None, *, k: int | None = None, filters: Filters | None = None
    ) -> Answer:
        """Answers a question in plain words; see :meth:`stream` for what is raised.

        Args:
            mode: ``auto``: the LLM where one answers, else extractive; ``llm``; ``extractive``. None: as configured.
            k: papers handed to the writer.
            filters: which papers may be found.
        """
        events = self.stream(question, mode, k=k, filters=filters)
        (answer,) = [event.answer for event in events if isinstance(event, AnswerDone)]
        return answer

    def stream(
        self,
        question: str,
        mode: Mode | None = None,
        *,
        k: int | None = None,
        filters: Filters | None = None,
        standalone: str | None = None,
    ) -> Generator[Event, None, None]:
        """Answers step by step: retrieval done, tokens, sentences with verdicts, the answer; close it to cancel.

        Args:
            question: as the rest, see :meth:`ask`.
            standalone: the question as it is to be searched for, where a conversation gave it its meaning.

        Raises:
            QuestionError: a blank question, or one past the length limit.
            FilterError: a filter that can't be applied.
            IndexNotFoundError: there is no index yet.
            LLMError: mode ``llm`` was asked for and the LLM is not to be had.
        """
        yield from pipeline.run(self._request(question, mode, k, filters, standalone))

    async def aask(
        self, question: str, mode: Mode | None = None, *, k: int | None = None, filters: Filters | None = None
    ) -> Answer:
        """:meth:`ask` for an event loop; cancelling it cancels at the LLM server."""
        async with aclosing(self.astream(question, mode, k=k, filters=filters)) as events:
            (answer,) = [event.answer async for event in events if isinstance(event, AnswerDone)]
        return answer

    async def astream(
        self, question: str, mode: Mode | None = None, *, k: int | None = None, filters: Filters | None = None
    ) -> AsyncGenerator[Event, None]:
        """:meth:`stream` for an event loop, which is never blocked; close it or cancel its task to cancel it."""
        request = await asyncio.to_thread(self._request, question, mode, k, filters, None)
        async with aclosing(pipeline.arun(request)) as events:
            async for event in events:
                yield event

    def asking(self, *, model: str | None = None, unsupported: Strictness | None = None) -> Assistant:
        """The same papers, asked of another LLM or with another strictness; None: as configured. Raises as `index`."""
        index, other = self.index, copy(self)
        other._index = index  # opened by then, and once for all
        if unsupported is not None:
            answer = self.settings.answer.model_copy(update={"unsupported": unsupported})
            other.settings = self.settings.model_copy(update={"answer": answer})
        if model is not None:
            other._writer = self.llm().with_model(model)
        return other

    def conversation(self, mode: Mode | None = None) -> Conversation:
        """A conversation, in which a follow-up may lean on what was said before."""
        return Conversation(self, mode)

    def papers(self, filters: Filters | None = None) -> Iterator[Paper]:
        """The papers of the collection that a filter lets through, in the order in which they were first read."""
        return papers_of(self.index.catalog, filters or {})

    def paper(self, paper_id: str) -> Paper:
        """One paper.

        Raises:
            PaperNotFoundError: the collection has none of that id.
        """
        return self.index.catalog.paper(paper_id)

    def as_retriever(self, k: int | None = None) -> BaseRetriever:
        """This assistant's search as a llama-index retriever."""
        from rag_assistant.ecosystem import make_retriever

        return make_retriever(self, k)

    def as_query_engine(self, mode: Mode | None = None) -> CustomQueryEngine:
        """This assistant's checked answers as a llama-index query engine."""
        from rag_assistant.ecosystem import make_query_engine

        return make_query_engine(self, mode)

    def warm_up(self) -> None:
        """Loads in the background what the first question would wait for: the models, and the LLM, if any."""
        from rag_assistant.answer.relevance import ENCODER

        def load() -> None:
            with suppress(RagAssistantError):  # the first question will say what is wrong
                self.index.embed_question("warm up")
                ENCODER.missing()
                if self.settings.answer.mode != "extractive":
                    self.llm().warm_up()

        threading.Thread(target=load, name="warm-up", daemon=True).start()

    def llm(self) -> LLMWriter:
        """The writer that speaks to the configured LLM server."""
        with self._lock:
            if self._writer is None:
                self._writer = make_llm_writer(self.settings)
            return self._writer

    def _request(
        self, question: str, mode: Mode | None, k: int | None, filters: Filters | None, standalone: str | None
    ) -> pipeline.Request:
        return pipeline.Request(
            question=question,
            standalone=self._checked(standalone or question),
            mode=mode or self.settings.answer.mode,
            index=self.index,
            settings=self.settings,
            llm=self.llm,
            k=k,
            filters=filters or {},
        )

    def _checked(self, question: str) -> str:
        limit = self.settings.answer.max_question_chars
        if not question.strip():
            raise QuestionError("the question is empty: ask something in plain words")
        if len(question) > limit:
            raise QuestionError(f"the question has {len(question):,} characters, more than the {limit:,} allowed")
        return " ".join(question.split())
