"""SMB 1, 2 and 3: dialects, logins, shares and files of Windows file sharing ([MS-CIFS], [MS-SMB2]).

Recognised on any port by the framing of four bytes and the magic behind it: 0xFF, 0xFE, 0xFD or 0xFC and
``SMB``. Passwords and their hashes are never kept. Reads and writes are summed up when a file is closed;
once a session is encrypted (0xFD) only that is known. On named pipes of version 2 and 3 the interfaces and
operations called are named.
"""

from __future__ import annotations

from collections.abc import Iterable

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import smb1, smb2
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.smb_records import SmbMessage
from procwire.model.observation import Observation

NAME = "smb"
PORTS = frozenset({("tcp", 445), ("tcp", 139)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\0\x85"

KEEP = 4096  # of one message: names, logins and paths stand within
_MAGIC = b"SMB"
_KINDS = frozenset({0xFF, 0xFE, 0xFD, 0xFC})
_KEEP_ALIVE = b"\x85\0\0\0"  # RFC 1002 section 4.3.6

OBSERVATIONS = (SmbMessage,)


def measure(data: bytes | bytearray) -> int:
    """Length of the message behind its framing ([MS-SMB2] 2.1)."""
    if data[0] == 0x85:
        if data[:4] != _KEEP_ALIVE[: len(data)]:
            raise ProtocolError("not a message")
        return 4 if len(data) >= 4 else 0
    head = data[4:8]
    if data[0] or (head and head[0] not in _KINDS) or head[1:] != _MAGIC[: max(0, len(head) - 1)]:
        raise ProtocolError("not a message")
    size = int.from_bytes(data[1:4], "big")
    if len(data) >= 4 and size < smb1.HEADER_BYTES:
        raise ProtocolError("length makes no sense")
    return 4 + size if len(data) >= 8 else 0


SHAPES = {"tcp": Shape(starts=({0: b"\0", 4: bytes(_KINDS), 5: b"S", 6: b"M", 7: b"B"},))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Framing and magic."""
    if not data:
        return Claim.MORE
    if data[0]:
        return Claim.NO
    try:
        return Claim.YES if measure(data) else Claim.MORE
    except ProtocolError:
        return Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # the name of the server and the dialect come later

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, KEEP)
        self._new = smb2.Conversation()
        self._old = smb1.Conversation()
        for conversation in (self._new, self._old):
            self.paired(conversation.pending)
        self._sealed = False

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if data[0]:
            return
        kind = data[4]
        if kind == 0xFE:
            yield from self._new.read(side, data[4:], now)
        elif kind == 0xFF:
            yield from self._old.read(side, data[4:], now)
        elif kind == 0xFD and not self._sealed:
            self._sealed = True
            yield SmbMessage(time=now, side=side, message="encrypted", version="2")
