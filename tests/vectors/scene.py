"""A capture of real programs: two hosts on a wire, a recorder between them, a scenario on top."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab import Host, Lab, pair, run, wait_for

CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
SERVER6 = "fd77:0::2"
QUIET = "not icmp6 and not arp and not igmp and not ip6 proto 0"  # without what a link says by itself


class Scene:
    """Client and server hosts, and a folder for the server's files."""

    def __init__(self, lab: Lab, client: Host, server: Host, folder: Path) -> None:
        self.lab = lab
        self.client = client
        self.server = server
        self.folder = folder

    def certificate(self, name: str = "www.example.com", *, key: str = "ec") -> tuple[str, str]:
        """A self-signed certificate for ``name``: paths of certificate and key."""
        kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["rsa:2048"]
        certificate, secret = str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key")
        run("openssl", "req", "-x509", "-nodes", "-days", "365", "-newkey", *kind, "-keyout", secret,
            "-out", certificate, "-subj", f"/O=Example/CN={name}", "-addext",
            f"subjectAltName=DNS:{name},DNS:alt.{name}")  # fmt: skip
        return certificate, secret

    def serve(self, port: int, *words: str, udp: bool = False) -> subprocess.Popen[bytes]:
        """Start a server and wait until it listens."""
        program = self.server.start(*words)
        wait_for(lambda: self.server.listening(port, udp=udp), what=words[0])
        return program


@contextlib.contextmanager
def recorded(target: Path, wanted: str = QUIET) -> Iterator[Scene]:
    """What is on the wire during the block and ``wanted`` goes to ``target`` (pcap, nanoseconds)."""
    with tempfile.TemporaryDirectory() as folder, pair() as (lab, client, server):
        Path(folder).chmod(0o755)
        for host in (client, server):
            host.run("ip", "addr", "flush", "dev", "eth0", "scope", "link")
        recorder = subprocess.Popen(
            client.words("tcpdump", "-i", "eth0", "-U", "-s", "0", "--time-stamp-precision=nano", "-w",
                         str(target), wanted),
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert recorder.stderr is not None
        while b"listening on" not in recorder.stderr.readline():
            assert recorder.poll() is None, "tcpdump ended early"
        yield Scene(lab, client, server, Path(folder))
        settle(target)
        recorder.terminate()
        recorder.wait(5)


def settle(target: Path) -> None:
    """Wait until the recorder has written what it saw: the file stops growing."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 1.0:
        if target.stat().st_size != size:
            size, since = target.stat().st_size, time.monotonic()
        time.sleep(0.05)
