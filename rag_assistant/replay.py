"""An answer that was kept as JSON, asked for again under the settings that made it.

In extractive mode the same index gives the same answer to the letter; a model may write otherwise at every asking.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_assistant.assistant import Assistant
from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.present import answer_dict
from rag_assistant.records import Answer, AnswerDone

# What has to be there to ask again.
_NEEDED = {"question": str, "standalone_question": str, "text": str, "mode": str, "manifest": dict}
_MANIFEST_NEEDED = {"index": str, "papers": str, "k": int, "filters": dict, "settings": dict}


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of asking again: the answer, and a line on each thing that is not as it was."""

    answer: Answer
    differences: tuple[str, ...]


def load_answer(path: Path) -> dict[str, Any]:
    """The fields of an answer's JSON, as ``ask --json`` prints it.

    Raises:
        SourceNotFoundError: the file isn't there.
        SourceError: it holds no answer's JSON, or one without what made it.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SourceError(f"{path}: not an answer's JSON: {error}") from None
    missing = _missing(fields, _NEEDED)
    if not missing:
        missing = [f"manifest.{name}" for name in _missing(fields["manifest"], _MANIFEST_NEEDED)]
    if missing:
        raise SourceError(f"{path}: not an answer as `rag-assistant ask --json` prints it: no {', '.join(missing)}")
    return dict(fields)


def replay(recorded: Mapping[str, Any], index_dir: Path | None = None) -> Replay:
    """Asks again what a kept answer was asked, under its settings.

    Args:
        recorded: from :func:`load_answer`.
        index_dir: None: the configured one.

    Raises:
        SettingsError: it was made under settings that this version does not have.
        LLMError: a model wrote it, and the model is not to be had.
    """
    manifest = recorded["manifest"]
    overrides = dict(manifest["settings"])
    if recorded["model"] is not None:
        overrides["llm"] = {"model": recorded["model"]}
    assistant = Assistant.open(index_dir, **overrides)
    events = assistant.stream(
        recorded["question"],
        recorded["mode"],
        k=manifest["k"],
        filters=manifest["filters"],
        standalone=recorded["standalone_question"],
    )
    (answer,) = [event.answer for event in events if isinstance(event, AnswerDone)]
    # By way of JSON, so that tuples and lists compare as they were written.
    again = json.loads(json.dumps(answer_dict(answer)))
    return Replay(answer, tuple(_differences(recorded, again)))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    found = [
        f"{what}: {before['manifest'].get(name)!r} then, {after['manifest'].get(name)!r} now"
        for name, what in (("index", "the index's fingerprint"), ("papers", "the papers"), ("prompts", "the prompts"))
        if before["manifest"].get(name) != after["manifest"].get(name)
    ]
    found += [
        f"{name}: {before.get(name)!r} then, {after[name]!r} now"
        for name in ("mode", "abstained", "reason")
        if before.get(name) != after[name]
    ]
    if before["text"] != after["text"]:
        found.append("the words of the answer")
    if _quotes(before) != _quotes(after):
        found.append("what it quotes")
    return found


def _quotes(fields: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    return [
        (quote["paper_id"], quote["start"], quote["end"])
        for citation in fields.get("citations", [])
        for quote in citation["quotes"]
    ]


def _missing(fields: Any, needed: Mapping[str, type]) -> list[str]:
    if not isinstance(fields, dict):
        return list(needed)
    return [name for name, kind in needed.items() if not isinstance(fields.get(name), kind)]
