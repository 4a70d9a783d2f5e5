"""What stands between a browser and Gradio: which paths there are, who may post, and what a page may load.

Gradio serves much that this page has no use for (files, a proxy, uploads, component servers). Only the paths named here
are let through. Every response carries a Content-Security-Policy; the page's own inline scripts carry its nonce.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000  # bytes of one request
MAX_EVENT = 4_000_000  # bytes of one that uses the page: it may bring a conversation back
MAX_UPLOAD = 100_000_000  # bytes of one request that brings papers
_MOST = {"/papers/add": MAX_UPLOAD, "/gradio_api/queue/join": MAX_EVENT}
_LOGIN_FAILURES, _LOGIN_WINDOW = 10, 60.0  # this many wrong passwords in so many seconds, whoever tries

_API = (
    r"info/?|openapi\.json|startup-events|app_id/?|login_check/?|user/?|token/?|heartbeat/[\w-]+|theme\.css|"
    r"queue/join|queue/data|cancel|reset/?|call/(?:v2/)?ask(?:/[\w-]+)?/?"
)
_PATHS = re.compile(
    rf"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/login/?|/logout|"
    rf"/papers(?:/paper|/add|/remove)?|/evaluation(?:/report)?|"
    rf"/(?:assets|static|page)/[\w./-]+|/gradio_api/(?:{_API})"
)
_SOCIAL = re.compile(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*", re.DOTALL)


def content_security_policy(nonce: str, *, compiles: bool = True) -> str:
    """The policy: this server and nothing else.

    ``unsafe-eval`` is for Gradio, which compiles the (constant) templates of its HTML component; no inline script runs
    without the nonce, and no handler written into an attribute. Gradio sets styles inline. Pages that are not Gradio's
    don't compile anything.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'" + (" 'unsafe-eval'" if compiles else ""),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
        ]
    )


class Guard:
    """ASGI middleware. ``head`` and ``body`` are put at the end of the page's head and the start of its body."""

    def __init__(self, app: ASGIApp, *, head: str = "", body: str = "") -> None:
        self._app = app
        self._head = head
        self._body = body
        self._failures: deque[float] = deque(maxlen=_LOGIN_FAILURES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with a refusal of one line."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(16)
        ours = scope["path"].startswith(("/papers", "/evaluation"))
        guarded = _with_headers(send, content_security_policy(nonce, compiles=not ours))
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        path = scope["path"]
        if path == "/" and scope["method"] == "GET":
            await self._page(scope, receive, guarded, nonce)
        elif path.rstrip("/") == "/login":
            await self._app(scope, receive, self._counting(guarded))
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        if not _PATHS.fullmatch(path) or ".." in path:
            return PlainTextResponse("There is nothing here.", 404)
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return PlainTextResponse("Only GET, HEAD and POST.", 405)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return PlainTextResponse("Requests from other sites are refused.", 403)
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return PlainTextResponse("A request must say its length.", 411)
        most = _MOST.get(path, MAX_BODY)
        if int(length) > most:
            return PlainTextResponse(f"A request may have {most:,} bytes.", 413)
        if path.rstrip("/") == "/login" and self._too_many_failures():
            return PlainTextResponse("Too many wrong passwords: wait a minute.", 429, {"retry-after": "60"})
        return None

    def _too_many_failures(self) -> bool:
        return len(self._failures) == _LOGIN_FAILURES and monotonic() - self._failures[0] < _LOGIN_WINDOW

    def _counting(self, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 400:
                self._failures.append(monotonic())
            await send(message)

        return counted

    async def _page(self, scope: Scope, receive: Receive, send: Send, nonce: str) -> None:
        """Gathers Gradio's page, uncompressed, and puts in the nonce and what is ours."""
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        chunks: list[bytes] = []

        async def gathered(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(chunks)
            headers = MutableHeaders(raw=list(start["headers"]))
            if headers.get("content-type", "").startswith("text/html"):
                body = self._rewritten(body.decode(), nonce).encode()
                headers["content-length"] = str(len(body))
                headers["cache-control"] = "no-store"
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": body})

        # Its query may name a stored state to load; the page has no such thing.
        await self._app({**scope, "headers": plain, "query_string": b""}, receive, gathered)

    def _rewritten(self, page: str, nonce: str) -> str:
        # In the values that Gradio writes into its scripts "<" is escaped: each "<script" is its template's own.
        page = _SOCIAL.sub("", page)
        page = page.replace("</head>", f"{self._head}</head>", 1)
        page = re.sub(r"(<body[^>]*>)", lambda match: match[1] + self._body, page, count=1)
        return page.replace("<script", f'<script nonce="{nonce}"')


def _with_headers(send: Send, policy: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["content-security-policy"] = policy
            headers["x-content-type-options"] = "nosniff"
            headers["x-frame-options"] = "DENY"
            # "no-referrer" would have a form of our own sent without its origin, as a foreign one is.
            headers["referrer-policy"] = "same-origin"
            headers["cross-origin-opener-policy"] = "same-origin"
            headers["cross-origin-resource-policy"] = "same-origin"
            headers["permissions-policy"] = "camera=(), microphone=(), geolocation=()"
            message = {**message, "headers": headers.raw}
        await send(message)

    return sent
