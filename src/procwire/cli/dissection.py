"""The layers of one frame with the bytes that each stands in: what a hex view lights. Pure.

The decoder has said which layers there are; here only their lengths are read. Where a length cannot be told
the layer reaches to what is known behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Layer = tuple[str, int, int, tuple[tuple[str, str], ...]]

ETHERNET, VLAN, UDP, IP6 = 14, 4, 8, 40
FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")


def _word(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _address(data: bytes) -> str:
    from ipaddress import ip_address

    return str(ip_address(data)) if len(data) in (4, 16) else ""


def _mac(data: bytes) -> str:
    return data.hex(":")


def _ethernet(data: bytes) -> tuple[int, dict[str, str]]:
    return ETHERNET, {"dst": _mac(data[:6]), "src": _mac(data[6:12]), "type": f"0x{_word(data, 12):04x}"}


def _vlan(data: bytes) -> tuple[int, dict[str, str]]:
    return VLAN, {"id": str(_word(data, 0) & 0xFFF), "type": f"0x{_word(data, 2):04x}"}


def _ip(data: bytes) -> tuple[int, dict[str, str]]:
    return (data[0] & 15) * 4, {
        "src": _address(data[12:16]), "dst": _address(data[16:20]), "ttl": str(data[8]),
        "proto": str(data[9]),
        "length": str(_word(data, 2)), "id": str(_word(data, 4)),
    }  # fmt: skip


def _ip6(data: bytes) -> tuple[int, dict[str, str]]:
    return IP6, {
        "src": _address(data[8:24]), "dst": _address(data[24:40]), "hops": str(data[7]), "next": str(data[6]),
        "length": str(_word(data, 4)),
    }  # fmt: skip


def _tcp(data: bytes) -> tuple[int, dict[str, str]]:
    flags = ",".join(name for bit, name in enumerate(FLAGS) if data[13] >> bit & 1)
    return (data[12] >> 4) * 4, {
        "src_port": str(_word(data, 0)), "dst_port": str(_word(data, 2)), "seq": str(_word(data, 4, 4)),
        "ack": str(_word(data, 8, 4)), "flags": flags, "window": str(_word(data, 14)),
    }  # fmt: skip


def _udp(data: bytes) -> tuple[int, dict[str, str]]:
    ports = {"src_port": str(_word(data, 0)), "dst_port": str(_word(data, 2))}
    return UDP, ports | {"length": str(_word(data, 4))}


READERS: Mapping[str, tuple[int, Callable[[bytes], tuple[int, dict[str, str]]]]] = {
    "eth": (ETHERNET, _ethernet),
    "vlan": (VLAN, _vlan),
    "ip": (20, _ip),
    "ip6": (IP6, _ip6),
    "tcp": (20, _tcp),
    "udp": (UDP, _udp),
}


def layers_of(data: bytes, chain: str, payload: int) -> tuple[Layer, ...]:
    """Layers of a frame. ``chain``: as the decoder names them; ``payload``: where it found the payload."""
    found: list[Layer] = []
    at = 0
    for word in chain.split(".") if chain else ():
        name = word.partition(":")[0]
        need, read = READERS.get(name, (0, None))
        rest = data[at:]
        if read is None or len(rest) < need:
            found.append((word, at, max(at, payload), ()))
            at = max(at, payload)
            continue
        size, fields = read(rest)
        end = min(len(data), at + max(size, need))
        found.append((word, at, end, tuple(fields.items())))
        at = end
    if payload < len(data) and at <= len(data):
        start = max(at, payload) if payload else at
        if start < len(data):
            found.append(("payload", start, len(data), (("bytes", str(len(data) - start)),)))
    return tuple(found)
