from __future__ import annotations

from pathlib import Path

import pytest

from rag_assistant.errors import SettingsError
from rag_assistant.settings import load_settings


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().llm.model is None
    (tmp_path / "rag_assistant.toml").write_text('[llm]\nmodel = "from-file"\nnum_ctx = 4096\n')
    assert load_settings().llm.model == "from-file"
    monkeypatch.setenv("RAG_ASSISTANT_LLM__MODEL", "from-environment")
    assert load_settings().llm.model == "from-environment"
    settings = load_settings(llm={"model": "from-flag"})
    assert settings.llm.model == "from-flag"
    assert settings.llm.num_ctx == 4096


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ('[llm]\nnum_ctx = "many"\n', "llm.num_ctx"),
        ("[llm]\nmodell = 1\n", "llm.modell"),
        ("[answer]\nmode = 'guess'\n", "answer.mode"),
        ("[llm\n", "rag_assistant.toml"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rag_assistant.toml").write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_settings_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_CONFIG", "/nowhere/at/all.toml")
    with pytest.raises(SettingsError, match=r"/nowhere/at/all\.toml"):
        load_settings()


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_WEB__PASSWORD", "sesame")
    assert "sesame" not in repr(load_settings())
