"""Starting the protocol server, asking what it saw, and small papers in our own words to ask a writer about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from rag_assistant.answer.llm import LLMWriter
from rag_assistant.answer.prompts import load_prompts
from rag_assistant.records import Draft, Hit, Paper, Passage, Token
from rag_assistant.settings import LLMSettings

SERVER = Path(__file__).with_name("protocol_server.py")


@dataclass(frozen=True)
class ProtocolServer:
    """A running server: its address, and what it saw."""

    url: str

    def requests(self, path: str | None = None) -> list[dict[str, Any]]:
        """What was sent to it since the last reset, oldest first; to one path only, if named."""
        seen = httpx.get(f"{self.url}/control", trust_env=False, verify=False).json()["requests"]
        return [entry for entry in seen if path in (None, entry["path"])]

    def control(self, **order: Any) -> None:
        """Resets it (``reset=True``), changes its models (``models={name: script}``) or its pace (``delay``)."""
        httpx.post(f"{self.url}/control", json=order, trust_env=False, verify=False).raise_for_status()


def start_server(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Starts the protocol server as a process of its own. Returns it and its address."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), "--port", "0", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the protocol server did not start"
    return process, url


PAPERS = (
    (
        "Sieve attention for long rivers of text",
        "SieveNet reads 64k tokens with a sliding sieve. It needs half the memory.",
    ),
    (
        "A map of small kitchens",
        "We collect 1,200 photographs of kitchens. A detector trained on them finds 93% of kettles.",
    ),
    ("Teaching robots to fold", "FoldBot folds towels after 40 demonstrations. It fails on silk."),
    ("Counting birds by ear", "A microphone array counts 31 bird species. Rain lowers its recall."),
)


def make_hits(count: int = 4, words: int = 0) -> tuple[Hit, ...]:
    """Hits on small papers, best first; ``words`` makes each passage longer by that many."""
    hits = []
    for place in range(count):
        title, abstract = PAPERS[place % len(PAPERS)]
        text = abstract + (" More is said of it." + " and so on" * (words // 3) + "." if words else "")
        paper = Paper(id=f"paper-{place + 1}", title=title, abstract=text)
        passage = Passage(f"paper-{place + 1}#0", paper.id, text, 0, len(text))
        hits.append(Hit(passage, paper, score=1 - place / (count + 1), rank=place + 1))
    return tuple(hits)


QUESTION = "How many tokens does SieveNet read?"


def writer(server: ProtocolServer, model: str | None = "good", **settings: Any) -> LLMWriter:
    return LLMWriter(LLMSettings(base_url=server.url, model=model, **settings), load_prompts())


def finish(stream: Generator[Token, None, Draft]) -> tuple[list[Token], Draft]:
    tokens = []
    while True:
        try:
            tokens.append(next(stream))
        except StopIteration as stop:
            return tokens, stop.value


def ask(asked: LLMWriter, hits: tuple[Hit, ...] | None = None, question: str = QUESTION) -> tuple[list[Token], Draft]:
    return finish(asked.stream(question, make_hits() if hits is None else hits))


async def aask(asked: LLMWriter, hits: tuple[Hit, ...], question: str = QUESTION) -> tuple[list[Token], Draft]:
    items = [item async for item in asked.astream(question, hits)]
    *tokens, draft = items
    assert isinstance(draft, Draft)
    return [token for token in tokens if isinstance(token, Token)], draft


def closed_early(server: ProtocolServer, path: str = "/api/chat") -> float:
    """Waits until the server has seen every chat's connection close before its end. Returns the seconds it took."""
    began = monotonic()
    while monotonic() - began < 3:
        seen = server.requests(path)
        if seen and all(entry["closed_early"] for entry in seen):
            return monotonic() - began
        sleep(0.02)
    raise AssertionError("the server never saw the connection close")
