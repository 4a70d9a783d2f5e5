"""The models that a server has: which they are, what each can do, which is best for answering, and fetching more.

Follows Ollama's HTTP API (docs/api.md of Ollama 0.12): /api/version, /api/tags, /api/show, /api/pull, /api/ps. A server
of the OpenAI kind only lists names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import httpx

from rag_assistant.answer.address import Address, find_address
from rag_assistant.answer.faults import bad_status, foreign_errors, no_such_model
from rag_assistant.errors import LLMModelError, LLMResponseError, LLMTimeoutError
from rag_assistant.settings import LLMSettings

# Fits 8 GB of memory beside a browser: 2.5 GB of weights, 1.2 GB for a window of 8,192 tokens.
DEFAULT_LLM = "qwen3:4b-instruct"

# The families that follow the citation rules best for their size come first; among the models of one family the largest
# that is no larger than LARGEST wins.
PREFERRED = (
    "qwen3", "gemma3", "llama3.1", "mistral-nemo", "mistral-small", "qwen2.5", "granite4", "granite3.3", "llama3.2",
    "phi4", "phi4-mini", "gpt-oss", "mistral", "gemma2", "gemma3n", "deepseek-r1",
)  # fmt: skip
LARGEST = 32.0  # billions of parameters

_NO_WRITERS = re.compile(r"embed|minilm|bge-|rerank|(?:^|[/-])e5-|guard|ocr|-vl\b|coder|math", re.IGNORECASE)
_ENCODER_FAMILIES = frozenset({"bert", "nomic-bert", "xlm-roberta"})
_UNKNOWN_WINDOW = 4_096
_MOST_BYTES = 32_000_000
_SHOW_PATIENCE = 15.0  # seconds: the first time the server reads the model's head from a disk that may be slow
_PULL_PATIENCE = 600.0  # seconds: a pull is silent for minutes while it checks what it fetched

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that the server has. ``size`` in bytes, ``parameters`` in billions; None where the server doesn't say."""

    name: str
    size: int | None = None
    parameters: float | None = None
    quantization: str | None = None
    family: str | None = None
    digest: str = ""
    remote: bool = False  # it only passes the question on to another machine

    @property
    def writes(self) -> bool:
        """Whether it is a model for text (and not one that embeds, guards or reads pictures)."""
        return self.family not in _ENCODER_FAMILIES and not _NO_WRITERS.search(self.name)


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What a model can do. ``window`` in tokens."""

    name: str
    window: int
    thinks: bool = False
    quantization: str | None = None
    parameters: str | None = None


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A step of fetching a model; ``completed`` of ``total`` bytes where the step has a size."""

    status: str
    completed: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """A server, asked over HTTP. Every method raises only errors of the :class:`LLMError` kind."""

    address: Address
    api: str = "ollama"
    timeout: float = 3.0  # seconds to connect, and between two pieces of a short answer
    patience: float = _SHOW_PATIENCE  # seconds for what the server may have to read from a slow disk first

    def version(self) -> str | None:
        """The server's version; None where its kind doesn't say."""
        return None if self.api == "openai" else str(self._ask("GET", "/api/version").get("version"))

    def models(self) -> tuple[ModelInfo, ...]:
        """The models it has, in its own order (Ollama: the newest first)."""
        if self.api == "openai":
            return self._listed("/models", "data", lambda entry: ModelInfo(str(entry["id"])))
        return self._listed("/api/tags", "models", _model_info)

    def loaded(self) -> tuple[str, ...]:
        """The models that it holds in memory."""
        if self.api == "openai":
            return ()
        return self._listed("/api/ps", "models", lambda entry: str(entry.get("name") or entry["model"]))

    def show(self, model: str) -> ModelDetails:
        """What one model can do.

        Raises:
            LLMModelError: the server lacks it.
        """
        if self.api == "openai":
            return ModelDetails(model, window=1_000_000_000)  # it doesn't say; llm.num_ctx is believed
        answer = self._ask("POST", "/api/show", {"model": model}, model, self.patience)
        with foreign_errors(self.address.url):
            info: Mapping[str, Any] = answer.get("model_info") or {}
            details: Mapping[str, Any] = answer.get("details") or {}
            windows = [int(value) for key, value in info.items() if key.endswith(".context_length") and value]
            return ModelDetails(
                model,
                window=max(windows, default=_UNKNOWN_WINDOW),
                thinks="thinking" in (answer.get("capabilities") or ()),
                quantization=details.get("quantization_level"),
                parameters=details.get("parameter_size"),
            )

    def choose(self, wanted: str | None) -> ModelInfo:
        """The model wanted, else the best there is.

        Raises:
            LLMModelError: the server lacks it, or has no model that writes.
        """
        there = self.models()
        found = find_model(there, wanted)
        if found is None and wanted:
            raise no_such_model(self.address.url, wanted, tuple(model.name for model in there))
        if found is None:
            raise LLMModelError(
                f"the server at {self.address.url} has no model that writes; get one with: ollama pull {DEFAULT_LLM}"
            )
        return found

    def pull(self, model: str) -> Iterator[PullProgress]:
        """Fetches a model, step by step; ends when it is there.

        Raises:
            LLMModelError: there is no such model.
            LLMResponseError: it could not be fetched whole, or the server isn't of the Ollama kind.
        """
        if self.api == "openai":
            raise LLMResponseError("only an Ollama server fetches models; this one (llm.api=openai) is given its own")
        done = False
        with self._request("POST", "/api/pull", {"model": model, "stream": True}, model, _PULL_PATIENCE) as response:
            for line in response.iter_lines():
                step = json.loads(line)
                if step.get("error"):
                    said = str(step["error"])
                    missing = "does not exist" in said or "not found" in said
                    raise (LLMModelError if missing else LLMResponseError)(f"{model} can't be fetched: {said}")
                done = step.get("status") == "success"
                yield PullProgress(str(step.get("status", "")), step.get("completed"), step.get("total"))
        if not done:
            raise LLMResponseError(f"fetching {model} broke off; run it again, it goes on where it stopped")

    def _listed(self, path: str, key: str, read: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
        answer = self._ask("GET", path)
        with foreign_errors(self.address.url):
            return tuple(read(entry) for entry in answer[key] or ())

    def _ask(
        self, method: str, path: str, body: object = None, model: str | None = None, patience: float = 0.0
    ) -> dict[str, Any]:
        limit = max(self.timeout, patience)
        with self._request(method, path, body, model, limit) as response:
            # A timeout counts single reads only: a server that drips bytes would never run into it.
            began, pieces, size = perf_counter(), [], 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if perf_counter() - began > limit:
                    raise LLMTimeoutError(f"{self.address.url}{path} took more than {limit:g} s to answer")
                if size > _MOST_BYTES:
                    raise LLMResponseError(f"{self.address.url}{path} answers without end; is it an LLM server?")
            answer = json.loads(b"".join(pieces))
            if not isinstance(answer, dict):
                raise LLMResponseError(f"{self.address.url}{path} answered with something that is not its protocol")
            return answer

    @contextmanager
    def _request(
        self, method: str, path: str, body: object, model: str | None, read: float
    ) -> Iterator[httpx.Response]:
        timeout = httpx.Timeout(self.timeout, read=read)
        with (
            foreign_errors(self.address.url, model),
            httpx.Client(headers=self.address.headers, timeout=timeout, **self.address.client_options()) as client,
            client.stream(method, self.address.url + path, json=body) as response,
        ):
            if response.status_code != 200:
                said = next(response.iter_text(2_000), "")
                raise bad_status(self.address.url, response.status_code, said, model)
            yield response


def server_for(settings: LLMSettings) -> Server:
    """The server that the settings and the environment name; nothing is asked of it yet."""
    patience = min(_SHOW_PATIENCE, settings.first_token_timeout)
    return Server(find_address(settings), settings.api, settings.connect_timeout, patience)


def find_model(models: tuple[ModelInfo, ...], wanted: str | None) -> ModelInfo | None:
    """The model wanted, whose tag ``latest`` may be left out, else the best of them; None where there is none."""
    if not wanted:
        return best_model(models)
    return next((model for model in models if _same_name(model.name, wanted)), None)


def best_model(models: tuple[ModelInfo, ...]) -> ModelInfo | None:
    """The best of the models for answering, or None. Never one that passes questions on to another machine."""
    writers = [model for model in models if model.writes and not model.remote]
    return min(writers, key=_rank, default=None)


def _rank(model: ModelInfo) -> tuple[bool, int, bool, float, str]:
    base = model.name.rsplit("/", 1)[-1]
    family = re.split(r"[:@]", base)[0].lower()
    place = PREFERRED.index(family) if family in PREFERRED else len(PREFERRED)
    size = model.parameters or 0.0
    # A model made only for thinking takes minutes where others take seconds.
    return size > LARGEST, place, "thinking" in base, -size, model.name


def _same_name(there: str, wanted: str) -> bool:
    return there == wanted or there == f"{wanted}:latest" or f"{there}:latest" == wanted


def _model_info(entry: Mapping[str, Any]) -> ModelInfo:
    details: Mapping[str, Any] = entry.get("details") or {}
    name = str(entry.get("name") or entry["model"])
    return ModelInfo(
        name=name,
        size=entry.get("size"),
        parameters=_billions(details.get("parameter_size")),
        quantization=details.get("quantization_level"),
        family=details.get("family"),
        digest=str(entry.get("digest") or ""),
        remote=bool(entry.get("remote_host") or entry.get("remote_model")) or name.endswith(("-cloud", ":cloud")),
    )


def _billions(size: object) -> float | None:
    match = re.fullmatch(r"([\d.]+)\s*([KMBT])", str(size).strip(), re.IGNORECASE)
    if match is None:
        return None
    return float(match[1]) * {"K": 1e-6, "M": 1e-3, "B": 1.0, "T": 1e3}[match[2].upper()]
