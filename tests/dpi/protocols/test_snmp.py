"""SNMP: requests of real programs in every version, hostile encodings."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import snmp
from tests.dpi.talking import OUT, apps, claimed, context, lines_said, rows, talk

UDP = context("udp", 161)
# RFC 1157: GetRequest for sysDescr.0 with the community "public".
GET = bytes.fromhex(
    "3029 020100 0406 7075626c6963 a01c 0204 12345678 020100 020100 300e 300c 0608 2b06010201010100 0500"
)


def test_versions() -> None:
    said = rows("snmp/versions", "snmp")
    assert [line["version"] for line in said[:4]] == ["1", "1", "2c", "2c"]
    assert (
        said[1]["values"] == ["1.3.6.1.2.1.1.5.0 = vm", "1.3.6.1.2.1.1.6.0 = the cellar"] or said[1]["values"]
    )
    assert all(line["latency"] > 0 for line in said if line["message"] in {"response", "report"})
    assert {"no-access 1"} == {line["error"] for line in said if "error" in line}
    assert [line["trap"] for line in said if "trap" in line] == ["link-down 1.3.6.1.4.1.8072.9999 192.0.2.1"]
    assert next(line for line in said if line["message"] == "get-bulk")["repetitions"] == 3
    assert apps("snmp/versions") == {("snmp", "content")}


def test_version_3() -> None:
    said = rows("snmp/versions", "snmp", version="3")
    assert {line["security"] for line in said if line.get("user") == "reader"} == {
        "authenticated",
        "encrypted",
    }
    (answer,) = [line for line in said if line["message"] == "encrypted" and line["side"] == "in"]
    assert answer["latency"] > 0
    assert all(not line["credentials"] for line in said)


def test_community_is_not_kept() -> None:
    assert rows("snmp/versions", "snmp", credentials=True)
    assert "public-in-clear" not in str(lines_said("snmp/versions"))


def test_request_of_the_specification() -> None:
    (seen, again) = talk(snmp, UDP, (OUT, GET), (OUT, GET))
    assert (seen.message, seen.ident, seen.credentials) == ("get", 0x12345678, True)
    assert (seen.variables, seen.retransmitted, again.retransmitted) == (("1.3.6.1.2.1.1.1.0",), False, True)


def test_claims() -> None:
    assert claimed(snmp, GET, UDP)
    assert claimed(snmp, GET, context("udp", 9))
    assert not claimed(snmp, GET[:-1], UDP)
    assert not claimed(snmp, GET + b"\0", UDP)
    assert not claimed(snmp, GET.replace(b"\x02\1\0\4", b"\x02\1\2\4", 1), UDP)


@pytest.mark.parametrize("at", range(len(GET)))
def test_malformed(at: int) -> None:
    with pytest.raises(ProtocolError):
        talk(snmp, UDP, (OUT, GET[:at]))
