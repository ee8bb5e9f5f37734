"""The program that tells whose a packet is that has just come in; test_neighbours tries what it tells."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.shaping import catching, groups
from procwire.shaping.codec import filters
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError
from procwire.shaping.plan import CATCH_NAME, Wish, ifb_of, receiving
from procwire.shaping.spelling import effect
from procwire.shaping.standing import inner_handle
from tests.lab import Host, pair
from tests.shaping.stage import HERE, Inside, datagrams, inside, needs_lab, shown
from tests.shaping.test_apply import counted

WISH = Wish(effect=effect({"rate": "80mbit"}), slot=4, sent=False)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with pair() as (_, left, right):
        yield left, right


def test_the_filter_leads_what_matches_and_nothing_else() -> None:
    made = filters.decode_bpf(catching.options(7, 99))
    assert made == filters.Bpf(name=CATCH_NAME, descriptor=7, direct=False, actions=(Mirred(99),))


@pytest.mark.kernel
@needs_lab
def test_a_group_that_is_not_there_and_a_kernel_that_cannot_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GoneError, match="no control group /nowhere"), catching.program("/nowhere", 1):
        pass

    def refuse(_content: bytes) -> object:
        raise BpfError(1, "Operation not permitted")

    monkeypatch.setattr(catching, "Object", refuse)
    home = groups.of_process(os.getpid())
    with pytest.raises(ShapingError, match="cannot be told apart: Operation not"), catching.program(home, 1):
        pass


OPTIONS = (  # No-Operation four times (RFC 791 section 3.1), and PadN of six bytes (RFC 8200 section 4.2)
    (socket.AF_INET, socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\1"),
    (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, b"\0\0\1\4\0\0\0\0"),
    (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, b"\0\0\1\4\0\0\0\0"),
)


@pytest.mark.kernel
@needs_lab
def test_ports_are_found_behind_options_and_extension_headers(hosts: tuple[Host, Host]) -> None:
    left, right = hosts
    places = {socket.AF_INET: "10.77.0.1", socket.AF_INET6: "fd77::1"}
    home = groups.of_process(os.getpid())
    with inside(left) as entered, caught(entered, home), contextlib.ExitStack() as stack:
        for count, (family, level, option, value) in enumerate(OPTIONS, 1):
            taker = stack.enter_context(left.socket(family, socket.SOCK_DGRAM))
            taker.bind((places[family], 0))
            taker.settimeout(60)
            sender = stack.enter_context(right.socket(family, socket.SOCK_DGRAM))
            sender.setsockopt(level, option, value)
            sender.sendto(b"x", taker.getsockname()[:2])
            assert taker.recv(9) == b"x"
            assert through(entered) == count


@contextlib.contextmanager
def caught(entered: Inside, group: str) -> Iterator[None]:
    """What a control group receives at eth0 is led to an ifb meanwhile."""
    wish = Wish(effect=WISH.effect, slot=WISH.slot, sent=False, group=group)
    part = receiving(entered.standing(), None, wish, HERE)
    for step in part.steps:
        entered.kernel.do(step)
    try:
        yield
    finally:
        assert entered.kernel.undo(part.undo) == []


def through(entered: Inside) -> int:
    link = entered.link(ifb_of(entered.standing())[1])
    return counted(entered.kernel.standing(link, WISH.slot), inner_handle(WISH.slot))


@pytest.mark.kernel
@needs_lab
def test_sockets_of_a_group_and_of_those_below_it_are_told_by_family_and_protocol(
    hosts: tuple[Host, Host],
) -> None:
    left, right = hosts
    home = groups.of_process(os.getpid())
    before = shown(left, "qdisc", "show")
    with inside(left) as entered, caught(entered, home), contextlib.ExitStack() as stack:
        ports = []
        for family, address in ((socket.AF_INET, "10.77.0.1"), (socket.AF_INET6, "fd77::1")):
            taker = stack.enter_context(left.socket(family, socket.SOCK_DGRAM))
            taker.bind((address, 0))
            ports.append((address, taker.getsockname()[1]))
        server = stack.enter_context(left.socket(socket.AF_INET6))
        server.bind(("fd77::1", 0))
        server.listen()
        for address, port in ports:
            datagrams(right, (address, port), 4, 100)
        assert through(entered) == 8
        datagrams(right, (ports[0][0], ports[0][1] + 1), 3, 100)  # nobody's
        assert through(entered) == 8
        asking = stack.enter_context(right.socket(socket.AF_INET6))
        asking.connect(server.getsockname()[:2])
        taken, _ = server.accept()
        asking.sendall(b"x" * 100)
        assert taken.recv(100)
        assert through(entered) >= 8 + 3  # SYN, ACK, data
        taken.close()
        before_both = through(entered)
        both = stack.enter_context(left.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        datagrams(right, ("10.77.0.1", both.getsockname()[1]), 5, 100)
        assert through(entered) >= before_both + 5
    assert shown(left, "qdisc", "show") == before
