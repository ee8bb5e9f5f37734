from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.ledger import note as notes
from procwire.ledger.keys import EpochKey
from procwire.ledger.note import Checkpoint, Note, Signature, Verifier
from procwire.ledger.plain import ed25519
from procwire.ledger.tree import LedgerError

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"  # c2sp.org/signed-note
SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_note_of_the_specification_is_signed_by_its_key() -> None:
    key = notes.verifier(PETER)
    note = notes.parse(SAID.encode())
    assert str(note) == SAID
    assert str(key) == PETER
    assert [ed25519(key.key, note.text.encode(), data) for data in note.of(key)] == [True]
    assert note.of(Verifier("PeterNeumann", bytes(32))) == []


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    made = Checkpoint(
        "procwire/test", 7, bytes(range(32)), {"hash": "blake3", "epoch": "3", "time": "now then"}
    )
    assert notes.checkpoint(made.text) == made
    assert made.text.splitlines()[:2] == ["procwire/test", "7"]


def test_a_witness_signs_the_time_too() -> None:
    key = EpochKey("witness/one", bytes(32))
    witness = Verifier(key.name, key.public, notes.COSIGNATURE)
    note = notes.cosigned(Note("a\n1\nAA==\n"), witness, key.sign, seconds=1_767_323_045)
    (data,) = notes.parse(str(note).encode()).of(witness)
    assert int.from_bytes(data[:8], "big") == 1_767_323_045
    assert ed25519(key.public, notes.witnessed(note.text, 1_767_323_045), data[8:])
    assert not ed25519(key.public, notes.witnessed(note.text, 1_767_323_046), data[8:])


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a+b", "a+00000000+AA==", PETER.replace("c74f", "c74e"), PETER[:-4],
        "a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", PETER.replace("+AR", "+*R"),
    ],
)  # fmt: skip
def test_what_is_no_key_is_said(text: str) -> None:
    with pytest.raises(LedgerError):
        notes.verifier(text)


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n1\n", "a\n-1\nAA==\n", "a\n01\nAA==\n", "a\n1\n!\n", "a\n1\nAA==\nhash md5\n",
     "a\n1\nAA==\nalone\n", "a\n1\nAA==\nx 1\nx 2\n", "\n1\nAA==\n"],
)  # fmt: skip
def test_what_is_no_checkpoint_is_said(text: str) -> None:
    with pytest.raises(LedgerError):
        notes.checkpoint(text)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_the_rooms_error_comes_of_bytes(data: bytes) -> None:
    for one in (data, SAID.encode() + data, SAID.encode()[: len(data)], b"a\n\n" + data):
        with contextlib.suppress(LedgerError):
            assert str(notes.parse(one)).encode() == one


def test_notes_of_one_file_are_told_apart() -> None:
    one = Note("a\n\nb\n", (Signature("n", b"1234", b"x"), Signature("m", b"1234", b"y")))
    other = Note("c\n", (Signature("n", b"1234", b"z"),))
    assert [notes.parse(data) for data in notes.several(f"{one}\n{other}\n".encode())] == [one, other]
    assert list(notes.several(b"")) == []
