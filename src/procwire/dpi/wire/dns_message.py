# cython: language_level=3
"""A DNS message (RFC 1035 section 4): header, names, questions, records. Nothing is interpreted here.

Names are lower case without the final dot; odd bytes are escaped as ``\\.``, ``\\\\`` and ``\\DDD`` (RFC 1035
section 5.1). Compression pointers must point backwards, so no loop is possible. A message that ends early
or breaks off yields what stands before that, and ``cut``. Refuses what is no DNS message: MessageError.
"""

from __future__ import annotations

import re
from typing import Any

import cython

from procwire.model.patterns import lazy

HEADER_BYTES = 12
MAX_NAME = 255  # bytes on the wire, RFC 1035 section 2.3.4
MAX_RECORDS = 512  # kept of one message; more are counted in ``left_out``

_ODD = lazy(rb"[^0-9a-z_\-*/]")


class MessageError(Exception):
    """The bytes are not a DNS message."""


@cython.cclass
class Message:
    """``questions`` are (name, type, class); records are (name, type, class, ttl, start, end)."""

    ident: cython.int
    flags: cython.int
    data: bytes
    questions: list[Any]
    answers: list[Any]
    authorities: list[Any]
    additionals: list[Any]
    cut: cython.bint
    left_out: cython.int
    trailing: cython.bint  # bytes follow the last record
    end: cython.Py_ssize_t  # where reading stopped
    _names: dict[int, str]

    def __init__(self, data: bytes) -> None:
        self.ident = self.flags = self.left_out = 0
        self.data = data
        self.questions = []
        self.answers = []
        self.authorities = []
        self.additionals = []
        self.cut = self.trailing = False
        self.end = 0
        self._names = {}

    def name(self, at: int) -> str:
        """The name that starts at an offset. Raises MessageError."""
        return self._name(at)

    def after(self, at: int) -> int:
        """Where the name that starts at an offset ends. Raises MessageError."""
        self._name(at)
        return self.end

    @cython.cfunc
    def _name(self, start: cython.Py_ssize_t) -> str:
        """Sets ``end`` to the offset behind the name."""
        data: bytes = self.data
        size: cython.Py_ssize_t = len(data)
        at: cython.Py_ssize_t = start
        floor: cython.Py_ssize_t = start  # pointers go below this
        behind: cython.Py_ssize_t = -1
        total: cython.Py_ssize_t = 1
        length: cython.Py_ssize_t
        labels: list[bytes] = []
        while True:
            if at >= size:
                raise MessageError("name ends early")
            length = data[at]
            if length == 0:
                break
            if length >= 0xC0:
                if at + 1 >= size:
                    raise MessageError("name ends early")
                length = ((length & 0x3F) << 8) | data[at + 1]
                if behind < 0:
                    behind = at + 2
                if length >= floor:
                    raise MessageError("compression pointer does not point backwards")
                at = floor = length
                continue
            if length > 63:
                raise MessageError("unknown label type")
            total += length + 1
            if total > MAX_NAME or at + 1 + length > size:
                raise MessageError("name too long" if total > MAX_NAME else "name ends early")
            labels.append(_label(data[at + 1 : at + 1 + length]))
            at += 1 + length
        self.end = at + 1 if behind < 0 else behind
        return b".".join(labels).decode("ascii") if labels else "."

    @cython.cfunc
    def _known(self, at: cython.Py_ssize_t) -> str:
        """A record's owner: most are a pointer to a name that was read before."""
        data: bytes = self.data
        if at + 1 < len(data) and data[at] >= 0xC0:
            target: cython.int = (data[at] & 0x3F) << 8 | data[at + 1]
            found = self._names.get(target)
            if found is None:
                found = self._name(at)
                self._names[target] = found
            self.end = at + 2
            return found
        found = self._name(at)
        self._names[at] = found
        return found

    @cython.cfunc
    @cython.exceptval(check=True)
    def _records(self, into: list[Any], count: cython.int) -> cython.bint:
        """Read ``count`` records from ``end`` on; False where the message ends before they do."""
        data: bytes = self.data
        at: cython.Py_ssize_t
        stop: cython.Py_ssize_t
        for number in range(count):
            if len(self.answers) + len(self.authorities) + len(self.additionals) >= MAX_RECORDS:
                self.left_out += count - number
                return False
            try:
                owner = self._known(self.end)
            except MessageError:
                self.cut = True
                return False
            at = self.end
            if at + 10 > len(data):
                self.cut = True
                return False
            kind: cython.int = data[at] << 8 | data[at + 1]
            sort: cython.int = data[at + 2] << 8 | data[at + 3]
            ttl: cython.uint = (
                (cython.cast(cython.uint, data[at + 4]) << 24)
                | (data[at + 5] << 16)
                | (data[at + 6] << 8)
                | data[at + 7]
            )
            stop = at + 10 + (data[at + 8] << 8 | data[at + 9])
            if stop > len(data):
                self.cut = True
                return False
            into.append((owner, kind, sort, ttl, at + 10, stop))
            self.end = stop
        return True


def _label(label: bytes) -> bytes:
    label = label.lower()
    if label.isalnum() or _ODD.search(label) is None:
        return label
    return _ODD.sub(_escaped, label)


def _escaped(found: re.Match[bytes]) -> bytes:
    value = found[0][0]
    if value in b".\\":
        return b"\\" + found[0]
    return found[0] if 0x21 <= value < 0x7F else b"\\%03d" % value


def parse(data: bytes) -> Message:
    """Read a whole message. Raises MessageError where not even its first question can be read."""
    message = Message(data)
    try:
        questions(message)
    except MessageError:
        if not message.questions:
            raise
        message.cut = True
        return message
    more: cython.bint = message._records(message.answers, data[6] << 8 | data[7])
    more = more and message._records(message.authorities, data[8] << 8 | data[9])
    more = more and message._records(message.additionals, data[10] << 8 | data[11])
    message.trailing = more and message.end < len(data)
    return message


def questions(message: Message) -> None:
    """Read header and questions alone. Raises MessageError."""
    data: bytes = message.data
    if len(data) < HEADER_BYTES:
        raise MessageError("shorter than a header")
    message.ident = data[0] << 8 | data[1]
    message.flags = data[2] << 8 | data[3]
    count: cython.int = data[4] << 8 | data[5]
    if count > MAX_RECORDS:
        raise MessageError("too many questions")
    message.end = HEADER_BYTES
    for _ in range(count):
        at = message.end
        name = message._name(at)
        message._names[at] = name
        at = message.end
        if at + 4 > len(data):
            raise MessageError("question ends early")
        message.questions.append((name, data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]))
        message.end = at + 4
