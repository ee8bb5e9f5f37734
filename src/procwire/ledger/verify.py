"""Checks a ledger from its files alone, with nothing but the standard library.

``standalone`` gives this module and ``plain`` as the text of one file, to copy anywhere:

    python3 verify.py DIRECTORY [--key KEY] [--against CHECKPOINT]...

It says which record is the first bad one and what kind of change that is. Where the modules ``blake3`` and
``cryptography`` are installed they are used, for speed; the answers are the same.

What it cannot show: records cut off after the last checkpoint that you hold elsewhere (give it with
``--against``); and, without ``--key`` from elsewhere, a ledger that was made anew from its first record.

Sources: RFC 9162 section 2.1 (tree), c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from procwire.ledger.plain import ed25519, fast_blake3

HEAD = re.compile(
    rb'\{"n":(0|[1-9][0-9]{0,17}),"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z)",'
    rb'"kind":"([a-z-]{1,40})","prev":"([0-9a-f]{64})","body":\{'
)
MAX_LINE = 65_536
AHEAD = 1000  # records that are looked at behind a bad one, to say what was done to it


class Bad(Exception):  # noqa: N818 - a finding, no fault of the program
    """Something is wrong; ``kind`` is one word for it, ``record`` the first bad one or None."""

    def __init__(self, kind: str, record: int | None, words: str) -> None:
        super().__init__(words)
        self.kind, self.record = kind, record


class Note:
    """A checkpoint: what it says, and its signatures."""

    def __init__(self, data: bytes, number: int) -> None:
        try:
            text, _, below = data.decode().rpartition("\n\n")
            self.text = f"{text}\n"
            self.origin, size, root, *rest = text.split("\n")
            self.size, self.root = int(size), base64.b64decode(root, validate=True)
            self.says = dict(line.split(" ", 1) for line in rest)
            self.signed = [line.removeprefix("\u2014 ").split(" ") for line in below.splitlines()]
            self.epoch = int(self.says.get("epoch", "0"))
        except ValueError:
            raise Bad("checkpoint-altered", None, f"checkpoint {number} cannot be read") from None

    def by(self, name: str, key: bytes) -> bool:
        """Whether a key signed it."""
        number = hashlib.sha256(f"{name}\n\x01".encode() + key).digest()[:4]
        for line in self.signed:
            data = base64.b64decode(line[-1])
            if line[0] == name and data[:4] == number and ed25519(key, self.text.encode(), data[4:]):
                return True
        return False


def key_of(text: str) -> tuple[str, bytes]:
    """(name, key) of ``name+hash+base64``."""
    name, number, packed = text.strip().split("+", 2)
    data = base64.b64decode(packed, validate=True)
    if (
        len(data) != 33
        or data[0] != 1
        or hashlib.sha256(f"{name}\n".encode() + data).hexdigest()[:8] != number
    ):
        raise Bad("key", None, "no key in the form name+hash+base64")
    return name, data[1:]


def notes(data: bytes) -> list[Note]:
    """The checkpoints of a file."""
    mark = "\u2014 ".encode()
    found: list[Note] = []
    lines: list[bytes] = []
    for line in [*data.splitlines(keepends=True), b"\n"]:
        if line == b"\n" and lines and lines[-1].startswith(mark):
            found.append(Note(b"".join(lines), len(found)))
            lines = []
        elif line != b"\n" or lines:
            lines.append(line)
    if b"".join(lines).strip():
        raise Bad("checkpoint-altered", None, f"checkpoint {len(found)} has no signature")
    return found


class Report:
    """What was checked. ``remarks`` are no tampering, but what a reader must know."""

    def __init__(self) -> None:
        self.records = self.checkpoints = self.epoch = self.covered = self.torn_bytes = 0
        self.remarks: list[str] = []

    def __str__(self) -> str:
        counts = ((self.records, "record"), (self.checkpoints, "checkpoint"), (self.epoch + 1, "epoch"))
        return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts) + ": whole"


class Check:
    """One pass over a ledger. ``run`` raises Bad with the first thing that is wrong."""

    def __init__(self, directory: Path, key: str | None = None, against: tuple[bytes, ...] = ()) -> None:
        self.directory = directory
        self.report = Report()
        self._blake3 = fast_blake3()
        self._hash: Callable[[bytes], bytes] = lambda data: hashlib.sha256(data).digest()
        self._given = key
        self._key = ("", b"")
        self._next: tuple[str, bytes] | None = None
        path = directory / "checkpoints"
        self._notes = notes(path.read_bytes()) if path.exists() else []
        self._held = [note for data in against for note in notes(data)]
        self._edge: list[bytes] = []

    def run(self) -> Report:
        """Check everything. Raises Bad, OSError."""
        self._order()
        awaited = sorted({note.size for note in (*self._notes, *self._held)}, reverse=True)
        n, prev, before = 0, b"0" * 64, b""
        for n, line in enumerate(self._lines()):
            head = HEAD.match(line)
            if head is None or int(head[1]) != n or head[4] != prev or len(line) > MAX_LINE:
                raise self._named(n, before, prev)
            if n == 0 or head[3] in {b"opened", b"epoch"}:
                self._keyed(n, line, head[3])
            digest = self._blake3(line)
            prev, before = digest.hex().encode(), line
            self._grow(n, line)
            while awaited and awaited[-1] == n + 1:
                self._signed(awaited.pop(), prev.decode())
            self.report.records = n + 1
        if awaited and awaited[-1] > self.report.records:
            raise Bad("truncated", self.report.records, f"a checkpoint covers {awaited[-1]} records")
        self._end(before)
        return self.report

    def _lines(self) -> Iterator[bytes]:
        self.report.torn_bytes = 0
        with (self.directory / "records.jsonl").open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]
                else:
                    self.report.torn_bytes = len(line)

    def _grow(self, n: int, line: bytes) -> None:
        """The next leaf of the tree."""
        digest = self._hash(b"\0" + line)
        while n & 1:
            digest = self._hash(b"\1" + self._edge.pop() + digest)
            n >>= 1
        self._edge.append(digest)

    def _root(self) -> bytes:
        digest = self._edge[-1]
        for left in self._edge[-2::-1]:
            digest = self._hash(b"\1" + left + digest)
        return digest

    def _keyed(self, n: int, line: bytes, kind: bytes) -> None:
        """The first record says what the ledger is; one of a new epoch, with which key it goes on."""
        if (kind == b"opened") is not (n == 0):
            raise Bad("altered", n, "a ledger is opened by its first record")
        try:
            body = json.loads(line)["body"]
            key = key_of(body["key"])
        except (ValueError, KeyError, TypeError, Bad):
            raise Bad("altered", n, "it cannot be read") from None
        if n:
            if body.get("epoch") != self.report.epoch + 1 or self._next is not None:
                raise Bad("wrong-epoch", n, f"epoch {body.get('epoch')} follows {self.report.epoch}")
            self._next = key
            return
        self._key = key_of(self._given) if self._given else key
        if self._key != key:
            raise Bad("other-ledger", 0, "it begins with another key than the one that was given")
        if not self._given:
            self.report.remarks.append("the first key is the ledger's own word: give --key from elsewhere")
        self.says = {"format": body.get("format"), "hash": body.get("hash"), "origin": body.get("origin")}
        if self.says["hash"] == "blake3":
            self._hash = self._blake3
        elif self.says["hash"] != "sha256" or self.says["format"] != "procwire.ledger/1":
            raise Bad("downgrade", 0, f"no format that is known: {self.says}")

    def _order(self) -> None:
        """What checkpoints alone show."""
        roots: dict[int, bytes] = {}
        for note in (*self._notes, *self._held):
            if roots.setdefault(note.size, note.root) != note.root:
                raise Bad("split-view", None, f"two roots for one size, {note.size}")
        for number, (one, other) in enumerate(zip(self._notes, self._notes[1:], strict=False), 1):
            if other.size < one.size or other.epoch < one.epoch:
                raise Bad("reordered", None, f"checkpoint {number} is older than the one before it")

    def _signed(self, size: int, chain: str) -> None:
        """The checkpoints of the present size."""
        for note in (note for note in self._notes if note.size == size):
            where = f"the checkpoint over {size} records"
            if note.epoch != self.report.epoch or not note.by(*self._key):
                raise self._unsigned(note, where)
            if note.root != self._root() or note.says.get("chain", chain) != chain:
                raise Bad("rewritten", self._first_other(), f"{where} was signed over other records")
            self._same(note, where)
            self.report.checkpoints, self.report.covered = self.report.checkpoints + 1, size
            if self._next is not None:
                self._key, self._next, self.report.epoch = self._next, None, self.report.epoch + 1
        if any(note.size == size and note.root != self._root() for note in self._held):
            raise Bad("rewritten", None, f"the checkpoint that was given is of other {size} records")

    def _same(self, note: Note, where: str) -> None:
        said = {"format": note.says.get("format"), "hash": note.says.get("hash"), "origin": note.origin}
        if said != self.says:
            raise Bad("downgrade", None, f"{where} speaks of {said}, the ledger of {self.says}")

    def _unsigned(self, note: Note, where: str) -> Bad:
        """Why a signature is not taken."""
        of_keys = (line for line in self._lines() if b'"kind":"epoch"' in line or b'"kind":"opened"' in line)
        keys = [key_of(json.loads(line)["body"]["key"]) for line in of_keys if HEAD.match(line)]
        if any(note.by(*key) for key in keys):
            return Bad("wrong-epoch", None, f"{where} is signed by the key of another epoch")
        return Bad("forged", None, f"{where} is not signed by the key of epoch {self.report.epoch}")

    def _end(self, before: bytes) -> None:
        if not self.report.records:
            raise Bad("truncated", 0, "there is no record")
        stored = self._leaf(self.report.records - 1)
        if stored not in {b"", self._hash(b"\0" + before)}:
            raise Bad("altered", self.report.records - 1, "its leaf in the tree is another")
        if self._leaf(self.report.records) and not self.report.torn_bytes:
            raise Bad("truncated", self.report.records, "the tree has a leaf for it")
        if self._next is not None:
            self.report.remarks.append("an epoch is ending: its last checkpoint is not there yet")
        if left := self.report.records - self.report.covered:
            self.report.remarks.append(f"behind the last checkpoint, chained but not signed: {left}")
        if self.report.torn_bytes:
            self.report.remarks.append(
                f"{self.report.torn_bytes} bytes at the end are half a record: a crash, or a cut"
            )

    def _leaf(self, n: int) -> bytes:
        """The leaf that is kept beside the records; empty where there is none."""
        path = self.directory / "nodes.00"
        if n < 0 or not path.exists():
            return b""
        with path.open("rb") as file:
            file.seek(32 * n)
            found = file.read(32)
        return found if len(found) == 32 else b""

    def _first_other(self) -> int | None:
        """The first record whose leaf is another than the one that is kept."""
        for n, line in enumerate(self._lines()):
            if self._leaf(n) not in {b"", self._hash(b"\0" + line)}:
                return n
        return None

    def _named(self, n: int, before: bytes, prev: bytes) -> Bad:
        """What was done to the ledger at record ``n``, or the one before it."""
        here, numbers = b"", []
        for at, line in enumerate(self._lines()):
            if n <= at < n + AHEAD:
                here = here or line
                head = HEAD.match(line)
                numbers.append(int(head[1]) if head else None)
        head = HEAD.match(here)
        follower = numbers[1] if len(numbers) > 1 else None
        if n and (not _whole(before) or (head and int(head[1]) == n and head[4] != prev and self._blames(n))):
            return Bad("altered", n - 1, "its bytes are not those that were chained")
        if head is None or follower == n + 1 or int(head[1]) == n or head[4] == prev or len(here) > MAX_LINE:
            if head is not None and int(head[1]) == n == follower:
                return Bad("inserted", n, "it is there twice, and this one follows nothing")
            return Bad("altered", n, "its bytes are not those that were chained")
        found = int(head[1])
        if found < n:
            same = here == before
            return Bad("duplicated" if same else "inserted", found, f"it is there twice, at place {n} again")
        if n in numbers:
            return Bad("moved", n, f"record {found} stands in its place")
        return Bad("dropped", n, f"record {found} follows record {n - 1}")

    def _blames(self, n: int) -> bool:
        """Whether it is the record before ``n`` that was changed: the one behind ``n`` knows its bytes."""
        lines = [line for at, line in enumerate(self._lines()) if n - 1 <= at <= n + 1]
        if len(lines) > 2 and (head := HEAD.match(lines[2])) is not None:
            return head[4] == self._blake3(lines[1]).hex().encode()
        stored = self._leaf(n - 1)
        return stored != self._hash(b"\0" + lines[0])


def _whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def main(words: list[str] | None = None) -> int:
    """Returns 0 for a good ledger, 1 for a bad one, 4 for one that ends in half a record."""
    options = argparse.ArgumentParser(
        prog="verify", description="Checks a procwire ledger from its files alone."
    )
    options.add_argument("directory", type=Path)
    options.add_argument("--key", help="key of the first epoch, as its owner told you: name+hash+base64")
    options.add_argument("--against", type=Path, action="append", default=[], metavar="CHECKPOINT")
    asked = options.parse_args(words)
    try:
        report = Check(asked.directory, asked.key, tuple(path.read_bytes() for path in asked.against)).run()
    except Bad as bad:
        where = "" if bad.record is None else f" record {bad.record}"
        print(f"{asked.directory}: {bad.kind}{where}: {bad}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(report)
    for remark in report.remarks:
        print(f"  {remark}")
    return 4 if report.torn_bytes else 0


if __name__ == "__main__":
    sys.exit(main())
