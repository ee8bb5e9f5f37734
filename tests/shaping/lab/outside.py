"""A world behind the gateway: a namespace that runs the lab, wired to another that is all the others.

``ASKER`` is the command: it speaks with them, and prints what came of it, by name, as JSON.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from tests.lab import Host

FAR, FAR6 = "10.77.0.2", "fd77:0::2"
NOBODY = "192.0.2.9"  # RFC 5737: nothing routes there
BULK = 3_000_000

RUNNER = """
import json, sys
from pathlib import Path
from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import PathPlan
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.lab import session, wiring
from procwire.shaping.lab.session import Session, run
session.own_resolvers = lambda: wiring.own_resolvers(Path(sys.argv[1]))
slow = Conditions(effect=Effect(delay=Delay(latency_ns=10_000_000)))
before = Path("/proc/net/dev").read_text().count("\\n"), Path("/proc/net/route").read_text()
words = [sys.executable, "-c", sys.argv[2], *sys.argv[3:]]
def begun(command):
    now = Path("/proc/net/dev").read_text().count("\\n"), Path("/proc/net/route").read_text()
    assert now == before
outcome = run(Session(words=words, plan=PathPlan(egress=slow, ingress=slow), begun=begun))
print(json.dumps({"code": outcome.code, "turned": outcome.turned_away, "missed": outcome.not_carried}))
"""

ASKER = """
import errno, json, os, resource, socket, sys, time
far, far6, nobody = sys.argv[1:4]
echo, talk, mute, cut, bulk = map(int, sys.argv[4:9])
told = {}
def tcp(port, address=far, **more):
    return socket.create_connection((address, port), 8, **more)
def tried(name, work):
    try:
        told[name] = work()
    except OSError as error:
        told[name] = errno.errorcode.get(error.errno or 0, str(error))
def half():
    with tcp(talk) as one:
        one.sendall(b"abc"); one.shutdown(socket.SHUT_WR)
        return one.makefile("rb").read().decode()
def whole():
    with tcp(bulk) as one:
        size = 0
        start = time.monotonic()
        while piece := one.recv(65536):
            size += len(piece)
        return size
def slow():
    start = time.monotonic()
    tcp(talk).close()
    return time.monotonic() - start >= 0.02
def datagram(address, size, port=echo):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(*((41, 25) if ":" in address else (0, 11)), 1)  # every error, also what may pass
        one.settimeout(8); one.connect((address, port)); one.send(bytes(size))
        return len(one.recv(65535))
def ping(family, protocol, address):
    with socket.socket(family, socket.SOCK_DGRAM, protocol) as one:
        one.settimeout(8); one.connect((address, 0))
        kind = 8 if family == socket.AF_INET else 128
        one.send(bytes((kind, 0, 0, 0, 0, 0, 0, 1)) + b"hello")
        return one.recv(2000)[8:].decode()
def was_cut():
    with tcp(cut) as one:
        return one.recv(10)
def many():
    all_ = [tcp(talk) for _ in range(40)]
    for number, one in enumerate(all_):
        one.sendall(b"%d" % number); one.shutdown(socket.SHUT_WR)
    return [one.makefile("rb").read().decode() for one in all_] == [str(n) for n in range(40)]
tried("half", half); tried("whole", whole); tried("slow", slow); tried("cut", was_cut); tried("many", many)
tried("six", lambda: tcp(talk, far6).getpeername()[0])
tried("refused", lambda: tcp(mute)); tried("refused6", lambda: tcp(mute, far6))
tried("unreachable", lambda: tcp(talk, nobody))
tried("udp", lambda: datagram(far, 100)); tried("large", lambda: datagram(far, 20000))
tried("udp6", lambda: datagram(far6, 3000)); tried("none", lambda: datagram(far, 10, mute))
tried("noway", lambda: datagram(nobody, 10))
tried("ping", lambda: ping(socket.AF_INET, socket.IPPROTO_ICMP, far))
tried("ping6", lambda: ping(socket.AF_INET6, socket.IPPROTO_ICMPV6, far6))
tried("dns", lambda: datagram("127.0.0.1", 33, 53))
tried("own", lambda: datagram("127.0.0.1", 33, 54))
tried("host", lambda: datagram(os.environ["PROCWIRE_HOST"], 44, 53))
told["files"] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(json.dumps(told))
last = tcp(talk); last.sendall(b"the last word" * 20000)
os._exit(0)  # with much that is not sent yet
"""


class World:
    """Servers of the far host, each on a thread; what the talker was told, in order."""

    def __init__(self, far: Host, near: Host) -> None:
        self.heard: list[bytes] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._made: list[socket.socket] = []
        self.echo = self._serve(far, socket.SOCK_DGRAM, _answer)
        self.talk = self._serve(far, socket.SOCK_STREAM, self._talk)
        self.cut = self._serve(far, socket.SOCK_STREAM, _cut)
        self.bulk = self._serve(far, socket.SOCK_STREAM, _send_much)
        self._serve(near, socket.SOCK_DGRAM, _answer, ("127.0.0.1", 53), socket.AF_INET)
        with far.socket(socket.AF_INET6) as nobody:  # a port that is known to be nobody's
            nobody.bind(("::", 0))
            self.mute = nobody.getsockname()[1]

    def close(self) -> None:
        """End all of them."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for each in self._made:
            each.close()

    def _serve(
        self,
        host: Host,
        kind: int,
        work: Callable[[socket.socket], None],
        place: tuple[str, int] = ("::", 0),
        family: int = socket.AF_INET6,
    ) -> int:
        server = host.socket(family, kind)
        server.bind(place)
        server.settimeout(0.05)
        if kind == socket.SOCK_STREAM:
            server.listen(64)

        def run() -> None:
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    work(server)

        thread = threading.Thread(target=run)
        thread.start()
        self._threads.append(thread)
        self._made.append(server)
        return int(server.getsockname()[1])

    def _talk(self, server: socket.socket) -> None:
        connection, _ = server.accept()

        def answer() -> None:
            with connection:
                connection.settimeout(10)
                told = b""
                with contextlib.suppress(OSError):
                    while piece := connection.recv(65536):
                        told += piece
                    self.heard.append(told)
                    connection.sendall(told)

        thread = threading.Thread(target=answer)
        thread.start()
        self._threads.append(thread)


def _answer(server: socket.socket) -> None:
    data, peer = server.recvfrom(65535)
    server.sendto(data, peer)


def _cut(server: socket.socket) -> None:
    from procwire.shaping.lab.stream import discard

    discard(server.accept()[0])


def _send_much(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(20)
        connection.sendall(bytes(BULK))


@contextlib.contextmanager
def world(far: Host, near: Host) -> Iterator[World]:
    """Its end is the servers' end."""
    made = World(far, near)
    try:
        yield made
    finally:
        made.close()
