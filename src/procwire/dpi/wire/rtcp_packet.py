"""RTCP's compound packets: reports of senders and receivers, names, farewells (RFC 3550 section 6)."""

from __future__ import annotations

from procwire.dpi.wire.lines import shown

SR, RR, SDES, BYE, APP, RTPFB, PSFB, XR = 200, 201, 202, 203, 204, 205, 206, 207
KINDS = {SR: "sender-report", RR: "receiver-report", SDES: "names", BYE: "bye", APP: "app",
         RTPFB: "transport-feedback", PSFB: "payload-feedback", XR: "extended-report"}  # fmt: skip
MAX_PACKETS = 32  # of one datagram
Part = tuple[int, int, bytes]


def split(data: bytes) -> list[Part] | None:
    """(type, count, body) of each packet, or None where they do not fill the datagram.

    Where the rest is encrypted (SRTCP, RFC 3711 section 3.4), they do not.
    """
    found: list[Part] = []
    at = 0
    while at < len(data) and len(found) < MAX_PACKETS:
        if at + 4 > len(data) or data[at] >> 6 != 2 or data[at + 1] not in KINDS:
            return None
        size = 4 * (1 + (data[at + 2] << 8 | data[at + 3]))
        if at + size > len(data):
            return None
        found.append((data[at + 1], data[at] & 31, data[at + 4 : at + size]))
        at += size
    return found or None


def fits(part: Part) -> bool:
    """Whether a packet has the size that its type and count ask for."""
    kind, count, body = part
    if kind in {SR, RR}:
        return len(body) >= (24 if kind == SR else 4) + 24 * count
    if kind == BYE:
        return len(body) >= 4 * count
    return len(body) >= (4 if count or kind != SDES else 0)


def source(part: Part) -> int:
    """The synchronisation source that a packet speaks for."""
    return int.from_bytes(part[2][:4], "big")


def name(part: Part) -> str:
    """CNAME of a packet of names; empty where it has none first."""
    body = part[2]
    if part[0] != SDES or len(body) < 7 or body[4] != 1:
        return ""
    return shown(body[6 : 6 + body[5]])


def sent(part: Part) -> bytes:
    """The middle of the time in a sender's report, which its receivers quote; empty of others."""
    return part[2][6:10] if part[0] == SR else b""


def quoted(part: Part) -> tuple[bytes, int] | None:
    """(the sender's report that the first block quotes, ns between its arrival and this), if it quotes one.

    RFC 3550 section 6.4.1: LSR and DLSR, the latter in units of 1/65536 seconds.
    """
    kind, count, body = part
    at = 24 if kind == SR else 4
    if kind not in {SR, RR} or not count or len(body) < at + 24 or not any(body[at + 16 : at + 20]):
        return None
    return body[at + 16 : at + 20], int.from_bytes(body[at + 20 : at + 24], "big") * 10**9 >> 16


def report(part: Part) -> tuple[float, int, int] | None:
    """(part lost lately, packets lost in all, jitter in units of its clock) of the first block."""
    kind, count, body = part
    at = 24 if kind == SR else 4
    if kind not in {SR, RR} or not count or len(body) < at + 24:
        return None
    lost = int.from_bytes(body[at + 5 : at + 8], "big", signed=True)
    return body[at + 4] / 256, lost, int.from_bytes(body[at + 12 : at + 16], "big")
