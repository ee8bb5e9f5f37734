"""The programs on this machine's kernel: what they count, and what a full map does."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from procwire.accounting import programs as room
from procwire.accounting.programs import FAR, MAX_ACCOUNTS, RING_BYTES, Programs
from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account, Settings
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import FOLDER, Object
from procwire.processes.kernel import namespace_cookie
from tests.bpf import kernel
from tests.bpf.kernel import need_bpf

pytestmark = pytest.mark.kernel
UDP = 17
LOOPBACK = 1  # always the kernel's index of lo


def settings(**more: object) -> Settings:
    chosen = Settings(namespace_cookie(), 4096, 3, 4096, 1 << 20)
    return chosen._replace(**more)  # type: ignore[arg-type]


def refuse_near(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """As a kernel before 6.2 does; what was asked for."""
    asked: list[dict[str, str]] = []
    load = room._load

    def refusing(content: bytes, sizes: Any, constants: bytes, names: dict[str, str]) -> Object:
        asked.append(names)
        if names["account_in"] == "account_in":
            raise BpfError(13, "invalid kernel function call")
        return load(content, sizes, constants, names)

    monkeypatch.setattr(room, "_load", refusing)
    return asked


@pytest.fixture(params=["near", "far"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programs]:
    need_bpf()
    if request.param == "far":
        refuse_near(monkeypatch)
    made = Programs(settings(), tap=False)
    made.attach()
    made.place(LOOPBACK, 14, loopback=True)
    yield made
    made.close()


def of_port(programs: Programs, port: int) -> list[Account]:
    """The accounts of sockets that speak to or from a port."""
    found = []
    for ends, cookie, account in programs.changed(0):
        _, _, aport, _, bport = books.unpack_ends(ends)
        if cookie and port in {aport, bport}:
            found.append(account)
    return found


def say(count: int, size: int) -> int:
    """Datagrams to a socket of one's own, over loopback; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        address = receiver.getsockname()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(count):
                sender.sendto(bytes(size), address)
                assert len(receiver.recv(65536)) == size
    return int(address[1])


def test_the_sizes_are_those_of_the_source() -> None:
    source = (FOLDER / "account.bpf.c").read_text(encoding="utf-8")
    assert f"#define MAX_ACCOUNTS {MAX_ACCOUNTS}\n" in source
    assert f"#define RING_BYTES ({RING_BYTES >> 19} << 20)\n" in source


def test_where_the_kernel_lacks_a_function_programs_that_do_without_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need_bpf()
    asked = refuse_near(monkeypatch)
    made = Programs(settings(), tap=True)
    made.close()
    assert asked[0] == {name: name for name in asked[0]}
    assert asked[1] == {name: FAR.get(name, name) for name in asked[0]}
    assert asked[1]["tap"] == "tap_far"
    assert made.tap >= 0


def test_every_packet_of_a_socket_is_counted(programs: Programs) -> None:
    both = of_port(programs, say(300, 100))
    assert len(both) == 2  # the sender's and the receiver's
    for account in both:
        assert sorted(account.now.packets) == [0, 300]
        assert sorted(account.now.bytes) == [0, 300 * 128]
        assert sorted(account.now.payload) == [0, 300 * 100]
    shown = programs.link(LOOPBACK)["sockets"]
    assert shown[0] >= (300, 300)


def test_a_tunnel_is_no_flow_and_what_comes_back_from_its_port_is_one(programs: Programs) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as vxlan,
    ):
        one.bind(("127.0.0.1", 0))
        vxlan.bind(("127.0.0.5", 4789))
        ours, theirs = one.getsockname(), vxlan.getsockname()
        for _ in range(3):  # the answers make the account that the questions would be found under
            one.sendto(b"question", theirs)
            vxlan.sendto(b"answer", ours)
            vxlan.recv(100)
            one.recv(100)
    accounts = of_port(programs, ours[1])
    assert len(accounts) == 2
    assert [sorted(account.now.packets) for account in accounts] == [[0, 3], [0, 3]]
    assert [sorted(account.now.payload) for account in accounts] == [[0, 18], [0, 18]]


def test_a_packet_after_a_reading_is_in_the_next_one(programs: Programs) -> None:
    """Although its time is that of the kernel's tick, which may have come before that reading began."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(receiver.getsockname())
            port = sender.getsockname()[1]
            for count in range(1, 40):
                since = time.monotonic_ns()
                sender.send(b"x")
                told = [sum(account.now.packets) for ends, cookie, account in programs.changed(since)
                        if cookie and port in books.unpack_ends(ends)[2::2]]  # fmt: skip
                assert told == [count, count]


def test_what_is_dropped_from_the_map_makes_room_and_is_no_eviction(programs: Programs) -> None:
    port = say(1, 1)
    found = [each for each in programs.changed(0) if port in books.unpack_ends(each[0])[2::2]]
    for ends, cookie, account in found:
        assert list(programs.take(ends, {cookie: account.first - 1})) == []  # has begun anew: another one's
        assert list(programs.take(ends, {cookie: account.first})) == [(cookie, account)]
        assert list(programs.take(ends, {cookie: 0})) == []
    assert found
    assert of_port(programs, port) == []
    list(programs.changed(0))
    assert programs.counts()["refused"] == 0


def test_every_account_stands_under_the_name_of_its_own_ends(programs: Programs) -> None:
    """Also where many begin at once, in processes that what comes in interrupts."""
    with ThreadPoolExecutor(4) as pool:
        ports = list(pool.map(lambda _: say(1, 10), range(200)))
    found = [
        (bytes(names[row * 8 : row * 8 + 8]), books.key_of(values, row * books.ACCOUNT_BYTES))
        for names, values, count in programs._accounts.batches(books.NAME_BYTES)
        for row in range(count)
    ]
    assert all(name == books.name_of(key, programs._secret) for name, key in found)
    ends = {port for _, key in found for port in books.unpack_ends(key[: books.TUPLE_BYTES])[2::2]}
    assert set(ports) <= ends
    assert programs.counts()["refused"] == 0


def test_a_full_map_lets_the_oldest_go_and_says_so() -> None:
    need_bpf()
    small = Programs(settings(), tap=False, sizes={"accounts": 64})
    try:
        small.attach()
        small.place(LOOPBACK, 14, loopback=True)
        last = [say(1, 10) for _ in range(200)][-1]
        present = list(small.changed(0))
        counts = small.counts()
        assert len(present) <= 64 + os.cpu_count() * 128  # type: ignore[operator]
        assert counts["present"] == len(present)
        assert 0 < counts["evicted"] <= counts["accounts"] - counts["present"]
        assert of_port(small, last)
    finally:
        small.close()


def test_two_interfaces_on_one_place_are_not_mixed(programs: Programs) -> None:
    other = LOOPBACK + books.MAX_LINKS
    assert programs.place(other, 14, loopback=False)
    before = programs.link(LOOPBACK)["sockets"].packets[0]
    say(5, 5)
    assert programs.link(LOOPBACK)["sockets"].packets[0] >= before + 5
    assert programs.link(other)["sockets"].packets == (0, 0)
    programs.displace(LOOPBACK)
    assert programs.link(LOOPBACK) == {}
    assert programs.link(other)["sockets"].packets == (0, 0)
    assert programs.place(LOOPBACK, 14, loopback=True)
    programs.displace(other)
    assert programs.link(other) == {}


def test_an_interface_whose_place_another_has_is_counted_all_the_same() -> None:
    need_bpf()
    made = Programs(settings(), tap=False)
    try:
        made.attach()
        assert made.place(LOOPBACK + books.MAX_LINKS, 14, loopback=False)
        assert made.place(LOOPBACK, 14, loopback=True)
        say(5, 5)
        assert made.link(LOOPBACK)["sockets"].packets[0] >= 5
    finally:
        made.close()


def test_more_interfaces_than_there_is_room_for_are_said_not_to_be_watched() -> None:
    need_bpf()
    made = Programs(settings(), tap=False, sizes={"crowd": 1})
    try:
        placed = [made.place(LOOPBACK + n * books.MAX_LINKS, 14, loopback=False) for n in range(3)]
        assert placed == [True, True, False]
        assert made.link(LOOPBACK + 2 * books.MAX_LINKS) == {}
    finally:
        made.close()


def test_a_verdict_ends_what_is_handed_on(programs: Programs) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(receiver.getsockname())
            sender.send(b"x")
            (ends,) = {ends for ends, _, _ in programs.changed(0)
                       if sender.getsockname()[1] in books.unpack_ends(ends)[2::2]}  # fmt: skip
            for _ in range(10):
                sender.send(b"y")
            before = programs.counts()["given"]
            programs.say(ends, (books.ENOUGH, books.ENOUGH), (0, 0))
            for _ in range(10):
                sender.send(b"z")
            assert programs.counts()["given"] == before
            programs.say(ends, (books.ALL, books.ALL), (0, 0))
            for _ in range(256):
                sender.send(b"w")
            assert programs.counts()["given"] > before


def test_beyond_the_rate_content_is_missed_by_its_flow_and_counted() -> None:
    need_bpf()
    made = Programs(settings(everything=True, window_bytes=1 << 16), tap=False)
    try:
        made.attach()
        made.place(LOOPBACK, 14, loopback=True)
        accounts = of_port(made, say(400, 4000))
        assert sum(sum(account.missed) for account in accounts) > 0
        assert made.counts()["over-rate"] > 0
        assert all(sum(account.now.packets) == 400 for account in accounts)
    finally:
        made.close()


def test_an_object_that_is_damaged_is_an_error() -> None:
    need_bpf()
    with pytest.raises(BpfError):
        Programs(settings(), tap=True, content=b"\x7fELF" + bytes(200))


def test_without_capabilities_nothing_is_loaded_and_the_reason_is_told() -> None:
    need_bpf()
    said = kernel.without_capabilities(
        "from procwire.accounting.programs import Programs\n"
        "from procwire.bpf.accounts import Settings\n"
        "from procwire.bpf import probe\n"
        "from procwire.bpf.libbpf import BpfError\n"
        "try:\n    Programs(Settings(1, 1, 1, 1, 1), tap=True)\n"
        "except BpfError as error:\n    print(probe.explained(error))\n"
    )
    assert "CAP_BPF" in said
