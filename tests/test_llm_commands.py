"""``models`` and ``doctor`` against a server on a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rag_assistant.cli.commands import app
from rag_assistant.cli.doctor import Finding
from rag_assistant.cli.doctor_llm import examine_llm
from rag_assistant.cli.settings_file import write_setting
from rag_assistant.errors import LLMModelError, SettingsError
from rag_assistant.settings import load_settings
from tests.protocol_client import ProtocolServer

pytest_plugins = ["tests.llm_fixtures"]

HAND_WRITTEN = """\
# my settings
index_dir = "papers"   # beside the thesis

[llm]
# the big one is on the other machine
num_ctx = 4_096
model = 'llama3.2:3b'

[web]
port = 8000
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rag_assistant.toml"


def run(server: ProtocolServer | None, *arguments: str) -> Result:
    """A command in this process; its standard error is kept apart."""
    url = server.url if server else "127.0.0.1:9"
    return CliRunner().invoke(app, list(arguments), env={"OLLAMA_HOST": url, "COLUMNS": "300"})


def test_use_writes_the_model_and_leaves_the_rest_of_the_file_alone(
    protocol_server: ProtocolServer, config: Path
) -> None:
    config.write_text(HAND_WRITTEN)
    protocol_server.control(models={"qwen3:4b-instruct": "good"})
    done = run(protocol_server, "models", "use", "qwen3:4b-instruct")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "llm.model is now qwen3:4b-instruct (rag_assistant.toml)\n"
    assert config.read_text() == HAND_WRITTEN.replace("'llama3.2:3b'", '"qwen3:4b-instruct"')
    settings = load_settings()
    assert (settings.llm.model, settings.llm.num_ctx, settings.web.port) == ("qwen3:4b-instruct", 4_096, 8_000)
    assert list(config.parent.iterdir()) == [config], "something was left behind"


@pytest.mark.parametrize("before", ["", "[web]\r\nport = 8000\r\n", "llm.num_ctx = 4096\n", "llm = {num_ctx = 4096}\n"])
def test_the_group_is_made_where_it_is_missing_and_found_in_any_form(config: Path, before: str) -> None:
    config.write_bytes(before.encode())
    write_setting("llm", "model", "good")
    assert load_settings().llm.model == "good"
    assert load_settings().llm.num_ctx == (4_096 if "num_ctx" in before else 8_192)
    assert config.read_bytes().startswith(before[:5].encode())
    assert (b"port = 8000\r\n" in config.read_bytes()) == ("\r" in before)


def test_without_a_file_the_users_own_is_made(
    protocol_server: ProtocolServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent / "home"))
    done = run(protocol_server, "models", "use", "good")
    assert done.exit_code == 0
    assert not config.exists()
    assert load_settings().llm.model == "good:latest"


def test_a_model_that_the_server_lacks_is_not_written(protocol_server: ProtocolServer, config: Path) -> None:
    config.write_text(HAND_WRITTEN)
    done = run(protocol_server, "models", "use", "nowhere:7b")
    assert isinstance(done.exception, LLMModelError)
    assert "ollama pull nowhere:7b" in str(done.exception)
    assert config.read_text() == HAND_WRITTEN


def test_without_a_server_it_is_written_unchecked_and_said_so(config: Path) -> None:
    config.write_text("")
    done = run(None, "models", "use", "qwen3:8b")
    assert done.exit_code == 0
    assert "not checked, for no LLM server answers at" in done.stderr
    assert load_settings().llm.model == "qwen3:8b"


def test_an_environment_that_wins_over_the_file_is_named(
    protocol_server: ProtocolServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("")
    monkeypatch.setenv("RAG_ASSISTANT_LLM__MODEL", "other")
    assert "RAG_ASSISTANT_LLM__MODEL=other is set" in run(protocol_server, "models", "use", "good").stderr


@pytest.mark.parametrize(
    ("held", "why"),
    [(b"[llm\n", "not valid TOML"), (b"llm = 3\n", "not a group of settings"), (b"\xff", "not valid TOML")],
)
def test_a_file_that_cannot_be_changed_stays_as_it_is(config: Path, held: bytes, why: str) -> None:
    config.write_bytes(held)
    with pytest.raises(SettingsError, match=why) as raised:
        write_setting("llm", "model", "good")
    assert str(raised.value).startswith("rag_assistant.toml: ")
    assert config.read_bytes() == held


def test_a_linked_file_is_changed_where_it_lies(config: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "rag.toml"
    real.write_text("[web]\nport = 8000\n")
    config.symlink_to(real)
    write_setting("llm", "model", "good")
    assert config.is_symlink()
    assert 'model = "good"' in real.read_text()


def test_list_marks_the_model_that_answers_and_tells_window_and_thinking(
    protocol_server: ProtocolServer, config: Path
) -> None:
    protocol_server.control(
        models={"qwen3:4b-instruct": "good", "thinker:latest": "thinks", "narrow:1b": "window-2048"}
    )
    config.write_text('[llm]\nmodel = "thinker"\n')
    lines = run(protocol_server, "models", "list").stdout.splitlines()
    assert [line[0] for line in lines] == [" ", "*", " "]
    assert lines[0].split() == ["qwen3:4b-instruct", "2.0", "GB", "Q4_K_M", "32,768", "tokens"]
    assert lines[1].endswith("32,768 tokens thinks")
    assert lines[2].endswith("2,048 tokens")
    rows = json.loads(run(protocol_server, "models", "list", "--json").stdout)
    assert [(row["window"], row["thinks"], row["chosen"]) for row in rows] == [
        (32_768, False, False), (32_768, True, True), (2_048, False, False),
    ]  # fmt: skip


def test_list_names_a_model_that_is_set_and_not_there(protocol_server: ProtocolServer, config: Path) -> None:
    config.write_text('[llm]\nmodel = "gone:7b"\n')
    done = run(protocol_server, "models", "list")
    assert "*" not in done.stdout
    assert "llm.model is gone:7b, which is not among them" in done.stderr


def test_list_goes_on_where_a_model_cannot_be_shown(protocol_server: ProtocolServer, config: Path) -> None:
    protocol_server.control(replies={"/api/show": {"status": 500, "body": '{"error": "no"}'}})
    done = run(protocol_server, "models", "list", "--json")
    assert all(row["window"] is None for row in json.loads(done.stdout))
    assert done.stderr.count("answered 500") == 1


def test_pull_tells_its_steps_and_what_to_do_next(protocol_server: ProtocolServer, config: Path) -> None:
    config.write_text("")
    done = run(protocol_server, "models", "pull", "tiny:1b")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[0] == "pulling manifest"
    assert len(set(done.stderr.splitlines())) == len(done.stderr.splitlines()), "a step was said twice"
    assert "rag-assistant models use tiny:1b" in done.stderr.splitlines()[-1]
    assert run(protocol_server, "models", "use", "tiny:1b").exit_code == 0


def examined(index: str, server: ProtocolServer, model: str, **settings: Any) -> list[Finding]:
    llm = {"base_url": server.url, "model": model, "connect_timeout": 0.6, "first_token_timeout": 0.8}
    return examine_llm(load_settings(index_dir=index, llm=llm, **settings))


def test_doctor_tells_server_models_window_and_cost(small_index: str, protocol_server: ProtocolServer) -> None:
    protocol_server.control(models={"thinks": "thinks", "slow": "slow"})
    prompts, server, model, cost = examined(small_index, protocol_server, "slow")
    assert {finding.state for finding in (prompts, server, model, cost)} == {"fine"}
    assert "answer " in prompts.text
    assert prompts.text.endswith("from the package")
    assert server.text == f"Ollama 0.12.6 at {protocol_server.url}, 2 models: thinks, slow"
    assert model.text == (
        "slow answers, as llm.model says; 3.2B; Q4_K_M; window 32,768 tokens, 8,192 asked for (llm.num_ctx); "
        "doesn't think; not in memory yet"
    )
    assert "tokens read" in cost.text
    assert "written (" in cost.text
    assert cost.text.endswith("it cited its passage")
    assert "in memory" in examined(small_index, protocol_server, "slow")[2].text.rpartition("; ")[2]


def test_doctor_tells_of_a_model_that_does_not_cite(small_index: str, protocol_server: ProtocolServer) -> None:
    cost = examined(small_index, protocol_server, "refuses")[-1]
    assert cost.state == "note"
    assert "without citing its passage: \"I'm sorry" in cost.text


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/api/version", "hang-before-headers"),
        ("/api/tags", "drips-bytes"),
        ("/api/show", "hang-before-headers"),
        ("/api/ps", "hang-before-first"),
        ("/api/chat", "hang-before-headers"),
        ("/api/chat", "hang-in-middle"),
    ],
)
def test_doctor_does_not_hang_with_the_server(
    small_index: str, protocol_server: ProtocolServer, path: str, fault: str
) -> None:
    protocol_server.control(replies={path: {"script": fault}})
    llm = {"base_url": protocol_server.url, "model": "good", "connect_timeout": 0.6}
    hurried = {"first_token_timeout": 0.8, "token_timeout": 0.5}
    settings = load_settings(index_dir=small_index, llm={**llm, **hurried})
    began = monotonic()
    last = examine_llm(settings)[-1]
    assert monotonic() - began < 3
    assert last.state == "note"
    assert "Answers are extractive until then" in last.text


def test_doctor_waits_less_for_its_question_than_an_answer_may_take() -> None:
    from rag_assistant.cli.doctor_llm import _hurried
    from rag_assistant.settings import LLMSettings

    hurried = _hurried(LLMSettings())
    assert (hurried.first_token_timeout, hurried.token_timeout, hurried.total_timeout) == (20, 10, 30)


def test_doctor_calls_it_a_fault_where_nothing_else_may_answer(
    small_index: str, protocol_server: ProtocolServer
) -> None:
    last = examined(small_index, protocol_server, "status-500", answer={"mode": "llm"})[-1]
    assert (last.state, "answered 500" in last.text) == ("fault", True)
    (only,) = examined(small_index, protocol_server, "status-500", answer={"mode": "extractive"})
    assert only.state == "note"
    assert protocol_server.requests("/api/chat")[1:] == []


def test_doctor_names_a_prompt_file_that_cannot_be_used(
    small_index: str, protocol_server: ProtocolServer, tmp_path: Path
) -> None:
    (tmp_path / "judge.txt").write_text("{sentence}")
    (only,) = examined(small_index, protocol_server, "good", prompts_dir=tmp_path)
    assert (only.about, only.state) == ("prompts", "fault")
    assert "has no {passages}" in only.text
