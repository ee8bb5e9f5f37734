# cython: language_level=3
"""One direction of a TLS connection: its records and messages, its keys, and what waits for them."""

from __future__ import annotations

from typing import Any

import cython

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.records import Messages, Record
from procwire.decrypt.vault import Secret

if cython.compiled:
    from cython.cimports.procwire.decrypt.records import RecordStream
else:
    from procwire.decrypt.records import RecordStream


@cython.cclass
class Half:
    """``stage`` names the keys in use; ``secret`` is what a key update derives the next from."""

    stream: RecordStream
    messages: Messages
    backlog: Backlog[Record]
    stage: str
    cipher: Any  # ciphers.Cipher, or None
    secret: Secret | None
    number: cython.longlong  # of the next record under these keys
    gapped: cython.bint

    def __init__(self, backlog: Backlog[Record]) -> None:
        self.stream = RecordStream()
        self.messages = Messages()
        self.backlog = backlog
        self.stage = "clear"
        self.cipher = self.secret = None
        self.number = 0
        self.gapped = False

    @cython.ccall
    def turn(self, stage: str, cipher: Any, secret: Any = None) -> object:
        """Other keys from the next record on."""
        self.stage = stage
        self.cipher = cipher
        self.secret = secret
        self.number = 0
        self.messages.clear()
        return None
