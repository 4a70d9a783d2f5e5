"""What the assistant adds to the bare server, measured over the protocol server."""

from __future__ import annotations

import pytest

from rag_assistant import Assistant
from rag_assistant.errors import LLMResponseError, UsageError
from rag_assistant.evaluate.overhead import Overhead, OverheadReport, Timed, main, measure_overhead
from tests.protocol_client import ProtocolServer

pytest_plugins = ["tests.llm_fixtures"]

QUESTIONS = ("How many vessels does HarborNet find in dense fog?", "What context does GullSpeak listen to?")


def assistant(index: str, server: ProtocolServer, model: str, **llm: object) -> Assistant:
    return Assistant.open(index, llm={"base_url": server.url, "model": model, **llm})


def test_both_ways_ask_the_same_and_get_as_many_tokens(small_index: str, protocol_server: ProtocolServer) -> None:
    report = measure_overhead(assistant(small_index, protocol_server, "good"), QUESTIONS)
    assert len(report.questions) == 2
    for one in report.questions:
        assert one.assistant.pieces == one.bare.pieces > 5
        assert min(one.retrieval, one.assistant.first, one.bare.first) > 0
    bodies = [entry["body"] for entry in protocol_server.requests("/api/chat")]
    assert len(bodies) == 1 + 3 * len(QUESTIONS)
    for untimed, product, bare in (bodies[1:4], bodies[4:7]):
        assert untimed == bare
        assert {**bare, "keep_alive": product["keep_alive"], "tools": product.get("tools")} == {
            **product, "tools": product.get("tools"),
        }  # fmt: skip


def test_time_that_the_server_takes_is_not_counted_as_added(small_index: str, protocol_server: ProtocolServer) -> None:
    protocol_server.control(delay=0.01)
    report = measure_overhead(assistant(small_index, protocol_server, "good"), QUESTIONS[:1])
    (one,) = report.questions
    assert one.bare.per_piece > 0.009
    assert one.assistant.per_piece > 0.009
    assert abs(report.per_token) < 5


def test_the_figures_are_medians_of_the_differences() -> None:
    def one(added_first: float, added_token: float) -> Overhead:
        return Overhead(0.01, Timed(0.5 + added_first, 10 * (0.02 + added_token), 11), Timed(0.5, 0.2, 11))

    report = OverheadReport((one(0.01, 0.0001), one(0.02, 0.0002), one(0.9, 0.5)))
    assert report.first_token == pytest.approx(20)
    assert report.per_token == pytest.approx(0.2)
    assert "added            20.00" in report.table()


def test_a_server_that_fails_is_an_error(
    small_index: str, protocol_server: ProtocolServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LLMResponseError, match="answered 500"):
        measure_overhead(assistant(small_index, protocol_server, "status-500"), QUESTIONS)
    with pytest.raises(UsageError, match=r"set llm\.api to ollama"):
        measure_overhead(assistant(small_index, protocol_server, "good", api="openai"), QUESTIONS)
    asked = ["--index-dir", small_index, "--base-url", protocol_server.url, "--model"]
    assert main([*asked, "nowhere"]) == 4
    assert "ollama pull nowhere" in capsys.readouterr().err
    assert main([*asked, "good", "--questions", "3"]) == 0
    assert capsys.readouterr().out.startswith("3 questions, ")
