"""SSDP: announcements and a search of real programs; what is HTTP and not this."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import ssdp
from tests.dpi.hearing import unanswered
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 1900)
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\n'
    b"ST: upnp:rootdevice\r\n\r\n"
)
FOUND = b"HTTP/1.1 200 OK\r\nCache-Control: max-age = 120\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\nLocation: http://x/\r\n\r\n"


def test_a_media_server() -> None:
    said = rows("ssdp/media", "ssdp")
    assert {line["message"] for line in said} == {"alive", "byebye", "search", "response"}
    alive = next(line for line in said if line["message"] == "alive")
    assert (alive["location"], alive["max_age"]) == ("http://10.77.0.2:8200/rootDesc.xml", 130)
    assert "MiniDLNA" in alive["server"]
    assert apps("ssdp/media") == {("ssdp", "content")}


def test_search_and_answer() -> None:
    asked, found = talk(ssdp, UDP, (OUT, SEARCH), (IN, FOUND))
    assert (asked.message, asked.target, asked.max_wait) == ("search", "upnp:rootdevice", 2)
    assert (found.message, found.device, found.max_age, found.latency) == ("response", "uuid:1", 120, 100)


def test_claims() -> None:
    assert claimed(ssdp, SEARCH, context("udp", 9))
    assert claimed(ssdp, FOUND, UDP)
    assert not claimed(ssdp, b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", UDP)
    assert not claimed(ssdp, b"GET / HTTP/1.1\r\n\r\n", UDP)


def test_malformed() -> None:
    for data in (b"", b"M-SEARCH", b"NOTIFY * HTTP/2\r\n"):
        with pytest.raises(ProtocolError):
            talk(ssdp, UDP, (OUT, data))
    (seen,) = talk(ssdp, UDP, (OUT, b"M-SEARCH * HTTP/1.1\n" + b"x:\x1b\n" * 500 + b"MX: 99999999999\n"))
    assert seen.max_wait is None


def test_a_search_in_vain_is_told_where_one_alone_was_asked() -> None:
    alone = unanswered(ssdp, (OUT, SEARCH), transport="udp", port=1900)
    assert alone == [(OUT, "search upnp:rootdevice", 1, 10)]
    assert unanswered(ssdp, (OUT, SEARCH), (IN, FOUND), transport="udp", port=1900) == []
