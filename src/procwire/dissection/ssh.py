"""SSH: the banner, and packets that are not encrypted yet (RFC 4253 sections 4.2, 6 and 7.1)."""

from __future__ import annotations

from procwire.dissection.http import line_end
from procwire.dissection.outline import Outline, quoted, sized

PORT = 22
MESSAGES = {20: "key exchange init", 21: "new keys", 30: "key exchange", 31: "key exchange reply",
            32: "group", 33: "group exchange reply", 34: "group request"}  # fmt: skip
INIT = 20
LISTS = ("key exchange", "host key", "encryption out", "encryption in", "mac out", "mac in",
         "compression out", "compression in", "languages out", "languages in")  # fmt: skip
MAX_PACKET_BYTES = 35_000  # RFC 4253 section 6.1


def fits(data: bytes, ports: tuple[int, int]) -> bool:
    """A banner anywhere; on its port, a packet that is in clear by its length, padding and message."""
    return data.startswith((b"SSH-2.0-", b"SSH-1.")) or (PORT in ports and _in_clear(data))


def _in_clear(data: bytes) -> bool:
    if len(data) < 6 or data[5] not in MESSAGES:
        return False
    size = int.from_bytes(data[:4], "big")
    return 4 <= data[4] < size <= MAX_PACKET_BYTES and (size + 4) % 8 == 0


def read(outline: Outline) -> str:
    """A banner, then packets as long as they are in clear."""
    said = []
    if outline.data[outline.at : outline.at + 4] == b"SSH-":
        text, behind = line_end(outline)
        said.append(quoted(outline.data[outline.at : text]))
        outline.note("banner", outline.at, text, said[0])
        if text == behind:
            outline.missing = "the banner: its line does not end in this packet"
        outline.at = behind
    while outline.left > 0 and _in_clear(outline.data[outline.at : min(outline.end, outline.at + 6)]):
        size, padding, kind = _head(outline)
        name = MESSAGES[kind]
        said.append(name)
        with outline.within("packet", size + 4, name):
            outline.number("length", 4)
            outline.number("padding length", 1)
            outline.number("message", 1, MESSAGES)
            if kind == INIT:
                _init(outline)
            outline.octets("body", max(0, outline.left - padding), sized) if outline.left > padding else None
            outline.rest("padding", sized)
    return ", ".join(said)


def _head(outline: Outline) -> tuple[int, int, int]:
    at = outline.at
    return int.from_bytes(outline.data[at : at + 4], "big"), outline.data[at + 4], outline.data[at + 5]


def _init(outline: Outline) -> None:
    """What each side is able to do."""
    outline.octets("cookie", 16)
    for name in LISTS:
        outline.counted(name, 4, quoted)
    outline.number("first packet follows", 1)
    outline.octets("reserved", 4)
