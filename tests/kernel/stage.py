"""The stage for traffic with known authors: a watched host, a far one, and a container behind a bridge.

    far (10.77.0.2) --eth0-- host (10.77.0.1, br0 10.88.0.1, masquerading) --br0-- inner (10.88.0.2)

``SCENARIOS`` says what is played, where, and what a watcher on the host must say of it. The truth is what the
generators print, and what nftables counts on the host for each scenario's port.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab import Host, Lab, run

HERE = Path(__file__).parent
FAR, FAR6, HOST, INNER, GATE = "10.77.0.2", "fd77:0::2", "10.77.0.1", "10.88.0.2", "10.88.0.1"
LO, LO6 = "127.0.0.1", "::1"
FIRST_PORT, SHORT_PORT, LAST_PORT = 7000, 7062, 7063
PUBLISHED = 8080  # on the host, for INNER_PORT in the container
INNER_PORT = 7080
TCP, UDP = ("tcp",), ("udp",)
RULES = """
table inet truth {{
{counters}
  chain out {{
    type filter hook output priority 300;
{out}
  }}
  chain in {{
    type filter hook input priority 300;
{into}
  }}
}}
table ip translated {{
  chain leave {{
    type nat hook postrouting priority 100;
    ip saddr 10.88.0.0/24 oifname "eth0" masquerade
  }}
  chain enter {{
    type nat hook prerouting priority -100;
    iifname "eth0" tcp dport {published} dnat to {inner}:{inner_port}
  }}
}}
"""


class Scenario(NamedTuple):
    """One play. ``flow`` fields that name its flows; ``owned`` says whether a process owns them."""

    name: str
    kind: str  # of generators.py, or of generator.c after "c:"
    to: str
    number: int
    place: str = "host"  # host, far or inner: where the author lives
    protos: tuple[str, ...] = TCP
    owned: bool = True
    side: str = "src"  # the author's end of the flow
    reason: str = ""  # words that the flow's reason must hold
    caller: str = ""  # a generator that talks to this one, where it serves
    port: int = 0  # 0: the next free one
    process: str = ""  # the author's name, where it is not the generator's
    need: str = ""  # a protocol that the kernel may lack: its number


SCENARIOS = (
    Scenario("tcp, short", "tcp", FAR, 100),
    Scenario("tcp, for 3 s", "slow", FAR, 30),
    Scenario("tcp, bulk 8 MB", "tcp", FAR, 8_000_000),
    Scenario("tcp, IPv6", "tcp", FAR6, 100_000),
    Scenario("tcp, 200 at a time", "burst", FAR, 200),
    Scenario("mptcp", "mptcp", FAR, 10_000, need="262"),
    Scenario("udp, connected", "udp", FAR, 20, protos=UDP),
    Scenario("udp, connected, IPv6", "udp", FAR6, 20, protos=UDP),
    Scenario("udp, unconnected", "unconnected", FAR, 20, protos=UDP),
    Scenario("udp, unconnected, IPv6", "unconnected", FAR6, 20, protos=UDP),
    Scenario("udp-lite", "udplite", FAR, 20, protos=("udplite",), need="136"),
    Scenario("sendmmsg, recvmmsg", "mmsg", FAR, 50, protos=UDP),
    Scenario("sendfile", "sendfile", FAR, 1_000_000),
    Scenario("splice", "splice", FAR, 1_000_000),
    Scenario("io_uring", "c:uring", FAR, 1_000_000),
    Scenario("io_uring, SQPOLL", "c:polled", FAR, 1_000_000),
    Scenario("io_uring, accept and receive", "c:serve", HOST, 3, caller="tcp", side="dst"),
    Scenario("sctp", "sctp", FAR, 10_000, protos=("sctp",), need="132"),
    Scenario("accept", "accepting", HOST, 3, caller="tcp", side="dst"),
    Scenario("accept unasked, splice", "spliced", HOST, 3, caller="tcp", side="dst"),
    Scenario("inherited over fork", "inherited", FAR, 100_000),
    Scenario("passed over a unix socket", "passed", FAR, 100_000),
    Scenario("exec after socket", "executed", FAR, 100_000, process="head"),
    Scenario("loopback, tcp", "tcp", LO, 100_000),
    Scenario("loopback, udp, IPv6", "unconnected", LO6, 20, protos=UDP),
    Scenario("ping socket", "ping", FAR, 3, protos=("icmp",)),
    Scenario("ping socket, IPv6", "ping", FAR6, 3, protos=("icmp6",)),
    Scenario("raw icmp", "raw-ping", LO, 3, protos=("icmp",)),
    Scenario("raw ip", "raw", FAR, 5, protos=("ip-253",)),
    Scenario("raw ip, IPv6", "raw", FAR6, 5, protos=("ip-253",)),
    Scenario("packet socket", "injected", FAR, 5, protos=UDP, reason="packet socket"),
    Scenario("container to host", "tcp", GATE, 100_000, place="inner"),
    Scenario("container, masqueraded", "tcp", FAR, 100_000, place="inner"),
    Scenario("published port", "accepting", INNER, 3, place="inner", caller="tcp", side="dst",
             port=INNER_PORT),
    Scenario("refused here", "refused", HOST, 0, place="far", port=9, side="dst", owned=False,
             reason="refused"),
)  # fmt: skip


class Truth(NamedTuple):
    """One conversation as its author tells it."""

    pid: int
    port: int
    sent: int
    lived: int = 0


class Played(NamedTuple):
    """A scenario and its truth; ``absent`` says why it could not be played."""

    scenario: Scenario
    port: int
    truths: list[Truth]
    absent: str = ""


class Stage:
    """The three hosts and their wires; a context manager."""

    def __init__(self, generator: Path, more_ports: Sequence[int] = ()) -> None:
        self.lab = Lab()
        self.more_ports = more_ports
        self.generator = generator
        self.ports: dict[str, int] = {}
        port = FIRST_PORT
        for scenario in SCENARIOS:
            self.ports[scenario.name] = scenario.port or port
            port += not scenario.port
        assert port <= LAST_PORT

    def __enter__(self) -> Stage:
        self.lab.__enter__()
        try:
            self._build()
        except BaseException:
            self.lab.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.lab.__exit__()

    def _build(self) -> None:
        self.host, self.far, self.inner = (self.lab.host(name) for name in ("h", "f", "i"))
        self.lab.wire(self.host, self.far)
        self.lab.wire(self.host, self.inner, net=9, name="eth9")
        words = "link add br0 type bridge", "link set eth9 master br0", "link set br0 up"
        for line in (*words, f"addr add {GATE}/24 dev br0", "addr flush dev eth9"):
            self.host.run("ip", *line.split())
        for line in ("addr flush dev eth9", f"addr add {INNER}/24 dev eth9", f"route add default via {GATE}"):
            self.inner.run("ip", *line.split())
        self.host.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.host.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
        self.host.run("nft", rules(sorted({*self.ports.values(), *self.more_ports, PUBLISHED})))
        self._sink(self.far, range(FIRST_PORT, LAST_PORT + 1))
        self._sink(self.host, [self.ports[each.name] for each in SCENARIOS if each.to in (LO, LO6, GATE)])

    def _sink(self, host: Host, ports: Iterable[int]) -> None:
        words = [sys.executable, "-S", str(HERE / "sinks.py"), *map(str, ports)]
        ready = host.start(*words, stdout=subprocess.PIPE)
        assert ready.stdout is not None
        assert ready.stdout.readline() == b"ready\n"

    def play(self, scenario: Scenario) -> Played:
        """Run one scenario to its end."""
        port = self.ports[scenario.name]
        absent = lacking(scenario.need)
        if absent:
            return Played(scenario, port, [], absent)
        author = self._start(scenario.place, scenario.kind, scenario, port)
        assert author.stdout is not None
        if not scenario.caller:
            return Played(scenario, port, list(_truths(author)))
        first = _truth(author.stdout.readline())
        target = (HOST, PUBLISHED) if port == INNER_PORT else (scenario.to, port)
        calls = [self._call(scenario.caller, target) for _ in range(scenario.number)]
        assert author.wait(60) == 0
        return Played(scenario, target[1], [call._replace(pid=first.pid) for call in calls])

    def _call(self, kind: str, target: tuple[str, int]) -> Truth:
        caller = self._python(self.far, kind, target[0], str(target[1]), "1000")
        return next(iter(_truths(caller)))

    def _start(self, place: str, kind: str, scenario: Scenario, port: int) -> subprocess.Popen[bytes]:
        host: Host = {"host": self.host, "far": self.far, "inner": self.inner}[place]
        words = [scenario.to, str(port), str(scenario.number)]
        if kind.startswith("c:"):
            return host.start(str(self.generator), kind[2:], *words, stdout=subprocess.PIPE)
        more = ["eth0"] if kind == "injected" else []
        return self._python(host, kind, *words, *more)

    def _python(self, host: Host, *words: str) -> subprocess.Popen[bytes]:
        return host.start(sys.executable, "-S", str(HERE / "generators.py"), *words, stdout=subprocess.PIPE)

    def counted(self, port: int) -> tuple[int, int]:
        """IP bytes that left and came on the host for a scenario's port, as nftables counted them."""
        shown = json.loads(self.host.run("nft", "-j", "list", "counters"))["nftables"]
        found = {each["counter"]["name"]: each["counter"]["bytes"] for each in shown if "counter" in each}
        return int(found[f"o{port}"]), int(found[f"i{port}"])


def rules(ports: list[int]) -> str:
    """A counter each way for each port, and the translation of the container's addresses."""
    counters = "\n".join(f"counter {way}{port} {{\n}}" for port in ports for way in "oi")
    out = "\n".join(f"th dport {port} counter name o{port}" for port in ports)
    into = "\n".join(f"th sport {port} counter name i{port}" for port in ports)
    return RULES.format(
        counters=counters, out=out, into=into, published=PUBLISHED, inner=INNER, inner_port=INNER_PORT
    )


def built(folder: Path) -> Path:
    """The compiled generator.c."""
    target = folder / "generator"
    run("gcc", "-O2", "-Wall", str(HERE / "generator.c"), "-o", str(target), "-luring")
    return target


def lacking(proto: str) -> str:
    """Why a protocol cannot be played here, or an empty string."""
    if not proto:
        return ""
    import socket

    kind = socket.SOCK_DGRAM if proto == "136" else socket.SOCK_STREAM
    try:
        socket.socket(socket.AF_INET, kind, int(proto)).close()
    except OSError as error:
        return f"this kernel has no such protocol: {error.strerror}"
    return ""


def _truths(author: subprocess.Popen[bytes]) -> Iterator[Truth]:
    output, _ = author.communicate(timeout=60)
    for line in output.splitlines():
        if line.startswith(b"{"):
            yield _truth(line)


def _truth(line: bytes) -> Truth:
    told: dict[str, Any] = json.loads(line)
    return Truth(told["pid"], told["port"], told["sent"], told.get("lived", 0))


__all__ = ["SCENARIOS", "Played", "Scenario", "Stage", "Truth", "built"]
