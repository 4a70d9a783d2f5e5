"""The bytes under the protocol server: chunked replies, cut and hanging connections, clients that go away."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from time import monotonic, sleep
from typing import Any

_HANG = 120.0  # seconds that a hanging script waits for its client to go away


class ClientGoneError(Exception):
    """The client closed the connection before its answer was whole."""


class Wire(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Nothing: a test's output is its own."""

    def do_HEAD(self) -> None:
        self._send(200, "")

    @contextmanager
    def _watching(self, entry: dict[str, Any]) -> Iterator[None]:
        """Writes down that the client went away before its answer was whole."""
        try:
            yield
        except (ClientGoneError, BrokenPipeError, ConnectionResetError):
            entry["closed_early"] = True
            self.close_connection = True

    def _fail(self, kind: str, *, started: bool, empty: str = "") -> None:
        if kind == "cut":
            # With this option closing sends a reset, as a crashed server's kernel does.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            if started:
                self.wfile.flush()
            self.connection.close()
            self.close_connection = True
            return
        until = monotonic() + _HANG
        while monotonic() < until:
            if kind == "drip":
                self._chunk(empty)
            elif kind == "drip-bytes":
                self.wfile.write(b"1\r\n \r\n")
            if self._client_gone():
                raise ClientGoneError
            sleep(0.02)

    def _client_gone(self) -> bool:
        with suppress(BlockingIOError):
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        return False

    def _lines(self, objects: list[Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for entry in objects:
            self._chunk(json.dumps(entry) + "\n")
        self._last_chunk()

    def _last_chunk(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value), "application/json; charset=utf-8")

    def _send(self, status: int, text: str, content_type: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
