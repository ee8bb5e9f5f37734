from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.ledger.chain import HEAD, KINDS, MAX_RECORD_BYTES, NOTHING, Chain, read
from procwire.ledger.tree import LedgerError, blake3
from tests.ledger.made import NOW


def test_a_record_is_one_line_whose_bytes_are_fixed() -> None:
    made = Chain().append("started", {"by": "root"}, now=NOW)
    assert made.line.decode() == (
        '{"n":0,"time":"2026-01-02T03:04:05.000000006Z","kind":"started",'
        f'"prev":"{NOTHING}","body":{{"by":"root"}}}}'
    )
    assert made.digest == blake3(made.line)


def test_each_names_the_one_before() -> None:
    chain = Chain()
    first, second = (chain.append("note", {"at": at}, now=NOW) for at in range(2))
    assert read(second.line).prev == first.digest.hex()
    again = Chain(chain.n, chain.digest).append("note", {}, now=NOW)
    assert (again.n, read(again.line).prev) == (2, second.digest.hex())


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63) | st.none() | st.lists(st.text())),
)
def test_what_is_written_is_read(kind: str, body: dict[str, Any]) -> None:
    made = Chain(7).append(kind, body, now=NOW)
    found = read(made.line)
    assert (found.n, found.kind, found.body) == (7, kind, body)
    assert json.loads(made.line)["body"] == body
    assert b"\n" not in made.line
    assert HEAD.match(made.line)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("rumour", {}, "no kind of record"),
        ("note", {"x": object()}, "no JSON"),
        ("note", {"x": "a" * MAX_RECORD_BYTES}, "at most"),
    ],
)
def test_what_cannot_be_a_record_is_refused_and_nothing_is_chained(
    kind: str, body: dict[str, Any], words: str
) -> None:
    chain = Chain()
    with pytest.raises(LedgerError, match=words):
        chain.append(kind, body, now=NOW)
    assert (chain.n, chain.digest) == (0, bytes(32))


@pytest.mark.parametrize("line", [b"", b"{}", b'{"n":0}', b"\xff" * 9, b'{"n":01,"time"'])
def test_what_is_no_record_is_said(line: bytes) -> None:
    with pytest.raises(LedgerError):
        read(line)
    whole = Chain().append("note", {"a": 1}, now=NOW).line
    with pytest.raises(LedgerError):
        read(whole[:-1])
