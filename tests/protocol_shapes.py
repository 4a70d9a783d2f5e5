"""The objects that the protocol server's replies are made of, as Ollama 0.12.6 sends them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.protocol_scripts import Asked, Done, Line, Step, Text, Thinking

WINDOW = 32_768
DEFAULT_WINDOW = 4_096  # what the server takes where a request names none
CREATED = "2025-10-20T08:00:00.000000Z"
LOADED = {"expires_at": "2025-10-20T08:10:00.000000Z", "size_vram": 0, "context_length": DEFAULT_WINDOW}


@dataclass
class Shape:
    """How steps look on the wire, by the path that was asked."""

    path: str
    model: str
    asked: Asked
    count: int = 0

    @property
    def openai(self) -> bool:
        return self.path.startswith("/v1")

    @property
    def content_type(self) -> str:
        return "text/event-stream" if self.openai else "application/x-ndjson"

    @property
    def end(self) -> str:
        return "data: [DONE]\n\n" if self.openai else ""

    def line(self, step: Step) -> str:
        """One step of a stream."""
        if isinstance(step, Line):
            return f"data: {step.line}\n\n" if self.openai else f"{step.line}\n"
        text = step.text if isinstance(step, Text) else ""
        thinking = step.text if isinstance(step, Thinking) else ""
        if not self.openai:
            return json.dumps(self._object(text, thinking, step if isinstance(step, Done) else None)) + "\n"
        delta = {"role": "assistant", "content": text} | ({"reasoning_content": thinking} if thinking else {})
        chunk = self._openai_object("chat.completion.chunk")
        reason = step.reason if isinstance(step, Done) else None
        lines = [chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}]
        if isinstance(step, Done):
            lines.append(chunk | {"choices": [], "usage": self._usage(step)})
        return "".join(f"data: {json.dumps(line)}\n\n" for line in lines)

    def whole(self, text: str, thinking: str, done: Done) -> dict[str, Any]:
        """The one object of an answer that isn't streamed."""
        if not self.openai:
            return self._object(text, thinking, done)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": done.reason}
        return self._openai_object("chat.completion") | {"choices": [choice], "usage": self._usage(done)}

    def _object(self, text: str, thinking: str, done: Done | None) -> dict[str, Any]:
        entry: dict[str, Any] = {"model": self.model, "created_at": CREATED}
        if self.path == "/api/generate":
            entry |= {"response": text} | ({"thinking": thinking} if thinking else {})
        else:
            entry["message"] = {"role": "assistant", "content": text} | ({"thinking": thinking} if thinking else {})
        if done is None:
            return entry | {"done": False}
        times = dict.fromkeys(("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"), 1000000)
        counts = {"prompt_eval_count": self._prompt_tokens(done), "eval_count": self.count}
        return entry | {"done": True, "done_reason": done.reason} | times | counts

    def _prompt_tokens(self, done: Done) -> int:
        """What is left of the prompt in the window asked for, which is cut without a word."""
        if done.prompt_eval_count is not None:
            return done.prompt_eval_count
        window = WINDOW if self.openai else int(self.asked.options.get("num_ctx") or DEFAULT_WINDOW)
        return min(int(len(self.asked.prompt) / 4.4) + 20, window)

    def _usage(self, done: Done) -> dict[str, int]:
        prompt = self._prompt_tokens(done)
        return {"prompt_tokens": prompt, "completion_tokens": self.count, "total_tokens": prompt + self.count}

    def _openai_object(self, kind: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": kind,
            "created": 1,
            "model": self.model,
            "system_fingerprint": "fp_ollama",
        }


def tag(name: str) -> dict[str, Any]:
    """A model as /api/tags lists it."""
    return {
        "name": name,
        "model": name,
        "modified_at": CREATED,
        "size": 2_019_393_189,
        "digest": sha256(name.encode()).hexdigest(),
        "details": _details(name),
    }


def show(name: str, script: str) -> dict[str, Any]:
    """A model as /api/show tells of it."""
    family = _details(name)["family"]
    narrow = re.fullmatch(r"window-(\d+)", script)
    return {
        "modelfile": f"FROM {name}\n",
        "parameters": 'stop "<|im_end|>"',
        "template": "{{ .Prompt }}",
        "details": _details(name),
        "model_info": {
            "general.architecture": family,
            "general.parameter_count": 3_212_749_888,
            f"{family}.context_length": int(narrow[1]) if narrow else WINDOW,
            f"{family}.embedding_length": 3_072,
        },
        "capabilities": ["completion", "tools"] + ["thinking"] * script.startswith("thinks"),
        "modified_at": CREATED,
    }


def _details(name: str) -> dict[str, Any]:
    size = re.search(r":([\d.]+)b", name)
    family = "nomic-bert" if "embed" in name else "llama"
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": f"{size[1]}B" if size else "3.2B",
        "quantization_level": "Q4_K_M",
    }
