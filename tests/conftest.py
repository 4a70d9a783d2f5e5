"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples at every run, so that a test turns red by a change and not by chance. HYPOTHESIS_PROFILE=default
# looks for new ones, as make fuzz does for the readers.
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

pytest_plugins = ["tests.llm_fixtures", "tests.e2e.visiting"]

ROOT = Path(__file__).parent.parent


def pytest_configure() -> None:
    """Has Ctrl-C end what the tests start: whoever runs in the background of a shell ignores it, and hands that on."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the saved pages (``corpus/``) and public data (``data/``) beside the checkout."""
    folder = ROOT.parent / "shared"
    if not (folder / "corpus").is_dir():
        pytest.skip("the saved pages and public data are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The directory of an index over the small papers of ``tests.papers``. Not to be written to."""
    from rag_assistant.index.build import ingest
    from rag_assistant.index.embed import load_encoder
    from rag_assistant.settings import DEFAULT_MODEL, load_settings
    from tests.papers import make_papers

    folder = tmp_path_factory.mktemp("small") / "index"
    ingest(folder, load_settings(index_dir=folder), lambda: load_encoder(DEFAULT_MODEL), make_papers(), {})
    return str(folder)


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps tests away from the index and the settings of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        for name in [name for name in os.environ if name.startswith("RAG_ASSISTANT_")]:
            patch.delenv(name)
        yield
