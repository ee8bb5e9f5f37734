from __future__ import annotations

import base64
from pathlib import Path

import pytest

from procwire.ledger import book, proof
from procwire.ledger import note as notes
from procwire.ledger.note import Verifier
from procwire.ledger.tree import LedgerError
from tests.ledger.made import NOW, ledger


def keys(made: Path) -> list[Verifier]:
    return [notes.verifier((made / book.PUBLIC).read_text())]


def test_every_record_is_proved_by_the_key_alone(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one", records=20)
    held = book.Book(made)
    for number in range(held.size):
        text = proof.prove(held, number)
        shown = proof.check(text, keys(made))
        assert shown.record.n == number
        assert shown.checkpoint.size == (21 if number else 1)
        assert text.startswith("c2sp.org/tlog-proof@v1\n")
    held.close()


def test_what_no_checkpoint_covers_is_not_proved(tmp_path: Path) -> None:
    held = book.Book(ledger(tmp_path / "one"))
    number = held.append("note", {}, now=NOW).n
    with pytest.raises(LedgerError, match="no checkpoint covers"):
        proof.prove(held, number)
    with pytest.raises(LedgerError, match="no entry"):
        proof.prove(held, 99)
    held.close()


def test_a_proof_that_was_changed_shows_nothing(tmp_path: Path) -> None:
    made = ledger(tmp_path / "one")
    held = book.Book(made)
    text, other = proof.prove(held, 4), proof.prove(held, 5)
    held.close()
    line = base64.b64decode(text.split("\n")[1].removeprefix("extra "))
    forged = base64.b64encode(line.replace(b'"number":3', b'"number":8')).decode()
    for wrong in (
        "\n".join([text.split("\n")[0], f"extra {forged}", *text.split("\n")[2:]]),
        text.replace("index 4", "index 5"),
        text.replace("index 4", "index x"),
        text.replace("extra ", "extras "),
        text.replace("tlog-proof@v1", "tlog-proof@v0"),
        "\n".join([*text.split("\n")[:3], *text.split("\n")[4:]]),
        text.partition("\n\n")[0] + "\n\n" + other.partition("\n\n")[2].replace("epoch 0", "epoch 1"),
        text.replace("hash sha256", "hash blake3"),
        "", "\n\n", text[:50],
    ):  # fmt: skip
        assert wrong != text
        with pytest.raises(LedgerError):
            proof.check(wrong, keys(made))
    with pytest.raises(LedgerError, match="none of the keys"):
        proof.check(text, [])


def test_a_leaf_of_another_place_is_seen(tmp_path: Path) -> None:
    """A record carries its number: one that a forger put elsewhere in a tree of his own is told."""
    made = ledger(tmp_path / "one")
    held = book.Book(made)
    assert proof.check(proof.prove(held, 3), keys(made)).record.n == 3
    held.close()
    with pytest.raises(LedgerError, match="32 bytes"):
        proof.unpacked(["AA=="])
