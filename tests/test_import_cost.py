"""Importing the package and printing help must not import what answering needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = set(
    "bm25s chromadb fastapi gradio httpx llama_index numpy ollama onnxruntime openai pydantic pydantic_settings rich "
    "sentence_transformers tokenizers torch transformers typer uvicorn".split()
)
# What the command line draws its help with.
SHELL = {"typer", "rich"}
# What no extractive answer over an index that is there may import.
NEVER_TO_ANSWER = {"chromadb", "gradio", "llama_index", "openai", "sentence_transformers", "torch", "transformers"}


def imported_by(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return {name.partition(".")[0] for name in json.loads(run.stderr.splitlines()[-1])}


def test_importing_the_package_imports_no_library() -> None:
    assert imported_by("import rag_assistant; rag_assistant.__all__") & HEAVY == set()


def test_records_and_errors_are_standard_library_only() -> None:
    assert imported_by("from rag_assistant import Answer, Paper, Quote, RagAssistantError") & HEAVY == set()


def test_help_imports_nothing_that_answers() -> None:
    code = "from rag_assistant.cli.commands import app\ntry: app(['--help'])\nexcept SystemExit: pass\n"
    assert imported_by(code) & HEAVY <= SHELL


def test_an_extractive_answer_imports_neither_torch_nor_chroma_nor_llama_index(small_index: str) -> None:
    code = (
        "from rag_assistant import Assistant\n"
        f"answer = Assistant.open({small_index!r}).ask('How well are ships found in fog?', mode='extractive')\n"
        "assert not answer.abstained\n"
    )
    assert imported_by(code) & NEVER_TO_ANSWER == set()


@pytest.mark.parametrize("name", ["Assistant", "Settings", "IngestReport"])
def test_public_names_are_found_by_their_first_use(name: str) -> None:
    import rag_assistant

    assert name in rag_assistant.__all__
    assert getattr(rag_assistant, name).__name__ == name
