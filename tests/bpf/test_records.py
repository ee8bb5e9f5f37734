from __future__ import annotations

import re
import struct

from hypothesis import given
from hypothesis import strategies as st

from procwire.bpf import records
from procwire.bpf.loader import FOLDER

NUMBER = st.integers(0, 2**64 - 1)
SMALL = st.integers(0, 2**32 - 1)


def test_structs_have_the_sizes_the_programs_give_them() -> None:
    source = (FOLDER / "owners.bpf.c").read_text(encoding="utf-8")
    bytes_of = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "char": 1}
    named = {name: int(size) for name, size in re.findall(r"#define (\w+_BYTES) (\d+)", source)}

    def size(struct_name: str) -> int:
        found = re.search(rf"struct {struct_name} {{.*?\n}};", source, re.DOTALL)
        assert found is not None
        fields = re.findall(r"^\t(?:__)?(u8|u16|u32|u64|char) \w+(?:\[(\w+)\])?;", found[0], re.MULTILINE)
        return sum(bytes_of[kind] * (named.get(many) or int(many or 1)) for kind, many in fields)

    assert size("owner") == records.OWNER_BYTES
    assert size("named") == records.NAMED_BYTES
    assert size("facts") == records.FACTS_BYTES
    assert size("life") == records.LIFE_BYTES
    assert size("tuple") == len(records.pack_tuple(bytes(4), 1, bytes(4), 2, (6, 0)))
    assert size("identity") == len(records.pack_identity(1, 2))


def test_an_ipv4_address_and_its_mapped_form_are_one_key() -> None:
    plain = records.pack_tuple(b"\x0a\0\0\1", 1, b"\x0a\0\0\2", 2, (6, 0))
    covered = records.pack_tuple(records.mapped(b"\x0a\0\0\1"), 1, records.mapped(b"\x0a\0\0\2"), 2, (6, 0))
    assert plain == covered


@given(
    start=NUMBER,
    netns=NUMBER,
    released=NUMBER,
    since=NUMBER,
    rest=st.tuples(SMALL, SMALL, SMALL),
    comm=st.binary(max_size=16),
)
def test_an_owner_is_read_as_it_was_written(
    start: int, netns: int, released: int, since: int, rest: tuple[int, int, int], comm: bytes
) -> None:
    raw = struct.pack("=QQQQIIII16s", start, netns, released, since, *rest, 0, comm)
    owner = records.unpack_owner(raw)
    assert owner == (start, netns, released, since, *rest, comm.partition(b"\0")[0])


@given(size=st.integers(0, 2**32 - 1), args=st.binary(max_size=512))
def test_arguments_never_reach_beyond_their_field(size: int, args: bytes) -> None:
    raw = struct.pack(
        "=QQQQQIIIIII16s256s512s", 1, 9, 8, 2, 5, 6, 3, 4, size, 1, 0, b"sh", b"/bin/sh\0junk", args
    )
    facts = records.unpack_facts(raw)
    assert facts.args == args.ljust(512, b"\0")[:size]
    assert (facts.since, facts.ended, facts.cgroup, facts.inode, facts.device) == (9, 8, 2, 5, 6)
    assert (facts.exe, facts.comm, facts.executed) == (b"/bin/sh", b"sh", True)


def test_a_counter_is_the_sum_over_cpus() -> None:
    assert records.total(struct.pack("=QQQ", 1, 2, 40)) == 43
    assert records.unpack_named(struct.pack("=QQQQ", 7, 8, 6, 9)) == (7, 8, 6, 9)
