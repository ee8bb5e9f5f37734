# cython: language_level=3
"""Key log lines (SSLKEYLOGFILE, draft-ietf-tls-keylogfile): bytes in, secrets by client random out.

``feed`` takes any chunks of one file. Lines that are no key log lines are counted and passed over; a line is
at most MAX_LINE bytes. Secrets stand in a vault; the buffer that lines are put together in is wiped. At
most ``limit`` connections are kept, those that were fed or asked for last; the rest is wiped. Where the file
can be read again, it is remembered where they stand in it; else, and beyond that bound, they are counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import cython

from procwire.decrypt.older import Again, Older, lines_of
from procwire.decrypt.reasons import NO_KEY, NOT_KEPT
from procwire.decrypt.vault import Secret, Vault, VaultError
from procwire.decrypt.wiping import wipe

MAX_LINE = 512  # the longest is SERVER_HANDSHAKE_TRAFFIC_SECRET with 32 and 48 bytes in hex: 193
MAX_CONNECTIONS = 50_000
MAX_HELD_BYTES = 64 << 20  # of records that wait for keys, over all connections
RANDOM_BYTES = 32
TLS_KEY_LOG = 0x544C534B  # a Decryption Secrets Block's type (draft-ietf-opsawg-pcapng section 4.7)

MASTER = "CLIENT_RANDOM"
CLIENT_EARLY, CLIENT_HANDSHAKE, SERVER_HANDSHAKE, CLIENT_TRAFFIC, SERVER_TRAFFIC = (
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
)
LABELS = frozenset({MASTER, CLIENT_EARLY, CLIENT_HANDSHAKE, SERVER_HANDSHAKE, CLIENT_TRAFFIC, SERVER_TRAFFIC})
# Written by clients and of no use for reading records.
OTHERS = frozenset({"EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "ECH_SECRET", "ECH_CONFIG", "RSA"})
# Names under which QUIC stacks write the same secrets.
ALIASES = {f"QUIC_{name}": name for name in LABELS} | {
    "CLIENT_TRAFFIC_SECRET": CLIENT_TRAFFIC,  # as early DTLS 1.3 implementations write it
    "SERVER_TRAFFIC_SECRET": SERVER_TRAFFIC,
}
_LENGTHS = (32, 48, 64)
_NAMES = {name.encode(): ALIASES.get(name, name) for name in (*LABELS, *OTHERS, *ALIASES)}

Secrets = dict[str, Secret]


@cython.cclass
class KeyLog:
    """Secrets of connections. ``generation`` grows whenever a secret was added.

    ``keeping``: secrets are kept when their flow is over, to be written by ``lines_of_used``.
    """

    vault: Any
    generation: cython.longlong
    complete: cython.bint  # set by who reads the file: no more lines will come
    lines: cython.longlong  # of key log kind
    faulty: cython.longlong  # lines that were no key log lines
    evicted: cython.longlong  # connections that had to go and are not found again
    refused: cython.longlong  # secrets for which there was no room
    _held_bytes: cython.longlong
    _blocks: cython.longlong
    _limit: cython.longlong
    _keeping: cython.bint
    _used: dict[bytes, None]  # randoms of connections that were asked for and known, in order
    _known: OrderedDict[bytes, Secrets]
    _flows: dict[bytes, int]  # that are under way, by random
    rest: bytearray  # a line that is to go on
    _overlong: cython.bint
    _again: Any  # reads the file that is fed once more, see older.Again; None where it cannot be
    _older: Any  # Older, once a connection had to go
    _placed: cython.bint  # what is fed is of that file
    _at: cython.longlong  # where in the file ``rest`` begins
    _line_at: cython.longlong  # where the line begins that is read; -1: not in the file
    _places: dict[bytes, int]  # the same of the first line of each known connection

    def __init__(
        self, *, limit: int = MAX_CONNECTIONS, vault: Vault | None = None, keeping: bool = False
    ) -> None:
        self.vault = vault or Vault()
        self.generation = self.lines = self.faulty = self.evicted = self.refused = 0
        self.complete = False
        self._held_bytes = self._blocks = 0
        self._limit = limit
        self._keeping = keeping
        self._used = {}
        self._known = OrderedDict()
        self._flows = {}
        self.rest = bytearray()
        self._overlong = False
        self._again = self._older = None
        self._placed = False
        self._at = 0
        self._line_at = -1
        self._places = {}

    def __len__(self) -> int:
        return len(self._known)

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait for keys now, over all connections."""
        return self._held_bytes

    def hold(self, size: int) -> bool:
        """May so many more bytes wait for keys? The answer yes binds: ``release`` them."""
        if self._held_bytes + size > MAX_HELD_BYTES:
            return False
        self._held_bytes += size
        return True

    def release(self, size: int) -> None:
        """So many bytes wait no longer."""
        self._held_bytes -= size

    def get(self, random: bytes) -> Secrets | None:
        """The secrets of the connection whose ClientHello had this random."""
        found = self._known.get(random)
        if found is None and self._older is not None and random in self._older:
            found = self._found_again(random)
        if found is not None:
            self._known.move_to_end(random)
            if self._keeping:
                self._used[random] = None
        return found

    @cython.ccall
    @cython.exceptval(-1)
    def lacks(self, random: bytes) -> cython.bint:
        """Whether nothing is known of the connection, and nothing will be. b"": its random was not seen."""
        if not self.complete:
            return False
        if self._older is not None:
            return len(random) > 0 and random not in self._known and random not in self._older
        return len(self._known) == 0 or (len(random) > 0 and random not in self._known)

    def read_again_by(self, again: Again) -> None:
        """What is drained from here on can be read once more: connections that have to go are found again."""
        self._again, self._placed = again, True

    @property
    def reads_again(self) -> bool:
        """Whether there are any that only the file has."""
        return self._older is not None

    @cython.ccall
    @cython.exceptval(-1)
    def expects(self) -> cython.bint:
        """Whether there are secrets, or some may come."""
        return not self.complete or len(self._known) > 0 or self._older is not None

    @property
    def absent(self) -> str:
        """Why a connection may have no secrets here: see reasons."""
        return NOT_KEPT if self.evicted else NO_KEY

    def troubles(self) -> list[str]:
        """What of the log did not serve, in words."""
        said = (
            (self.faulty, "lines of the key log are no such lines"),
            (self.evicted, f"connections of the key log gave way to newer ones: {self._limit:,} are kept"),
            (self.refused, "secrets of the key log found no room"),
        )
        return [f"{count:,} {words}" for count, words in said if count]

    @property
    def used(self) -> int:
        """Connections that were asked for and known; counted where secrets are kept."""
        return len(self._used)

    def lines_of_used(self) -> bytearray:
        """Key log lines of the connections that were asked for; the caller's to wipe."""
        text = bytearray()
        for random in self._used:
            for label, secret in self._known.get(random, {}).items():
                text += f"{label} {random.hex()} ".encode()
                for byte in secret.view:
                    text += b"%02x" % byte
                text += b"\n"
        return text

    def feed(self, chunk: bytes | bytearray) -> None:
        """More of the file. The chunk is the caller's to wipe."""
        rest = self.rest
        rest += chunk
        start = 0
        while (end := rest.find(b"\n", start)) >= 0:
            self._line_at = self._at + start if self._placed else -1
            self._line(rest, start, end)
            start = end + 1
        left = len(rest) - start
        if left > MAX_LINE:
            self._overlong = True
            left = 0
        kept = rest[len(rest) - left :] if left else bytearray()
        self._at += len(rest) - left
        wipe(rest)
        self.rest = kept

    def drain(self, chunks: Iterable[memoryview]) -> int:
        """Feed chunks of a buffer and wipe them; returns how many bytes they had."""
        done = 0
        for view in chunks:
            chunk = bytearray(view)
            done += len(chunk)
            self.feed(chunk)
            wipe(chunk)
            wipe(view)
        return done

    def take_blocks(self, found: Sequence[tuple[int, bytes]]) -> None:
        """Decryption Secrets Blocks of a capture, as (type, bytes), all so far: each counts once."""
        placed, self._placed = self._placed, False
        for kind, text in found[self._blocks :]:
            if kind == TLS_KEY_LOG:
                self.feed(text)
                self.end()
        self._blocks = len(found)
        self._placed = placed

    def end(self) -> None:
        """The file ends here: a last line without its newline counts."""
        if self.rest:
            self.feed(b"\n")

    def join(self, random: bytes) -> None:
        """A flow is of this connection. Several may be: before and behind a translator, or a forged one."""
        self._flows[random] = self._flows.get(random, 0) + 1

    def forget(self, random: bytes) -> None:
        """Its flow is over: wipe a connection's secrets, unless another flow is of it too."""
        left = self._flows.pop(random, 1) - 1
        if left > 0:
            self._flows[random] = left
            return
        if self._keeping:
            return
        found = self._known.pop(random, None)
        self._places.pop(random, None)
        for secret in (found or {}).values():
            secret.wipe()

    def close(self) -> None:
        """Wipe all."""
        self._keeping = False
        self._flows.clear()
        for random in list(self._known):
            self.forget(random)
        wipe(self.rest)

    def _line(self, text: bytearray, start: int, end: int) -> None:
        if self._overlong:
            self._overlong = False
            self.faulty += 1
            return
        while end > start and text[end - 1] in b"\r \t":
            end -= 1
        if end == start or text[start] == ord("#"):
            return
        if not self._read(text, start, end):
            self.faulty += 1

    def _read(self, text: bytearray, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> bool:
        """Whether it is a line of a known kind."""
        first: cython.Py_ssize_t = text.find(b" ", start, end)
        second: cython.Py_ssize_t = text.find(b" ", first + 1, end) if first > 0 else -1
        if second < 0 or end - start > MAX_LINE:
            return False
        name = _NAMES.get(bytes(text[start:first]))
        if name is None or second - first - 1 != 2 * RANDOM_BYTES:
            return False
        try:
            random = bytes.fromhex(text[first + 1 : second].decode("ascii"))
        except ValueError:
            return False
        if name in OTHERS:
            self.lines += 1
            return True
        size: cython.Py_ssize_t = (end - second - 1) // 2
        if (end - second - 1) % 2 or len(random) != RANDOM_BYTES or size not in _LENGTHS:
            return False
        return self._store(name, random, text, second + 1, size)

    def _store(self, name: str, random: bytes, text: bytearray, at: int, size: int) -> bool:
        try:
            secret = self.vault.slot(size)
        except VaultError:
            self.refused += 1
            return True
        if not _unhex(text, at, secret.view):
            secret.wipe()
            return False
        self.lines += 1
        mine = self._known.setdefault(random, {})
        if self._line_at >= 0:
            self._places.setdefault(random, self._line_at)
        self._known.move_to_end(random)
        old = mine.get(name)
        if old is not None:
            old.wipe()
        mine[name] = secret
        self.generation += 1
        if len(self._known) > self._limit:
            self._give_way()
        return True

    @cython.cfunc
    def _give_way(self) -> Any:
        """The oldest is wiped; where it can be read again, its place is remembered."""
        random, oldest = self._known.popitem(last=False)
        for secret in oldest.values():
            secret.wipe()
        place: cython.longlong = self._places.pop(random, -1)
        if place >= 0 and self._older is None:
            self._older = Older(self._again)
        if place < 0 or not self._older.note(random, place):
            self.evicted += 1
        return None

    @cython.cfunc
    def _found_again(self, random: bytes) -> Any:
        """The secrets of a connection that had given way, read from its place; None where it is not there."""
        place, text = self._older.take(random)
        lines: cython.longlong = self.lines  # which were counted
        self._line_at = place
        for start, end in lines_of(text, random):
            self._read(text, start, end)
        self._line_at = -1
        self.lines = lines
        wipe(text)
        return self._known.get(random)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _nibble(char: cython.int) -> cython.int:
    if 48 <= char <= 57:
        return char - 48
    if 97 <= char <= 102:
        return char - 87
    if 65 <= char <= 70:
        return char - 55
    return -1


def _unhex(text: bytearray, at: cython.Py_ssize_t, out: memoryview) -> bool:
    """Hex digits to bytes, straight into the secret's own memory: no other copy is made."""
    index: cython.Py_ssize_t
    target: cython.uchar[:] = out
    for index in range(len(out)):
        high: cython.int = _nibble(text[at + 2 * index])
        low: cython.int = _nibble(text[at + 2 * index + 1])
        if high < 0 or low < 0:
            return False
        target[index] = (high << 4) | low
    return True
