"""Session descriptions: which media, on which address and port, in which codecs (RFC 8866, RFC 3264)."""

from __future__ import annotations

import re

MAX_MEDIA = 16  # descriptions of media that are read
MAX_LINES = 512

_MEDIA = re.compile(rb"m=([a-z]+) ([0-9]{1,5})(?:/[0-9]+)? ([A-Za-z0-9/]+)((?: [^ ]+)*)\Z")
_MAP = re.compile(rb"a=rtpmap:([0-9]{1,3}) ([A-Za-z0-9.+-]+)/")
STATIC = {0: "PCMU", 3: "GSM", 4: "G723", 5: "DVI4", 6: "DVI4", 7: "LPC", 8: "PCMA", 9: "G722", 10: "L16",
          11: "L16", 12: "QCELP", 13: "CN", 14: "MPA", 15: "G728", 16: "DVI4", 17: "DVI4", 18: "G729",
          25: "CelB", 26: "JPEG", 28: "nv", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263"}  # fmt: skip


def media(body: bytes) -> tuple[str, ...]:
    """``audio 192.0.2.1:5004 RTP/AVP PCMU,opus`` for each description; what cannot be read is left out."""
    session = address = ""
    found: list[list[str]] = []
    for line in body.split(b"\n")[:MAX_LINES]:
        line = line.rstrip(b"\r")
        if line.startswith((b"c=IN IP4 ", b"c=IN IP6 ")):
            address = line[9:80].decode("ascii", "replace").split("/")[0]
            if found:
                found[-1][1] = address
            else:
                session = address
        elif (described := _MEDIA.match(line)) and len(found) < MAX_MEDIA:
            kind, port, how = (described[at].decode() for at in (1, 2, 3))
            codecs = [_codec(one) for one in described[4].split()[:32]]
            found.append([kind, session, port, how, *codecs])
        elif found and (mapped := _MAP.match(line)):
            number, name = mapped[1].decode(), mapped[2].decode()
            found[-1][4:] = [name if codec == number else codec for codec in found[-1][4:]]
    return tuple(_line(one) for one in found)


def _line(described: list[str]) -> str:
    kind, host, port, how, *codecs = described
    at = f"[{host}]" if ":" in host else host
    return f"{kind} {at}:{port} {how} {','.join(dict.fromkeys(codecs))}".strip()


def _codec(raw: bytes) -> str:
    word = raw[:32].decode("ascii", "replace")
    return STATIC.get(int(word), word) if word.isascii() and word.isdigit() and len(word) < 4 else word
