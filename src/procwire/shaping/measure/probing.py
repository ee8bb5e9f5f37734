"""Probes between two namespaces of this host: numbered datagrams, and a TCP stream. One clock.

Both ends are in this process, so a delay is exact one-way: the kernel's receive stamp less the time of
sending. The sockets are made inside their namespaces; the process stays where it is.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from procwire.shaping.failure import ShapingError
from procwire.shaping.lab import namespaces

WAYS = ("egress", "ingress")
BUFFER_BYTES = 8 << 20
MAX_PROBES = 200_000
FRESH_LINK_NS = (
    5 * 10**9
)  # a link that has just come up may drop so long (net/core/link_watch.c: once a second)
LONGEST_WAIT_NS = 10 * 10**9  # for the last probes, after the longest delay that was asked for
_TIMESTAMP_NS, _BUFFER_FORCE = 35, 33  # SO_TIMESTAMPNS, SO_RCVBUFFORCE (asm-generic/socket.h)
_PROBE = struct.Struct("!4sIQ")  # magic, number, CLOCK_REALTIME in ns
_STAMP = struct.Struct("=qq")
_MAGIC = b"pwpr"
_GREETING = 0xFFFFFFFF  # a number that no probe has
_GREET_SECONDS = 0.02
SMALLEST = _PROBE.size + 28


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end: a namespace and its address there."""

    namespace: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """So many datagrams each way, so far apart, each of so many bytes with its headers."""

    count: int
    interval_ns: int
    size: int = 100
    wait_ns: int = 10**9


@dataclass(slots=True)
class Probed:
    """One direction: (number, delay in ns) in the order of arrival."""

    sent: int = 0
    arrived: list[tuple[int, int]] = field(default_factory=list)


def probe(near: Endpoint, far: Endpoint, plan: ProbePlan) -> dict[str, Probed]:
    """Both directions at once: egress is from ``near`` to ``far``. Raises ShapingError."""
    if not 0 < plan.count <= MAX_PROBES:
        raise ShapingError(f"probes are 1 to {MAX_PROBES}")
    found = {way: Probed() for way in WAYS}
    with _datagrams(near) as first, _datagrams(far) as second:
        roads = (("egress", first, second), ("ingress", second, first))
        _greet(first, second, min(plan.wait_ns, LONGEST_WAIT_NS) + FRESH_LINK_NS)
        body = b"\0" * max(0, plan.size - SMALLEST)
        start = time.monotonic_ns()
        end = start + plan.count * plan.interval_ns + min(plan.wait_ns, LONGEST_WAIT_NS)
        number = 0
        while (now := time.monotonic_ns()) < end:
            while number < plan.count and now >= start + number * plan.interval_ns:
                for way, source, sink in roads:
                    _send(source, sink, number, body)
                    found[way].sent += 1
                number += 1
            if number == plan.count and all(
                len({one for one, _ in each.arrived}) == number for each in found.values()
            ):
                break
            due = start + number * plan.interval_ns if number < plan.count else end
            wait = max(0, due - time.monotonic_ns()) / 1e9
            ready = select.select([first, second], (), (), min(wait, 0.25))[0]
            for way, _, sink in roads:
                if sink in ready:
                    found[way].arrived += _received(sink)
    return found


class Speed(NamedTuple):
    """Bits a second of a TCP stream: in the last two thirds of its time, and in all of it.

    What a gap in the stream kept back is read at once when it is filled, so only the whole is never above
    what the link carried.
    """

    settled: float
    whole: float


def goodput(source: Endpoint, sink: Endpoint, seconds: float) -> Speed:
    """How fast a TCP stream is. Raises ShapingError."""
    family = socket.AF_INET6 if ":" in sink.address else socket.AF_INET
    listener = namespaces.inside(
        sink.namespace, lambda: socket.create_server((sink.address, 0), family=family)
    )
    sending = namespaces.inside(source.namespace, lambda: socket.socket(family, socket.SOCK_STREAM))
    with listener, sending:
        listener.settimeout(10.0)
        sending.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sending.connect(listener.getsockname()[:2])
        try:
            receiving, _ = listener.accept()
        except TimeoutError:
            raise ShapingError("no TCP connection came about within 10 s") from None
        with receiving:
            return _stream(sending, receiving, seconds)


def _stream(sending: socket.socket, receiving: socket.socket, seconds: float) -> Speed:
    block, start = b"\0" * 65536, time.monotonic()
    pieces: list[tuple[float, int]] = []
    while time.monotonic() < start + seconds:
        readable, writable, _ = select.select([receiving], [sending], (), 0.1)
        if writable:
            with contextlib.suppress(BlockingIOError):
                sending.send(block)
        if readable:
            size = len(receiving.recv(1 << 18))
            pieces.append((time.monotonic(), size))
    return Speed(_speed([each for each in pieces if each[0] >= start + seconds / 3]), _speed(pieces))


def _speed(pieces: list[tuple[float, int]]) -> float:
    """Between the first piece and the last, without the first: that had come before."""
    if len(pieces) < 2 or pieces[-1][0] <= pieces[0][0]:
        return 0.0
    return sum(size for _, size in pieces[1:]) * 8 / (pieces[-1][0] - pieces[0][0])


@contextlib.contextmanager
def _datagrams(end: Endpoint) -> Iterator[socket.socket]:
    def make() -> socket.socket:
        family = socket.AF_INET6 if ":" in end.address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.bind((end.address, 0))
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
        with contextlib.suppress(PermissionError):
            made.setsockopt(socket.SOL_SOCKET, _BUFFER_FORCE, BUFFER_BYTES)
        return made

    try:
        made = namespaces.inside(end.namespace, make)
    except OSError as error:
        raise ShapingError(f"no probe at {end.address}: {error.strerror or error}") from None
    with made:
        yield made


def _greet(first: socket.socket, second: socket.socket, wait_ns: int) -> None:
    """Until something arrived both ways, or long enough: the search for neighbours is no loss."""
    heard: set[socket.socket] = set()
    end = time.monotonic_ns() + wait_ns
    while len(heard) < 2 and time.monotonic_ns() < end:
        _send(first, second, _GREETING, b"")
        _send(second, first, _GREETING, b"")
        for sink in select.select([first, second], (), (), _GREET_SECONDS)[0]:
            with contextlib.suppress(OSError):
                sink.recv(65536)
                heard.add(sink)


def _send(source: socket.socket, sink: socket.socket, number: int, body: bytes) -> None:
    with contextlib.suppress(OSError):  # a full queue, no way yet: a probe that was sent and did not arrive
        source.sendto(_PROBE.pack(_MAGIC, number, time.time_ns()) + body, sink.getsockname()[:2])


def _received(sink: socket.socket) -> list[tuple[int, int]]:
    """All that waits to be read; what is no probe of ours, or was damaged, is not counted."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            data, extra, _, _ = sink.recvmsg(65536, 128)
        except (BlockingIOError, ConnectionError):
            return found
        if len(data) < _PROBE.size:
            continue
        magic, number, sent = _PROBE.unpack_from(data)
        if magic == _MAGIC and number < MAX_PROBES:
            found.append((number, _stamp(extra) - sent))


def _stamp(extra: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMP_NS and len(data) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(data)
            return int(seconds * 10**9 + nanoseconds)
    return time.time_ns()
