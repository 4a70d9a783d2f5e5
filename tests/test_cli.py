"""The command line as processes: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.answer.prompts import load_prompts
from tests.papers import TEXTS
from tests.protocol_client import ProtocolServer

QUESTION = "How many vessels are found in dense fog?"


def run(*arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag_assistant", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=120,
        env={**os.environ, "OLLAMA_HOST": "127.0.0.1:9", "COLUMNS": "100", **environment},
        check=False,
    )


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    lines = "\n\n".join(f"{title}\n\n{abstract * 2}" for title, abstract in TEXTS.items())
    (folder / "saved.txt").write_text(f"Daily Papers\n\nby AK and the research community\n\n{lines}\n")
    return folder


def test_ingest_then_again_then_ask(pages: Path, tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    first = run("ingest", str(pages), "--index-dir", index)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("6 papers from 6 entries, 0 duplicates: 6 added")
    again = run("ingest", str(pages), "--index-dir", index)
    assert "6 unchanged" in again.stdout
    assert "nothing embedded" in again.stdout
    answer = run("ask", QUESTION, "--index-dir", index, COLUMNS="400")  # a long path is not broken
    assert answer.returncode == 0
    assert "91.4%" in answer.stdout
    assert "[1]" in answer.stdout
    assert "saved.txt, entry 1" in answer.stdout


def test_json_is_all_of_standard_output_and_holds_exact_quotes(small_index: str) -> None:
    done = run("ask", QUESTION, "--index-dir", small_index, "--json")
    answer = json.loads(done.stdout)
    citation = answer["citations"][0]
    quote = citation["quotes"][0]
    assert citation["paper"]["abstract"][quote["start"] : quote["end"]] == quote["text"]
    assert answer["mode"] == "extractive"
    assert len(answer["notes"]) == 1


def test_prompts_of_ones_own_are_used_and_their_hash_is_in_the_manifest(
    small_index: str, protocol_server: ProtocolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    (own / "answer.txt").write_text("{passages}\n\nQuestion: {question}\nBe brief, like a sailor. Else: {abstention}")
    asked = ["ask", QUESTION, "--index-dir", small_index, "--json", "--model", "good"]
    by_flag = json.loads(run(*asked, "--prompts", str(own), OLLAMA_HOST=protocol_server.url).stdout)
    monkeypatch.setenv("RAG_ASSISTANT_PROMPTS_DIR", str(own))
    by_environment = Assistant.open(small_index, llm={"base_url": protocol_server.url, "model": "good"}).ask(QUESTION)
    first, second = protocol_server.requests("/api/chat")
    assert "like a sailor" in first["body"]["messages"][0]["content"]
    assert first["body"] == second["body"]
    hashes = by_flag["manifest"]["prompts"]
    assert hashes == by_environment.manifest["prompts"]
    assert {name for name, hash_ in load_prompts().hashes.items() if hashes[name] != hash_} == {"answer"}


@pytest.mark.parametrize("mode", ["auto", "llm", "extractive"])
def test_a_prompt_without_its_placeholder_is_named_with_its_file(small_index: str, tmp_path: Path, mode: str) -> None:
    (tmp_path / "answer.txt").write_text("{passages} {question} {abstention} {tone}")
    done = run("ask", QUESTION, "--index-dir", small_index, "--prompts", str(tmp_path), "--mode", mode)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"rag-assistant: {tmp_path}/answer.txt: the prompt 'answer' has an unknown {{tone}}")
    assert len(done.stderr.splitlines()) == 1


def test_search_json_ranks_and_explains(small_index: str) -> None:
    hits = json.loads(run("search", "ships in fog", "--index-dir", small_index, "--json", "-k", "3").stdout)
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert hits[0]["paper"]["title"].startswith("HarborNet")
    assert hits[0]["dense"] > hits[1]["dense"]


def test_an_llm_on_ollama_host_answers_with_citations(small_index: str, protocol_server: ProtocolServer) -> None:
    arguments = ["ask", QUESTION, "--index-dir", small_index, "--json", "--model", "good"]
    done = run(*arguments, OLLAMA_HOST=protocol_server.url)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["mode"] == "llm"
    assert answer["model"].startswith("good")
    assert answer["draft"]
    assert answer["citations"]
    for citation in answer["citations"]:
        for quote in citation["quotes"]:
            assert citation["paper"]["abstract"][quote["start"] : quote["end"]] == quote["text"]


def test_chat_keeps_the_thread_and_survives_a_bad_question(small_index: str) -> None:
    questions = "What context does GullSpeak listen to?\n" + "x" * 30_000 + "\nand what is its F1?\n"
    done = run("chat", "--index-dir", small_index, "--mode", "extractive", stdin=questions)
    assert done.returncode == 0, done.stderr
    assert "three hours" in done.stdout
    assert "30,000 characters" in done.stdout
    assert "Understood as: What is GullSpeak's F1?" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["ask", "   "], 2, "the question is empty"),
        (["ask", "x" * 100_000], 2, "100,000 characters"),
        (["ask", "anything", "--index-dir", "{tmp}/none"], 3, "rag-assistant ingest"),
        (["search", "anything", "--index-dir", "{tmp}/none"], 3, "rag-assistant ingest"),
        (["ask", "anything", "--mode", "llm", "--index-dir", "{small}"], 4, "ollama serve"),
        (["ask", "anything", "--filter", "colour=red", "--index-dir", "{small}"], 2, "colour"),
        (["ingest", "{tmp}/missing.txt", "--index-dir", "{tmp}/i"], 1, "missing.txt"),
        (["ingest", "{tmp}/empty.txt", "--index-dir", "{tmp}/i"], 1, "empty.txt"),
        (["ingest", "{tmp}/picture.png", "--index-dir", "{tmp}/i"], 1, "picture.png"),
        (["ingest", "{tmp}/letter.txt", "--index-dir", "{tmp}/i"], 1, "letter.txt"),
        (["papers", "show", "nobody", "--index-dir", "{small}"], 1, "nobody"),
        (["index", "rebuild", "--index-dir", "{tmp}/none"], 3, "rag-assistant ingest"),
        (["frobnicate"], 2, "frobnicate"),
        (["ask"], 2, "question"),
    ],
)
def test_what_goes_wrong_is_one_line_on_standard_error(
    arguments: list[str], code: int, named: str, tmp_path: Path, small_index: str
) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (tmp_path / "letter.txt").write_text("Dear all,\nlunch is at noon.\n")
    done = run(*[one.format(tmp=tmp_path, small=small_index) for one in arguments])
    assert done.returncode == code, done.stderr
    assert named in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert code == 2 or len([line for line in done.stderr.splitlines() if line]) == 1


def test_an_index_of_another_model_names_both_and_the_command(small_index: str) -> None:
    done = run("ask", "anything", "--index-dir", small_index, RAG_ASSISTANT_EMBEDDING__MODEL="another/model")
    assert done.returncode == 1
    assert "another/model" in done.stderr
    assert "all-MiniLM-L6-v2" in done.stderr
    assert "index rebuild" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_some_good_and_some_bad_input_takes_the_good_and_names_the_bad(pages: Path, tmp_path: Path) -> None:
    (pages / "notes.txt").write_text("no papers here\n")
    done = run("ingest", str(pages), "--index-dir", str(tmp_path / "index"))
    assert done.returncode == 0
    assert "6 papers" in done.stdout
    assert "notes.txt" in done.stdout
    strict = run("ingest", str(pages), "--strict", "--index-dir", str(tmp_path / "index"))
    assert strict.returncode == 1


def test_doctor_says_what_is_there_and_what_is_not(small_index: str) -> None:
    findings = json.loads(run("doctor", "--index-dir", small_index, "--json").stdout)
    states = {finding["about"]: finding["state"] for finding in findings}
    assert states == {
        "disk": "fine", "index": "fine", "model": "fine", "chroma": "fine", "prompts": "fine", "llm": "note",
        "questions": "fine", "relevance": "fine",
        "verifier": "fine",
    }  # fmt: skip


def test_doctor_finds_a_damaged_index_and_names_the_command(small_index: str, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "index"
    shutil.copytree(small_index, copy)
    next((copy / "generations").iterdir()).joinpath("vectors.npy").unlink()
    done = run("doctor", "--index-dir", str(copy))
    assert done.returncode == 1
    assert "index rebuild" in done.stdout
    assert run("index", "rebuild", "--index-dir", str(copy)).returncode == 0
    assert run("doctor", "--index-dir", str(copy)).returncode == 0


def test_no_arguments_say_what_to_type() -> None:
    done = run()
    assert done.returncode == 0
    assert "rag-assistant demo" in done.stdout


def test_every_command_has_help_that_says_what_it_does() -> None:
    listed = run("--help").stdout
    for command in ("ingest", "ask", "search", "chat", "serve", "demo", "doctor", "papers", "index", "config"):
        assert f" {command} " in listed
        assert run(command, "--help").returncode == 0


def test_markdown_and_bibtex(small_index: str) -> None:
    markdown = run("ask", QUESTION, "--index-dir", small_index, "--format", "markdown", "--mode", "extractive").stdout
    assert "   > " in markdown
    bibtex = run("ask", QUESTION, "--index-dir", small_index, "--format", "bibtex", "--mode", "extractive").stdout
    assert bibtex.startswith("@misc{p1,")
    assert "{{HarborNet: Detecting Ships in Fog with Paired Radar}}" in bibtex
