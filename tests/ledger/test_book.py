"""The ledger's files: what a crash at any write leaves, and that nothing synced is lost by it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procwire.ledger import book
from procwire.ledger import note as notes
from procwire.ledger.chain import EPOCH, RECOVERED, read
from procwire.ledger.tree import LedgerError, blake3
from tests.ledger.made import NAME, NOW, copied, ledger, lines, rewrite, verdict


def test_records_are_found_again_by_number(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one", records=5000)
    held = book.Book(made)
    for number in (0, 1, 4999, 5000):
        assert held.line(number) == lines(made)[number][:-1]
    with pytest.raises(LedgerError):
        held.line(held.size)
    held.close()


def test_an_append_is_there_after_sync_and_numbers_go_on(tmp_path: Path) -> None:
    held = book.create(tmp_path / "one", NAME, hashed="sha256", now=NOW)
    receipt = held.append("note", {"x": 1}, now=NOW)
    assert len(lines(tmp_path / "one")) == 1
    held.sync()
    assert blake3(lines(tmp_path / "one")[1][:-1]) == receipt.digest
    held.close()
    again = book.opened(tmp_path / "one", now=NOW)
    assert again.append("note", {"x": 2}, now=NOW).n == 2
    again.close()
    assert verdict(tmp_path / "one") == ("whole", 3)


def test_one_writer_only(tmp_path: Path) -> None:
    held = book.create(tmp_path / "one", NAME, hashed="sha256", now=NOW)
    with pytest.raises(LedgerError, match="another process"):
        book.Book(tmp_path / "one")
    held.close()
    with pytest.raises(LedgerError, match="there is a ledger"):
        book.create(tmp_path / "one", NAME, hashed="sha256", now=NOW)
    with pytest.raises(LedgerError, match="no spaces"):
        book.create(tmp_path / "two", "a b", hashed="sha256", now=NOW)
    with pytest.raises(LedgerError, match="No such file"):
        book.Book(tmp_path / "three")


def test_a_half_written_record_is_cut_off_and_said(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one")
    rewrite(made, [*lines(made), b'{"n":10,"ti'])
    held = book.opened(made, now=NOW)
    held.close()
    last = read(lines(made)[-1][:-1])
    assert (last.n, last.kind, last.body) == (10, RECOVERED, {"cut_bytes": 11})
    assert verdict(made) == ("whole", 11)


@pytest.mark.parametrize(
    "lost", [("index",), ("nodes.00",), ("nodes.02",), ("index", "nodes.00", "nodes.01")]
)
@pytest.mark.parametrize("how", ["gone", "short", "spoiled", "long"])
def test_what_is_derived_is_made_again(tmp_path: Path, lost: tuple[str, ...], how: str) -> None:
    made = ledger(tmp_path / "one", records=20)
    held = book.Book(made)
    before = (held.size, held.tree.root())
    held.close()
    for name in lost:
        path = made / name
        data = path.read_bytes()
        changed = {"gone": None, "short": data[:-13], "spoiled": bytes(len(data)), "long": data + data}[how]
        path.unlink() if changed is None else path.write_bytes(changed)
    held = book.Book(made)
    assert (held.size, held.tree.root()) == before
    held.close()
    assert verdict(made) == ("whole", 21)


def test_a_spoiled_ledger_is_not_gone_on_with(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one")
    for records, words in (
        (lines(made)[:-1], "does not go with its last checkpoint"),
        ([line.replace(b'"number":3', b'"number":4') for line in lines(made)], "does not follow|does not go"),
    ):
        spoiled = copied(made, "spoiled")
        (spoiled / "index").unlink()
        rewrite(spoiled, records)
        with pytest.raises(LedgerError, match=words):
            book.Book(spoiled)


def test_a_crash_between_the_steps_of_a_new_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in ("checkpoint", "_take"):
        made = ledger(tmp_path / step)
        held = book.Book(made)
        monkeypatch.setattr(held, step, lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            held.advance(now=NOW)
        held.close()
        again = book.opened(made, now=NOW)
        again.append("note", {}, now=NOW)
        again.checkpoint(now=NOW)
        again.close()
        assert verdict(made) == ("whole", 12)
        assert notes.checkpoint(book.kept(made)[-1].text).extensions["epoch"] == "1"
        assert sum(read(line[:-1]).kind == EPOCH for line in lines(made)) == 1


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = book.create(tmp_path / "one", NAME, hashed="sha256", now=NOW)
    real = os.pwrite
    room = [40]

    def little(file: int, data: Any, at: int) -> int:
        done = real(file, bytes(data)[: room[0]], at)
        room[0] -= done
        if not done:
            raise OSError(28, "No space left on device")
        return done

    monkeypatch.setattr(os, "pwrite", little)
    held.append("note", {"x": 1}, now=NOW)
    with pytest.raises(LedgerError, match="No space left"):
        held.sync()
    with pytest.raises(LedgerError, match="No space left"):
        held.checkpoint(now=NOW)
    held.append("note", {"x": 2}, now=NOW)
    monkeypatch.setattr(os, "pwrite", real)
    held.checkpoint(now=NOW)
    held.close()
    assert verdict(tmp_path / "one") == ("whole", 3)


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = book.create(tmp_path / "one", NAME, hashed="sha256", now=NOW)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    monkeypatch.setattr(book, "MAX_WAITING_BYTES", 1000)
    refused = 0
    for _ in range(100):
        try:
            held.append("note", {"words": "some " * 9}, now=NOW)
        except LedgerError:
            refused += 1
    assert held.size == 101 - refused < 20


def _dies(write: Callable[[], None]) -> None:
    """In a child: what is done, until it is killed."""
    child = os.fork()
    if child == 0:
        write()
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("call", ["pwrite", "fdatasync", "write", "fsync", "replace", "ftruncate"])
def test_killed_at_every_write(tmp_path: Path, call: str) -> None:
    """Killed before, and in the midst of, every call that changes a file: what was synced is there."""
    for boundary in range(1, 25, 3):
        made = tmp_path / f"{boundary}"
        synced = tmp_path / f"{boundary}.synced"
        synced.write_text("0")

        def write(made: Path = made, synced: Path = synced, boundary: int = boundary) -> None:
            ledger_until_killed(made, synced, call, boundary)
            os.kill(os.getpid(), signal.SIGKILL)

        _dies(write)
        if not (made / book.CHECKPOINTS).exists() or not lines(made):
            continue  # died before the ledger was made
        held = book.opened(made, now=NOW)
        assert held.size >= int(synced.read_text())
        held.append("note", {"after": True}, now=NOW)
        held.checkpoint(now=NOW)
        held.close()
        assert verdict(made)[0] == "whole", (call, boundary)


def ledger_until_killed(made: Path, synced: Path, call: str, boundary: int) -> None:
    """Append, sync, sign and begin epochs; die at the ``boundary``-th time of a call, half of it done."""
    left = [boundary]
    real = getattr(os, call)

    def deadly(*given: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            if call in {"pwrite", "write"}:
                real(given[0], bytes(given[1])[: len(given[1]) // 2], *given[2:])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)

    setattr(os, call, deadly)
    try:
        held = book.create(made, NAME, hashed="sha256", now=NOW)
        for number in range(6):
            held.append("finding", {"number": number}, now=NOW)
            held.sync()
            mark = os.open(synced, os.O_WRONLY)
            posix_write(mark, str(held.size))
            if number % 3 == 2:
                held.advance(now=NOW)
        held.close()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(2)


def posix_write(file: int, text: str) -> None:
    """A write that is not counted."""
    with open(file, "w", encoding="ascii") as out:
        out.write(text)


def test_times_of_records_are_read_back(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one", records=1)
    assert book._time(read(lines(made)[0][:-1])) == NOW
