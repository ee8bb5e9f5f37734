"""QUIC's long headers (RFC 9000 section 17.2, RFC 9369): what of each packet is in clear."""

from __future__ import annotations

from procwire.dissection.outline import Outline, ShortError, hexed, sized
from procwire.dpi.wire._quic_names import DRAFT, GOOGLE, V1, V2
from procwire.dpi.wire.quic_packet import MAX_ID_BYTES, varint

KINDS = ("initial", "0-rtt", "handshake", "retry")
VERSIONS = {0: "negotiation", V1: "v1", V2: "v2"}
LONG, FIXED = 0x80, 0x40
TAG = 16  # of a retry (RFC 9001 section 5.8)


def _version(number: int) -> str:
    name = VERSIONS.get(number) or (f"draft-{number & 255}" if number & 0xFFFFFF00 == DRAFT else "")
    return f"0x{number:08x} {name}".strip()


def fits(data: bytes, ports: tuple[int, int]) -> bool:  # noqa: ARG001
    """A long header with a version that is known, and connection ids of a size that may be."""
    if len(data) < 7 or not data[0] & LONG:
        return False
    version = int.from_bytes(data[1:5], "big")
    known = version in VERSIONS or version in GOOGLE or version & 0xFFFFFF00 == DRAFT
    if not known or (version and not data[0] & FIXED):
        return False
    if data[5] > MAX_ID_BYTES or 6 + data[5] >= len(data) or data[6 + data[5]] > MAX_ID_BYTES:
        return False
    return bool(version) or (len(data) - 7 - data[5] - data[6 + data[5]]) % 4 == 0


def _kind(first: int, version: int) -> int:
    turned = 3 if version == V2 else 0
    return ((first >> 4) + turned) & 3  # rotated by one (RFC 9369 section 3.2)


def _varint(outline: Outline, name: str) -> int:
    value: int
    value, behind = varint(outline.data[: outline.end], outline.at)
    if value < 0:
        raise ShortError(f"{name}: a number that is cut")
    outline.note(name, outline.at, behind, f"{value:,}")
    outline.at = behind
    return value


def read(outline: Outline) -> str:
    """Packet after packet; one with a short header, or padding, ends it."""
    said = []
    while outline.left > 0 and outline.data[outline.at] & LONG:
        with outline.group("packet") as place:
            words = _packet(outline)
            outline.renote(place, words)
        said.append(words)
    if outline.left > 0:
        padding = not any(outline.data[outline.at : outline.end])
        outline.rest("padding" if padding else "packet with a short header, encrypted", sized)
    return ", ".join(said)


def _packet(outline: Outline) -> str:
    version = int.from_bytes(outline.data[outline.at + 1 : outline.at + 5], "big")
    kind = _kind(outline.data[outline.at], version)
    name = KINDS[kind] if version else "negotiation"
    outline.number("first byte", 1, lambda n: f"0x{n:02x} long header, {name}")
    outline.number("version", 4, _version)
    target = hexed(outline.counted("destination id", 1, hexed))
    outline.counted("source id", 1, hexed)
    if not version:
        while outline.left >= 4:
            outline.number("supported version", 4, _version)
        return "version negotiation"
    if KINDS[kind] == "retry":
        outline.octets("token", max(0, outline.left - TAG), hexed)
        outline.octets("integrity tag", TAG)
        return f"retry {_version(version)}"
    if KINDS[kind] == "initial":
        size = _varint(outline, "token length")
        if size:
            outline.octets("token", size, hexed)
    size = _varint(outline, "length")
    outline.octets("packet number and payload, encrypted", size, sized)
    return f"{KINDS[kind]} {_version(version).partition(' ')[2] or _version(version)} to {target or '-'}"
