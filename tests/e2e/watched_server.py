"""``rag-assistant serve`` on a free port, writing down every address beyond this machine that is looked up or reached.

python watched_server.py REACHED_FILE [INDEX_DIR]    without a directory: as configured
"""

from __future__ import annotations

import socket
import sys
from ipaddress import ip_address
from pathlib import Path

reached, *index_dir = sys.argv[1:]


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "None", "localhost", socket.gethostname()):
        return True
    try:
        address = ip_address(name.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        with Path(reached).open("a") as file:
            file.write(f"{event} {host!r}\n")


sys.addaudithook(_watch)

from rag_assistant.cli import main  # noqa: E402  watched from its first import on

sys.argv = ["rag-assistant", "serve", "--port", "0", *(f"--index-dir={folder}" for folder in index_dir)]
main()
