"""mDNS: announcements, queries, goodbyes of real programs, and what is no such message."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import mdns
from tests.dpi.samples import labels, query, record
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

LINK = context("udp", 5353, src_port=5353)
HEAD = bytes.fromhex("000084000000000100000000")


def test_a_printer_is_announced_and_withdrawn() -> None:
    said = rows("mdns/printer", "mdns")
    assert [line["message"] for line in said].count("goodbye") >= 1
    announced = next(line for line in said if line["message"] == "response" and line["instances"])
    assert announced["instances"] == ["laser._ipp._tcp.local printer.local:631"]
    assert announced["services"] == ["laser._ipp._tcp.local"]
    assert (announced["hosts"], announced["addresses"]) == (["printer.local"], ["10.77.0.2"])
    assert apps("mdns/printer") == {("mdns", "content")}


def test_one_shot_query_has_a_latency() -> None:
    (answer,) = [line for line in rows("mdns/printer", "mdns") if "latency" in line]
    assert answer["ident"] != 0
    assert 0 < answer["latency"] < 1
    assert answer["query"] == "printer.local"


def test_unicast_bit_probe_and_known_answers() -> None:
    asked = bytearray(query("_ipp._tcp.local", 12, ident=0))
    asked[2:4] = b"\0\0"
    asked[-2] |= 0x80
    asked[6:8] = b"\0\1"
    (seen,) = talk(mdns, LINK, (OUT, bytes(asked) + record(b"\xc0\x0c", 12, labels("a._ipp._tcp.local"))))
    assert (seen.message, seen.unicast, seen.query_type) == ("query", True, "PTR")
    assert seen.known == ("_ipp._tcp.local 60 PTR a._ipp._tcp.local",)
    probe = bytearray(asked[:6] + b"\0\0\0\1" + asked[10:])
    (seen,) = talk(mdns, LINK, (OUT, bytes(probe) + record(b"\xc0\x0c", 12, b"\0")))
    assert seen.message == "probe"


def test_goodbye() -> None:
    gone = HEAD + record(labels("printer.local"), 1, bytes(4), ttl=0)
    assert [one.message for one in talk(mdns, LINK, (IN, gone))] == ["goodbye"]


def test_broken_service_record_names_no_instance() -> None:
    (seen,) = talk(mdns, LINK, (OUT, HEAD + record(labels("a.local"), 33, b"\0\0")))
    assert seen.instances == ()


def test_only_on_its_port_and_not_beside_dns() -> None:
    data = HEAD + record(labels("printer.local"), 1, bytes(4))
    assert claimed(mdns, data, LINK)
    assert not claimed(mdns, data, context("udp", 9999))
    assert not claimed(mdns, data, context("udp", 53, src_port=5353))
    assert not claimed(mdns, data[:-2], LINK)
    assert not claimed(mdns, b"\0" * 12, LINK)


def test_malformed() -> None:
    for data in (b"", b"\0" * 12, b"\0\0\x78\0" + query()[4:], query()[:20]):
        with pytest.raises(ProtocolError):
            talk(mdns, LINK, (OUT, data))
