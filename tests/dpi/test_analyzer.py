"""Choosing, replaying, falling back, giving up, handing on."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Annotated, Any

import pytest

from procwire.dpi.analyzer import MAX_CHAIN
from procwire.dpi.contract import ENOUGH, Claim, ProtocolError
from procwire.dpi.protocols import http
from procwire.dpi.reading import MAX_BAD_DATAGRAMS
from procwire.dpi.registry import Registry
from procwire.model.observation import Observation, Upgraded, says
from tests.dpi.flows import Listener, flow
from tests.dpi.samples import ADDRESS, ALIAS, framed, query, response

REQUEST = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


class Word(Observation, kw_only=True):
    """A word."""

    TABLE = "word"
    text: Annotated[str, says("What it said.")]


def protocol(name: str, reads: Any, claim: Any = Claim.YES, *, ports: Any = (), tcp: bool = True) -> Any:
    """A protocol whose parser is a function of (side, data) to observations."""

    class Parser:
        def __init__(self, context: Any) -> None:
            self.fed: list[tuple[int, bytes]] = []

        def feed(self, side: Any, data: bytes, *, now: int) -> Iterable[Observation]:
            self.fed.append((int(side), data))
            yield from reads(side, data, now)

        def gap(self, side: Any, size: int, *, now: int) -> Iterable[Observation]:
            return (Word(time=now, side=side, text=f"gap {size}"),)

        def skip(self, side: Any) -> int:
            return 0

        def remainder(self, side: Any) -> bytes:
            return b"rest" if side == 0 else b""

    def claims(data: bytes, side: Any, context: Any) -> Claim:
        answer = claim(data) if callable(claim) else claim
        assert isinstance(answer, Claim)
        return answer

    return SimpleNamespace(
        __name__=name, __doc__=f"{name}: a test.", NAME=name, PORTS=frozenset(ports),
        TRANSPORTS=frozenset({"tcp" if tcp else "udp"}), FIRST=None, OBSERVATIONS=(Word,), claims=claims,
        Parser=Parser,
    )  # fmt: skip


def echo(side: Any, data: bytes, now: int) -> Iterable[Observation]:
    yield Word(time=now, side=side, text=data.decode("latin-1"))


def refuse(side: Any, data: bytes, now: int) -> Iterable[Observation]:
    raise ProtocolError("not mine")
    yield


def crash(side: Any, data: bytes, now: int) -> Iterable[Observation]:
    raise KeyError("a defect")
    yield


def test_content_decides_on_any_port() -> None:
    listener, web = Listener(), flow(dport=9999)
    assert listener.analyzer.data(web, 0, REQUEST, 5) == 0
    assert (web.app, web.app_confidence) == ("http", "content")
    assert (web.server_name, web.server_name_source) == ("www.example.com", "http-host")
    assert listener.analyzer.data(web, 1, ANSWER + b"0123", 9) == 6
    assert [type(one).__name__ for one in listener.seen] == ["HttpRequest", "HttpResponse"]
    assert listener.decided == [("http", "content")]


def test_bytes_in_any_pieces() -> None:
    listener, web = Listener(), flow()
    for at in range(len(REQUEST)):
        listener.analyzer.data(web, 0, REQUEST[at : at + 1], at)
    assert len(listener.seen) == 1
    assert listener.analyzer.counts()["held"] == 0


def test_sides_are_replayed_in_order_of_arrival() -> None:
    whole = protocol("late", echo, lambda data: Claim.YES if len(data) > 3 else Claim.MORE)
    listener, late = Listener(Registry([whole])), flow()
    for side, data in ((0, b"ab"), (1, b"cd"), (0, b"e"), (1, b"fg")):
        assert listener.analyzer.data(late, side, data, 1) == 0
    assert [one.text for one in listener.seen] == ["ab", "cd", "e", "fg"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("first", [refuse, crash])
def test_failing_parser_gives_way_to_the_next_claim(first: Any) -> None:
    listener = Listener(Registry([protocol("a", first), protocol("b", echo)]))
    one = flow()
    listener.analyzer.data(one, 0, b"hello", 1)
    assert (one.app, len(listener.seen)) == ("b", 1)
    assert listener.decided == [("b", "content")]
    counts = listener.analyzer.counts()
    assert (counts["faults"], counts["defects"]) == ((1, 0) if first is refuse else (0, 1))
    assert ("KeyError" in listener.analyzer.defect) == (first is crash)


def test_all_fail_is_unknown() -> None:
    listener, one = Listener(Registry([protocol("a", refuse), protocol("b", refuse)])), flow()
    assert listener.analyzer.data(one, 0, b"hello", 1) == ENOUGH
    assert (one.app, one.app_confidence, listener.decided) == ("unknown", "unknown", [("unknown", "unknown")])


def test_failure_behind_an_observation_keeps_the_name() -> None:
    listener, web = Listener(), flow()
    listener.analyzer.data(web, 0, REQUEST, 1)
    assert listener.analyzer.data(web, 0, b"\0\0\0\0\0", 2) == ENOUGH
    assert listener.analyzer.data(web, 1, ANSWER, 3) == ENOUGH
    assert (web.app, web.app_confidence) == ("http", "content")
    listener.analyzer.ended(web, 4)
    assert web.analysis is None


def test_nothing_refused_by_content_is_guessed_by_port() -> None:
    listener, odd = Listener(), flow(dport=80)
    assert listener.analyzer.data(odd, 0, b"\x7f\1\2\3\4\5\6\7", 1) == ENOUGH
    assert (odd.app, odd.app_confidence) == ("unknown", "unknown")


def test_port_is_the_last_resort() -> None:
    listener = Listener()
    for one, confidence in ((flow(dport=80), "port-guess"), (flow(dport=4), "unknown")):
        listener.analyzer.ended(one, 1)
        assert one.app_confidence == confidence
    midstream = flow(dport=80, opener_seen=False)
    for number in range(40):
        listener.analyzer.data(midstream, 0, b"\0\1\2\3 middle of a body", number)
    assert (midstream.app, midstream.app_confidence) == ("http", "port-guess")


def test_of_content_that_is_shown_to_nobody_the_port_speaks() -> None:
    listener, counted, read = Listener(), flow(dport=80), flow(dport=80)
    listener.analyzer.unread(counted)
    assert (counted.app, counted.app_confidence) == ("http", "port-guess")
    assert listener.analyzer.data(counted, 0, b"SSH-2.0-x\r\n", 1) == ENOUGH
    listener.analyzer.data(read, 0, b"SSH-2.0-x\r\n", 1)
    listener.analyzer.unread(read)
    assert (read.app, read.app_confidence) == ("ssh", "content")


def test_midstream_finds_a_later_start() -> None:
    listener, web = Listener(), flow(opener_seen=False)
    listener.analyzer.data(web, 1, b"...the rest of a body", 1)
    assert listener.analyzer.data(web, 0, REQUEST, 2) == 0
    assert (web.app, len(listener.seen)) == ("http", 1)


def test_gap_before_the_decision() -> None:
    listener, web = Listener(), flow()
    listener.analyzer.data(web, 0, b"GET /a", 1)
    assert listener.analyzer.gap(web, 0, 100, 2) == 0
    listener.analyzer.data(web, 0, b"x: y\r\n\r\n", 3)
    listener.analyzer.data(web, 0, REQUEST, 4)
    assert (web.app, len(listener.seen)) == ("http", 1)


def test_gap_reaches_the_parser() -> None:
    listener, one = Listener(Registry([protocol("a", echo)])), flow()
    listener.analyzer.data(one, 0, b"hello", 1)
    listener.analyzer.gap(one, 0, 7, 2)
    assert listener.seen[-1].text == "gap 7"  # type: ignore[attr-defined]


def test_tunnel_is_named_by_what_is_in_it() -> None:
    listener, one = Listener(), flow(dport=3128)
    listener.analyzer.data(one, 0, b"CONNECT a.org:53 HTTP/1.1\r\n\r\n" + framed(query()), 1)
    listener.analyzer.data(one, 1, b"HTTP/1.1 200 ok\r\n\r\n", 2)
    assert (one.app, one.facts["via"]) == ("dns", "http")
    assert listener.decided[-1] == ("dns", "content")


def test_upgrade_to_a_protocol_without_parser() -> None:
    listener, one = Listener(), flow()
    listener.analyzer.data(one, 0, b"GET / HTTP/1.1\r\nUpgrade: strange\r\n\r\n", 1)
    answer = b"HTTP/1.1 101 Yes\r\nUpgrade: strange\r\n\r\n\x81\x00"
    assert listener.analyzer.data(one, 1, answer, 2) == ENOUGH
    assert (one.app, one.app_confidence, one.facts["via"]) == ("strange", "content", "http")


def test_upgrades_within_each_other_end() -> None:
    def deeper(side: Any, data: bytes, now: int) -> Iterable[Observation]:
        yield Upgraded(time=now, side=side, hint="")

    listener, one = Listener(Registry([protocol("a", deeper)])), flow()
    assert listener.analyzer.data(one, 0, b"x", 1) == ENOUGH
    assert len(listener.seen) == MAX_CHAIN


def test_bad_datagram_is_passed_over() -> None:
    listener, dns = Listener(), flow(17, 53)
    listener.analyzer.data(dns, 0, query(), 1)
    assert listener.analyzer.data(dns, 1, b"junk", 2) == 0
    listener.analyzer.data(dns, 1, response(answers=(ALIAS, ADDRESS)), 3)
    assert [type(one).__name__ for one in listener.seen] == ["DnsQuery", "DnsResponse"]
    for number in range(MAX_BAD_DATAGRAMS + 1):
        last = listener.analyzer.data(dns, 1, b"junk", 4 + number)
    assert last == ENOUGH


def test_what_is_pending_comes_at_the_end() -> None:
    listener, dns = Listener(), flow(17, 53)
    listener.analyzer.data(dns, 0, query(), 1)
    listener.analyzer.ended(dns, 9)
    assert type(listener.seen[-1]).__name__ == "DnsUnanswered"


def test_undecided_bytes_are_bounded() -> None:
    waiting = protocol("a", echo, Claim.MORE, ports={("tcp", 80)})
    listener, one = Listener(Registry([waiting]), side_bytes=1000), flow()
    appetite = [listener.analyzer.data(one, 0, b"x" * 100, now) for now in range(12)]
    assert appetite.index(ENOUGH) == 9
    assert listener.analyzer.counts()["held"] == 0
    assert (one.app, one.app_confidence) == ("a", "port-guess")


def test_all_flows_together_are_bounded() -> None:
    listener = Listener(Registry([protocol("a", echo, Claim.MORE)]), total_bytes=1000)
    flows = [flow(dport=number) for number in range(100)]
    for one in flows:
        listener.analyzer.data(one, 0, b"x" * 100, 1)
    counts = listener.analyzer.counts()
    assert counts["held"] <= 1100
    assert counts["overflowed"] == 89
    for one in flows:
        listener.analyzer.ended(one, 2)
    assert listener.analyzer.counts()["held"] == 0


def test_other_transports_are_left_alone() -> None:
    listener, icmp = Listener(Registry([http])), flow(1, 0)
    assert listener.analyzer.data(icmp, 0, b"x", 1) == ENOUGH
    assert listener.analyzer.gap(icmp, 0, 4, 1) == ENOUGH
    listener.analyzer.ended(icmp, 2)
    assert icmp.app == "unknown"
