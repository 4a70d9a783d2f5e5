"""Every fault of an LLM server, and every way in which a model writes badly, asked through the Assistant in each way.

All cells run side by side, are held to the same promise, and are printed as one table.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import pytest

from rag_assistant import Assistant
from rag_assistant.answer.chat import load_client
from rag_assistant.records import Answer, AnswerDone, Event
from tests.protocol_client import ProtocolServer
from tests.protocol_scripts import FAULTS

pytest_plugins = ["tests.llm_fixtures"]

QUESTION = "How many vessels does HarborNet find in dense fog?"
WAYS = ("ask", "stream", "async", "openai")  # the last: ask, over the protocol of OpenAI's servers
# Models that answer, but not as they should.
BAD_WRITERS = (
    "refuses", "cites-nobody", "cites-out-of-range", "cites-wrong-passages", "invents", "invents-all", "then-hangs",
    "then-breaks", "chatters", "runs-on", "length", "cut-prompt", "thinks-unopened", "flaky-429", "flaky-reset",
)  # fmt: skip
ROWS = ("down", *FAULTS, *BAD_WRITERS)
HANGING = ("hang-before-headers", "hang-before-first", "hang-in-middle", "drips-empty", "drips-bytes", "then-hangs")
SHORT = {"first_token_timeout": 1.0, "token_timeout": 0.5, "total_timeout": 3.0}
# Never reached, on a busy machine either.
LONG = {"first_token_timeout": 6.0, "token_timeout": 4.0, "total_timeout": 8.0}
CHAT = {"first_token_timeout": 2.5, "token_timeout": 1.0, "total_timeout": 8.0}  # of a model that is good at first
SLACK = 4.0  # seconds to search, check and write an extractive answer beside all the other cells, on a busy machine
LABEL = "Answered in the papers' own sentences: "
AT_ONCE = 8


@dataclass(frozen=True)
class Cell:
    """What came of one fault asked in one way."""

    fault: str
    way: str
    seconds: float
    outcome: Answer | BaseException

    @property
    def ending(self) -> str:
        if not isinstance(self.outcome, Answer):
            return f"RAISED {type(self.outcome).__name__}: {self.outcome}"
        if self.outcome.mode == "llm":
            notes = f" ({'; '.join(self.outcome.notes)})" if self.outcome.notes else ""
            return f"the model, {len(self.outcome.citations)} papers cited{notes}"
        labels = [note for note in self.outcome.notes if note.startswith(LABEL)]
        return f"extractive: {labels[0].removeprefix(LABEL)}" if labels else "extractive, NOT LABELLED"


def deadlines(fault: str) -> dict[str, float]:
    return SHORT if fault in HANGING else LONG


def ask(assistant: Assistant, way: str) -> Answer:
    if way in ("ask", "openai"):
        return assistant.ask(QUESTION)
    if way == "async":
        return asyncio.run(assistant.aask(QUESTION))
    events: list[Event] = list(assistant.stream(QUESTION))
    assert isinstance(events[-1], AnswerDone)
    return events[-1].answer


def opened(index: str, url: str, fault: str, way: str) -> Assistant:
    """An assistant whose LLM has one fault, with its index read and its encoder loaded: no part of any deadline."""
    address = "http://127.0.0.1:9" if fault == "down" else url
    api = "openai" if way == "openai" else "ollama"
    model = f"{fault}:latest"  # a server of the OpenAI kind knows whole names only
    llm = {"base_url": address, "model": model, "api": api, "max_tokens": 96, **deadlines(fault)}
    assistant = Assistant.open(index, llm=llm)
    assistant.search(QUESTION)
    return assistant


def cell(assistant: Assistant, fault: str, way: str) -> Cell:
    began = monotonic()
    try:
        outcome: Answer | BaseException = ask(assistant, way)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the table is to show it
        outcome = error
    return Cell(fault, way, monotonic() - began, outcome)


@pytest.fixture(scope="module")
def table(small_index: str, protocol_server_process: ProtocolServer) -> list[list[Cell]]:
    """A row for each fault, a cell for each way of asking."""
    protocol_server_process.control(reset=True)
    load_client("openai")
    url = protocol_server_process.url
    assistants = {(fault, way): opened(small_index, url, fault, way) for fault in ROWS for way in WAYS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {key: pool.submit(cell, assistant, *key) for key, assistant in assistants.items()}
        return [[futures[fault, way].result() for way in WAYS] for fault in ROWS]


def test_the_table(table: list[list[Cell]], capsys: pytest.CaptureFixture[str]) -> None:
    """Printed whatever else pytest captures: it is what this file is for."""
    lines = [f"{'fault':<24}" + "".join(f"{way:>8}" for way in WAYS) + "  ended in"]
    for row in table:
        seconds = "".join(f"{one.seconds:>7.2f}s" for one in row)
        lines.append(f"{row[0].fault:<24}{seconds}  {row[0].ending[:150]}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(table) == len(FAULTS) + len(BAD_WRITERS) + 1


def test_every_cell_ends_in_a_cited_answer_or_a_labelled_extractive_one(table: list[list[Cell]]) -> None:
    for one in (one for row in table for one in row):
        assert isinstance(one.outcome, Answer), one.ending
        assert not one.outcome.abstained, one
        assert one.outcome.citations, one
        assert one.outcome.mode == "llm" or one.ending.startswith("extractive: "), one.ending
        assert one.outcome.mode == "llm" or "91.4%" in one.outcome.text
        assert all(len(note.splitlines()) == 1 and "Traceback" not in note for note in one.outcome.notes)
        for citation in one.outcome.citations:
            assert citation.paper in [hit.paper for hit in one.outcome.hits]
            assert all(citation.paper.abstract[quote.start : quote.end] == quote.text for quote in citation.quotes)


def test_every_fault_and_no_answer_that_holds_ends_in_the_extractive_one(table: list[list[Cell]]) -> None:
    ended = {row[0].fault: {one.outcome.mode for one in row if isinstance(one.outcome, Answer)} for row in table}
    assert {fault for fault in ("down", *FAULTS) if ended[fault] != {"extractive"}} == set()
    no_use = ("refuses", "chatters", "invents-all", "then-hangs", "then-breaks")
    assert {model for model in BAD_WRITERS if ended[model] == {"extractive"}} == set(no_use)


def test_every_cell_ends_within_its_deadline(table: list[list[Cell]]) -> None:
    for one in (one for row in table for one in row):
        assert one.seconds < deadlines(one.fault)["total_timeout"] + SLACK, (one.fault, one.way)


def test_the_way_of_asking_changes_nothing_but_who_waits(table: list[list[Cell]]) -> None:
    passing = {"flaky-429", "flaky-reset"}  # these fail only the first who asks
    # The other protocol has another path, which stands in its messages.
    endings = {row[0].fault: {one.ending for one in row if one.way != "openai"} for row in table}
    differ = [fault for fault, said in endings.items() if len(said) > 1 and fault not in passing]
    assert differ == []


def test_a_conversation_outlives_every_fault(small_index: str, protocol_server: ProtocolServer) -> None:
    llm = {"base_url": protocol_server.url, "model": "chat", **CHAT}
    conversation = Assistant.open(small_index, llm=llm).conversation()
    for script in ("good", "hang-in-middle", "status-500", "garbage-line", "invents-all", "good"):
        protocol_server.control(models={"chat:latest": script})
        asked = "What does HarborNet detect?" if not conversation.answers else "and how fast does it run?"
        answer = conversation.ask(asked)
        assert answer.citations, script
        assert answer.mode == ("llm" if script == "good" else "extractive")
        assert answer.question == asked
    assert len(conversation.answers) == 6
    assert "HarborNet" in conversation.answers[-1].standalone_question


@pytest.mark.parametrize("fault", ["hang-before-headers", "hang-in-middle", "drips-empty"])
def test_a_server_that_hangs_over_a_follow_up_is_not_waited_for_twice(
    small_index: str, protocol_server: ProtocolServer, fault: str
) -> None:
    llm = {"base_url": protocol_server.url, "model": "chat", **CHAT}
    assistant = Assistant.open(small_index, llm=llm)
    conversation = assistant.conversation()
    protocol_server.control(models={"chat:latest": "good"})
    conversation.ask("What does HarborNet detect?")
    protocol_server.control(models={"chat:latest": fault})
    before = len(protocol_server.requests("/api/chat"))
    answer = conversation.ask("and how fast does it run?")
    assert len(protocol_server.requests("/api/chat")) - before == 1
    assert "30 frames" in answer.text
    (label,) = [note for note in answer.notes if note.startswith(LABEL)]
    assert "nothing more came" in label or "nothing came from the LLM server for 2.5 s" in label
    assert conversation.answers[-1] == answer


def test_a_question_asked_in_vain_leaves_the_conversation_as_it_was(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    from rag_assistant.errors import LLMError

    assistant = Assistant.open(small_index, llm={"base_url": protocol_server.url, "model": "chat", **CHAT})
    conversation = assistant.conversation("llm")
    protocol_server.control(models={"chat:latest": "good"})
    first = conversation.ask("What does HarborNet detect?")
    protocol_server.control(models={"chat:latest": "cut-in-middle"})
    with pytest.raises(LLMError):
        conversation.ask("and how fast does it run?")
    assert conversation.answers == [first]
    protocol_server.control(models={"chat:latest": "good"})
    assert "HarborNet" in conversation.ask("and how fast does it run?").standalone_question
