"""A witness: signs a checkpoint beside the ledger's own signature, if it continues what it saw before.

It remembers one checkpoint for each ledger (c2sp.org/tlog-witness), in a file that is replaced as a whole.
Who holds a cosigned checkpoint knows that the ledger did not show the witness another history.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from procwire.disk.lasting import settle
from procwire.ledger import note as notes
from procwire.ledger.keys import EpochKey
from procwire.ledger.note import COSIGNATURE, Checkpoint, Note, Verifier
from procwire.ledger.plain import ed25519
from procwire.ledger.tree import HASHES, LedgerError, shows_consistency

MAX_LEDGERS = 10_000  # that one witness remembers


class Seen(msgspec.Struct):
    """The last state of a ledger that was signed."""

    size: int
    root: str


class _State(msgspec.Struct):
    name: str
    seed: str
    ledgers: dict[str, Seen] = {}


class Witness:
    """Keeps its key and what it saw in ``path`` (mode 0600). Raises LedgerError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._state = msgspec.json.decode(path.read_bytes(), type=_State)
            self._key = EpochKey(self._state.name, bytes.fromhex(self._state.seed))
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror}") from None
        except (msgspec.MsgspecError, ValueError):
            raise LedgerError(f"{path}: no state of a witness") from None

    @property
    def verifier(self) -> Verifier:
        """What its signatures are checked with."""
        return Verifier(self._state.name, self._key.public, COSIGNATURE)

    def seen(self, origin: str) -> int:
        """How many records of a ledger it knows of: where a proof has to begin."""
        known = self._state.ledgers.get(origin)
        return known.size if known else 0

    def cosign(
        self, data: bytes, ledger: Sequence[Verifier], proof: Sequence[bytes], *, seconds: int
    ) -> Note:
        """The note with this witness's signature, at Unix time ``seconds``. LedgerError: it is refused.

        ``ledger``: the keys of its epochs, as they were told to the witness; ``proof``: that what was seen
        before is a beginning of this.
        """
        note = notes.parse(data)
        found = notes.checkpoint(note.text)
        if not any(ed25519(key.key, note.text.encode(), one) for key in ledger for one in note.of(key)):
            raise LedgerError(
                f"the checkpoint of {found.origin} is signed by none of the keys that are trusted"
            )
        self._follows(found, proof)
        if found.origin not in self._state.ledgers and len(self._state.ledgers) >= MAX_LEDGERS:
            raise LedgerError(f"{MAX_LEDGERS} ledgers are witnessed, no more are remembered")
        self._state.ledgers[found.origin] = Seen(found.size, found.root.hex())
        _save(self._path, self._state)  # before it is signed: what was signed is never forgotten
        return notes.cosigned(note, self.verifier, self._key.sign, seconds=seconds)

    def _follows(self, found: Checkpoint, proof: Sequence[bytes]) -> None:
        known = self._state.ledgers.get(found.origin)
        if known is None:
            return
        if found.size < known.size:
            raise LedgerError(f"{found.origin} had {known.size} records and now shows {found.size}")
        hashed = HASHES[found.extensions.get("hash", "sha256")]
        before = (known.size, bytes.fromhex(known.root))
        if not shows_consistency(before, (found.size, found.root), proof, hashed):
            raise LedgerError(
                f"{found.origin}: what was seen at {known.size} records is no beginning of this"
            )


def create(path: Path, name: str) -> Witness:
    """A new witness. Raises LedgerError where there is one."""
    if not notes.NAME.fullmatch(name):
        raise LedgerError(f"a witness's name has no spaces and no plus: {name!r}")
    if path.exists():
        raise LedgerError(f"{path}: there is a witness")
    _save(path, _State(name, os.urandom(32).hex()))
    return Witness(path)


def shows(note: Note, witness: Verifier) -> int | None:
    """When a witness signed a checkpoint (Unix seconds); None where it did not."""
    for data in note.of(witness):
        seconds = int.from_bytes(data[: notes.TIME_BYTES], "big")
        if ed25519(witness.key, notes.witnessed(note.text, seconds), data[notes.TIME_BYTES :]):
            return seconds
    return None


def _save(path: Path, state: _State) -> None:
    fresh = path.with_name(f"{path.name}.new")
    try:
        held = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(held, msgspec.json.encode(state))
            os.fsync(held)
        finally:
            os.close(held)
        fresh.replace(path)
        settle(path.parent)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from None
