"""A server that speaks Ollama's HTTP API, for tests: a process of its own on a socket of its own.

    python tests/protocol_server.py --port 0 [--models NAME[=SCRIPT],…] [--delay SECONDS]

It prints its address on one line. It follows docs/api.md of Ollama 0.12.6 (/api/version, tags, show, ps, chat,
generate, pull) and its OpenAI-compatible part (/v1/models, /v1/chat/completions). A model behaves as its script says
(protocol_scripts.py), by default the one of its own name. What it was sent can be read and set back at /control:

    GET /control            {"requests": [{path, body, headers, seconds, closed_early}, …]}
    POST /control           {"reset": true} and/or {"models": {"llama3.2:3b": "good"}, "delay": 0.01} and/or
                            {"replies": {"/api/tags": {"script": "html"} or {"status": 200, "body": "{}"}}}
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from http.server import ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a script, only its own folder is there

from tests.protocol_scripts import SCRIPTS, Asked, Done, Fault, Status, Step, Text, Thinking
from tests.protocol_shapes import LOADED, Shape, show, tag
from tests.protocol_wire import ClientGoneError, Wire

VERSION = "0.12.6"


class State:
    """What the server was told and what it was asked."""

    def __init__(self, models: dict[str, str], delay: float) -> None:
        self.first_models, self.first_delay = models, delay
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.models = dict(self.first_models)
        self.delay = self.first_delay
        self.replies: dict[str, dict[str, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        self.asked: Counter[str] = Counter()

    def find(self, name: str) -> str | None:
        """The name as listed, or None."""
        return next((there for there in (name, f"{name}:latest") if there in self.models), None)


class Handler(Wire):
    """One connection, by what is asked over it."""

    state: ClassVar[State]

    def do_GET(self) -> None:  # noqa: N802 (the base class's name)
        state = self.state
        if self.path == "/control":
            with state.lock:
                self._json({"requests": state.requests})
            return
        if self._reply_as_told(self._record({})):
            return
        if self.path == "/":
            self._send(200, "Ollama is running", "text/plain; charset=utf-8")
        elif self.path == "/api/version":
            self._json({"version": VERSION})
        elif self.path == "/api/tags":
            self._json({"models": [tag(name) for name in state.models]})
        elif self.path == "/api/ps":
            loaded = [tag(name) | LOADED for name in state.models if state.asked[name]]
            self._json({"models": loaded})
        elif self.path == "/v1/models":
            entries = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in state.models]
            self._json({"object": "list", "data": entries})
        else:
            self._send(404, "404 page not found", "text/plain")

    def do_POST(self) -> None:  # noqa: N802 (the base class's name)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            self._json({"error": "invalid character in request"}, 400)
            return
        if self.path == "/control":
            self._control(body)
            return
        entry = self._record(body)
        began = monotonic()
        if not self._reply_as_told(entry):
            with self._watching(entry):
                self._answer(body)
        entry["seconds"] = monotonic() - began

    def _reply_as_told(self, entry: dict[str, Any]) -> bool:
        """Replies what /control laid down for the path, if anything."""
        reply = self.state.replies.get(self.path)
        if reply is None:
            return False
        with self._watching(entry):
            if "script" in reply:
                asked = Asked("", {}, None, 0)
                self._stream(SCRIPTS[reply["script"]](asked), Shape(self.path, "good:latest", asked))
            else:
                self._send(reply.get("status", 200), reply["body"], "application/json")
        return True

    def _answer(self, body: dict[str, Any]) -> None:
        name = str(body.get("model") or body.get("name") or "")
        if self.path == "/api/pull":
            self._pull(name)
            return
        if self.path not in ("/api/show", "/api/chat", "/api/generate", "/v1/chat/completions"):
            self._send(404, "404 page not found", "text/plain")
            return
        there = self.state.find(name)
        if there is None:
            missing = f"model '{name}' not found"
            self._json({"error": {"message": missing} if self.path.startswith("/v1") else missing}, 404)
        elif self.path == "/api/show":
            self._json(show(there, self.state.models[there]))
        else:
            self._chat(there, body)

    def _chat(self, name: str, body: dict[str, Any]) -> None:
        state = self.state
        script = SCRIPTS[state.models[name]]
        if body.get("think") and not state.models[name].startswith("thinks"):
            self._json({"error": f'"{name}" does not support thinking'}, 400)
            return
        messages = body.get("messages") or [{"content": body.get("prompt") or ""}]
        prompt = "\n".join(str(message.get("content") or "") for message in messages)
        with state.lock:
            asked = Asked(prompt, body.get("options") or {}, body.get("think"), state.asked[name])
            state.asked[name] += 1
        steps = script(asked)
        if body.get("stream", not self.path.startswith("/v1")):
            self._stream(steps, Shape(self.path, name, asked))
        else:
            self._whole(steps, Shape(self.path, name, asked))

    def _whole(self, steps: Iterator[Step], shape: Shape) -> None:
        text = thinking = ""
        for step in steps:
            if isinstance(step, Status):
                self._send(step.code, step.body, step.content_type)
                return
            if isinstance(step, Fault):
                self._fail(step.kind, started=False)
                return
            text += step.text if isinstance(step, Text) else ""
            thinking += step.text if isinstance(step, Thinking) else ""
            if isinstance(step, Done):
                self._json(shape.whole(text, thinking, step))
                return

    def _stream(self, steps: Iterator[Step], shape: Shape) -> None:
        started = False
        for step in steps:
            if isinstance(step, Status):
                self._send(step.code, step.body, step.content_type)
                return
            if isinstance(step, Fault) and step.kind in ("cut", "hang-now") and not started:
                self._fail(step.kind, started=False)
                return
            if not started:
                self.send_response(200)
                self.send_header("Content-Type", shape.content_type)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                started = True
            if isinstance(step, Fault) and step.kind != "end":
                self._fail(step.kind, started=True, empty=shape.line(Text("")))
                return
            if not isinstance(step, Fault):
                shape.count += isinstance(step, Text | Thinking)
                self._chunk(shape.line(step))
                sleep(self.state.delay or (0.02 if self.state.models[shape.model] == "slow" else 0))
            if self._client_gone():
                raise ClientGoneError
            if isinstance(step, Done):
                self._chunk(shape.end)
        if started:
            self._last_chunk()

    def _pull(self, name: str) -> None:
        if name.startswith("missing"):
            self._lines([{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}])
            return
        digest = f"sha256:{sha256(name.encode()).hexdigest()}"
        part = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": 2_000_000}
        lines = [{"status": "pulling manifest"}, part, part | {"completed": 1_000_000}, part | {"completed": 2_000_000}]
        if not name.startswith("breaks-off"):
            lines += [{"status": text} for text in ("verifying sha256 digest", "writing manifest", "success")]
            with self.state.lock:
                self.state.models[name if ":" in name else f"{name}:latest"] = "good"
        self._lines(lines)

    def _control(self, body: dict[str, Any]) -> None:
        with self.state.lock:
            if body.get("reset"):
                self.state.reset()
            if "models" in body:
                self.state.models = {str(name): str(script) for name, script in body["models"].items()}
            self.state.replies |= body.get("replies", {})
            self.state.delay = float(body.get("delay", self.state.delay))
        self._json({})

    def _record(self, body: dict[str, Any]) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        entry = {"path": self.path, "body": body, "headers": headers, "seconds": None, "closed_early": False}
        with self.state.lock:
            self.state.requests.append(entry)
        return entry


class Server(ThreadingHTTPServer):
    """Many connections at once; none keeps the process alive."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that go away between two requests."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    parser = argparse.ArgumentParser(description="A server that speaks Ollama's HTTP API, for tests.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--models", default=",".join(SCRIPTS), help="NAME or NAME=SCRIPT, with commas between")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds after every token")
    given = parser.parse_args()
    pairs = (entry.partition("=") for entry in given.models.split(",") if entry)
    models = {name: script or name for name, _, script in pairs}
    unknown = sorted(set(models.values()) - set(SCRIPTS))
    if unknown:
        parser.error(f"no script {unknown[0]!r}; there are {', '.join(SCRIPTS)}")
    Handler.state = State(
        {name if ":" in name else f"{name}:latest": script for name, script in models.items()}, given.delay
    )
    server = Server((given.host, given.port), Handler)
    print(f"http://{given.host}:{server.server_address[1]}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
