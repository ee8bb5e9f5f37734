"""What a packet in a bundle says beside its bytes: a declared option for programs, a comment for people.

draft-ietf-opsawg-pcapng section 3.5.1: a custom option that may be copied is 2988 with text. It needs a
Private Enterprise Number; 32473 is the one for examples (RFC 5612), which nobody owns, so the text
begins with ``procwire/1``. Each word is name=value, values percent-encoded (RFC 3986).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from procwire.capture.writer import block, option, text_option
from procwire.model.process import Owner

CUSTOM_TEXT = 2988
ENTERPRISE = 32473
MARK = "procwire/1"
MAX_VALUE = 128
MAX_NAMES = 10_000
DECLARED = (
    f"Packets carry a custom option ({CUSTOM_TEXT}, enterprise {ENTERPRISE}) '{MARK} flow=... dir=out|in "
    "pid=... process=... container=...': the flow (flow_id of flows.ndjson), who sent (out: its opener), and "
    "whose it is."
)


def stamp(flow_id: str, *, out: bool, owner: Owner | None) -> bytes:
    """The option for a packet of a flow."""
    words = {"flow": flow_id, "dir": "out" if out else "in"}
    process = owner.process if owner is not None else None
    if process is not None:
        words |= {"pid": str(process.pid), "process": process.name, "container": process.container_name}
    said = " ".join(
        f"{name}={quote(value[:MAX_VALUE], safe='/.:@+')}" for name, value in words.items() if value
    )
    return option(CUSTOM_TEXT, struct.pack("<I", ENTERPRISE) + f"{MARK} {said}".encode())


def stamped(text: str) -> dict[str, str]:
    """The words of such an option; none for another's."""
    mark, _, rest = text.partition(" ")
    if mark != MARK:
        return {}
    return {name: unquote(value) for name, _, value in (word.partition("=") for word in rest.split(" "))}


def remark(words: str) -> bytes:
    """A comment."""
    return text_option(1, words)


def names(known: Mapping[str, Iterable[str]]) -> bytes:
    """A Name Resolution Block; nothing for no names."""
    records = b""
    for text, found in list(known.items())[:MAX_NAMES]:
        address = ipaddress.ip_address(text)
        spelled = b"".join(name.replace("\0", "").encode("utf-8", "replace") + b"\0" for name in found)
        value = address.packed + spelled
        if spelled and len(value) < 0xFFFF:
            records += option(1 if address.version == 4 else 2, value)
    return block(4, records + option(0, b"")) if records else b""
