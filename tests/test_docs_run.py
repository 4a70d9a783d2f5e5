"""What the documentation tells a reader to type does what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pages import PAGES, README, blocks, shell_lines
from tests.papers import TEXTS

# Not run here: each is checked in kind instead.
_IN_KIND = ("make ", "ollama ", "rag-assistant serve", ". .venv/bin/activate")
_PYTHON_PAGES = [page for page in PAGES if blocks(page, "python")]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with pages and a BibTeX file, and a data folder of its own in which the bundled papers are indexed."""
    from rag_assistant import Assistant
    from rag_assistant.bundled import bundled_dir

    assistant = Assistant.open_bundled()  # shared by all tests of this session that need it
    home = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(bundled_dir(assistant.settings), home / "data" / "rag_assistant" / "index-bundled")
    (home / "saved-pages").mkdir()
    lines = "\n\n".join(f"{title}\n\n{abstract}" for title, abstract in TEXTS.items())
    (home / "saved-pages" / "one.txt").write_text(f"Daily Papers\n\nby AK and the research community\n\n{lines}\n")
    words = "A buoy with a microphone counts seals by their calls. It counts 96% of them."
    entry = f"@article{{a, title = {{Buoys That Count Seals}}, abstract = {{{words}}}}}"
    (home / "refs.bib").write_text(entry + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        patch.setenv("OLLAMA_HOST", "127.0.0.1:9")
        patch.setenv("COLUMNS", "100")
        patch.chdir(home)
        yield home


def _run(line: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    assert words[0] == "rag-assistant", f"a test must know how to run: {line}"
    command = [sys.executable, "-m", "rag_assistant", *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, input="", timeout=120, check=False)


def test_every_command_of_the_readme_runs(newcomer: Path) -> None:
    lines = [line for line in shell_lines(README) if not line.startswith(_IN_KIND)]
    assert len(lines) >= 8
    printed = {}
    for line in lines:
        done = _run(line)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line
        assert "Traceback" not in done.stderr, line
        printed[line] = done.stdout
    assert "2048k" in printed[lines[0]]
    assert "[1]" in printed[lines[0]]
    assert any(text.startswith("7 papers from 7 entries") for line, text in printed.items() if " ingest " in line)
    for line in lines:
        if "--json" in line:
            json.loads(printed[line])
    shutil.rmtree(newcomer / "data" / "rag_assistant" / "index")  # the bundled papers answer again


def test_the_demo_says_what_it_does_answers_three_questions_and_says_what_comes_next(newcomer: Path) -> None:
    done = _run("rag-assistant demo")
    assert done.returncode == 0, done.stderr
    parts = ["426 papers", "A fact", "2048k", "A comparison", "[2]", "do not answer this", "Next"]
    places = [done.stdout.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    following = done.stdout[places[-1] :]
    for ending in ("serve --open", "ingest PATH…"):
        found = re.search(rf"^  .*:\s+(.+) {re.escape(ending)}$", following, re.MULTILINE)
        assert found, following
        # What it names can be typed as it stands.
        version = subprocess.run([*shlex.split(found[1]), "--version"], capture_output=True, text=True, check=True)
        assert version.stdout.strip()


def test_what_is_not_run_exists(newcomer: Path) -> None:
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"`make ([a-z]+)`", text) + re.findall(r"^make ([a-z]+)", text, re.MULTILINE):
            assert target in rules, f"{page.name}: make {target}"
        for line in shell_lines(page):
            if line.startswith("ollama "):
                assert shlex.split(line)[1] in ("serve", "pull", "list", "ps"), line
    served = _run("rag-assistant serve --help")
    for line in shell_lines(README):
        if line.startswith("rag-assistant serve"):
            assert all(option in served.stdout for option in shlex.split(line)[2:]), line


@pytest.fixture
def page_server(newcomer: Path) -> Iterator[str]:
    """The address of a chat page over the bundled papers."""
    command = [sys.executable, "-m", "rag_assistant", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        for line in server.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError("the page did not come up")
        try:
            yield found[0]
        finally:
            server.terminate()


@pytest.mark.parametrize("page", [page for page in _PYTHON_PAGES if page.name != "web.md"], ids=lambda page: page.name)
def test_every_python_block_runs(page: Path, newcomer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    # In a thread of its own: a browser's test before this one may have left an event loop in this one.
    with ThreadPoolExecutor(1) as reader:
        for code in blocks(page, "python"):
            reader.submit(exec, compile(code, page.name, "exec"), names).result()
    assert capsys.readouterr().out.strip() or "print(" not in "".join(blocks(page, "python"))


def test_the_python_blocks_of_the_web_page_run(page_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = next(page for page in PAGES if page.name == "web.md")
    names: dict[str, object] = {}
    for code in blocks(page, "python"):
        exec(compile(code.replace("http://127.0.0.1:7860", page_server), page.name, "exec"), names)
    assert "1 " in capsys.readouterr().out


def test_the_picture_command_makes_a_picture_with_the_quoted_words(newcomer: Path) -> None:
    done = _run('rag-assistant ask "How long a context window does LongRoPE reach?" --mode extractive --format svg')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<svg")
    text = re.sub(r"<[^>]+>", " ", done.stdout).replace("&#160;", " ")
    assert "2048k" in text
    assert "LongRoPE: Extending LLM Context Window" in text
    assert not re.search(r"url\(['\"]?http", done.stdout)


def test_the_committed_picture_shows_an_answer_with_two_sources() -> None:
    picture = (ROOT / "docs" / "images" / "answer.svg").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", picture).replace("&#160;", " ")
    assert all(words in text for words in ("[1]", "[2]", "LongLoRA: ", "LongRoPE: ", "“", "”"))
