# cython: language_level=3
"""Is this a DNS message? Judged by its header and its question alone (RFC 1035 section 4.1).

It recognises; it reads no records.
"""

from __future__ import annotations

import cython

from procwire.dpi.contract import Claim
from procwire.dpi.wire.dns_message import HEADER_BYTES, MessageError, questions
from procwire.dpi.wire.dns_names import TYPES

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.dns_message import Message
else:
    from procwire.dpi.wire.dns_message import Message

_KNOWN_CLASSES = frozenset({1, 3, 4, 254, 255})


def claims_datagram(data: bytes) -> Claim:
    """One whole datagram."""
    return Claim.YES if _plausible(data, len(data)) > 0 else Claim.NO


def claims_stream(data: bytes) -> Claim:
    """The start of a stream: two bytes of length, then a message (RFC 7766 section 8)."""
    size = len(data)
    if size < 2:
        return Claim.MORE
    length = data[0] << 8 | data[1]
    if length < HEADER_BYTES:
        return Claim.NO
    found = _plausible(data[2 : 2 + length], length)
    if found == 0:
        return Claim.NO
    return Claim.YES if found > 0 else Claim.MORE


def _plausible(data: bytes, length: int) -> int:
    """1: a DNS message; 0: none; -1: could be one, of ``length`` bytes, when more of it is seen."""
    size = len(data)
    if length < HEADER_BYTES:
        return 0
    if size >= 4 and not sane_flags(data[2], data[3]):
        return 0
    if size < HEADER_BYTES:
        return -1 if size < length else 0
    if not _sane_counts(data, length):
        return 0
    message = Message(data)
    try:
        questions(message)
    except MessageError as error:
        short = size < length and str(error).endswith("early")
        return -1 if short else 0
    return 1 if all(_sane_question(kind, sort) for _, kind, sort in message.questions) else 0


def sane_flags(high: int, low: int) -> bool:
    """Whether the two bytes of flags can be a message's: opcode, reserved bit, what only answers have."""
    opcode = high >> 3 & 15
    response = high & 0x80
    if opcode not in {0, 2, 4, 5} or low & 0x40:
        return False
    return bool(response) or low & 0x8F == 0  # a query has no rcode and no recursion available


def _sane_counts(data: bytes, length: int) -> bool:
    asked = data[4] << 8 | data[5]
    answers = data[6] << 8 | data[7]
    authorities = data[8] << 8 | data[9]
    additionals = data[10] << 8 | data[11]
    opcode = data[2] >> 3 & 15
    response = data[2] & 0x80
    if asked > 1 or (asked == 0 and not (response and length == HEADER_BYTES) and not (response and answers)):
        return False
    if response or opcode == 5:
        # A server that truncates may leave its counts; with no question to judge by, they have to fit.
        room = max(length, 1024) if asked else length
        return HEADER_BYTES + 11 * (answers + authorities + additionals) <= room
    return answers <= (opcode == 4) and authorities <= 1 and additionals <= 4


def _sane_question(kind: int, sort: int) -> bool:
    return sort in _KNOWN_CLASSES and (kind in TYPES or kind >= 65280)
