"""DNP3: a session of real programs, frames built with their checksums."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import dnp3
from procwire.dpi.wire.crc16 import dnp
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said
from tests.dpi.talking import apps, rows


def checked(data: bytes) -> bytes:
    return data + struct.pack("<H", dnp(data))


def frame(user: bytes = b"", *, control: int = 0xC4, to: int = 10, source: int = 1) -> bytes:
    head = checked(struct.pack("<BBBBHH", 5, 0x64, 5 + len(user), control, to, source))
    return head + b"".join(checked(user[at : at + 16]) for at in range(0, len(user), 16))


READ = frame(b"\xc0\xc3\1" + b"\x3c\2\6" + b"\x3c\3\6" + b"\x1e\1\0\0\5")
ANSWER = frame(b"\xc0\xc3\x81\x90\1" + b"\x1e\1\0\0\5" + bytes(30), control=0x44, to=1, source=10)


def test_read_and_response() -> None:
    asked, answer = said(dnp3, (OUT, READ), (IN, ANSWER))
    assert (asked.source, asked.destination, asked.master, asked.function) == (1, 10, True, "read")
    assert (asked.objects, asked.sequence, asked.damaged) == (("60:2", "60:3", "30:1"), 3, False)
    assert (answer.function, answer.objects, answer.latency) == ("response", ("30:1",), SECOND)
    assert answer.indications == ("need-time", "device-restart", "function-not-supported")


def test_a_master_starts_controls_and_restarts_an_outstation() -> None:
    assert apps("dnp3/session") == {("dnp3", "content")}
    asked = rows("dnp3/session", "dnp3", side="out", master=True, source=1, destination=10)
    assert [one["function"] for one in asked if one["function"] != "confirm"] == [
        "disable-unsolicited", "write", "read", "enable-unsolicited", "select", "operate", "direct-operate",
        "cold-restart"]  # fmt: skip
    (poll,) = rows("dnp3/session", "dnp3", function="read")
    assert poll["objects"] == ["60:2", "60:3", "60:4", "60:1"]
    answers = rows("dnp3/session", "dnp3", function="response", side="in", master=False)
    assert [one["sequence"] for one in answers] == list(range(8))
    assert all(one["latency"] for one in answers)
    assert answers[6]["indications"] == ["parameter-error"]
    assert not rows("dnp3/session", "dnp3", damaged=True)


def test_an_outstation_speaks_unasked() -> None:
    told = rows("dnp3/session", "dnp3", function="unsolicited-response")
    assert [one.get("objects") for one in told] == [None, ["32:1"], ["32:1"]]
    assert (told[0]["indications"], told[0].get("latency")) == (["device-restart"], None)
    link = [(one["side"], one["function"]) for one in rows("dnp3/session", "dnp3_link")]
    assert link == [("out", "request-status"), ("in", "link-status")]


def test_control_and_link_frames() -> None:
    control = frame(b"\xc1\xc4\5" + b"\x0c\1\x17\1\3" + bytes(11))
    seen = said(dnp3, (OUT, control + frame(control=0xC9) + frame(control=0x0B, to=1, source=10)))
    assert (seen[0].function, seen[0].write, seen[0].objects) == ("direct-operate", True, ("12:1",))
    assert [one.function for one in seen[1:]] == ["request-status", "link-status"]


def test_later_frames_of_a_fragment_tell_nothing_and_damage_is_told() -> None:
    assert said(dnp3, (OUT, frame(b"\x81" + bytes(20)))) == []
    broken = READ[:-1] + bytes([READ[-1] ^ 1])
    (seen,) = said(dnp3, (OUT, broken), transport="udp")
    assert seen.damaged


def test_claims() -> None:
    assert asks(dnp3, READ, hinted=False) is Claim.YES
    damaged = READ[:8] + b"\0\0" + READ[10:]
    assert asks(dnp3, damaged, hinted=False) is Claim.NO
    assert asks(dnp3, damaged) is Claim.YES
    assert asks(dnp3, READ[:5]) is Claim.MORE
    assert asks(dnp3, b"\5\x64\1") is Claim.NO


@pytest.mark.parametrize("wrong", [b"\7" * 20, frame(b"\xc0\xc0\x77\0")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(dnp3, (OUT, READ), (OUT, wrong)) or refuses(dnp3, (OUT, wrong))
