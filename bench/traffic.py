"""A large capture of real conversations, made once and the same on every machine.

The conversations are those of ``tests/vectors`` (nginx, curl, openssl, a browser, dnsmasq, aioquic). Each is
cut into segments as a 1500-byte wire would carry them, given addresses, ports and names of its own,
lengthened with a body, and interleaved with some hundreds of others. Sequence numbers, acknowledgements,
handshakes and closings are right; checksums are not filled in, as captures on the sending host have them.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dpkt

VECTORS = Path(__file__).parents[1] / "tests" / "vectors"
DATA = Path(__file__).parent / "data"
MSS = 1448
WAVE = 500  # conversations under way at once
NAME = b"www.example.com"

ETHERNET = bytes.fromhex("0200000000020200000000010800")
IP = struct.Struct(">BBHHHBBHII")
TCP = struct.Struct(">HHIIBBHHH")
UDP = struct.Struct(">HHHH")
TIMESTAMPS = b"\x01\x01\x08\x0a" + bytes(8)
SYN_OPTIONS = bytes.fromhex("020405b40402080a000000000000000001030307")

Message = tuple[int, bytes]  # direction, payload


class Kind(NamedTuple):
    """A template: its transport, server port, messages, and the body bytes that are added."""

    proto: int
    port: int
    messages: list[Message]
    record: bytes  # header of an added record, length to be filled in; b"" for none


def conversations(path: Path) -> list[list[tuple[tuple[int, int, int], Message]]]:
    """Each flow of a capture as its messages: payload bytes in order, per direction."""
    flows: dict[tuple[int, bytes, int, bytes, int], list[tuple[tuple[int, int, int], Message]]] = {}
    starters: dict[tuple[int, bytes, int, bytes, int], bool] = {}
    with path.open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            ip = dpkt.ethernet.Ethernet(frame).data
            if not isinstance(ip, dpkt.ip.IP) or not isinstance(ip.data, dpkt.tcp.TCP | dpkt.udp.UDP):
                continue
            segment = ip.data
            key = (ip.p, ip.src, segment.sport, ip.dst, segment.dport)
            back = (ip.p, ip.dst, segment.dport, ip.src, segment.sport)
            side = 1 if back in starters else 0
            starters.setdefault(back if side else key, True)
            if segment.data:
                port = segment.sport if side else segment.dport
                flows.setdefault(back if side else key, []).append(((ip.p, port, 0), (side, segment.data)))
    return list(flows.values())


def templates() -> list[tuple[int, Kind]]:
    """(weight, template) of every conversation that is used."""
    wanted = [
        ("tls/tls13.pcap", 45, b"\x17\x03\x03"), ("tls/chromium.pcap", 8, b"\x17\x03\x03"),
        ("tls/tls12.pcap", 12, b"\x17\x03\x03"), ("http/ordinary.pcap", 32, b""), ("dns/tcp.pcap", 3, b""),
    ]  # fmt: skip
    found = []
    for name, weight, record in wanted:
        flows = conversations(VECTORS / name)
        for flow in flows:
            (proto, port, _), _ = flow[0]
            port = {8443: 443, 8123: 80}.get(port, port)
            kind = Kind(proto, port, [message for _, message in flow], record)
            found.append((max(1, weight * 100 // len(flows)), kind))
    return found


def datagrams(name: str) -> list[Kind]:
    """The UDP conversations of a capture."""
    return [Kind(f[0][0][0], f[0][0][1], [m for _, m in f], b"") for f in conversations(VECTORS / name)]


def packet(ends: tuple[int, int, int, int], proto: int, header: bytes, payload: bytes) -> bytes:
    """One Ethernet frame."""
    source, destination = ends[0], ends[2]
    total = 20 + len(header) + len(payload)
    return ETHERNET + IP.pack(0x45, 0, total, 0, 0x4000, 64, proto, 0, source, destination) + header + payload


def segment(ends: tuple[int, int, int, int], flags: int, numbers: list[int], payload: bytes) -> bytes:
    """One TCP segment with time stamps; ``numbers`` is [seq, ack]."""
    options = SYN_OPTIONS if flags & 2 else TIMESTAMPS
    header = TCP.pack(ends[1], ends[3], numbers[0], numbers[1] if flags & 16 else 0, (20 + len(options)) * 4,
                      flags, 501, 0, 0)  # fmt: skip
    return packet(ends, 6, header + options, payload)


def tcp(kind: Kind, ends: tuple[int, int, int, int], body: list[Message], start: int) -> Iterator[bytes]:
    """A whole connection: handshake, messages in segments with acknowledgements, closing."""
    sides = (ends, (ends[2], ends[3], ends[0], ends[1]))
    sequence = [start, start * 7 & 0xFFFFFFFF]

    def emit(side: int, flags: int, payload: bytes = b"") -> bytes:
        frame = segment(sides[side], flags, [sequence[side], sequence[1 - side]], payload)
        sequence[side] = sequence[side] + len(payload) + bool(flags & 3) & 0xFFFFFFFF
        return frame

    yield emit(0, 2)
    yield emit(1, 18)
    yield emit(0, 16)
    unacked = 0
    for side, data in [*kind.messages, *body]:
        for at in range(0, len(data), MSS):
            yield emit(side, 24 if at + MSS >= len(data) else 16, data[at : at + MSS])
            unacked += 1
            if unacked == 2:
                unacked = 0
                yield emit(1 - side, 16)
    yield emit(0, 17)
    yield emit(1, 17)
    yield emit(0, 16)


def renamed(kind: Kind, name: bytes) -> Kind:
    """The same conversation with a server of another name (of the same length)."""
    return kind._replace(messages=[(side, data.replace(NAME, name)) for side, data in kind.messages])


def body_of(kind: Kind, dice: random.Random, noise: bytes) -> list[Message]:
    """What is added to a conversation: TLS records with noise; nothing for others."""
    if not kind.record:
        return []
    size = dice.randrange(2_000, 34_000)
    at = dice.randrange(len(noise) - 16_384)
    return [
        (
            1,
            kind.record
            + struct.pack(">H", min(16_384, size - done))
            + noise[at : at + min(16_384, size - done)],
        )
        for done in range(0, size, 16_384)
    ]


def wave(dice: random.Random, base: int, kinds: list[Kind], noise: bytes) -> Iterator[tuple[int, bytes]]:
    """Some hundreds of conversations at once, frames in order of time (ns)."""
    frames: list[tuple[int, int, bytes]] = []
    for number, kind in enumerate(kinds):
        ends = (0x0A000000 + dice.randrange(1 << 16), dice.randrange(32768, 61000),
                0xC6120000 + dice.randrange(1 << 12), kind.port)  # fmt: skip
        name = b"%c%c%c.example.com" % tuple(dice.choices(b"abcdefghijklmnopqrstuvwxyz", k=3))
        own = renamed(kind, name)
        time = base + dice.randrange(1_000_000_000)
        if kind.proto == 6:
            sequence = tcp(own, ends, body_of(kind, dice, noise), dice.randrange(1 << 32))
        else:
            back = (ends[2], ends[3], ends[0], ends[1])
            sequence = (
                packet(way, 17, UDP.pack(way[1], way[3], 8 + len(data), 0), data)
                for side, data in own.messages
                for way in ((ends, back)[side],)
            )
        for frame in sequence:
            frames.append((time, number, frame))
            time += dice.randrange(20_000, 2_000_000)
    frames.sort(key=lambda item: item[:2])
    for time, _, frame in frames:
        yield time, frame


def make(path: Path, *, flows: int = 62_000, seed: int = 20260101) -> tuple[int, int]:
    """Write the capture; returns packets and TCP flows. Nanosecond pcap, little endian."""
    dice = random.Random(seed)
    noise = dice.randbytes(1 << 20)
    weights, kinds = zip(*templates(), strict=True)
    questions, quic = datagrams("dns/udp.pcap"), datagrams("quic/version1.pcap")
    packets, base = 0, 1_767_225_600_000_000_000
    partial = path.with_suffix(".partial")
    with partial.open("wb", buffering=1 << 22) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        for _ in range(0, flows, WAVE):
            chosen = dice.choices(kinds, weights, k=WAVE)
            chosen += dice.choices(questions, k=WAVE // 4) + dice.choices(quic, k=WAVE // 50)
            for time, frame in wave(dice, base, chosen, noise):
                file.write(struct.pack("<IIII", *divmod(time, 1_000_000_000), len(frame), len(frame)) + frame)
                packets += 1
            base = time + 1_000_000
    partial.rename(path)
    return packets, flows


def capture() -> Path:
    """The capture of the offline benchmark, made if it is not there yet."""
    DATA.mkdir(exist_ok=True)
    path = DATA / "offline.pcap"
    if not path.exists():
        packets, flows = make(path)
        print(f"made {path}: {packets} packets, {flows} TCP flows, {path.stat().st_size >> 20} MiB")
    return path


if __name__ == "__main__":
    print(capture())
