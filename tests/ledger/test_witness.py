from __future__ import annotations

import stat
from pathlib import Path

import pytest

from procwire.ledger import book, witness
from procwire.ledger import note as notes
from procwire.ledger.keys import EpochKey
from procwire.ledger.tree import LedgerError
from tests.ledger.made import NAME, NOW, ledger

SECONDS = NOW // 10**9


def test_what_continues_is_signed_and_what_does_not_is_refused(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one")
    keys = [notes.verifier((made / book.PUBLIC).read_text())]
    signer = witness.create(tmp_path / "witness", "witness/test")
    held = book.Book(made)
    first = str(book.kept(made)[-1]).encode()
    signed = signer.cosign(first, keys, (), seconds=SECONDS)
    assert witness.shows(notes.parse(str(signed).encode()), signer.verifier) == SECONDS
    assert signer.seen(NAME) == 10

    for _ in range(5):
        held.append("note", {}, now=NOW)
    second = str(held.checkpoint(now=NOW)).encode()
    again = witness.Witness(tmp_path / "witness")  # it remembers
    with pytest.raises(LedgerError, match="no beginning"):
        again.cosign(second, keys, (), seconds=SECONDS)
    assert again.seen(NAME) == 10
    proof = held.tree.consistency(again.seen(NAME))
    assert witness.shows(again.cosign(second, keys, proof, seconds=SECONDS), signer.verifier) == SECONDS
    with pytest.raises(LedgerError, match="had 15 records and now shows 10"):
        again.cosign(first, keys, (), seconds=SECONDS)
    held.close()


def test_another_history_is_refused(tmp_path: Path) -> None:
    one, other = ledger(tmp_path / "one"), ledger(tmp_path / "other", records=12)
    signer = witness.create(tmp_path / "witness", "witness/test")
    keys = [notes.verifier((path / book.PUBLIC).read_text()) for path in (one, other)]
    signer.cosign(str(book.kept(one)[-1]).encode(), keys, (), seconds=SECONDS)
    held = book.Book(other)
    with pytest.raises(LedgerError, match="no beginning"):
        signer.cosign(str(book.kept(other)[-1]).encode(), keys, held.tree.consistency(10), seconds=SECONDS)
    held.close()


def test_a_stranger_is_refused(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one")
    signer = witness.create(tmp_path / "witness", "witness/test")
    stranger = EpochKey(NAME, bytes(32)).verifier
    with pytest.raises(LedgerError, match="none of the keys"):
        signer.cosign(str(book.kept(made)[-1]).encode(), [stranger], (), seconds=SECONDS)
    assert signer.seen(NAME) == 0
    assert witness.shows(book.kept(made)[-1], signer.verifier) is None


def test_its_memory_is_its_own(tmp_path: Path) -> None:
    signer = witness.create(tmp_path / "witness", "witness/test")
    assert stat.S_IMODE((tmp_path / "witness").stat().st_mode) == 0o600
    assert notes.verifier(str(signer.verifier)) == signer.verifier
    with pytest.raises(LedgerError, match="there is a witness"):
        witness.create(tmp_path / "witness", "witness/test")
    with pytest.raises(LedgerError, match="no spaces"):
        witness.create(tmp_path / "other", "a b")
    (tmp_path / "witness").write_text("{}")
    with pytest.raises(LedgerError, match="no state"):
        witness.Witness(tmp_path / "witness")
    with pytest.raises(LedgerError, match="No such file"):
        witness.Witness(tmp_path / "none")


def test_it_remembers_a_bounded_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ledger(tmp_path / "one")
    monkeypatch.setattr(witness, "MAX_LEDGERS", 0)
    signer = witness.create(tmp_path / "witness", "witness/test")
    keys = [notes.verifier((made / book.PUBLIC).read_text())]
    with pytest.raises(LedgerError, match="no more are remembered"):
        signer.cosign(str(book.kept(made)[-1]).encode(), keys, (), seconds=SECONDS)
