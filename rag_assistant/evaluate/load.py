"""The chat page under load: many visitors at once, each with questions of his own, over the page's own protocol.

    python -m rag_assistant.evaluate.load [--index-dir DIR] [--users 50] [--questions 5] [--rounds 1] [--url URL]

Each visitor keeps one connection open as a browser does, asks his questions one after the other, and leaves; then the
next round begins with new visitors. Every answer is looked at: whether it came, and whether it and the questions shown
above it are the visitor's own. Without ``--url`` a server is started for the measurement, in extractive mode, and its
memory is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx
import numpy as np

from rag_assistant.assistant import Assistant
from rag_assistant.errors import RagAssistantError, WebError
from rag_assistant.settings import load_settings

_PATIENCE = 120.0  # seconds: for the server to start, and for one answer
_SHOWN = re.compile(r'<h2 class="ra-question"><bdi>(.*?)</bdi></h2>', re.DOTALL)
_HEADERS = {"x-gradio-user": "app"}


@dataclass(slots=True)
class LoadReport:
    """What came of all questions. ``seconds`` is of those answered; ``memory`` is the server's, in bytes, by round, and
    ``processor`` the processor time that it took, in seconds.
    """

    users: int
    asked: int = 0
    seconds: list[float] = field(default_factory=list)
    busy: int = 0  # refused with a message, the queue being full
    lost: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    processor: float = 0.0
    whole: float = 0.0  # seconds of it all

    def percentile(self, share: float) -> float:
        """Seconds within which a share (0 to 100) of the answers came; nan where none came."""
        return float(np.percentile(self.seconds, share)) if self.seconds else float("nan")

    def table(self) -> str:
        """The report as lines for a terminal."""
        longest = max(self.seconds, default=float("nan"))
        times = f"median {self.percentile(50):.2f}, p95 {self.percentile(95):.2f}, longest {longest:.2f}"
        lines = [
            f"{self.users} visitors at once, {self.asked:,} questions in {self.whole:.1f} s",
            f"answered {len(self.seconds):,}, busy {self.busy}, lost {len(self.lost)}, crossed {len(self.crossed)}",
            f"seconds to the whole answer: {times}",
        ]
        if self.processor:
            lines.append(f"processor time of the server: {1000 * self.processor / self.asked:.0f} ms a question")
        if self.memory:
            sizes = [f"{size / 1e6:,.0f}" for size in self.memory]
            lines.append(f"memory of the server, MB, before and after each round: {' '.join(sizes)}")
        return "\n".join([*lines, *self.lost[:5], *self.crossed[:5]])


@dataclass(frozen=True, slots=True)
class Page:
    """A running page: where it is, and the number of the event that asks with what else it is given."""

    url: str
    event: int
    box: int
    wishes: tuple[Any, ...]


async def measure_load(url: str, questions: Sequence[Sequence[str]], rounds: int, pid: int | None = None) -> LoadReport:
    """Sends one visitor a list of questions, all at once, ``rounds`` times over.

    Raises:
        WebError: nothing answers there, or not this page.
    """
    report = LoadReport(len(questions))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=_PATIENCE, limits=limits, trust_env=False) as client:
        try:
            page = _page(url, (await client.get(f"{url}/config")).raise_for_status().json())
        except (httpx.HTTPError, ValueError) as error:
            raise WebError(f"no chat page answers at {url} ({error}); rag-assistant serve starts one") from None
        await _visit(client, page, questions[0][:1], LoadReport(1))  # loads what is loaded once
        report.memory += _memory(pid)
        began, used = perf_counter(), _processor(pid)
        for _ in range(rounds):
            await asyncio.gather(*(_visit(client, page, asked, report) for asked in questions))
            report.memory += _memory(pid)
        report.whole, report.processor = perf_counter() - began, _processor(pid) - used
    return report


def _page(url: str, config: dict[str, Any]) -> Page:
    names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    values = {one["id"]: one["props"].get("value") for one in config["components"]}
    for event in config["dependencies"]:
        for target, kind in event["targets"]:
            if (names.get(target), kind) == ("ra-question", "submit"):
                _, _, mode, *rest = event["inputs"]
                del mode
                return Page(url, event["id"], target, ("extractive", *(values[one] for one in rest)))
    raise WebError(f"what answers at {url} is another page than rag_assistant's")


async def _visit(client: httpx.AsyncClient, page: Page, questions: Sequence[str], report: LoadReport) -> None:
    """One visitor: his questions in turn, each answer looked at."""
    session = secrets.token_hex(8)
    async with _alive(client, page, session):
        for place, question in enumerate(questions):
            report.asked += 1
            began = perf_counter()
            try:
                shown = await asyncio.wait_for(_ask(client, page, session, question), _PATIENCE)
            except _BusyError:
                report.busy += 1
                continue
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                report.lost.append(f"{question}: {error!r}")
                continue
            report.seconds.append(perf_counter() - began)
            if not set(shown) <= set(questions[: place + 1]) or question not in shown:
                report.crossed.append(f"{question}: shown were {shown}")


class _BusyError(Exception):
    """The page said that it is busy."""


async def _ask(client: httpx.AsyncClient, page: Page, session: str, question: str) -> list[str]:
    """Asks as the page does and waits for the whole answer: the questions that are shown then, the last one its own.

    Raises:
        _BusyError: the queue is full.
        ValueError: the answer is not over, or failed.
    """
    body = {
        "data": [question, None, *page.wishes],
        "fn_index": page.event,
        "trigger_id": page.box,
        "session_hash": session,
    }
    joined = await client.post(f"{page.url}/gradio_api/queue/join", json=body, headers=_HEADERS)
    if joined.status_code == 503:
        raise _BusyError
    event = joined.raise_for_status().json()["event_id"]
    history = ""
    url = f"{page.url}/gradio_api/queue/data"
    async with client.stream("GET", url, params={"session_hash": session}, headers=_HEADERS) as stream:
        async for line in stream.aiter_lines():
            told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if told.get("event_id") != event:
                continue
            data = (told.get("output") or {}).get("data") or []
            if told["msg"] == "process_generating" and not history and isinstance(data[1], str):
                history = data[1] or " "
            elif told["msg"] == "process_completed":
                if not told["success"] or 'data-state="done"' not in str(data[2]):
                    raise ValueError(f"it ended as {str(told)[:300]}")
                return [html.unescape(one) for one in _SHOWN.findall(history + data[2])]
    raise ValueError("the stream ended before the answer did")


@asynccontextmanager
async def _alive(client: httpx.AsyncClient, page: Page, session: str) -> AsyncIterator[None]:
    """The connection that tells the server that a visitor is still there."""
    async with client.stream("GET", f"{page.url}/gradio_api/heartbeat/{session}") as stream:
        await anext(stream.aiter_lines())
        yield


def _memory(pid: int | None) -> list[int]:
    """What a process holds in memory, in bytes; nothing where the system doesn't tell."""
    status = Path(f"/proc/{pid}/status")
    if pid is None or not status.exists():
        return []
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text(encoding="utf-8"))
    return [int(found[1]) * 1024] if found else []


def _processor(pid: int | None) -> float:
    """The processor time that a process has taken, in seconds; 0 where the system doesn't tell."""
    stat = Path(f"/proc/{pid}/stat")
    if pid is None or not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(index_dir: Path | None) -> Iterator[tuple[str, int]]:
    """A page of its own for the measurement: its address and the server's process.

    Raises:
        WebError: it does not start.
    """
    given = [] if index_dir is None else ["--index-dir", str(index_dir)]
    command = [sys.executable, "-m", "rag_assistant", "serve", "--port", "0", *given]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stderr=said, stdout=said)  # noqa: S603  our own command
        try:
            until = monotonic() + _PATIENCE
            while True:
                said.seek(0)
                told = said.read()
                if found := re.search(r"http://\S+", told):
                    break
                if process.poll() is not None or monotonic() > until:
                    raise WebError(f"the page did not start: {' '.join(told.split())[-300:]}")
                sleep(0.1)
            yield found.group(), process.pid
        finally:
            process.terminate()
            process.wait()


def questions_for(titles: Sequence[str], users: int, each: int) -> list[list[str]]:
    """Lists of questions, no two alike; round and round through the titles where there are too few."""
    asked = [f"What does “{titles[place % len(titles)]}” find? ({place + 1})" for place in range(users * each)]
    return [asked[user * each : (user + 1) * each] for user in range(users)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table. 1 where an answer was lost or shown to another."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.load", description=__doc__)
    parser.add_argument("--index-dir", type=Path, help="the bundled papers where none is named")
    parser.add_argument("--url", help="a page that is running already, over the same papers")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--questions", type=int, default=5, help="of each visitor")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        assistant = Assistant(load_settings(index_dir=given.index_dir), bundled_if_missing=given.index_dir is None)
        titles = [" ".join(paper.title.split()) for paper in assistant.papers()]
        questions = questions_for(titles, given.users, given.questions)
        if given.url:
            report = asyncio.run(measure_load(given.url.rstrip("/"), questions, given.rounds))
        else:
            with served(given.index_dir) as (url, pid):
                report = asyncio.run(measure_load(url, questions, given.rounds, pid))
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(report.table())  # noqa: T201
    return 1 if report.lost or report.crossed else 0


if __name__ == "__main__":
    sys.exit(main())
