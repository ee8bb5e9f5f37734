"""DTLS by ``openssl s_server`` and ``s_client`` on loopback, through a relay that keeps every datagram."""

from __future__ import annotations

import select
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from procwire.model.streams import Direction
from tests.decrypt.dialogue import rsa_pair
from tests.lab import wait_for

SAID = b"said inside dtls\n"
ANSWERED = b"answered inside dtls\n"
SECONDS = 15.0
FINISHED, DATA = 20, 23  # record types: ChangeCipherSpec, application data


class Spoken(NamedTuple):
    """Datagrams with their side, and the key log."""

    flights: list[tuple[Direction, bytes]]
    keys: bytes


def converse(folder: Path, *words: str) -> Spoken:
    """A DTLS 1.2 connection in which the client says SAID and the server ANSWERED."""
    (folder / "pair.pem").write_bytes(rsa_pair())
    keys = folder / "keys"
    quiet = ["-dtls1_2", "-quiet", "-cipher", "ALL:@SECLEVEL=0"]
    with _udp() as front, _udp() as back, _udp() as free:
        port = free.getsockname()[1]
        free.close()
        server = _start("s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(folder / "pair.pem"), *quiet)
        wait_for(lambda: f":{port:04X} " in Path("/proc/net/udp").read_text(), what="openssl s_server")
        back.connect(("127.0.0.1", port))
        where = f"127.0.0.1:{front.getsockname()[1]}"
        client = _start("s_client", "-connect", where, "-keylogfile", str(keys), *quiet, *words)
        try:
            return Spoken(_relay(front, back, client, server), keys.read_bytes())
        finally:
            for program in (client, server):
                program.terminate()
                program.wait(60)


def _udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def _start(*words: str) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(["openssl", *words], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere)


def _say(program: subprocess.Popen[bytes], text: bytes) -> None:
    assert program.stdin is not None
    program.stdin.write(text)
    program.stdin.flush()


def _relay(
    front: socket.socket,
    back: socket.socket,
    client: subprocess.Popen[bytes],
    server: subprocess.Popen[bytes],
) -> list[tuple[Direction, bytes]]:
    flights: list[tuple[Direction, bytes]] = []
    peer: Any = None
    asked = answered = False
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        ready, _, _ = select.select([front, back], [], [], 0.2)
        if front in ready:
            data, peer = front.recvfrom(65535)
            flights.append((Direction.OUT, data))
            back.send(data)
            if data[0] == DATA and not answered:
                answered = True
                _say(server, ANSWERED)
        if back in ready:
            data = back.recv(65535)
            flights.append((Direction.IN, data))
            front.sendto(data, peer)
            if data[0] == DATA:
                return flights
            if _has(data, FINISHED) and not asked:
                asked = True
                _say(client, SAID)
    raise TimeoutError(f"no DTLS answer after {len(flights)} datagrams")


def _has(data: bytes, kind: int) -> bool:
    """Whether a datagram has a record of a type."""
    at = 0
    while at + 13 <= len(data):
        if data[at] == kind:
            return True
        at += 13 + int.from_bytes(data[at + 11 : at + 13], "big")
    return False
