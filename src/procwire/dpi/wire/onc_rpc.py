"""ONC RPC messages (RFC 5531): calls and replies, whose program they are for, who calls.

Reads the heads alone; arguments and results are left to their programs. Over TCP a message stands behind
record marks (section 11), of which the first fragment is read.
"""

from __future__ import annotations

import msgspec

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.wire._onc_names import FLAVORS
from procwire.dpi.wire.text import plain

CALL, REPLY = 0, 1
RPC_VERSION = 2
MAX_RECORD = 1 << 25  # of one fragment; what is longer is taken for something else
MAX_AUTH = 400  # section 8.2
MAX_PROGRAM = 0x60000000  # section 13.1: what is above is reserved
MAX_VERSION, MAX_PROCEDURE = 16, 64
NOT_ENOUGH = "message ends early"


class Head(msgspec.Struct, kw_only=True):
    """``at`` is where arguments or results begin. A reply has only ``ident`` and ``status``."""

    ident: int
    call: bool
    program: int = 0
    version: int = 0
    procedure: int = 0
    flavor: str = ""
    machine: str = ""
    uid: int | None = None
    gid: int | None = None
    status: str = ""
    at: int = 0


_BEGINNINGS = (b"\0\0\0\0\2", b"\1\0\0\0\0", b"\1\0\0\0\1")
_ACCEPTED = ("ok", "program-unavailable", "version-mismatch", "procedure-unavailable", "garbage-arguments",
             "system-error")  # fmt: skip
_DENIED = {0: "rpc-version-mismatch", 1: "authentication-error"}


def number(data: bytes | bytearray, at: int) -> int:
    """32 bits at an offset. Raises ProtocolError."""
    if at + 4 > len(data):
        raise ProtocolError(NOT_ENOUGH)
    return int.from_bytes(data[at : at + 4], "big")


def opaque(data: bytes | bytearray, at: int, limit: int) -> tuple[bytes, int]:
    """Counted bytes and the offset behind their padding (RFC 4506 section 4.10). Raises ProtocolError."""
    size = number(data, at)
    if size > limit:
        raise ProtocolError("too long")
    if at + 4 + size > len(data):
        raise ProtocolError(NOT_ENOUGH)
    return bytes(data[at + 4 : at + 4 + size]), at + 4 + size + -size % 4


def head(data: bytes | bytearray) -> Head:
    """The head of a message. Raises ProtocolError, with NOT_ENOUGH where it may only be cut."""
    ident, kind = number(data, 0), number(data, 4)
    if kind == REPLY:
        return _reply(data, ident)
    if kind != CALL or number(data, 8) != RPC_VERSION:
        raise ProtocolError("neither call nor reply")
    found = Head(ident=ident, call=True, program=number(data, 12), version=number(data, 16))
    found.procedure = number(data, 20)
    if found.program >= MAX_PROGRAM or found.version > MAX_VERSION or found.procedure > MAX_PROCEDURE:
        raise ProtocolError("program or procedure makes no sense")
    flavor = number(data, 24)
    if flavor not in FLAVORS:
        raise ProtocolError("unknown kind of credentials")
    credentials, at = opaque(data, 28, MAX_AUTH)
    if number(data, at) not in FLAVORS:
        raise ProtocolError("unknown kind of verifier")
    _, found.at = opaque(data, at + 4, MAX_AUTH)
    found.flavor = FLAVORS[flavor]
    if flavor == 1:
        _system(found, credentials)
    return found


def _system(found: Head, credentials: bytes) -> None:
    """Section 8.2 and appendix A: stamp, machine, user, group."""
    try:
        machine, at = opaque(credentials, 4, 255)
        found.machine = plain(machine)
        found.uid, found.gid = number(credentials, at), number(credentials, at + 4)
    except ProtocolError:
        return


def _reply(data: bytes | bytearray, ident: int) -> Head:
    state = number(data, 8)
    if state == 1:
        code = number(data, 12)
        if code not in _DENIED:
            raise ProtocolError("neither accepted nor denied")
        return Head(ident=ident, call=False, status=_DENIED[code], at=len(data))
    if state or number(data, 12) not in FLAVORS:
        raise ProtocolError("neither accepted nor denied")
    _, at = opaque(data, 16, MAX_AUTH)
    code = number(data, at)
    if code >= len(_ACCEPTED):
        raise ProtocolError("unknown state")
    return Head(ident=ident, call=False, status=_ACCEPTED[code], at=at + 4)


def measure(data: bytes | bytearray) -> int:
    """Length of a fragment behind its mark (section 11), judged by the head where it is there."""
    if len(data) < 4:
        return 0
    size = int.from_bytes(data[:4], "big") & 0x7FFFFFFF
    if not 20 <= size <= MAX_RECORD:
        raise ProtocolError("length makes no sense")
    if len(data) < 16:
        return 0
    kind = number(data, 8)
    behind = number(data, 12)
    if kind > REPLY or (behind != RPC_VERSION if kind == CALL else behind > 1):
        raise ProtocolError("neither call nor reply")
    return 4 + size


def _may_be(kind: bytes) -> bool:
    """A call says its version next, a reply whether it is accepted; of less than both nothing is known."""
    return len(kind) < 8 or kind[3:] in _BEGINNINGS


def judged(data: bytes, transport: str, programs: frozenset[int] | None, others: frozenset[int]) -> Claim:
    """Claim of a module that serves ``programs`` (None: all but ``others``). A reply names none."""
    at = 8 if transport == "tcp" else 4
    if data[at : at + 3] != b"\0\0\0"[: len(data[at : at + 3])] or not _may_be(data[at : at + 8]):
        return Claim.NO  # neither call nor reply: nearly all there is
    try:
        if transport == "tcp":
            if not measure(data):
                return Claim.MORE
            data = data[4:]
        found = head(data)
    except ProtocolError as error:
        return Claim.MORE if transport == "tcp" and str(error) == NOT_ENOUGH and len(data) < 900 else Claim.NO
    if not found.call:
        # A reply alone: five numbers that fit, of 20 bytes; whose it is cannot be known.
        return Claim.YES if programs is None else Claim.NO
    mine = found.program in programs if programs is not None else found.program not in others
    return Claim.YES if mine else Claim.NO
