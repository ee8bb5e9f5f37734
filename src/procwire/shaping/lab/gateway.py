"""The command's way out: every flow that leaves its path is opened anew from the host's namespace.

The far tunnel is in a namespace of its own, which takes every address for its own (``Wiring``). What comes
out of the path is looked at before it goes in there: a SYN waits until an ordinary socket of the host's
namespace is connected to the same address and port, and is refused as that one was; a datagram and a ping
get a socket, too. So the host needs no interface, no address, no route, no forwarding and no translation, and
the command's own TCP speaks with the gateway's kernel over the bad path. The TTL, IP options and urgent data
end here, and other protocols than TCP, UDP and ping do not pass.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from procwire.shaping.lab import namespaces
from procwire.shaping.lab.datagram import ICMP, ICMP6, TCP, UDP, Seen, is_opening, reset, seen, unreachable
from procwire.shaping.lab.exchange import REASONS, Exchange, Ping
from procwire.shaping.lab.stream import Stream, discard
from procwire.shaping.lab.wiring import Wiring

MAX_STREAMS = 512  # connections at a time; one more is refused
MAX_EXCHANGES = 512  # flows of datagrams and pings; the one that was silent longest makes way
MAX_FILES = 4 * MAX_STREAMS + 2 * MAX_EXCHANGES  # descriptors, where the limit was lower
IDLE = 120.0  # seconds without a datagram, after which its flow is over (RFC 4787 section 4.3)
PATIENCE = 130.0  # seconds for a connection to come about; Linux sends SYNs for 127
BACKLOG = 64
EVENTS = 256
_FREE_BIND = {4: (socket.IPPROTO_IP, 15), 6: (socket.IPPROTO_IPV6, 78)}  # IP_FREEBIND, IPV6_FREEBIND
_LOOPBACK = {4: "127.0.0.1", 6: "::1"}
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
Key = tuple[int, bytes, int, bytes, int]


@dataclass(slots=True)
class _Pending:
    """A connection that is being opened outside, or waits for the command's end of it."""

    packet: Seen
    syn: bytes
    outer: socket.socket
    until: float
    is_open: bool = False
    is_cut: bool = False  # it was reset already


class Gateway:
    """The far end of a relay, as a tunnel is; ``serve`` when ``sockets`` can be read. A context manager."""

    def __init__(self, wiring: Wiring, namespace: int, answer: Callable[[bytes], None]) -> None:
        """``namespace`` is the gateway's. ``answer`` takes packets for the command's end of the path."""
        self.refused = 0
        self.turned_away = 0  # connections beyond MAX_STREAMS, or that no descriptor was left for
        self.not_carried = 0  # packets of protocols that do not pass
        self.sockets = select.epoll()
        self._tunnel = wiring.far
        self._namespace = namespace
        self._own = {4: wiring.addresses.far.ip.packed, 6: wiring.addresses.far6.ip.packed}
        self._answer = answer
        self._pending: dict[Key, _Pending] = {}
        self._listening: dict[tuple[bytes, int], socket.socket] = {}
        self._streams: set[Stream] = set()
        self._exchanges: OrderedDict[Key, Exchange | Ping] = OrderedDict()
        self._acts: dict[int, Callable[[int], None]] = {}
        self._number = os.getpid() & 0xFFFF

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.close()
        for pending in self._pending.values():
            pending.outer.close()
        for each in (*self._exchanges.values(), *self._listening.values()):
            each.close()
        self.sockets.close()

    def fileno(self) -> int:
        """Of the tunnel."""
        return self._tunnel.fileno()

    def read(self) -> bytes | None:
        """A packet for the command; None where there is none."""
        return self._tunnel.read()

    @property
    def is_settled(self) -> bool:
        """Whether all that the command has sent is on its way, as far as is known here."""
        return all(stream.is_sent for stream in self._streams)

    def write(self, data: bytes) -> None:
        """A packet of the command's, that came through."""
        packet = seen(data)
        if packet is None:
            self._tunnel.write(data)  # a later fragment, or what the kernel has an answer for
            return
        if packet.protocol == TCP:
            if not is_opening(data, packet.start) or self._open(packet, data):
                self._tunnel.write(data)
        elif packet.protocol == UDP:
            if self._exchange(packet, data) is not None:
                self._tunnel.write(data)
        elif isinstance(ping := self._exchange(packet, data), Ping):
            ping.send(data)

    def serve(self) -> None:
        """Whatever happened to the sockets."""
        for descriptor, happened in self.sockets.poll(0, EVENTS):
            act = self._acts.get(descriptor)
            if act is not None:
                act(happened)

    def expire(self) -> None:
        """Let go of what nobody uses."""
        now = time.monotonic()
        while self._exchanges:
            key, oldest = next(iter(self._exchanges.items()))
            if now - oldest.used < IDLE:
                break
            self._forget(key)
        for key in [key for key, each in self._pending.items() if each.until < now]:
            self._abandon(key)

    def _open(self, packet: Seen, data: bytes) -> bool:
        """A SYN: connect first. Whether it is to go on: the other connection stands already."""
        pending = self._pending.get(packet.key)
        if pending is not None:
            return pending.is_open  # sent again, as it waits or its answer was lost
        if len(self._pending) + len(self._streams) >= MAX_STREAMS:
            return self._turn_away(packet, data)
        try:
            outer = socket.socket(_FAMILY[packet.version], socket.SOCK_STREAM)
        except OSError:
            return self._turn_away(packet, data)
        outer.setblocking(False)
        self._pending[packet.key] = _Pending(packet, data, outer, time.monotonic() + PATIENCE)
        error = outer.connect_ex(self._outside(packet))
        if error not in (0, errno.EINPROGRESS):
            self._refuse(packet.key, error)
        else:
            self._watch(outer, select.EPOLLOUT, lambda _: self._opened(packet.key))
        return False

    def _opened(self, key: Key) -> None:
        pending = self._pending[key]
        self._unwatch(pending.outer)
        error = pending.outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        pending.is_cut = error in (errno.ECONNRESET, errno.EPIPE)  # refused it would be ECONNREFUSED
        if error and not pending.is_cut:
            self._refuse(key, error)
            return
        try:
            self._listen(pending.packet)
        except OSError:
            self._turn_away(pending.packet, pending.syn)
            self._abandon(key)
            return
        pending.is_open = True
        self._tunnel.write(pending.syn)

    def _listen(self, packet: Seen) -> None:
        """Have somebody accept what the command connects to. Raises OSError."""
        place = (packet.destination, packet.port)
        if place in self._listening:
            return
        made = self._inside(packet, socket.SOCK_STREAM)
        try:
            made.listen(BACKLOG)
        except OSError:
            made.close()
            raise
        made.setblocking(False)
        self._listening[place] = made
        self._watch(made, select.EPOLLIN, lambda _: self._accept(made, packet))

    def _accept(self, listening: socket.socket, packet: Seen) -> None:
        try:
            inner, peer = listening.accept()
        except OSError:
            return
        source = ip_address(peer[0].partition("%")[0]).packed
        key = (TCP, source, int(peer[1]), packet.destination, packet.port)
        pending = self._pending.pop(key, None)
        if pending is None or pending.is_cut:
            discard(inner)
            if pending is not None:
                pending.outer.close()
                self._hush(packet)
            return
        stream = Stream(inner, pending.outer)
        self._streams.add(stream)
        for end in (inner, pending.outer):
            self._watch(end, stream.events(end), self._server(stream, end))
        self._hush(packet)

    def _server(self, stream: Stream, end: socket.socket) -> Callable[[int], None]:
        descriptors = {each: each.fileno() for each in (stream.inner, stream.outer)}

        def serve(happened: int) -> None:
            if stream.serve(end, happened):
                for each, descriptor in descriptors.items():
                    if wanted := stream.events(each):
                        self.sockets.modify(descriptor, wanted)
                return
            self._streams.discard(stream)
            for descriptor in descriptors.values():  # closed, so epoll has forgotten them
                self._acts.pop(descriptor, None)

        return serve

    def _hush(self, packet: Seen) -> None:
        """Listen no more where nobody is to come."""
        place = (packet.destination, packet.port)
        waited = any((e.packet.destination, e.packet.port) == place for e in self._pending.values())
        if not waited and (listening := self._listening.pop(place, None)) is not None:
            self._unwatch(listening)
            listening.close()

    def _refuse(self, key: Key, error: int) -> None:
        """As it was refused outside; who does not answer there, does not here."""
        pending = self._pending[key]
        why = REASONS.get(error)
        if error == errno.ECONNREFUSED or (why is None and error != errno.ETIMEDOUT):
            self._answer(reset(pending.syn, pending.packet))
        elif why is not None:
            gateway = self._own[pending.packet.version]
            self._answer(unreachable(pending.syn, pending.packet, why, gateway))
        self._abandon(key)

    def _abandon(self, key: Key) -> None:
        pending = self._pending.pop(key)
        self._unwatch(pending.outer)
        pending.outer.close()
        self._hush(pending.packet)

    def _turn_away(self, packet: Seen, data: bytes) -> bool:
        self.turned_away += 1
        self._answer(reset(data, packet))
        return False

    def _exchange(self, packet: Seen, data: bytes) -> Exchange | Ping | None:
        """The one of the packet's flow, made where there is none; None where there can be none."""
        found = self._exchanges.get(packet.key)
        if found is None:
            try:
                found = self._made(packet)
            except OSError as error:
                why = REASONS.get(error.errno or 0)
                if why is not None:
                    self._answer(unreachable(data, packet, why, self._own[packet.version]))
                self.not_carried += why is None
                return None
            while len(self._exchanges) >= MAX_EXCHANGES:
                self._forget(next(iter(self._exchanges)))
            self._exchanges[packet.key] = found
            for end in found.ends:
                self._watch(end, select.EPOLLIN, self._exchanger(packet.key, found, end))
        found.used = time.monotonic()
        self._exchanges.move_to_end(packet.key)
        return found

    def _exchanger(self, key: Key, exchange: Exchange | Ping, end: socket.socket) -> Callable[[int], None]:
        def serve(_: int) -> None:
            exchange.used = time.monotonic()
            self._exchanges.move_to_end(key)
            exchange.serve(end)

        return serve

    def _made(self, packet: Seen) -> Exchange | Ping:
        """Raises OSError."""
        is_ping = packet.protocol in (ICMP, ICMP6)
        kind = socket.SOCK_RAW if is_ping else socket.SOCK_DGRAM
        outer = socket.socket(_FAMILY[packet.version], kind, packet.protocol)
        try:
            outer.connect(self._outside(packet)[:2] if not is_ping else (self._outside(packet)[0], 0))
            if is_ping:
                self._number = (self._number + 1) & 0xFFFF
                return Ping(packet, outer, self._number, self._answer, self._own[packet.version])
            inner = self._inside(packet, socket.SOCK_DGRAM)
            return Exchange(packet, inner, outer, self._answer, self._own[packet.version])
        except OSError:
            outer.close()
            raise

    def _forget(self, key: Key) -> None:
        gone = self._exchanges.pop(key)
        for end in gone.ends:
            self._unwatch(end)
        gone.close()

    def _outside(self, packet: Seen) -> tuple[str, int]:
        """Where a packet goes to in the host's namespace; the gateway's own address is the host itself."""
        if packet.destination == self._own[packet.version]:
            return _LOOPBACK[packet.version], packet.port
        return str(ip_address(packet.destination)), packet.port

    def _inside(self, packet: Seen, kind: int) -> socket.socket:
        """A socket in the gateway's namespace, with the address that the command means. Raises OSError."""
        made = namespaces.inside(self._namespace, lambda: socket.socket(_FAMILY[packet.version], kind))
        try:
            made.setsockopt(*_FREE_BIND[packet.version], 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if packet.version == 6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((str(ip_address(packet.destination)), packet.port))
            if kind == socket.SOCK_DGRAM:
                made.connect((str(ip_address(packet.source)), packet.source_port))
        except OSError:
            made.close()
            raise
        return made

    def _watch(self, end: socket.socket, events: int, act: Callable[[int], None]) -> None:
        self._acts[end.fileno()] = act
        self.sockets.register(end, events)

    def _unwatch(self, end: socket.socket) -> None:
        if self._acts.pop(end.fileno(), None) is not None:
            with contextlib.suppress(OSError):
                self.sockets.unregister(end)
