"""Every way to spoil a ledger that is known here, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.ledger import book, verify
from procwire.ledger import note as notes
from procwire.ledger.chain import Chain, read
from procwire.ledger.keys import EpochKey, load
from procwire.ledger.note import Checkpoint, Note
from procwire.ledger.tree import Nodes, Tree
from tests.ledger.made import NAME, NOW, bare, copied, ledger, lines, rewrite, verdict
from tests.ledger.made import notes as change_notes


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ledger(tmp_path_factory.mktemp("ledger") / "good", epochs=2)


@pytest.mark.parametrize("hashed", ["sha256", "blake3"])
def test_a_good_one_is_whole(tmp_path: Path, hashed: str) -> None:
    made = ledger(tmp_path / "one", epochs=3, hashed=hashed)
    report = verify.Check(made).run()
    assert (report.records, report.checkpoints, report.epoch, report.covered) == (30, 4, 2, 30)
    assert verdict(bare(made), (made / book.PUBLIC).read_text()) == ("whole", 30)


def test_every_byte_of_every_record_counts(tmp_path: Path) -> None:
    """It is found and named. The first record is signed by itself: there the checkpoint tells."""
    good = ledger(tmp_path / "good", records=1, epochs=2)
    spoiled = copied(good, "bytes")
    whole = (good / book.RECORDS).read_bytes()
    words = {"altered", "rewritten", "other-ledger", "downgrade", "wrong-epoch"}
    record = 0
    for at, byte in enumerate(whole):
        for other in {byte ^ 1, 0x0A if at % 5 else 0x22} - {byte}:
            (spoiled / book.RECORDS).write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
            kind, named = verdict(spoiled)
            allowed = {record, record + 1} if byte == 0x0A else {record}
            assert named in allowed, (at, byte, other, kind)
            assert kind in words | ({"truncated"} if at == len(whole) - 1 else set()), (at, other)
        record += byte == 0x0A


def test_without_the_tree_the_chain_still_tells(good: Path) -> None:
    spoiled = bare(copied(good, "chain"))
    made = lines(good)
    for number in range(len(made) - 1):
        rewrite(
            spoiled, [*made[:number], made[number].replace(b'"number"', b'"numbed"'), *made[number + 1 :]]
        )
        if made[number] != lines(spoiled)[number]:
            assert verdict(spoiled) == ("altered", number)


@pytest.mark.parametrize("number", [1, 4, 9])
def test_dropped_duplicated_moved_inserted(good: Path, number: int) -> None:
    spoiled, made = copied(good, "order"), lines(good)
    before, one, after = made[:number], made[number], made[number + 1 :]
    rewrite(spoiled, [*before, *after])
    assert verdict(spoiled) == ("dropped", number)
    rewrite(spoiled, [*before, *after[2:]])
    assert verdict(spoiled) == ("dropped", number)
    rewrite(spoiled, [*before, one, one, *after])
    assert verdict(spoiled) == ("duplicated", number)
    rewrite(spoiled, [*before, after[0], one, *after[1:]])
    assert verdict(spoiled) == ("moved", number)
    forged = Chain(number, bytes.fromhex(read(one[:-1]).prev)).append("finding", {"it": "was not"}, now=NOW)
    rewrite(spoiled, [*before, forged.line + b"\n", one, *after])
    assert verdict(spoiled) == ("inserted", number)


def test_the_end_cut_off(good: Path) -> None:
    spoiled, made = copied(good, "cut"), lines(good)
    rewrite(spoiled, made[:-1])
    assert verdict(spoiled) == ("truncated", len(made) - 1)
    rewrite(spoiled, [])
    assert verdict(spoiled) == ("truncated", 0)


def test_half_a_record_at_the_end_is_a_crash_and_said(good: Path) -> None:
    torn = copied(good, "torn")
    rewrite(torn, [*lines(good), b'{"n":20,'])
    assert verdict(torn) == ("torn", 20)
    assert verify.main([str(torn)]) == 4


def forged(directory: Path, key: EpochKey, *, epochs: list[int]) -> None:
    """Change record 3, chain everything after it anew, and sign it with the key of today."""
    tree, chain, made, signed = Tree(Nodes()), Chain(), [], []
    for line in lines(directory):
        record = read(line[:-1])
        body = record.body if record.n != 3 else {"nothing": "happened"}
        made.append(chain.append(record.kind, body, now=book._time(record)).line)
        tree.add(made[-1])
        for old in book.kept(directory):
            point = notes.checkpoint(old.text)
            if point.size == chain.n:
                extensions = {**point.extensions, "chain": chain.digest.hex()}
                if epochs:
                    extensions["epoch"] = str(epochs.pop(0))
                text = Checkpoint(NAME, chain.n, tree.root(), extensions).text
                signed.append(notes.signed(text, NAME, key.public, key.sign))
    rewrite(directory, [line + b"\n" for line in made])
    change_notes(directory, lambda _: signed)


def test_rewritten_as_a_whole_with_the_key_of_today(good: Path) -> None:
    public = (good / book.PUBLIC).read_text()
    for epochs in ([], [1, 1, 1]):
        spoiled = copied(good, "rewritten")
        forged(spoiled, load(spoiled / book.KEY), epochs=list(epochs))
        assert verdict(spoiled, public)[0] in {"wrong-epoch", "other-ledger"}
        change_notes(spoiled, lambda made: made[-1:])
        assert verdict(bare(spoiled), public)[0] == "wrong-epoch"


def test_rewritten_under_signatures_that_stayed(good: Path) -> None:
    spoiled = copied(good, "under")
    signed = (spoiled / book.CHECKPOINTS).read_bytes()
    forged(spoiled, load(spoiled / book.KEY), epochs=[])
    (spoiled / book.CHECKPOINTS).write_bytes(signed)
    assert verdict(spoiled) == ("rewritten", 3)


def test_a_stranger_signs(good: Path) -> None:
    spoiled = copied(good, "stranger")
    other = EpochKey(NAME, bytes(32))
    change_notes(
        spoiled, lambda made: [*made[:-1], notes.signed(made[-1].text, NAME, other.public, other.sign)]
    )
    assert verdict(spoiled)[0] == "forged"


def test_cut_off_and_sealed_again_with_the_key_of_today(good: Path) -> None:
    """journald's fault (CVE-2023-31438): a checkpoint that was kept elsewhere shows it."""
    kept = str(book.kept(good)[-1]).encode()
    spoiled = copied(good, "resealed")
    rewrite(spoiled, lines(good)[:-3])
    change_notes(spoiled, lambda made: made[:-1])
    for path in (*spoiled.glob("nodes.*"), spoiled / book.INDEX):
        path.unlink()
    held = book.opened(spoiled, now=NOW)
    held.checkpoint(now=NOW)
    held.close()
    assert verdict(spoiled) == ("whole", 17)
    assert verdict(spoiled, None, kept) == ("truncated", 17)
    held = book.opened(spoiled, now=NOW)
    for _ in range(3):
        held.append("note", {"it": "was otherwise"}, now=NOW)
    held.checkpoint(now=NOW)
    held.close()
    assert verdict(spoiled)[0] == "whole"
    assert verdict(spoiled, None, kept)[0] == "split-view"


def test_two_roots_for_one_size(good: Path) -> None:
    spoiled, key = copied(good, "split"), load(good / book.KEY)
    point = notes.checkpoint(book.kept(good)[-1].text)
    other = Checkpoint(NAME, point.size, bytes(32), point.extensions)
    change_notes(spoiled, lambda made: [*made, notes.signed(other.text, NAME, key.public, key.sign)])
    assert verdict(spoiled)[0] == "split-view"


def test_an_older_checkpoint_after_a_newer(good: Path) -> None:
    spoiled = copied(good, "older")
    change_notes(spoiled, lambda made: [made[0], made[2], made[1]])
    assert verdict(spoiled)[0] == "reordered"


@pytest.mark.parametrize(
    ("old", "new"), [("hash sha256", "hash blake3"), ("format procwire.ledger/1", "format procwire.ledger/0")]
)
def test_a_downgrade_is_one_even_if_it_is_signed(good: Path, old: str, new: str) -> None:
    spoiled, key = copied(good, "downgrade"), load(good / book.KEY)

    def change(made: list[Note]) -> list[Note]:
        text = made[-1].text.replace(old, new)
        return [*made[:-1], notes.signed(text, NAME, key.public, key.sign)]

    change_notes(spoiled, change)
    assert verdict(spoiled)[0] == "downgrade"


def test_another_ledger_is_not_taken_for_it(good: Path, tmp_path: Path) -> None:
    other = ledger(tmp_path / "other")
    assert verdict(other, (good / book.PUBLIC).read_text()) == ("other-ledger", 0)


def test_an_epoch_that_is_skipped(good: Path) -> None:
    spoiled = copied(good, "skipped")
    change_notes(spoiled, lambda made: [made[0], made[2]])
    assert verdict(spoiled)[0] in {"wrong-epoch", "forged"}


@pytest.mark.parametrize(
    "spoil", [b"", b"\xff\xfe\n\n\xff", b"a\nb\n\n\xe2\x80\x94 x y\n\n", b"just words\n"]
)
def test_checkpoints_that_are_none(good: Path, spoil: bytes) -> None:
    spoiled = copied(good, "none")
    (spoiled / book.CHECKPOINTS).write_bytes(spoil)
    assert verdict(spoiled)[0] == ("checkpoint-altered" if spoil else "whole")
