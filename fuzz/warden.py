"""Junk for the warden: each message is answered or refused, none is obeyed.

Invariants: the service never raises and never stops answering; owners are only asked for keys whose
fields are within bounds; no descriptor is left open.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import time
from pathlib import Path

from fuzz.api import mangled
from procwire.capture.opening import RingWish
from procwire.model.process import UNKNOWN, Owner
from procwire.processes.answers import Look
from procwire.processes.keys import Key
from procwire.warden import service
from procwire.warden.line import Line, pair
from procwire.warden.messages import LookUp, LookUps, OpenRing, Refresh, pack, reply
from procwire.warden.service import Allowed, Service

HONEST = [
    pack(LookUp(6, b"\x7f\0\0\1", 80, b"\x7f\0\0\1", 81)),
    pack(LookUp(17, bytes(16), 1, bytes(16), 65535)),
    pack(LookUps([LookUp(6, bytes(4), 1, bytes(4), number) for number in range(32)])),
    pack(Refresh()),
    pack(OpenRing(index=1, name="lo", hardware=772, linktype=1, blocks=4, block_bytes=65536, retire_ms=10)),
]


class _Asked:
    def look(self, key: Key) -> Look:
        assert 0 <= key.proto <= 255
        assert 0 <= key.sport <= 65535
        assert 0 <= key.dport <= 65535
        assert len(key.src) == len(key.dst)
        assert len(key.src) in (4, 16)
        return Look(Owner(process=None, confidence=UNKNOWN), final=True)

    def refresh(self) -> int:
        return 0

    def addresses(self) -> list[bytes]:
        """See Owners."""
        return [b"\x7f\0\0\1"]


def _open(wish: RingWish) -> socket.socket:
    assert wish.name == "lo"
    assert wish.blocks * wish.block_bytes <= 1 << 20
    return socket.socket(socket.AF_UNIX)


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--messages", type=int, default=1 << 62)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    service.MAX_FAULTS = 1 << 62
    choose = random.Random(asked.seed)
    ours, theirs = pair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    allowed = Allowed(names=("lo",), ring_bytes=1 << 20)
    served = Service((Line(theirs), Line(theirs)), _Asked(), allowed, opener=_open)
    before = len(list(Path("/proc/self/fd").iterdir()))
    end, number = time.monotonic() + asked.seconds, 0
    while number < asked.messages and time.monotonic() < end:
        _exchange(served, Line(ours), mangled(choose, HONEST, 60_000), 1 if number % 1000 == 0 else -1)
        number += 1
    left = len(list(Path("/proc/self/fd").iterdir())) - before
    assert not left, f"{left} descriptors left"
    print(f"{number} messages, seed {asked.seed}: {served.faults} refused as no request")
    return 0


def _exchange(served: Service, line: Line, message: bytes, descriptor: int) -> None:
    try:
        line.give(message, descriptor)
        assert served.serve(served.lines[0])
        data, came = line.take()
        reply(data)
    except Exception:
        print(message.hex(), file=sys.stderr)
        raise
    if came >= 0:
        socket.socket(fileno=came).close()


if __name__ == "__main__":
    sys.exit(main())
