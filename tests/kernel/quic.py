"""QUIC between the watched host and the far one, by aioquic."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.kernel.stage import FAR, UDP, Played, Scenario, Stage, Truth
from tests.lab import run, wait_for

QUIC_PORT = 4433
PROGRAM = "tests.vectors.quic.peer"
QUIC = Scenario("quic", "quic", FAR, 1, protos=UDP, port=QUIC_PORT)


def quic(stage: Stage) -> Played:
    """One HTTP/3 request; its client is the author."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, secret = str(Path(folder, "c.pem")), str(Path(folder, "k.pem"))
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", secret, "-out", certificate, "-days", "1", "-subj", "/CN=www.example.com",
            "-addext", "subjectAltName=DNS:www.example.com")  # fmt: skip
        stage.far.start(sys.executable, "-m", PROGRAM, "serve", certificate, secret)
        wait_for(lambda: stage.far.listening(QUIC_PORT, udp=True), what="the QUIC server")
        client = stage.host.start(sys.executable, "-m", PROGRAM, "get", FAR)
        client.wait(60)
    return Played(QUIC, QUIC_PORT, [Truth(client.pid, 0, 0)])
