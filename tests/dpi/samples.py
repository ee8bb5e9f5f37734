"""Dialogues that every registered protocol must give for the laws over the registry.

A protocol's dialogues stand in ``tests/vectors/NAME/*.txt``, or are built here, or are the first that it
claims in its largest capture; those of a package's module in ``dialogues/NAME`` beside it. The text form::

    # comment
    tcp 443              transport and the port that is asked, and what an outer protocol announced, if any
    > 160301...          hex that src sent; for UDP a line is a datagram
    < 160303...          hex that dst sent
    > b"EHLO x\\r\\n"      or bytes as Python writes them
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.registry import modules
from tests.dpi.captures import conversations
from tests.dpi.user.example import packaged

BOTH = frozenset({"ssh", "http2", "dtls", "socks"})  # written dialogues and recorded ones
MAX_RECORDED = 1  # captures of a protocol that the laws repeat
VECTORS = Path(__file__).parents[1] / "vectors"
OUT, IN = Direction.OUT, Direction.IN


@dataclass(frozen=True)
class Dialogue:
    """What two ends say to each other."""

    name: str
    transport: str
    port: int
    steps: list[tuple[Direction, bytes]] = field(default_factory=list)
    announced: str = ""

    @property
    def context(self) -> Context:
        return Context(transport=self.transport, src_port=40000, dst_port=self.port, announced=self.announced)


def read(path: Path) -> Dialogue:
    """A dialogue from its text form."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and line[0] != "#"]
    transport, port, *announced = lines[0].split("#")[0].split()
    steps = [(OUT if line[0] == ">" else IN, _bytes(line[1:].strip())) for line in lines[1:]]
    return Dialogue(path.stem, transport, int(port), steps, *announced)


def _bytes(word: str) -> bytes:
    if word.startswith(('b"', "b'")):
        return bytes(ast.literal_eval(word))
    return bytes.fromhex(word.split("#", maxsplit=1)[0])


def dialogues(name: str) -> list[Dialogue]:
    """Every dialogue of a protocol."""
    found = [read(path) for place in _places(name) for path in sorted(place.glob("*.txt"))]
    found += BUILT.get(name, [])
    return [*found, *recorded(name)] if name in BOTH or not found else found


def _places(name: str) -> list[Path]:
    """Where they stand: here, or beside the module of a package, in ``dialogues/NAME``."""
    brought = [Path(one.__file__).parent / "dialogues" / name for one in packaged() if name == one.NAME]
    return [VECTORS / name, *brought]


def recorded(name: str) -> list[Dialogue]:
    """The longest flow of a protocol's largest capture that its module claims, cut short."""
    module = next(one for one in modules() if name == one.NAME)
    found = []
    captures = sorted((VECTORS / name).glob("*.pcap"), key=lambda path: (-path.stat().st_size, path.name))
    for path in captures[:MAX_RECORDED]:
        kept = [
            Dialogue(path.stem, *flow)
            for flow in conversations(path)
            if flow[0] in module.TRANSPORTS and _claimed(module, flow)
        ]
        found += sorted(kept, key=lambda one: -len(one.steps))[:1]
    return found


def _claimed(module: Any, flow: tuple[str, int, list[tuple[Direction, bytes]]]) -> bool:
    side, data = flow[2][0]
    context = Context(transport=flow[0], src_port=40000, dst_port=flow[1])
    return bool(module.claims(data, side, context) is Claim.YES)


def labels(name: str) -> bytes:
    """A name on the wire, uncompressed."""
    parts = [part.encode() for part in name.split(".") if part]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def query(name: str = "www.example.com", kind: int = 1, *, ident: int = 7, tail: bytes = b"") -> bytes:
    """A DNS query; ``tail`` is one additional record."""
    head = struct.pack("!6H", ident, 0x0100, 1, 0, 0, 1 if tail else 0)
    return head + labels(name) + struct.pack("!HH", kind, 1) + tail


def record(name: bytes, kind: int, data: bytes, ttl: int = 60, sort: int = 1) -> bytes:
    """A resource record."""
    return name + struct.pack("!HHIH", kind, sort, ttl, len(data)) + data


def response(
    name: str = "www.example.com",
    kind: int = 1,
    answers: tuple[bytes, ...] = (),
    *,
    ident: int = 7,
    flags: int = 0x8180,
    tail: tuple[bytes, ...] = (),
) -> bytes:
    """A DNS response; the question's name is at offset 12."""
    head = struct.pack("!6H", ident, flags, 1, len(answers), 0, len(tail))
    return head + labels(name) + struct.pack("!HH", kind, 1) + b"".join(answers) + b"".join(tail)


OPT = record(b"\0", 41, b"", ttl=0x8000, sort=1232)
QUESTION = b"\xc0\x0c"
ALIAS = record(QUESTION, 5, labels("edge.example.net"))
ADDRESS = record(labels("edge.example.net"), 1, bytes([192, 0, 2, 7]), ttl=30)


def framed(*messages: bytes) -> bytes:
    """DNS messages as TCP carries them."""
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


def _dns() -> Iterator[Dialogue]:
    answer = response(answers=(ALIAS, ADDRESS), tail=(OPT,))
    yield Dialogue("lookup", "udp", 53, [(OUT, query(tail=OPT)), (IN, answer)])
    other = query("example.org", 28, ident=9)
    yield Dialogue(
        "tcp",
        "tcp",
        53,
        [
            (OUT, framed(query(), other)),
            (IN, framed(answer, response("example.org", 28, ident=9, flags=0x8183))),
        ],
    )
    yield Dialogue("unanswered", "udp", 53, [(OUT, query("nobody.invalid")), (OUT, query("nobody.invalid"))])


def _http() -> Iterator[Dialogue]:
    get = b"GET /a?q=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\n\r\n"
    post = b"POST /form HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 11\r\n\r\nhello world"
    head = b"HEAD / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    found = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\n\r\nhello"
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;name=value\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: yes\r\n\r\n"
    )
    bare = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
    again = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"
    yield Dialogue(
        "pipelined", "tcp", 80, [(OUT, get + post + head + get), (IN, found + chunks + bare + again)]
    )
    yield Dialogue("until-close", "tcp", 80, [(OUT, get), (IN, b"HTTP/1.0 200 OK\r\n\r\nthe rest")])
    offer = b"GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    taken = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    yield Dialogue("upgrade", "tcp", 80, [(OUT, offer), (IN, taken)])
    yield Dialogue("declined", "tcp", 80, [(OUT, offer), (IN, found), (OUT, get), (IN, found)])


BUILT = {"dns": list(_dns()), "http": list(_http())}
