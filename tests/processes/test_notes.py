"""The kernel's notes, read by whoever has the maps, and by descriptors that cannot write."""

from __future__ import annotations

import errno
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from procwire.bpf import records
from procwire.bpf.libbpf import BpfError
from procwire.processes.kernel import KernelOwners
from procwire.processes.keys import Key, key_from
from procwire.processes.notes import Notes
from tests.bpf.kernel import need_bpf
from tests.lab import wait_for
from tests.processes.world import key_of_socket

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def source() -> Iterator[KernelOwners]:
    need_bpf()
    with KernelOwners() as opened:
        yield opened


@pytest.fixture
def reading(source: KernelOwners) -> Iterator[Notes]:
    made = source.notes.read_only()
    assert made is not None
    with closing(made):
        yield made


def test_both_read_the_same(source: KernelOwners, reading: Notes) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as ours:
        found = reading.socket(key_of_socket(ours))
        assert found is not None
        assert found.owner is not None
        assert found == source.notes.socket(key_of_socket(ours))
        assert reading.knows(found.cookie)
    assert reading.socket(key_from(6, "127.0.0.9", 1, "127.0.0.9", 2)) is None
    assert not reading.knows(0)


def test_an_exec_and_an_end_are_noted(reading: Notes) -> None:
    child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    start = int(Path(f"/proc/{child.pid}/stat").read_bytes().rpartition(b")")[2].split()[19])

    def named() -> list[tuple[int, int]]:
        return [one for one in _starts(reading) if one[1] == child.pid]

    born = wait_for(named, what="its exec")  # the parent may go on a moment before that is noted
    assert child.stdin is not None
    assert len(born) == 1
    assert born[0][0] // 10_000_000 == start
    life = reading.life(*born[0])
    assert life.executed
    assert not life.ended
    child.stdin.close()
    child.wait()
    wait_for(lambda: reading.life(*born[0]).ended, what="its end")
    assert reading.life(*born[0]).executed == life.executed < reading.life(*born[0]).ended
    assert reading.life(1, child.pid) == records.Life()


def _starts(notes: Notes) -> list[tuple[int, int]]:
    """The processes in the map of lives: start and pid."""
    found = []
    for words, _, count in notes._lives.batches(16):
        found += [struct.unpack_from("=QI", words, at * 16) for at in range(count)]
    return [(start, pid) for start, pid in found]


def test_a_descriptor_that_reads_cannot_write(reading: Notes) -> None:
    key = Key(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2)
    name = records.pack_tuple(key.src, key.sport, key.dst, key.dport, (key.proto, 0))
    words = name, bytes(8), records.pack_identity(1, 1)
    sizes = records.NAMED_BYTES, records.OWNER_BYTES, records.LIFE_BYTES
    for each, word, size in zip(reading._maps, words, sizes, strict=True):
        writes = partial(each.put, word, bytes(size)), partial(each.drop, word), partial(each.take, word)
        for write in writes:
            with pytest.raises(BpfError) as caught:
                write()
            assert caught.value.errno == errno.EPERM
    assert reading.socket(key) is None
