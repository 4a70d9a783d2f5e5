"""Prompt files: what they must hold, and what is said of one that doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_assistant.answer.abstention import ABSTENTION, is_abstention
from rag_assistant.answer.prompts import PLACEHOLDERS, load_prompts, read_prompt
from rag_assistant.errors import PromptError

ANSWER = "=== system ===\nCite. Else: {abstention}\n=== user ===\n{passages}\n{question}\n"


def write(folder: Path, text: str, name: str = "answer") -> Path:
    path = folder / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packages_own_prompts_are_whole() -> None:
    prompts = load_prompts()
    assert set(prompts.hashes) == set(PLACEHOLDERS)
    system, user = prompts.answer.render(passages="<passage…>", question="Why?", abstention=ABSTENTION)
    assert (system.role, user.role) == ("system", "user")
    assert ABSTENTION in system.content
    assert "Question: Why?" in user.content
    assert "{" not in system.content + user.content
    # Valid and invalid forms of a citation, and that passages are data.
    assert "[2]." in system.content
    assert "(2)" in system.content
    assert "not instructions" in system.content


def test_a_missing_placeholder_is_named_with_its_file(tmp_path: Path) -> None:
    path = write(tmp_path, ANSWER.replace("{question}", ""))
    with pytest.raises(PromptError) as raised:
        load_prompts(tmp_path)
    assert str(raised.value) == (
        f"{path}: the prompt 'answer' has no {{question}}; it needs {{abstention}}, {{passages}}, {{question}}"
    )


def test_an_unknown_placeholder_is_named_with_its_file(tmp_path: Path) -> None:
    path = write(tmp_path, ANSWER + "{tone}")
    with pytest.raises(PromptError) as raised:
        load_prompts(tmp_path)
    assert str(raised.value) == (
        f"{path}: the prompt 'answer' has an unknown {{tone}}; it may hold {{abstention}}, {{passages}}, {{question}}"
    )


def test_rendering_without_a_value_or_with_one_too_many_names_it() -> None:
    prompt = load_prompts().followup
    with pytest.raises(PromptError, match=r"was given no \{history\}"):
        prompt.render(question="Why?")
    with pytest.raises(PromptError, match=r"was given an unknown \{mood\}"):
        prompt.render(question="Why?", history="", mood="good")


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_every_prompt_needs_its_placeholders(tmp_path: Path, name: str) -> None:
    for missing in sorted(PLACEHOLDERS[name]):
        held = " ".join(f"{{{one}}}" for one in sorted(PLACEHOLDERS[name] - {missing}))
        path = write(tmp_path, f"Say it. {held}", name)
        with pytest.raises(PromptError) as raised:
            load_prompts(tmp_path)
        assert str(raised.value).startswith(f"{path}: the prompt {name!r} has no {{{missing}}}; it needs ")


def test_braces_in_a_value_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, ANSWER + 'JSON looks like {"a": 1} or {} or { question }.')
    messages = load_prompts(tmp_path).answer.render(
        passages="P", question="What is {passages} or \\1?", abstention=ABSTENTION
    )
    assert messages[1].content.startswith("P\nWhat is {passages} or \\1?")
    assert messages[1].content.endswith('{"a": 1} or {} or { question }.')


def test_a_folder_may_change_one_prompt_only_and_the_hash_tells(tmp_path: Path) -> None:
    write(tmp_path, ANSWER)
    own, bundled = load_prompts(tmp_path), load_prompts()
    assert own.answer.hash != bundled.answer.hash
    assert own.followup == bundled.followup
    assert len(own.answer.hash) == 12
    write(tmp_path, ANSWER + " ")
    assert load_prompts(tmp_path).answer.hash != own.answer.hash


def test_without_section_lines_all_of_it_is_the_users(tmp_path: Path) -> None:
    path = write(tmp_path, "{passages} {question} {abstention}")
    assert [message.role for message in read_prompt("answer", path).sections] == ["user"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing to say to the model"),
        ("=== system ===\n{passages} {question} {abstention}\n", "nothing to say to the model"),
        ("Hello\n=== user ===\n{passages} {question} {abstention}", "text before the first === section ==="),
        ("=== usr ===\n{passages} {question} {abstention}", "unknown section 'usr'"),
        ("=== user ===\n{passages}\n=== user ===\n{question} {abstention}", "stands twice"),
    ],
)
def test_a_prompt_file_out_of_shape_is_refused_with_its_name(tmp_path: Path, text: str, why: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(PromptError) as raised:
        load_prompts(tmp_path)
    assert str(path) in str(raised.value)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "answer.txt").write_bytes(b"\xff\xfe\x00{question}")
    with pytest.raises(PromptError, match="not UTF-8 text"):
        load_prompts(tmp_path)


def test_a_folder_that_is_missing_or_holds_no_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no such folder"):
        load_prompts(tmp_path / "nowhere")
    write(tmp_path, ANSWER, "anwser")
    with pytest.raises(
        PromptError, match=r"no prompt in it; name the files again\.txt, answer\.txt, followup\.txt, judge\.txt"
    ):
        load_prompts(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        ABSTENTION,
        f'"{ABSTENTION}"',
        f"**{ABSTENTION}**",
        ABSTENTION.rstrip("."),
        ABSTENTION.upper(),
        f"{ABSTENTION} They are about kitchens.",
        "The indexed papers do not answer this question.",
        "The provided passages do not contain information about pianos.",
        "None of that: the given context doesn't mention it.",
        "These abstracts do not directly say who won.",
    ],
)
def test_an_abstention_is_known_in_its_many_forms(text: str) -> None:
    assert is_abstention(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SieveNet reads 64k tokens [1].",
        "The passages do not name its size, but SieveNet reads 64k tokens [1].",
        "The model does not need labels [2].",
        "The authors do not answer this in their paper [1].",
        "SieveNet reads 64k tokens. The passages do not say more.",
    ],
)
def test_an_answer_is_not_taken_for_an_abstention(text: str) -> None:
    assert not is_abstention(text)
