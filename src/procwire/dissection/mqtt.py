"""MQTT 3.1.1 and 5.0: fixed headers, and the fields of CONNECT, CONNACK, PUBLISH and SUBSCRIBE."""

from __future__ import annotations

from functools import partial

from procwire.dissection.outline import Outline, ShortError, hexed, quoted, sized

PORTS = frozenset({1883})
KINDS = {1: "connect", 2: "connack", 3: "publish", 4: "puback", 5: "pubrec", 6: "pubrel", 7: "pubcomp",
         8: "subscribe", 9: "suback", 10: "unsubscribe", 11: "unsuback", 12: "pingreq", 13: "pingresp",
         14: "disconnect", 15: "auth"}  # fmt: skip
CONNECT, CONNACK, PUBLISH, SUBSCRIBE = 1, 2, 3, 8
MAX_LENGTH_BYTES = 4  # of the remaining length, section 2.2.3
LEVELS = {3: "3.1", 4: "3.1.1", 5: "5.0"}
FLAGS = ((0x80, "user name"), (0x40, "password"), (0x20, "will retained"), (0x04, "will"), (0x02, "clean"))


def fits(data: bytes, ports: tuple[int, int]) -> bool:
    """CONNECT by its protocol's name; all else on its port, where the length ends with the segment."""
    name = data[2:14]
    if data[:1] == b"\x10" and (b"\0\4MQTT" in name or b"\0\6MQIsdp" in name):
        return True
    if not PORTS.intersection(ports) or len(data) < 2 or data[0] >> 4 not in KINDS:
        return False
    try:
        Outline(data, 1, len(data)).take("rest", _length(data, 1)[0])
    except ShortError:
        return False
    return True


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The remaining length, and where it ends. Raises ShortError."""
    value = 0
    for place in range(MAX_LENGTH_BYTES):
        if at + place >= len(data):
            raise ShortError("remaining length: it is cut")
        value |= (data[at + place] & 127) << 7 * place
        if not data[at + place] & 128:
            return value, at + place + 1
    raise ShortError("remaining length: more than four bytes")


def read(outline: Outline) -> str:
    """Packet after packet."""
    said = []
    while outline.left > 0:
        size, behind = _length(outline.data[: outline.end], outline.at + 1)
        first = outline.data[outline.at]
        name = KINDS.get(first >> 4, f"packet {first >> 4}")
        said.append(name)
        with outline.within("packet", behind - outline.at + size, name) as place:
            outline.number("type and flags", 1, partial(_kind, name))
            outline.note("remaining length", outline.at, behind, str(size))
            outline.at = behind
            words = _body(outline, first)
            if words:
                said[-1] = f"{name} {words}"
                outline.renote(place, said[-1])
    return ", ".join(said[:4])


def _kind(name: str, number: int) -> str:
    return f"0x{number:02x} {name}"


def _body(outline: Outline, first: int) -> str:
    kind = first >> 4
    words = ""
    if kind == CONNECT:
        outline.counted("protocol", 2, quoted)
        level = outline.number("level", 1, LEVELS)
        outline.number("flags", 1, lambda n: ", ".join(name for bit, name in FLAGS if n & bit) or "none")
        outline.number("keep alive", 2, lambda n: f"{n} s")
        if level == 5:
            outline.counted("properties", 1, hexed)
        words = quoted(outline.counted("client id", 2, quoted))
        outline.rest("will, user name and password", sized)
    elif kind == CONNACK:
        outline.number("session present", 1)
        outline.number("code", 1)
    elif kind == PUBLISH:
        words = quoted(outline.counted("topic", 2, quoted))
        if first & 6:
            outline.number("id", 2)
    elif kind == SUBSCRIBE:
        words = _wished(outline)
    outline.rest("rest" if kind != PUBLISH else "message", hexed)
    return words


def _wished(outline: Outline) -> str:
    """Topics, each with how it is to be delivered; properties stand before them from version 5.0 on."""
    outline.number("id", 2)
    if not _fills(outline.data, outline.at, outline.end):
        outline.counted("properties", 1, hexed)
    names = []
    while outline.left > 0:
        names.append(quoted(outline.counted("topic", 2, quoted)))
        outline.number("options", 1, lambda n: f"0x{n:02x}")
    return ",".join(names)


def _fills(data: bytes, at: int, end: int) -> bool:
    """Whether topics with their options, and nothing else, stand there."""
    while at + 3 <= end:
        size = int.from_bytes(data[at : at + 2], "big")
        at += 3 + size
        if not size or at > end or data[at - 1] > 2:
            return False
    return at == end
