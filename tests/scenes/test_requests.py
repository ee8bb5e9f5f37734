"""Protocols of questions and answers, read from what the kernel hands on: all that every packet tells.

The conversations are those of real programs (``tests/vectors``), spoken again by sockets of this host, many
times where the protocol lets it: far more than the first bytes of a flow that are handed on before a verdict.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from bench.traffic import Message, conversations

from procwire.engine.options import WatchOptions
from tests.bpf.kernel import need_bpf
from tests.lab import Host, pair, why_not
from tests.scenes import talk
from tests.scenes.watched import Watch, watch

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
VECTORS = Path(__file__).parents[1] / "vectors"
PAUSE = 0.0005  # between messages, so that none is in the ring of a socket that is full


class Play(NamedTuple):
    """What is spoken: the protocol, a capture, the server's port there, how often over one connection."""

    name: str
    capture: str
    proto: int
    port: int
    times: int


PLAYS = (
    Play("redis", "session.pcap", 6, 6379, 40),
    Play("memcached", "session.pcap", 6, 11211, 40),
    Play("postgresql", "session.pcap", 6, 5432, 1),
    Play("mqtt", "session.pcap", 6, 1883, 1),
    Play("ntp", "chrony.pcap", 17, 123, 300),
    Play("snmp", "versions.pcap", 17, 161, 100),
    Play("radius", "access.pcap", 17, 1812, 200),
)


def talked(play: Play) -> list[Message]:
    """The longest conversation of the capture at the port."""
    mine = [
        [message for _, message in flow]
        for flow in conversations(VECTORS / play.name / play.capture)
        if flow[0][0][:2] == (play.proto, play.port)
    ]
    return max(mine, key=len)


def speak(client: socket.socket, server: socket.socket, play: Play) -> None:
    """Both sides' messages in their order, each read before the next is said; ``server`` is connected."""
    sockets = (client, server)
    said = talked(play)
    for _ in range(play.times):
        for side, data in said:
            sockets[side].sendall(data)
            left = len(data)
            while left > 0:
                left -= len(sockets[1 - side].recv(65536))
            time.sleep(PAUSE)


def stream(client: Host, server: Host, play: Play) -> None:
    """Over TCP."""
    with server.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((talk.SERVER, play.port))
        listener.listen()
        with client.socket() as ours:
            ours.connect((talk.SERVER, play.port))
            theirs, _ = listener.accept()
            with theirs:
                speak(ours, theirs, play)


def datagrams(client: Host, server: Host, play: Play) -> None:
    """Over UDP, in one flow."""
    with client.socket(kind=socket.SOCK_DGRAM) as ours, server.socket(kind=socket.SOCK_DGRAM) as theirs:
        ours.bind(("10.77.0.1", 0))
        theirs.bind((talk.SERVER, play.port))
        ours.connect((talk.SERVER, play.port))
        theirs.connect(ours.getsockname())
        speak(ours, theirs, play)


def tables(live: Watch, play: Play) -> Counter[str]:
    """Records of the protocol, by table; others belong to the link."""
    return Counter(line["table"] for line in live.audience.seen if line["table"].startswith(play.name))


class Evening(NamedTuple):
    """The same packets, seen by two."""

    tap: Watch
    both: Watch


@pytest.fixture(scope="module", name="evening")
def played() -> Iterator[Evening]:
    need_bpf()
    with pair() as (_, client, server):
        every = WatchOptions(owners=False, interfaces=("eth0",), source="tap")
        counted = WatchOptions(owners=False, interfaces=("eth0",), source="both")
        with watch(client, every) as tap, watch(client, counted) as both:
            for play in PLAYS:
                (stream if play.proto == 6 else datagrams)(client, server, play)
        yield Evening(tap, both)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_every_question_and_answer_is_read(evening: Evening, play: Play) -> None:
    assert tables(evening.both, play) == tables(evening.tap, play)
    assert sum(tables(evening.tap, play).values()) >= play.times
