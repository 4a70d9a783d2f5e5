"""The models of a server: listed, chosen, shown, fetched."""

from __future__ import annotations

import socket
import subprocess
import sys
from time import monotonic

import pytest

from rag_assistant.answer.models import DEFAULT_LLM, ModelInfo, PullProgress, Server, best_model, server_for
from rag_assistant.errors import LLMModelError, LLMResponseError, LLMTimeoutError, LLMUnavailableError
from rag_assistant.settings import LLMSettings
from tests.conftest import ROOT
from tests.protocol_client import ProtocolServer, ask, writer

pytest_plugins = ["tests.llm_fixtures"]


def models_of(server: ProtocolServer, *names: str) -> Server:
    server.control(models=dict.fromkeys(names, "good"))
    return server_for(LLMSettings(base_url=server.url))


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_version_and_models_are_read(protocol_server: ProtocolServer) -> None:
    server = models_of(protocol_server, "qwen3:4b-instruct")
    assert server.version() == "0.12.6"
    (model,) = server.models()
    assert (model.name, model.size, model.parameters, model.quantization) == (
        "qwen3:4b-instruct", 2_019_393_189, 4.0, "Q4_K_M",
    )  # fmt: skip
    assert server.loaded() == ()


def test_a_models_window_and_thinking_are_read(protocol_server: ProtocolServer) -> None:
    server = server_for(LLMSettings(base_url=protocol_server.url))
    assert server.show("window-2048").window == 2_048
    assert not server.show("good").thinks
    assert server.show("thinks").thinks


@pytest.mark.parametrize("wanted", ["good", "good:latest"])
def test_the_tag_latest_may_be_left_out(protocol_server: ProtocolServer, wanted: str) -> None:
    assert writer(protocol_server, wanted).model() == "good:latest"


def test_a_model_that_is_not_there_is_named_with_those_that_are(protocol_server: ProtocolServer) -> None:
    models_of(protocol_server, "llama3.2:3b", "gemma3:4b")
    with pytest.raises(LLMModelError) as raised:
        writer(protocol_server, "qwen3:8b").model()
    assert str(raised.value) == (
        f"the server at {protocol_server.url} has no model 'qwen3:8b'; it has llama3.2:3b, gemma3:4b; "
        "get it with: ollama pull qwen3:8b"
    )


def test_without_any_model_the_default_is_named(protocol_server: ProtocolServer) -> None:
    models_of(protocol_server, "nomic-embed-text:latest")
    with pytest.raises(LLMModelError, match=f"no model that writes; get one with: ollama pull {DEFAULT_LLM}"):
        writer(protocol_server, None).model()


@pytest.mark.parametrize("page", ["README.md", "docs/ollama.md"])
def test_the_pages_that_say_how_to_start_name_the_default(page: str) -> None:
    assert f"ollama pull {DEFAULT_LLM}" in (ROOT / page).read_text(encoding="utf-8")


def test_the_best_there_is_answers_where_none_is_named(protocol_server: ProtocolServer) -> None:
    models_of(protocol_server, "nomic-embed-text:latest", "llama3.2:3b", "qwen3:4b-instruct", "zephyr:7b")
    _, draft = ask(writer(protocol_server, None))
    assert draft.model == "qwen3:4b-instruct"


@pytest.mark.parametrize(
    ("there", "best"),
    [
        ([("llama3.2:3b", 3.2), ("qwen3:8b", 8.2), ("qwen3:4b", 4.0)], "qwen3:8b"),
        ([("llama3.2:3b", 3.2), ("qwen3:235b", 235.0)], "llama3.2:3b"),
        ([("qwen3:4b-thinking-2507-q4_K_M", 4.0), ("qwen3:1.7b", 1.7)], "qwen3:1.7b"),
        ([("someone/finetune:7b", 7.0), ("other:1b", 1.0)], "someone/finetune:7b"),
        ([("hf.co/someone/mxbai-embed-large:latest", 0.3), ("tinyllama:latest", 1.1)], "tinyllama:latest"),
        ([("qwen3-coder:30b", 30.0), ("mistral:7b", 7.2)], "mistral:7b"),
        ([], None),
    ],
)
def test_the_preference_is_the_same_every_time(there: list[tuple[str, float]], best: str | None) -> None:
    models = tuple(ModelInfo(name, parameters=size) for name, size in there)
    for order in (models, models[::-1]):
        chosen = best_model(order)
        assert (chosen.name if chosen else None) == best


def test_a_model_on_another_machine_is_never_chosen_unasked() -> None:
    assert best_model((ModelInfo("qwen3:480b-cloud", remote=True),)) is None


def test_nothing_at_the_address_is_known_at_once(protocol_server: ProtocolServer) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    began = monotonic()
    with pytest.raises(LLMUnavailableError) as raised:
        ask(writer(ProtocolServer(url), None))
    assert monotonic() - began < 1
    assert str(raised.value) == (f"no LLM server answers at {url} (connection refused); start it with: ollama serve")


def test_an_address_that_swallows_connections_costs_the_connect_timeout_only() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        began = monotonic()
        with pytest.raises((LLMTimeoutError, LLMUnavailableError)):
            ask(writer(ProtocolServer(f"http://127.0.0.1:{port}"), None, connect_timeout=0.4))
        assert monotonic() - began < 2.5


def test_finding_no_server_imports_no_llm_library() -> None:
    code = (
        "import sys\n"
        "from rag_assistant.answer.llm import make_llm_writer\n"
        "from rag_assistant.errors import LLMUnavailableError\n"
        "from rag_assistant.settings import load_settings\n"
        f"writer = make_llm_writer(load_settings(llm={{'base_url': 'http://127.0.0.1:{closed_port()}'}}))\n"
        "try:\n    writer.model()\nexcept LLMUnavailableError:\n    pass\nelse:\n    raise SystemExit('found one')\n"
        "heavy = {'llama_index', 'ollama', 'openai', 'torch', 'chromadb', 'gradio'} & set(sys.modules)\n"
        "raise SystemExit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_proxy_is_not_asked_for_this_machine(
    protocol_server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    _, draft = ask(writer(protocol_server))
    assert draft.raw


def test_ollama_host_with_the_address_to_listen_on_works(
    protocol_server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", protocol_server.url.replace("http://127.0.0.1", "0.0.0.0"))
    _, draft = ask(writer(ProtocolServer(""), "good"))
    assert draft.raw


def test_a_pull_tells_its_progress_and_the_model_is_there(protocol_server: ProtocolServer) -> None:
    server = server_for(LLMSettings(base_url=protocol_server.url))
    steps = list(server.pull("qwen3:4b-instruct"))
    assert steps[0] == PullProgress("pulling manifest")
    assert [step.completed for step in steps if step.total] == [None, 1_000_000, 2_000_000]
    assert steps[-1] == PullProgress("success")
    assert server.choose("qwen3:4b-instruct").name == "qwen3:4b-instruct"


def test_a_pull_that_fails_or_breaks_off_says_so(protocol_server: ProtocolServer) -> None:
    server = server_for(LLMSettings(base_url=protocol_server.url))
    with pytest.raises(LLMModelError, match="missing-model can't be fetched: pull model manifest: file does not exist"):
        list(server.pull("missing-model"))
    with pytest.raises(LLMResponseError, match="broke off; run it again"):
        list(server.pull("breaks-off"))


def test_a_web_page_in_place_of_a_server_is_known_as_one() -> None:
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as page:
        Thread(target=page.serve_forever, daemon=True).start()
        with pytest.raises(LLMResponseError, match="answered 404"):
            ask(writer(ProtocolServer(f"http://127.0.0.1:{page.server_address[1]}"), None))
        page.shutdown()
