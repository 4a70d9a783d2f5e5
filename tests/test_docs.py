"""The documentation holds what the code holds: settings, commands, names, errors, findings, links."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from pathlib import Path

import pytest

import rag_assistant
from rag_assistant import errors
from rag_assistant.cli.reference import PARTS, commands, refresh, settings_part
from rag_assistant.errors import UsageError
from rag_assistant.settings import Settings
from tests.conftest import ROOT
from tests.pages import PAGES, README, anchors, links, shell_lines

TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
COMMANDS = dict(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert refresh(text) == text, "stale: run make reference"


def test_every_part_stands_on_a_page() -> None:
    whole = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert all(whole.count(f"<!-- made: {name} -->") == 1 for name in PARTS)


def test_a_part_is_made_anew_and_the_rest_of_the_page_is_left_alone() -> None:
    page = "before\n<!-- made: settings -->\nstale words\n<!-- end -->\nafter\n"
    made = refresh(page)
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "stale words" not in made
    assert settings_part() in made
    assert refresh(made) == made


def test_a_part_that_nothing_makes_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match="weather"):
        refresh("<!-- made: weather -->\n<!-- end -->\n")


def test_every_setting_is_described_with_default_and_environment_name() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        group = field.annotation
        inner = getattr(group, "model_fields", {name: field})
        for one, setting in inner.items():
            dotted = f"{name}.{one}" if inner is not None and hasattr(group, "model_fields") else name
            assert setting.description, f"{dotted} has no description"
            variable = f"RAG_ASSISTANT_{dotted.upper().replace('.', '__')}"
            row = next(line for line in page.splitlines() if line.startswith(f"| `{dotted}`<br>`{variable}` |"))
            assert setting.description in row
    assert "`RAG_ASSISTANT_LLM__NUM_CTX` | `8_192` | " in page
    assert "(≥ 512)" in page


def test_every_command_and_option_is_on_the_command_line_page() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert {path.removeprefix("rag-assistant ") for path in COMMANDS} == set(sections)
    for path, command in COMMANDS.items():
        section = sections[path.removeprefix("rag-assistant ")]
        for option in command.params:
            names = option.opts if option.param_type_name == "option" else [option.name.upper()]
            assert all(name in section for name in names), f"{path}: {names}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = shell_lines(page) + re.findall(r"`(rag-assistant [^`]+)`", text)
    shown += re.findall(r"^    (rag-assistant .+)$", text, re.MULTILINE)
    groups = {path.rsplit(" ", 1)[0] for path in COMMANDS} - {"rag-assistant"}
    for line in shown:
        if not line.startswith("rag-assistant ") or "[OPTIONS]" in line:
            continue
        words = shlex.split(re.sub(r"\s#.*", "", line))
        named = " ".join(words[:2])
        path = " ".join(words[:3]) if named in groups and len(words) > 2 else named
        if named in groups and len(words) == 2:
            continue  # a group as a whole
        if words[1] in ("--version", "--help", "-h"):
            continue
        assert path in COMMANDS, line
        known = {option for one in COMMANDS[path].params for option in one.opts} | {"-h", "--help"}
        options = {word.partition("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)}
        assert options <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.is_file(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(path), f"{page.name}: {target}"


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_its_mend_and_its_exit_code(name: str) -> None:
    code = getattr(errors, name).exit_code
    rows = [line for line in TROUBLESHOOTING.splitlines() if line.startswith(f"| `{name}` |")]
    if name == "RagAssistantError":
        assert f"`{name}` itself (exit code {code})" in TROUBLESHOOTING
    else:
        assert len(rows) == 1, name
        assert rows[0].startswith(f"| `{name}` | {code} | ")


def test_every_finding_of_doctor_that_is_not_fine_is_explained() -> None:
    from rag_assistant.cli import doctor, doctor_llm

    calls = [
        node
        for module in (doctor, doctor_llm)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"
    ]
    found = {tuple(str(one.value) for one in call.args[:2] if isinstance(one, ast.Constant)) for call in calls}
    assert len(found) >= 5, "doctor no longer writes its findings as Finding(about, state, text)"
    for about, state in found:
        assert state == "fine" or f"| {about} | {state} |" in TROUBLESHOOTING, f"{about}: {state}"


def _public_functions() -> list[tuple[str, object]]:
    from rag_assistant import records, verify, web

    owners = [getattr(rag_assistant, name) for name in rag_assistant.__all__ if name != "__version__"]
    owners += [records.RetrievalDone, records.Token, records.AnotherDraft, records.SentenceChecked, records.AnswerDone]
    functions: list[tuple[str, object]] = [("check", verify.check), ("make_app", web.make_app), ("serve", web.serve)]
    for owner in owners:
        assert inspect.getdoc(owner), f"{owner.__name__} has no docstring"
        for name in vars(owner):
            member = inspect.getattr_static(owner, name)
            if name.startswith("_"):
                continue
            if isinstance(member, classmethod | staticmethod):
                functions.append((f"{owner.__name__}.{name}", member.__func__))
            elif isinstance(member, property):
                functions.append((f"{owner.__name__}.{name}", member.fget))
            elif inspect.isfunction(member):
                functions.append((f"{owner.__name__}.{name}", member))
    return functions


def test_public_names_are_documented_and_completely_typed() -> None:
    assert (Path(rag_assistant.__file__).parent / "py.typed").is_file()
    functions = _public_functions()
    assert len(functions) > 20
    for name, function in functions:
        assert callable(function)
        assert inspect.getdoc(function), f"{name} has no docstring"
        signature = inspect.signature(function)
        untyped = [one.name for one in signature.parameters.values() if one.annotation is one.empty]
        assert set(untyped) <= {"self", "cls"}, f"{name}: {untyped}"
        assert signature.return_annotation is not signature.empty, name


def test_the_python_page_holds_every_public_name_and_method() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in rag_assistant.__all__:
        assert name == "__version__" or f"\n### {name}\n" in page
    for name, _ in _public_functions():
        if "." in name and not name.endswith("settings_customise_sources"):
            assert f"\n#### {name}\n" in page, name


def test_pictures_load_nothing_from_elsewhere() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        text = picture.read_text(encoding="utf-8")
        assert not re.search(r"(src|href)=[\"'](?!#)|url\(['\"]?http|@import", text), picture.name


def test_the_readme_is_no_wall() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 170
