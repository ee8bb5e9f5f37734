"""NetBIOS names: registrations, queries and node status of Samba, and the vectors of RFC 1002."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import nbns
from tests.dpi.hearing import unanswered
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 137)
# RFC 1002 section 4.2.12: a query for "The NetBIOS name" of RFC 1001 section 14.1 has this first label.
ENCODED = b"\x20FEGIGFCAEOGFHEECEJEPFDCAGOGBGNGF\0"
QUERY = bytes.fromhex("0001 0110 0001 0000 0000 0000") + ENCODED + b"\0\x20\0\1"


def test_names_are_registered_and_found() -> None:
    said = rows("nbns/names", "nbns")
    taken = [(one["name"], one["name_type"]) for one in said if one["operation"] == "registration"]
    assert ("FILESERVER", "file-server") in taken
    assert ("OFFICE", "workstation") in taken
    found = next(one for one in said if one["message"] == "response" and one["name"] == "FILESERVER")
    assert (found["addresses"], found["result"], found["group"]) == (["10.77.0.2"], "ok", False)
    assert 0 < found["latency"] < 1
    missing = next(one for one in said if one["name"] == "NOBODY" and one["message"] == "response")
    assert missing["result"] == "name-error"
    assert ("nbns", "content") in apps("nbns/names")


def test_status_of_a_node() -> None:
    (status,) = [one for one in rows("nbns/names", "nbns", operation="status") if "names" in one]
    assert "FILESERVER file-server" in status["names"]
    assert "OFFICE workstation group" in status["names"]
    assert status["hardware"] == "00:00:00:00:00:00"


def test_name_of_the_specification() -> None:
    (seen,) = talk(nbns, UDP, (OUT, QUERY))
    assert (seen.name, seen.name_type, seen.broadcast) == ("The NetBIOS nam", "0x65", True)
    answer = bytes.fromhex("0001 8580 0000 0001 0000 0000") + ENCODED
    answer += bytes.fromhex("0020 0001 00000e10 0006 8000 c0000207")
    _, found = talk(nbns, UDP, (OUT, QUERY), (IN, answer))
    assert (found.addresses, found.group, found.ttl, found.latency) == (("192.0.2.7",), True, 3600, 100)


def test_registration_points_to_its_question() -> None:
    data = bytes.fromhex("0001 2910 0001 0000 0000 0001") + ENCODED + b"\0\x20\0\1"
    data += bytes.fromhex("c00c 0020 0001 000493e0 0006 0000 c0000209")
    (seen,) = talk(nbns, UDP, (OUT, data))
    assert (seen.operation, seen.addresses, seen.ttl) == ("registration", ("192.0.2.9",), 300_000)


def test_claims() -> None:
    assert claimed(nbns, QUERY, UDP)
    assert claimed(nbns, QUERY, context("udp", 5000))
    assert not claimed(nbns, QUERY[:2] + b"\x19" + QUERY[3:], UDP)
    assert not claimed(nbns, QUERY.replace(b"FEGI", b"feg!"), UDP)
    assert not claimed(nbns, QUERY[:-4], UDP)


@pytest.mark.parametrize("data", [b"", QUERY[:20], QUERY[:45], b"\xff" * 60])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(nbns, UDP, (OUT, data))


def test_a_question_in_vain_is_told_where_a_server_was_asked() -> None:
    to_server = QUERY[:3] + bytes([QUERY[3] & ~nbns.BROADCAST]) + QUERY[4:]
    found = unanswered(nbns, (OUT, to_server), (OUT, to_server), transport="udp", port=137)
    assert found == [(OUT, "query The NetBIOS nam", 2, 20)]
    assert unanswered(nbns, (OUT, QUERY), transport="udp", port=137) == []
