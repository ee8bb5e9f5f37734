"""Replies of three digits (RFC 959 section 4.2, RFC 5321 section 4.2), and which protocol greets with them.

SMTP and FTP both begin with ``220``: the words of the greeting tell, then the client's first commands, then
the port of the side that greets.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from procwire.dpi.contract import Claim, ProtocolError
from procwire.model.patterns import lazy

MAX_REPLY_LINES = 256  # of one reply; more are not kept
MAX_SEEN = 4  # lines looked at for a claim

_REPLY = lazy(rb"([1-6][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)
_START = lazy(rb"[1245][0-9]{0,2}\Z|[1245][0-9][0-9](?:[ -]|\r?\Z|\r?\n)")

_DIGITS = b"0123456789"
REPLY_START = {0: b"1245", 1: _DIGITS, 2: _DIGITS, 3: b" -\r\n"}  # see contract.Shape


class Replies:
    """Lines to replies: (code, texts) when the last line of one was pushed."""

    __slots__ = ("_code", "_texts")

    def __init__(self) -> None:
        self._code = 0
        self._texts: list[bytes] = []

    def push(self, line: bytes) -> tuple[int, list[bytes]] | None:
        """Take a line. Raises ProtocolError where it cannot be one of a reply."""
        found = _REPLY.match(line)
        if found is None:
            if self._code:  # RFC 959 section 4.2: FTP's inner lines need no code
                self._keep(line)
                return None
            raise ProtocolError("not a reply")
        code = int(found[1])
        if self._code and code != self._code:
            self._keep(line)
            return None
        self._keep(found[3] or b"")
        if found[2] == b"-":
            self._code = code
            return None
        texts, self._texts, self._code = self._texts, [], 0
        return code, texts

    def forget(self) -> None:
        """Behind a gap."""
        self._code, self._texts = 0, []

    def _keep(self, text: bytes) -> None:
        if len(self._texts) < MAX_REPLY_LINES:
            self._texts.append(text)


def claim_server(data: bytes, ours: re.Pattern[bytes], others: re.Pattern[bytes], at_home: bool) -> Claim:
    """Does a server that greets like this speak the protocol whose greetings and replies match ``ours``?

    ``others``: words of a protocol with the same form. ``at_home``: the flow is on a port of the protocol.
    """
    if not _START.match(data):
        return Claim.NO
    lines = data.split(b"\n")[:-1]
    for line in lines[:MAX_SEEN]:
        if not _REPLY.match(line.rstrip(b"\r")) and line is lines[0]:
            return Claim.NO
        if ours.search(line):
            return Claim.YES
        if others.search(line):
            return Claim.NO
        if at_home:
            return Claim.YES
    return Claim.NO if len(lines) >= MAX_SEEN else Claim.MORE


def claim_client(data: bytes, sure: Collection[bytes], shared: Collection[bytes]) -> Claim:
    """``sure``: commands no other protocol has; ``shared``: those that leave it open."""
    if data and not data[:1].isalpha():
        return Claim.NO
    lines = data.upper().split(b"\n")
    for line in lines[:-1][:MAX_SEEN]:
        word = line.strip(b"\r ").split(b" ", 1)[0]
        if word in sure:
            return Claim.YES
        if word not in shared:
            return Claim.NO
    if len(lines) > MAX_SEEN:
        return Claim.NO
    last = lines[-1].lstrip(b" ")
    word, space, _ = last.partition(b" ")
    whole = word.rstrip(b"\r")
    known = (*sure, *shared)
    if space or whole != word:
        return Claim.MORE if whole in known else Claim.NO
    return Claim.MORE if any(one.startswith(word) for one in known) else Claim.NO
