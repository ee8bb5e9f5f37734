"""DNS: questions, answers, pairing, claims."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse, DnsUnanswered, Parser, claims
from tests.dpi.samples import ADDRESS, ALIAS, OPT, QUESTION, framed, labels, query, record, response

OUT, IN = Direction.OUT, Direction.IN
UDP = Context(transport="udp", src_port=40000, dst_port=53)
TCP = Context(transport="tcp", src_port=40000, dst_port=53)


def one(data: bytes, side: Direction = OUT) -> Any:
    (seen,) = Parser(UDP).feed(side, data, now=1)
    return seen


def test_lookup_with_aliases_and_latency() -> None:
    dns: Any = Parser(UDP)
    (asked,) = dns.feed(OUT, query(tail=OPT), now=100)
    (answer,) = dns.feed(IN, response(answers=(ALIAS, ADDRESS), tail=(OPT,)), now=350)
    assert isinstance(asked, DnsQuery)
    assert isinstance(answer, DnsResponse)
    assert (asked.query, asked.query_type, asked.flags, asked.udp_size) == (
        "www.example.com",
        "A",
        ("rd", "do"),
        1232,
    )
    assert (answer.latency, answer.rcode, answer.ttl) == (250, "NOERROR", 30)
    assert answer.answers == ("www.example.com 60 CNAME edge.example.net", "edge.example.net 30 A 192.0.2.7")
    assert (answer.addresses, answer.aliases, answer.faults) == (("192.0.2.7",), ("edge.example.net",), ())


def test_records_off_the_way_give_no_address() -> None:
    stray = record(labels("bank.example"), 1, bytes([203, 0, 113, 9]))
    answer = one(response(answers=(stray,)), IN)
    assert answer.addresses == ()
    assert answer.answers == ("bank.example 60 A 203.0.113.9",)


def test_retransmitted_and_unanswered_queries() -> None:
    dns: Any = Parser(UDP)
    (first,) = dns.feed(OUT, query(), now=10)
    (second,) = dns.feed(OUT, query(), now=20)
    assert (first.retransmitted, second.retransmitted) == (False, True)
    (left,) = dns.finish(50)
    assert isinstance(left, DnsUnanswered)
    assert (left.query, left.waited, left.attempts) == ("www.example.com", 40, 2)
    assert not list(dns.finish(60))


def test_case_of_a_name_does_not_matter() -> None:
    dns: Any = Parser(UDP)
    list(dns.feed(OUT, query("WwW.ExAmPlE.cOm"), now=10))
    (answer,) = dns.feed(IN, response(answers=(ALIAS, ADDRESS)), now=30)
    assert answer.latency == 20


def test_extended_rcode_and_options() -> None:
    options = struct.pack("!HHHBB4s", 8, 8, 1, 24, 0, bytes([192, 0, 2, 0]))
    options += struct.pack("!HH8s", 10, 8, b"cookie!!") + struct.pack("!HHH", 15, 2, 18)
    opt = record(b"\0", 41, options, ttl=1 << 24, sort=4096)
    answer = one(response(flags=0x8180, tail=(opt,)), IN)
    assert answer.rcode == "BADVERS"
    assert (answer.client_subnet, answer.cookie) == ("192.0.2.0/24", b"cookie!!".hex())
    assert answer.extended_error == "prohibited"


def test_tcp_messages_in_one_segment_and_split() -> None:
    stream = framed(query(), query("b.org", ident=8))
    assert len(list(Parser(TCP).feed(OUT, stream, now=1))) == 2
    dns: Any = Parser(TCP)
    seen = [one for at in range(len(stream)) for one in dns.feed(OUT, stream[at : at + 1], now=1)]
    assert [one.query for one in seen] == ["www.example.com", "b.org"]


def test_tcp_goes_on_behind_a_gap() -> None:
    dns: Any = Parser(TCP)
    list(dns.feed(OUT, framed(query())[:9], now=1))
    list(dns.gap(OUT, 30, now=2))
    assert not list(dns.feed(OUT, b"\x01\x02\x03\x04\x05\xff\xff\xff", now=3))
    (seen,) = dns.feed(OUT, framed(query("b.org")), now=4)
    assert seen.query == "b.org"


def test_cut_message_yields_what_is_there() -> None:
    whole = response(answers=(ALIAS, ADDRESS))
    answer = one(whole[:-5], IN)
    assert answer.faults == ("incomplete",)
    assert len(answer.answers) == 1
    assert one(whole + b"!", IN).faults == ("trailing-bytes",)


def test_update_and_notify() -> None:
    update = struct.pack("!6H", 1, 0x2800, 1, 0, 1, 0) + labels("example.org") + struct.pack("!HH", 6, 1)
    update += record(labels("a.example.org"), 1, bytes(4))
    seen = one(update)
    assert (seen.opcode, seen.query_type, seen.records) == ("update", "SOA", ("a.example.org 60 A 0.0.0.0",))
    assert claims(update, OUT, UDP) is Claim.YES


def test_malformed_is_refused() -> None:
    for data in (b"", b"\0" * 11, query()[:20], b"\0\1\0\x40" + query()[4:]):
        with pytest.raises(ProtocolError):
            one(data)


def test_other_name_services_are_not_claimed() -> None:
    for port in (5353, 5355, 137):
        assert claims(query(), OUT, Context(transport="udp", src_port=4000, dst_port=port)) is Claim.NO
    assert claims(query(), OUT, Context(transport="udp", src_port=4000, dst_port=9999)) is Claim.YES


def test_hints_of_a_service_record_are_addresses() -> None:
    value = struct.pack("!H", 1) + b"\0" + struct.pack("!HH4s", 4, 4, bytes([192, 0, 2, 1]))
    answer = one(response(kind=65, answers=(record(QUESTION, 65, value),)), IN)
    assert answer.addresses == ("192.0.2.1",)
    assert answer.answers == ("www.example.com 60 HTTPS 1 . ipv4hint=192.0.2.1",)
