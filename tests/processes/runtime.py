"""A runtime's API for tests: a real unix socket, and answers in the shapes of Docker 27 and Podman 5."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ID = "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2"
OTHER = "9c2f1d3b5a7e9081726354abcdef00112233445566778899aabbccddeeff0011"

DOCKER: list[dict[str, Any]] = [
    {
        "Id": ID,
        "Names": ["/shop-web-1"],
        "Image": "nginx:1.27",
        "ImageID": "sha256:5ef79149e0ec84a7a9f9284c3f91aa3c20608f8391f5445eabe92ef07dbda03c",
        "Command": "/docker-entrypoint.sh nginx -g 'daemon off;'",
        "Created": 1732500000,
        "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
        "Labels": {
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "web",
            "maintainer": "NGINX Docker Maintainers",
        },
        "State": "running",
        "Status": "Up 2 hours",
        "HostConfig": {"NetworkMode": "shop_default"},
        "Mounts": [],
    }
]
PODMAN: list[dict[str, Any]] = [
    {
        "Id": OTHER,
        "Names": ["/api"],
        "Image": "docker.io/library/httpd:2.4",
        "Labels": {"io.podman.compose.project": "shop", "com.docker.compose.service": "api"},
        "State": "running",
        "HostConfig": {"NetworkMode": "bridge"},
    }
]
STARTED = {
    "status": "start",
    "id": OTHER,
    "from": "redis:7",
    "Type": "container",
    "Action": "start",
    "Actor": {
        "ID": OTHER,
        "Attributes": {"image": "redis:7", "name": "cache", "com.docker.compose.service": "cache"},
    },
    "scope": "local",
    "time": 1732500100,
    "timeNano": 1732500100000000000,
}

Answer = Callable[[socket.socket], None]


def body(content: bytes, *, status: str = "200 OK") -> Answer:
    """A whole answer with its length."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return lambda talk: talk.sendall(head.encode() + content)


def listing(containers: list[dict[str, Any]]) -> Answer:
    """GET /containers/json."""
    return body(json.dumps(containers).encode())


def stream(*events: dict[str, Any], until: threading.Event | None = None) -> Answer:
    """GET /events: chunked lines, then silence until it is told to end."""

    def answer(talk: socket.socket) -> None:
        talk.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for event in events:
            line = json.dumps(event).encode() + b"\n"
            talk.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        if until is not None:
            until.wait(60)
        talk.sendall(b"0\r\n\r\n")

    return answer


def dripping(seconds: float = 5.0) -> Answer:
    """An answer of which a byte comes now and then."""

    def answer(talk: socket.socket) -> None:
        talk.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            talk.sendall(b"1\r\n[\r\n")
            time.sleep(0.02)

    return answer


def silent(seconds: float = 5.0) -> Answer:
    """No answer at all, for as long as the other side stays."""

    def answer(talk: socket.socket) -> None:
        talk.settimeout(seconds)
        with contextlib.suppress(OSError):
            talk.recv(1)

    return answer


def endless() -> Answer:
    """An answer that never ends."""

    def answer(talk: socket.socket) -> None:
        talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[")
        while True:
            talk.sendall(b" " * 65536)

    return answer


@contextlib.contextmanager
def runtime(path: Path, answers: dict[str, Answer]) -> Iterator[list[str]]:
    """Serve ``answers`` by the path asked for; yields the requests that came."""
    asked: list[str] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def talk(one: socket.socket) -> None:
        with one, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                part = one.recv(4096)
                if not part:
                    return
                head += part
            where = head.split(b" ")[1].decode().partition("?")[0]
            asked.append(where)
            answers.get(where, body(b'{"message":"page not found"}', status="404 Not Found"))(one)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = server.accept()
                threading.Thread(target=talk, args=(one,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        path.unlink()
        thread.join(2)
