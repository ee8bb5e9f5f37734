"""Signed notes and checkpoints in the formats of C2SP (signed-note, tlog-checkpoint, tlog-cosignature).

A checkpoint is a note of four lines and more: origin, number of records, root, and extension lines ``name
value`` (``hash``, ``format``, ``epoch``, ``chain``, ``time``). Ed25519 keys are written
``name+keyhash+base64``. Nothing here reads a file, a clock, or makes a key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from procwire.ledger.tree import HASHES, LedgerError

ED25519, COSIGNATURE = 1, 4  # signature types of c2sp.org/signed-note
KEY_BYTES, SIGNATURE_BYTES, TIME_BYTES = 32, 64, 8
MAX_NOTE_BYTES = 65_536
MARK = "\u2014 "  # an em dash and a space begin a signature line
NAME = re.compile(r"[^\s+]{1,255}")
EXTENSIONS = ("hash", "format", "epoch", "chain", "time")

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name it signs under."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def number(self) -> bytes:
        """The four bytes that a signature line begins with."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        packed = base64.b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.number.hex()}+{packed}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note."""

    name: str
    number: bytes
    data: bytes

    def __str__(self) -> str:
        return f"{MARK}{self.name} {base64.b64encode(self.number + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and what was signed below it."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    def of(self, verifier: Verifier) -> list[bytes]:
        """The signatures that claim to be of a key; another may have the same short number."""
        return [s.data for s in self.signatures if (s.name, s.number) == (verifier.name, verifier.number)]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a ledger was at a time: how many records, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The note's text."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        lines += [f"{name} {value}" for name, value in self.extensions.items()]
        return "".join(f"{line}\n" for line in lines)


def verifier(text: str) -> Verifier:
    """Read ``name+keyhash+base64``. Raises LedgerError."""
    name, _, rest = text.strip().partition("+")
    number, _, packed = rest.partition("+")
    data = unpacked(packed, "a key")
    if not NAME.fullmatch(name) or len(data) != 1 + KEY_BYTES or data[0] not in {ED25519, COSIGNATURE}:
        raise LedgerError("no Ed25519 key in the form name+hash+base64")
    found = Verifier(name, data[1:], data[0])
    if found.number.hex() != number.lower():
        raise LedgerError(f"the key of {name} does not go with its hash {number}")
    return found


def signed(text: str, name: str, public: bytes, sign: Sign) -> Note:
    """The note with its first signature."""
    key = Verifier(name, public)
    return Note(text, (Signature(name, key.number, sign(text.encode())),))


def cosigned(note: Note, witness: Verifier, sign: Sign, *, seconds: int) -> Note:
    """The note with a witness's signature, which says when it was seen (Unix seconds)."""
    made = sign(witnessed(note.text, seconds))
    line = Signature(witness.name, witness.number, seconds.to_bytes(TIME_BYTES, "big") + made)
    return Note(note.text, (*note.signatures, line))


def witnessed(text: str, seconds: int) -> bytes:
    """What a witness signs (c2sp.org/tlog-cosignature)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def parse(data: bytes) -> Note:
    """One note. Raises LedgerError."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise LedgerError("a note that is no text") from None
    body, found, below = text.rpartition("\n\n")
    if len(data) > MAX_NOTE_BYTES or not found or not below.endswith("\n"):
        raise LedgerError("no signed note")
    return Note(f"{body}\n", tuple(_signature(line) for line in below[:-1].split("\n")))


def _signature(line: str) -> Signature:
    name, _, packed = line.removeprefix(MARK).partition(" ")
    data = unpacked(packed, "a signature")
    if not line.startswith(MARK) or not NAME.fullmatch(name) or len(data) <= 4:
        raise LedgerError("no signature line")
    return Signature(name, data[:4], data[4:])


def checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text is. Raises LedgerError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,17}", lines[1]):
        raise LedgerError("no checkpoint")
    extensions = dict(_extension(line) for line in lines[3:-1])
    if extensions.get("hash", "sha256") not in HASHES or len(extensions) != len(lines) - 4:
        raise LedgerError("a checkpoint with another hash, or a line twice")
    return Checkpoint(lines[0], int(lines[1]), unpacked(lines[2], "a root"), extensions)


def _extension(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" ")
    if not name or not value:
        raise LedgerError("an extension line that says nothing")
    return name, value


def unpacked(text: str, what: str) -> bytes:
    """Base64, strictly."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LedgerError(f"{what} that is no base64") from None


def several(data: bytes) -> Iterable[bytes]:
    """The notes of a file that holds one after the other, with an empty line after each."""
    lines: list[bytes] = []
    mark = MARK.encode()
    for line in data.splitlines(keepends=True):
        if line == b"\n" and lines and lines[-1].startswith(mark):
            yield b"".join(lines)
            lines = []
        else:
            lines.append(line)
    if lines:
        yield b"".join(lines)
