"""The page served by uvicorn, until interrupted."""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

from rag_assistant.errors import WebError
from rag_assistant.web.app import make_app, require_password

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

_GOODBYE = 2  # seconds that open streams are given when the server ends


def serve(assistant: Assistant, *, host: str, port: int, open_browser: bool = False) -> None:
    """See :func:`rag_assistant.web.serve`."""
    require_password(host, assistant.settings.web.password)
    with bind(host, port) as listening:
        import uvicorn

        address = url_of(host, listening.getsockname()[1])
        app = make_app(assistant, host=host)
        config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=_GOODBYE)
        sys.stderr.write(f"The chat page is at {address}  (Ctrl+C ends it)\n")
        sys.stderr.flush()
        if open_browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        uvicorn.Server(config).run(sockets=[listening])


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        WebError: the address can't be bound.
    """
    bare = host.strip("[]")
    listening = socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bare, port))
        listening.listen(128)
    except (OSError, OverflowError, UnicodeError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or str(error)
        raise WebError(
            f"the page can't be served at {host}:{port}: {why}; give another --port (0 takes a free one) or --host"
        ) from None
    return listening


def url_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    bare = host.strip("[]")
    if bare in ("0.0.0.0", ""):  # noqa: S104  compared with, not bound
        bare = "127.0.0.1"
    elif bare == "::":
        bare = "::1"
    return f"http://[{bare}]:{port}" if ":" in bare else f"http://{bare}:{port}"
