from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.ledger.tree import (
    HASHES,
    LEAF,
    NODE,
    LedgerError,
    Nodes,
    Tree,
    sha256,
    shows_consistency,
    shows_inclusion,
    split,
)

LEAVES = [  # of the reference implementation of RFC 6962
    b"", b"\0", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno",
]  # fmt: skip
ROOTS = {1: "6e340b9c", 2: "fac54203", 3: "aeb6bcfe", 7: "ddb89be4",
         8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}  # fmt: skip
SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "corpora" / "vectors" / "merkle"


def tree(size: int, hashed: Any = sha256) -> Tree:
    made = Tree(Nodes(), hashed)
    for number in range(size):
        made.add(str(number).encode())
    return made


def root(leaves: list[bytes]) -> bytes:
    """The definition (RFC 9162 section 2.1.1), as it stands."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(LEAF + leaves[0])
    middle = split(len(leaves))
    return sha256(NODE + root(leaves[:middle]) + root(leaves[middle:]))


def test_reference_leaves_have_the_roots_that_are_published() -> None:
    made = Tree(Nodes())
    for size, leaf in enumerate(LEAVES, 1):
        made.add(leaf)
        assert made.root().hex().startswith(ROOTS.get(size, ""))
    assert Tree(Nodes()).root() == sha256(b"")


@pytest.mark.parametrize("size", range(40))
def test_roots_are_those_of_the_definition(size: int) -> None:
    made = tree(40)
    leaves = [str(number).encode() for number in range(size)]
    assert made.root(size) == root(leaves) == tree(size).root()


@pytest.mark.parametrize("name", HASHES)
def test_every_record_is_shown_to_be_in_every_tree_that_holds_it(name: str) -> None:
    hashed = HASHES[name]
    made = tree(33, hashed)
    for size in range(1, 34):
        for index in range(size):
            leaf = hashed(LEAF + str(index).encode())
            path = made.inclusion(index, size)
            assert shows_inclusion((index, leaf), size, path, made.root(size), hashed)
            assert not shows_inclusion((index, leaf), size, [*path, leaf], made.root(size), hashed)
            assert not shows_inclusion((index, sha256(b"x")), size, path, made.root(size), hashed)
            assert size == 1 or not shows_inclusion((index, leaf), size, path[1:], made.root(size), hashed)


def test_every_state_is_shown_to_be_a_beginning_of_every_later_one() -> None:
    made = tree(33)
    for new in range(34):
        for old in range(new + 1):
            path = made.consistency(old, new)
            before, after = (old, made.root(old)), (new, made.root(new))
            assert shows_consistency(before, after, path) is (old > 0 or new == 0)
            assert not shows_consistency(before, after, [*path, sha256(b"")])
            if 0 < old < new:
                assert not shows_consistency((old, sha256(b"x")), after, path)
                assert not shows_consistency(before, (new, sha256(b"x")), path)
                assert not shows_consistency(before, after, path[1:])


@given(st.integers(0, 300), st.integers(0, 300), st.data())
def test_a_forged_path_shows_nothing(size: int, index: int, data: Any) -> None:
    path = data.draw(st.lists(st.binary(min_size=32, max_size=32), max_size=12))
    assert not shows_inclusion((index, bytes(32)), size, path, sha256(b"root"))
    old = data.draw(st.integers(1, 300))
    assert not shows_consistency((old, bytes(32)), (size, sha256(b"root")), path)


def test_what_is_not_there_cannot_be_proved() -> None:
    made = tree(5)
    for index, size in ((5, 5), (-1, 5), (0, 6)):
        with pytest.raises(LedgerError):
            made.inclusion(index, size)
    for old, new in ((3, 2), (1, 6), (-1, 5)):
        with pytest.raises(LedgerError):
            made.consistency(old, new)
    with pytest.raises(LedgerError, match="6 records are asked for"):
        made.root(6)


def test_a_tree_goes_on_where_its_nodes_are() -> None:
    nodes = Nodes()
    first = Tree(nodes)
    for number in range(11):
        first.add(str(number).encode())
    again = Tree(nodes, size=11)
    again.add(b"11")
    assert again.root() == tree(12).root()


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared corpora are not here")
def test_vectors_of_inclusion_and_consistency() -> None:
    counts = {True: 0, False: 0}
    for path in [*VECTORS.glob("inclusion/**/*.json"), *VECTORS.glob("consistency/**/*.json")]:
        case = json.loads(path.read_text())
        proof = [base64.b64decode(step) for step in case["proof"] or ()]
        if "leafIdx" in case:
            leaf, top = base64.b64decode(case["leafHash"]), base64.b64decode(case["root"])
            shown = shows_inclusion((case["leafIdx"], leaf), case["treeSize"], proof, top)
        else:
            old = (case["size1"], base64.b64decode(case["root1"]))
            new = (case["size2"], base64.b64decode(case["root2"]))
            shown = shows_consistency(old, new, proof)
        assert shown is not case["wantErr"], (path.name, case["desc"])
        counts[shown] += 1
    assert min(counts.values()) > 5
