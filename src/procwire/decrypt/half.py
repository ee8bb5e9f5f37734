# cython: language_level=3
"""One direction of a TLS connection: its records and messages, its keys, and what waits for them."""

from __future__ import annotations

from typing import Any

import cython

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.records import Messages, Record
from procwire.decrypt.vault import Secret
from procwire.dpi.wire.tls_record import MAX_RECORD_BYTES

if cython.compiled:
    from cython.cimports.procwire.decrypt.records import RecordStream
else:
    from procwire.decrypt.records import RecordStream

Waiting = tuple[int, int, Record]  # in what order it came, and when
MAX_GUESSES = 256  # sequence numbers tried of a record behind a gap
MAX_FUTILE = 32  # records for which they are, until one opens
AGAIN = 2  # and at least behind each further gap
MAX_PASSED = 1 << 20
MIN_RECORD_BYTES = 22  # a header, a byte and an AEAD's tag


@cython.cclass
class Half:
    """``stage`` names the keys in use; ``secret`` is what a key update derives the next from."""

    stream: RecordStream
    messages: Messages
    backlog: Backlog[Waiting]
    stage: str
    cipher: Any  # ciphers.Cipher, or None
    secret: Secret | None
    number: cython.longlong  # of the next record under these keys
    gapped: cython.bint  # records may have come and gone: numbers behind the next are tried
    lossy: cython.bint  # for the capture has lost bytes
    _missing: cython.longlong  # so many, since a record opened last
    _count: cython.longlong  # records that opened under these keys, and their bytes
    _wire: cython.longlong
    _last: cython.longlong  # and those of the last
    _futile: cython.int  # records for which numbers were tried in vain
    _passed: cython.int  # records that stayed shut since one opened

    def __init__(self, backlog: Backlog[Waiting]) -> None:
        self.stream = RecordStream()
        self.messages = Messages()
        self.backlog = backlog
        self.stage = "clear"
        self.cipher = self.secret = None
        self.number = 0
        self.gapped = self.lossy = False
        self._missing = self._count = self._wire = self._last = 0
        self._futile = self._passed = 0

    @cython.ccall
    def turn(self, stage: str, cipher: Any, secret: Any = None) -> object:
        """Other keys from the next record on."""
        self.stage = stage
        self.cipher = cipher
        self.secret = secret
        self.number = self._count = self._wire = 0
        self.messages.clear()
        return None

    def lose(self, size: int) -> None:
        """``size`` bytes are missing from the stream."""
        before = self.stream.lost
        self.stream.gap()
        self.messages.clear()
        self.gapped = self.lossy = True
        self._missing += size + self.stream.lost - before
        self._futile = min(self._futile, MAX_FUTILE - AGAIN)

    @cython.ccall
    def opened(self, number: cython.longlong, size: cython.Py_ssize_t) -> object:
        """The record of this number did, of so many bytes."""
        self.number = number + 1
        self.gapped = self.lossy = False
        self._missing = self._futile = self._passed = 0
        self._count += 1
        self._wire += size
        self._last = size
        return None

    @cython.ccall
    def stayed_shut(self) -> object:
        """A record did, under every number that was tried."""
        self._passed = min(self._passed + 1, MAX_PASSED)
        self._futile = min(self._futile + self.gapped, MAX_FUTILE)
        return None

    def guesses(self) -> dict[int, None]:
        """Numbers that the next record may have behind a gap: the next ones, and about as many on as records
        of the usual size, or of the last one's, fit into what is missing. None any more when that was tried
        in vain for long, as under a wrong key."""
        found: dict[int, None] = {}
        if not self.gapped or self._futile >= MAX_FUTILE:
            return found
        first = self.number + 1
        found.update(dict.fromkeys(range(first, first + MAX_GUESSES // 2)))
        usual = self._wire // self._count if self._count else MAX_RECORD_BYTES
        for size in (usual, self._last or usual):
            middle = first + self._missing // max(size, MIN_RECORD_BYTES) + self._passed
            least = max(first, middle - MAX_GUESSES // 8)
            found.update(dict.fromkeys(range(least, least + MAX_GUESSES // 4)))
        return found
