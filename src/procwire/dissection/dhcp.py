"""DHCP: the head of BOOTP and each option (RFC 2131 section 2, RFC 2132)."""

from __future__ import annotations

from procwire.dissection._dhcp_names import ADDRESSES, MESSAGES, OPTIONS, SECONDS, TEXTS
from procwire.dissection.outline import Outline, addressed, hardware, hexed, quoted, sized

COOKIE = b"\x63\x82\x53\x63"
OPTIONS_AT = 240
MESSAGE = 53
PARAMETERS = 55


def fits(data: bytes, ports: tuple[int, int]) -> bool:  # noqa: ARG001
    """Asked or answered, and the cookie."""
    return data[:1] in (b"\1", b"\2") and data[OPTIONS_AT - 4 : OPTIONS_AT] == COOKIE


def read(outline: Outline) -> str:
    """The head, then options to the last."""
    outline.number("operation", 1, {1: "request", 2: "reply"})
    outline.number("hardware type", 1, {1: "ethernet"})
    size = min(16, outline.number("hardware size", 1))
    outline.number("hops", 1)
    ident = outline.number("transaction", 4, lambda n: f"0x{n:08x}")
    outline.number("seconds", 2)
    outline.number("flags", 2, lambda n: f"0x{n:04x}{' broadcast' if n & 0x8000 else ''}")
    for name in ("client address", "your address", "next server", "relay"):
        outline.octets(name, 4, addressed)
    client = hardware(outline.octets("client hardware", 16, lambda data: hardware(data[:size]))[:size])
    outline.octets("server name", 64, lambda data: quoted(data.partition(b"\0")[0]))
    outline.octets("boot file", 128, lambda data: quoted(data.partition(b"\0")[0]))
    outline.octets("cookie", 4)
    kind = _options(outline)
    outline.rest("padding", sized)
    return f"{kind}  0x{ident:08x}  {client}"


def _options(outline: Outline) -> str:
    kind = "bootp"
    while outline.left > 0:
        start = outline.at
        option = outline.take("option", 1)[0]
        if option == 0:
            outline.note("pad", start, outline.at)
            continue
        if option == 255:
            outline.note("end", start, outline.at)
            return kind
        name = OPTIONS.get(option, f"option {option}")
        value = outline.take(name, outline.take(f"{name} length", 1)[0])
        outline.note(name, start, outline.at, written(option, value))
        if option == MESSAGE and value:
            kind = MESSAGES.get(value[0], f"message {value[0]}")
    return kind


def written(option: int, data: bytes) -> str:
    """An option's value as text."""
    if option in ADDRESSES and len(data) % 4 == 0:
        return ", ".join(addressed(data[at : at + 4]) for at in range(0, len(data), 4))
    if option in SECONDS and len(data) == 4:
        return f"{int.from_bytes(data, 'big')} s"
    if option in TEXTS:
        return quoted(data.rstrip(b"\0"))
    if option == MESSAGE and len(data) == 1:
        return f"{data[0]} {MESSAGES.get(data[0], '')}".strip()
    if option == PARAMETERS:
        return ", ".join(OPTIONS.get(each, str(each)) for each in data)
    return hexed(data)
