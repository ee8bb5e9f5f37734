"""QUIC by aioquic: version 1 and 2, Retry, version negotiation, HTTP/3 on top."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene

PORT = 4433
PROGRAM = "tests.vectors.quic.peer"


def server(scene: Scene, *words: str) -> None:
    """An HTTP/3 server that answers every request with a short page."""
    certificate, secret = scene.certificate()
    scene.serve(PORT, sys.executable, "-m", PROGRAM, "serve", certificate, secret, *words, udp=True)


def client(scene: Scene, *words: str) -> None:
    """One connection with one request."""
    scene.client.start(sys.executable, "-m", PROGRAM, "get", SERVER, *words).wait(20)


def version1(scene: Scene) -> None:
    """The common case, and a client with a ClientHello of several packets."""
    server(scene)
    client(scene)
    client(scene, "--long")


def version2(scene: Scene) -> None:
    """RFC 9369."""
    server(scene)
    client(scene, "--v2")


def retry(scene: Scene) -> None:
    """The server validates the address first."""
    server(scene, "--retry")
    client(scene)


SCENARIOS = {"version1": version1, "version2": version2, "retry": retry}
