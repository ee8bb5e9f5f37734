"""The blocks of pcapng that are not packets (draft-ietf-opsawg-pcapng section 4), and their options.

Interfaces, names, statistics, secrets and comments are kept within stated bounds; what does not fit is
counted. Refuses to trust a length: an option or record that does not fit ends its list.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from procwire.capture.source import Interface

MAX_TIME = 9_000_000_000_000_000_000  # ns, in the year 2255: room to add durations to it without overflow
MAX_NAMES = 100_000  # addresses
MAX_NAMES_EACH = 16
MAX_COMMENT_CHARACTERS = 4 << 20  # in all comments together
MAX_SECRET_BYTES = 16 << 20  # in all secrets together
MAX_TEXT = 255  # characters kept of an interface's name, description, filter and system

SECTION = 0x0A0D0D0A
INTERFACE = 1
NAMES = 4
STATISTICS = 5
PACKET = 6
SECRETS = 10

COMMENT = 1  # an option of every block
Order = Literal["little", "big"]


def options(body: bytes, at: int, order: Order) -> Iterator[tuple[int, bytes]]:
    """Each option from ``at`` to the end of ``body`` as (code, value)."""
    while at + 4 <= len(body):
        code = int.from_bytes(body[at : at + 2], order)
        size = int.from_bytes(body[at + 2 : at + 4], order)
        if code == 0 or at + 4 + size > len(body):
            return
        yield code, body[at + 4 : at + 4 + size]
        at += 4 + (size + 3 & ~3)


def text_of(value: bytes, limit: int = MAX_TEXT) -> str:
    """An option's UTF-8 text, cut to ``limit`` characters, without control characters."""
    text = value[: 4 * limit].decode("utf-8", "replace").rstrip("\0")[:limit]
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


class Lore(msgspec.Struct, kw_only=True):
    """What a file says beside its packets, within bounds.

    names      address -> the names its Name Resolution Blocks gave it
    secrets    (type, bytes) of each Decryption Secrets Block, in order
    comments   (frame number from 1, text); frame number 0 is about a section, interface or block
    """

    names: dict[str, list[str]] = {}
    secrets: list[tuple[int, bytes]] = []
    comments: list[tuple[int, str]] = []
    unkept: int = 0
    _secret_bytes: int = 0
    _comment_characters: int = 0

    def name(self, address: str, name: str) -> None:
        """Learn one name of one address."""
        known = self.names.get(address)
        if known is None:
            if len(self.names) >= MAX_NAMES:
                self.unkept += 1
                return
            known = self.names[address] = []
        if name in known:
            return
        if len(known) >= MAX_NAMES_EACH:
            self.unkept += 1
            return
        known.append(name)

    def secret(self, kind: int, data: bytes) -> None:
        """Keep the secrets of one block."""
        if self._secret_bytes + len(data) + 64 > MAX_SECRET_BYTES:
            self.unkept += 1
            return
        self._secret_bytes += len(data) + 64
        self.secrets.append((kind, data))

    def comment(self, frame: int, value: bytes) -> None:
        """Keep a comment, whole or not at all."""
        text = text_of(value, 0xFFFF)
        if self._comment_characters + len(text) + 64 > MAX_COMMENT_CHARACTERS:
            self.unkept += 1
            return
        self._comment_characters += len(text) + 64
        self.comments.append((frame, text))


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How an interface's 64-bit times become ns since 1970.

    ``shift`` >= 0: units of 2^-shift seconds. Else ``multiply`` > 0: units of that many ns. Else ``divide``
    units make one ns; 0 stands for units too small to ever make one.
    """

    multiply: int = 1000
    divide: int = 0
    shift: int = -1
    offset: int = 0  # ns to add


def clock(resolution: int, offset_seconds: int) -> Clock:
    """From if_tsresol (section 4.2: the high bit chooses powers of 2) and if_tsoffset."""
    offset = max(-MAX_TIME, min(MAX_TIME, offset_seconds * 1_000_000_000))
    power = resolution & 0x7F
    if resolution & 0x80:
        if power < 64:
            return Clock(shift=power, multiply=0, offset=offset)
        return Clock(multiply=0, offset=offset)
    if power <= 9:
        return Clock(multiply=10 ** (9 - power), offset=offset)
    return Clock(multiply=0, divide=10 ** (power - 9) if power <= 28 else 0, offset=offset)


_TEXTS = {2: "name", 3: "description", 11: "filter", 12: "os"}


def interface(body: bytes, order: Order) -> tuple[Interface, Clock]:
    """An Interface Description Block's content, without the block header. Raises struct.error if short."""
    link, _, snaplen = struct.unpack_from("<HHI" if order == "little" else ">HHI", body)
    found = Interface(link=link, snaplen=snaplen, resolution=6)
    offset = 0
    for code, value in options(body, 8, order):
        if code in _TEXTS:
            # The first byte of if_filter says what kind: 0 is a string (section 4.2).
            if code == 11:
                value = value[1:] if value[:1] == b"\0" else b"(not text)"
            setattr(found, _TEXTS[code], text_of(value))
        elif code == 9 and value:
            found.resolution = value[0]
        elif code == 14 and len(value) == 8:
            offset = int.from_bytes(value, order, signed=True)
    return found, clock(found.resolution, offset)


def names(body: bytes, order: Order) -> Iterator[tuple[str, str]]:
    """(address, name) for each record of a Name Resolution Block (section 4.5)."""
    for kind, value in options(body, 0, order):
        width = {1: 4, 2: 16, 3: 6, 4: 8}.get(kind, 0)
        if width == 0 or len(value) <= width:
            continue
        raw = value[:width]
        address = str(ipaddress.ip_address(raw)) if kind < 3 else raw.hex(":")
        for name in value[width:].split(b"\0"):
            if name:
                yield address, text_of(name)


def end_of_names(body: bytes, order: Order) -> int:
    """Where the options of a Name Resolution Block start."""
    at = 0
    while at + 4 <= len(body):
        kind = int.from_bytes(body[at : at + 2], order)
        at += 4 + (int.from_bytes(body[at + 2 : at + 4], order) + 3 & ~3)
        if kind == 0:
            break
    return at


def drops(body: bytes, order: Order) -> tuple[int, int | None]:
    """(interface, frames dropped so far) of an Interface Statistics Block; None where it does not say.

    isb_ifdrop (5) is what the interface lost, isb_osdrop (7) what the system lost after it (section 4.6).
    """
    number = int.from_bytes(body[:4], order)
    found = [
        int.from_bytes(value, order)
        for code, value in options(body, 12, order)
        if code in {5, 7} and len(value) == 8
    ]
    return number, sum(found) if found else None
