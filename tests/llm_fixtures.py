"""The protocol server as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag_assistant.answer.chat import load_client
from tests.protocol_client import ProtocolServer, start_server


@pytest.fixture(scope="session")
def protocol_server_process() -> Iterator[ProtocolServer]:
    """One server for the whole run."""
    load_client("ollama")  # 1.5 s, which are no part of any deadline
    process, url = start_server()
    yield ProtocolServer(url)
    process.kill()
    process.wait()


@pytest.fixture
def protocol_server(protocol_server_process: ProtocolServer) -> ProtocolServer:
    """The server with every scripted model under its own name, as if nothing had been asked of it."""
    protocol_server_process.control(reset=True)
    return protocol_server_process
