"""The LLM writer against a server on a real socket: what it sends, what it gives back, how it is stopped."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic, sleep

import pytest

from rag_assistant.answer.abstention import ABSTENTION
from rag_assistant.errors import LLMError, LLMTimeoutError
from rag_assistant.records import Answer, Draft
from rag_assistant.settings import LLMSettings
from tests.protocol_client import QUESTION, ProtocolServer, aask, ask, closed_early, make_hits, writer

pytest_plugins = ["tests.llm_fixtures"]

ROOT = Path(__file__).parent.parent


def answered(question: str, text: str) -> Answer:
    return Answer(question, question, text, (), (), (), False, None, "llm", "good")


def test_the_answer_streams_and_the_draft_holds_the_same_words(protocol_server: ProtocolServer) -> None:
    hits = make_hits()
    tokens, draft = ask(writer(protocol_server), hits)
    assert len(tokens) > 5, "it came in one lump"
    assert "".join(token.text for token in tokens) == draft.raw
    assert "SieveNet reads 64k tokens with a sliding sieve [1]." in draft.raw
    assert draft.model == "good:latest"
    assert (draft.mode, draft.sentences, draft.abstained, draft.notes) == ("llm", (), False, ())
    assert draft.evidence == tuple(hit.paper for hit in hits)


def test_a_marker_means_the_hit_of_that_number_whatever_the_order_in_the_prompt(
    protocol_server: ProtocolServer,
) -> None:
    _, draft = ask(writer(protocol_server))
    second = draft.raw.partition("[1]. ")[2].removesuffix(" [2].")
    assert second
    assert second in draft.evidence[1].abstract


def test_astream_gives_the_same_draft(protocol_server: ProtocolServer) -> None:
    tokens, draft = asyncio.run(aask(writer(protocol_server), make_hits()))
    assert ("".join(token.text for token in tokens), draft) == (draft.raw, ask(writer(protocol_server))[1])


def test_stream_works_inside_a_running_event_loop(protocol_server: ProtocolServer) -> None:
    async def inside() -> Draft:
        return ask(writer(protocol_server))[1]

    assert asyncio.run(inside()).raw.count("[") == 2


def test_every_option_that_shapes_the_answer_arrives(protocol_server: ProtocolServer) -> None:
    ask(writer(protocol_server, num_ctx=6_000, max_tokens=300, temperature=0.3, keep_alive="7m"))
    (sent,) = protocol_server.requests("/api/chat")
    assert sent["body"]["options"] == {"num_ctx": 6_000, "num_predict": 300, "temperature": 0.3}
    assert sent["body"]["keep_alive"] == "7m"
    assert sent["body"]["stream"] is True
    assert [message["role"] for message in sent["body"]["messages"]] == ["system", "user"]
    text = sent["body"]["messages"][1]["content"]
    assert QUESTION in text
    assert "Counting birds by ear" in text
    assert ABSTENTION in sent["body"]["messages"][0]["content"]


def test_a_number_for_keep_alive_arrives_as_a_number(protocol_server: ProtocolServer) -> None:
    # Ollama refuses "-1" in quotes: "missing unit in duration".
    ask(writer(protocol_server, keep_alive="-1"))
    assert protocol_server.requests("/api/chat")[0]["body"]["keep_alive"] == -1


def test_no_more_than_the_models_own_window_is_asked_for(protocol_server: ProtocolServer) -> None:
    ask(writer(protocol_server, "window-2048", num_ctx=32_000))
    assert protocol_server.requests("/api/chat")[0]["body"]["options"]["num_ctx"] == 2_048


def test_passages_that_do_not_fit_are_left_out_from_the_end_and_said_so(protocol_server: ProtocolServer) -> None:
    hits = make_hits(8, words=300)
    _, draft = ask(writer(protocol_server, num_ctx=2_048, max_tokens=256), hits)
    sent = len(draft.evidence)
    assert 0 < sent < 8
    assert draft.evidence == tuple(hit.paper for hit in hits[:sent])
    assert draft.notes == (
        f"{8 - sent} of 8 passages did not fit into the window of 2048 tokens and were left out; raise llm.num_ctx",
    )
    prompt = protocol_server.requests("/api/chat")[0]["body"]["messages"][1]["content"]
    assert prompt.count("<passage number=") == sent


def test_a_question_too_long_for_the_window_is_refused_before_it_is_sent(protocol_server: ProtocolServer) -> None:
    with pytest.raises(LLMError, match=r"raise llm\.num_ctx or ask a shorter question"):
        ask(writer(protocol_server, num_ctx=1_024), question="why " * 2_000)
    assert protocol_server.requests("/api/chat") == []


def test_a_prompt_cut_by_the_server_is_noticed(protocol_server: ProtocolServer) -> None:
    _, draft = ask(writer(protocol_server, "cut-prompt"), make_hits(8, words=60))
    assert "the server read only 64 of about" in draft.notes[0]


def test_an_answer_cut_at_the_length_limit_is_said_so(protocol_server: ProtocolServer) -> None:
    _, draft = ask(writer(protocol_server, "length", max_tokens=64))
    assert draft.notes == ("the answer was cut off at 64 tokens; raise llm.max_tokens for a longer one",)


def test_a_model_that_runs_on_is_stopped_and_the_connection_closed(protocol_server: ProtocolServer) -> None:
    _, draft = ask(writer(protocol_server, "runs-on", max_tokens=64))
    assert len(draft.raw) < 64 * 12 + 400
    assert "cut off at 64 tokens" in draft.notes[0]
    assert closed_early(protocol_server) < 1


def test_thinking_of_the_protocol_is_kept_apart(protocol_server: ProtocolServer) -> None:
    tokens, draft = ask(writer(protocol_server, "thinks", thinking=True))
    assert protocol_server.requests("/api/chat")[0]["body"]["think"] is True
    assert draft.thinking == "The passages say it plainly."
    assert "".join(token.text for token in tokens if token.thinking) == draft.thinking
    assert draft.raw.startswith("SieveNet")


def test_a_thinking_model_is_told_not_to_think_unless_it_should(protocol_server: ProtocolServer) -> None:
    _, draft = ask(writer(protocol_server, "thinks"))
    assert protocol_server.requests("/api/chat")[0]["body"]["think"] is False
    assert draft.thinking is None


def test_a_model_that_cannot_think_is_not_asked_to(protocol_server: ProtocolServer) -> None:
    # Asked to, Ollama answers 400.
    _, draft = ask(writer(protocol_server, "good", thinking=True))
    assert "think" not in protocol_server.requests("/api/chat")[0]["body"]
    assert draft.notes == ("good:latest can't think before it answers; llm.thinking was left out",)


@pytest.mark.parametrize("model", ["thinks-inline", "thinks-inline-split", "thinks-unopened"])
def test_thinking_among_the_text_never_reaches_the_draft(protocol_server: ProtocolServer, model: str) -> None:
    tokens, draft = ask(writer(protocol_server, model))
    assert draft.raw.startswith("SieveNet reads 64k")
    assert "think" not in draft.raw
    assert draft.thinking is not None
    assert draft.thinking.startswith("The first passage says it.")
    if model != "thinks-unopened":
        assert "".join(token.text for token in tokens if not token.thinking).strip() == draft.raw


@pytest.mark.parametrize("model", ["abstains", "abstains-in-own-words"])
def test_an_abstention_is_known_as_one(protocol_server: ProtocolServer, model: str) -> None:
    _, draft = ask(writer(protocol_server, model))
    assert draft.abstained
    assert draft.reason == "the model found no answer in the papers that it was given"


def test_without_hits_nothing_is_asked_and_the_draft_abstains(protocol_server: ProtocolServer) -> None:
    tokens, draft = ask(writer(protocol_server), ())
    assert (tokens, draft.abstained, draft.raw) == ([], True, ABSTENTION)
    assert asyncio.run(aask(writer(protocol_server), ()))[1] == draft
    assert protocol_server.requests() == []


@pytest.mark.parametrize("model", ["flaky-429", "flaky-503", "flaky-reset"])
def test_a_passing_fault_is_tried_again(protocol_server: ProtocolServer, model: str) -> None:
    _, draft = ask(writer(protocol_server, model))
    assert draft.raw.startswith("SieveNet")
    assert len(protocol_server.requests("/api/chat")) == 2


def test_nothing_is_tried_again_without_retries_or_once_words_came(protocol_server: ProtocolServer) -> None:
    with pytest.raises(LLMError):
        ask(writer(protocol_server, "flaky-503", retries=0))
    assert len(protocol_server.requests("/api/chat")) == 1
    protocol_server.control(reset=True)
    with pytest.raises(LLMError):
        ask(writer(protocol_server, "cut-in-middle", retries=3))
    assert len(protocol_server.requests("/api/chat")) == 1


@pytest.mark.parametrize("model", ["slow", "hang-in-middle"])
def test_closing_the_stream_reaches_the_server_within_a_second(protocol_server: ProtocolServer, model: str) -> None:
    stream = writer(protocol_server, model).stream(QUESTION, make_hits())
    next(stream)
    began = monotonic()
    stream.close()
    assert monotonic() - began < 1
    assert closed_early(protocol_server) < 1


def test_ctrl_c_while_nothing_comes_ends_the_program_and_reaches_the_server(protocol_server: ProtocolServer) -> None:
    code = (
        "from tests.protocol_client import *\n"
        f"ask(writer(ProtocolServer({protocol_server.url!r}), 'hang-before-first'))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    until = monotonic() + 20
    while not protocol_server.requests("/api/chat") and monotonic() < until:
        sleep(0.05)
    process.send_signal(signal.SIGINT)
    # Long before any of the writer's own deadlines, on a busy machine too.
    _, said = process.communicate(timeout=15)
    assert said.strip().endswith("KeyboardInterrupt")
    assert closed_early(protocol_server) < 1


def test_cancelling_an_asynchronous_stream_that_hangs_reaches_the_server(protocol_server: ProtocolServer) -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await aask(writer(protocol_server, "hang-before-headers"), make_hits())

    asyncio.run(give_up())
    assert closed_early(protocol_server) < 1


def test_the_whole_deadline_holds_while_tokens_keep_coming(protocol_server: ProtocolServer) -> None:
    protocol_server.control(delay=0.05)
    began = monotonic()
    with pytest.raises(LLMTimeoutError, match=r"raise llm\.total_timeout"):
        ask(writer(protocol_server, "runs-on", total_timeout=0.7, max_tokens=4_000))
    assert 0.7 <= monotonic() - began < 2.7


def test_many_threads_share_a_writer(protocol_server: ProtocolServer) -> None:
    shared, drafts = writer(protocol_server, "slow"), list[Draft]()
    began = monotonic()
    ask(shared)
    one = monotonic() - began
    threads = [threading.Thread(target=lambda: drafts.append(ask(shared)[1])) for _ in range(12)]
    began = monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drafts) == 12
    assert len(set(drafts)) == 1
    assert monotonic() - began < 12 * one / 2, "they waited for each other"


def test_a_follow_up_is_rewritten(protocol_server: ProtocolServer) -> None:
    history = (answered("What does SieveNet read?", "SieveNet reads 64k tokens [1]."),)
    assert writer(protocol_server).rewrite(history, "and how much memory?") == (
        "and how much memory (about: What does SieveNet read)?"
    )
    sent = protocol_server.requests("/api/chat")[0]["body"]
    assert "SieveNet reads 64k tokens (1)." in sent["messages"][1]["content"]
    assert sent["options"]["num_ctx"] == LLMSettings().num_ctx, "another window would load the model anew"


def test_a_thinking_model_does_not_think_about_a_follow_up(protocol_server: ProtocolServer) -> None:
    history = (answered("What does SieveNet read?", "SieveNet reads 64k tokens [1]."),)
    writer(protocol_server, "thinks", thinking=True).rewrite(history, "and how much memory?")
    assert protocol_server.requests("/api/chat")[0]["body"]["think"] is False


def test_without_a_conversation_the_question_stays(protocol_server: ProtocolServer) -> None:
    assert writer(protocol_server).rewrite((), QUESTION) == QUESTION
    assert protocol_server.requests() == []


def test_a_rewriting_model_that_runs_on_is_not_believed(protocol_server: ProtocolServer) -> None:
    history = (answered("What does SieveNet read?", "SieveNet reads 64k tokens [1]."),)
    protocol_server.control(models={"chatty:latest": "chatters"})
    assert writer(protocol_server, "chatty").rewrite(history, "and memory?") == "and memory?"


def test_what_is_far_too_long_for_a_follow_up_stays(protocol_server: ProtocolServer) -> None:
    history = (answered("What does SieveNet read?", "SieveNet reads 64k tokens [1]."),)
    assert writer(protocol_server).rewrite(history, "and why? " * 500) == "and why? " * 500
    assert protocol_server.requests() == []


def test_a_trial_tells_what_an_answer_costs(protocol_server: ProtocolServer) -> None:
    trial = writer(protocol_server, "slow").trial()
    assert trial.model == "slow:latest"
    assert 0 < trial.first_token < trial.seconds
    assert trial.tokens is not None
    assert trial.tokens > 5
    assert trial.prompt_tokens is not None
    assert 100 < trial.prompt_tokens < 1_000


def test_warming_up_loads_the_model_and_nothing_else(protocol_server: ProtocolServer) -> None:
    assert writer(protocol_server).warm_up() == "good:latest"
    (sent,) = protocol_server.requests("/api/chat")
    assert sent["body"]["options"]["num_predict"] == 1
