from __future__ import annotations

import re
import struct

from hypothesis import given
from hypothesis import strategies as st

from procwire.bpf import accounts as books
from procwire.bpf.loader import FOLDER

SOURCE = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("account.bpf.c", "health.h"))
SIZES = {"__u8": 1, "__u16": 2, "__u32": 4, "__u64": 8}
ADDRESS = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
PORT = st.integers(0, 65535)
SIDE = (10, 20, 30, 40, 50, 60)  # figures of one direction


def numbers() -> dict[str, int]:
    """Every number that the source gives a name."""
    return {name: int(size) for name, size in re.findall(r"#define (\w+) (\d+)\b", SOURCE)}


def layout(name: str) -> tuple[int, int]:
    """Size and alignment of a struct as clang lays it out."""
    found = re.search(rf"struct {name} {{.*?\n}};", SOURCE, re.DOTALL)
    assert found is not None, name
    at, widest = 0, 1
    known = {**numbers(), "KINDS": 8}
    for kind, inner, dims in re.findall(
        r"^\t(?:(__u\w+)|struct (\w+)) \w+((?:\[\w*\])*);", found[0], re.MULTILINE
    ):
        size, align = (SIZES[kind], SIZES[kind]) if kind else layout(inner)
        at = (at + align - 1) // align * align
        for many in re.findall(r"\[(\w+)\]", dims):
            size *= known.get(many) or int(many)
        if dims != "[]":
            at += size
        widest = max(widest, align)
    return (at + widest - 1) // widest * widest, widest


def test_structs_have_the_sizes_the_programs_give_them() -> None:
    assert layout("ends")[0] == books.KEY_BYTES
    assert layout("account")[0] == books.ACCOUNT_BYTES
    assert layout("verdict")[0] == books.VERDICT.size
    assert layout("tcp_facts")[0] == books.FACTS_BYTES
    assert layout("link")[0] == books.LINK_BYTES
    assert layout("place")[0] == books.PLACE_BYTES
    assert layout("settings")[0] == books.SETTINGS_BYTES
    assert layout("past")[0] == books.PAST_BYTES
    assert layout("record")[0] == 32


def test_names_stand_in_the_order_of_the_programs() -> None:
    modes = re.search(r"enum mode {(.*?)}", SOURCE)
    assert modes is not None
    for number, name in enumerate(re.findall(r"\w+", modes[1])):
        assert getattr(books, name) == number
    assert numbers()["LEASE_BYTES"] == books.LEASE_BYTES


@given(proto=st.sampled_from([6, 17]), src=ADDRESS, dst=ADDRESS, sport=PORT, dport=PORT)
def test_both_directions_have_one_key(
    proto: int, src: tuple[int, int], dst: tuple[int, int], sport: int, dport: int
) -> None:
    there, side = books.pack_ends(proto, src, sport, dst, dport)
    back, other = books.pack_ends(proto, dst, dport, src, sport)
    assert there == back
    assert (src, sport) == (dst, dport) or side != other
    _, a, aport, _, _ = books.unpack_ends(there)
    assert aport == (dport if side else sport)
    assert a == b"".join(part.to_bytes(8, "big") for part in (dst if side else src))


def test_an_account_is_read_as_it_was_written() -> None:
    def side(direction: int) -> bytes:
        packets, size, payload, more, interface, missed = (direction + figure for figure in SIDE)
        health = range(20 + direction, 30 + direction, 2)
        return struct.pack(
            "=4QI28x12x2I12x6I8x",
            packets, size, payload, more, interface, missed,
            7000 * direction, 4 + direction, *health,
        )  # fmt: skip

    key = bytes(range(books.KEY_BYTES))
    head = struct.pack("=Q48sQI4B", 200, key, 0, 0, 9, 1, 2, books.GROUP | 1)
    rest = struct.pack("=3Q4I", 100, 3, 7, *range(4)) + bytes(24)
    value = head + side(0) + side(1) + rest
    account = books.unpack_account(value)
    assert (account.netns, account.first, account.last) == (7, 100, 200)
    assert account.now == books.Tally((10, 11), (20, 21), (30, 31), (40, 41))
    assert account.elsewhere == 3
    assert account.interface == (50, 51)
    assert account.missed == (60, 61)
    assert account.end == 1
    assert account.health == ((20, 21), (22, 23), (24, 25), (26, 27), (28, 29))
    assert account.judged == 9
    assert account.opening == 7000
    assert account.group
    assert books.begun(value) == 100
    assert books.key_of(value) == books.key_of(value + value, len(value)) == key
    assert not books.is_blank(key)
    assert books.is_blank(books.key_of(bytes(len(value))))
    assert struct.unpack_from("=Q", value, books.LAST_AT) == (200,)


KEY, NOISE = (st.binary(min_size=books.KEY_BYTES, max_size=books.KEY_BYTES) for _ in range(2))


@given(key=KEY, noise=NOISE, at=st.integers(0, books.KEY_BYTES * 8 - 1))
def test_keys_that_differ_by_a_bit_have_two_names(key: bytes, noise: bytes, at: int) -> None:
    secret = books.factors(noise)
    turned = (int.from_bytes(key, "little") ^ 1 << at).to_bytes(books.KEY_BYTES, "little")
    assert len(books.name_of(key, secret)) == books.NAME_BYTES
    assert books.name_of(key, secret) != books.name_of(turned, secret)


def test_links_are_summed_over_cpus_by_kind() -> None:
    shown = (struct.pack("=3Q", number, 100 + number, 200 + number) for number in range(16))
    one = books.pack_place(3, 14, loopback=False) + bytes(16) + b"".join(shown)  # a clock is between them
    found = books.unpack_link(one + one)
    assert found["sockets"] == ((0, 2), (200, 202), (400, 402))
    assert found["not-ip"] == ((20, 22), (220, 222), (420, 422))
