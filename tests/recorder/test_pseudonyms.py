"""The same for the same, of the same shape, and as much in common as before."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model.flow import Flow
from procwire.model.process import EXACT, Executable, Owner, ProcessRef
from procwire.recorder.pseudonyms import KEY_BYTES, Pseudonyms

NAMES = Pseudonyms(bytes(range(KEY_BYTES)))


def common(one: str, other: str) -> int:
    a, b = ipaddress.ip_address(one), ipaddress.ip_address(other)
    return a.max_prefixlen - (int(a) ^ int(b)).bit_length()


@given(st.integers(0x01000000, 0x7E000000), st.integers(0, 31))
def test_prefixes_are_kept_exactly(number: int, bit: int) -> None:
    one, other = (str(ipaddress.IPv4Address(value)) for value in (number, number ^ 1 << bit))
    assert NAMES.address(one) == NAMES.address(one)
    assert (
        common(NAMES.address(one), NAMES.address(other)) == common(one, other)
        or NAMES.address(other) == other
    )


def test_version_6_and_what_stays() -> None:
    one, other = "2001:db8::1", "2001:db8::2"
    assert common(NAMES.address(one), NAMES.address(other)) == common(one, other)
    for stays in ("127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "ff02::1"):
        assert NAMES.address(stays) == stays


def test_another_key_is_another_map() -> None:
    other = Pseudonyms(bytes(KEY_BYTES))
    assert other.address("10.1.2.3") != NAMES.address("10.1.2.3")
    assert other.name != NAMES.name
    with pytest.raises(ValueError, match="bytes"):
        Pseudonyms(b"short")


def test_names_keep_their_shape() -> None:
    made = NAMES.text("www.Example-7.com")
    assert [len(word) for word in made.split(".")] == [3, 9, 3]
    assert made[4].isupper()
    assert made[12].isdigit()
    assert made.split(".")[2] == NAMES.text("x.com").split(".")[1]
    assert "xample" not in made
    assert NAMES.text("m\xfcller").isascii()


def test_hardware_addresses() -> None:
    made = NAMES.mac(bytes.fromhex("001122334455"))
    assert made != bytes.fromhex("001122334455")
    assert made[0] & 3 == 2
    assert NAMES.mac(b"\xff" * 6) == b"\xff" * 6


def test_a_line_lets_through_only_what_is_known_to_be_open() -> None:
    flow = Flow()
    flow.family, flow.src_lo, flow.dst_lo = 4, 0x0A000001, 0x0A000002
    masked = NAMES.flow_id(flow)
    told = {
        "schema": "procwire.http/1", "time": "2026-11-26T00:00:00.5Z", "flow_id": flow.flow_id,
        "src": "10.0.0.1",
        "app": "http", "path": "/secret/42", "community_id": "1:abc", "bytes": 5, "list": ["10.0.0.2", "bob"],
        "new_column": "secret", "inner": {"user": "bob"},
    }  # fmt: skip
    made = NAMES.line(told)
    assert {key: made[key] for key in ("schema", "time", "app", "bytes")} == {
        key: told[key] for key in ("schema", "time", "app", "bytes")
    }
    assert made["flow_id"] == masked != flow.flow_id
    assert "community_id" not in made
    assert not {"secret", "bob", "10.0.0"} & {
        word for word in ("secret", "bob", "10.0.0") if word in str(made)
    }
    assert NAMES.line({"flow_id": "unknown"}) == {"flow_id": ""}
    assert NAMES.line({"schema": "procwire.finding/1", "title": "Port scan"})["title"] == "Port scan"


def test_an_owner_keeps_numbers_alone() -> None:
    process = ProcessRef(
        pid=7, start=1, name="curl", cmdline="curl x", executable=Executable(path="/usr/bin/curl")
    )
    made = NAMES.owner(Owner(process=process, confidence=EXACT, source="bpf", side="src"))
    assert made.process is not None
    assert (made.process.pid, made.confidence, made.source, made.side) == (7, EXACT, "bpf", "src")
    assert "curl" not in str(made)


def test_parents_have_other_names_and_their_pids() -> None:
    names = Pseudonyms(bytes(KEY_BYTES))
    other = names.ancestor("ba:sh:4711")
    assert other.endswith(":4711")
    assert "ba" not in other
    assert names.line({"ancestors": ["ba:sh:4711"]})["ancestors"] == [other]
    assert names.ancestor("sh") == names.text("sh")
