"""What RFCs and others publish, record by record: RFC 8448 here, illustrated connections where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.decrypt.conversation import conversation_of
from procwire.decrypt.dtls_session import DtlsSession
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_session import QuicSession
from procwire.decrypt.session import ALERT, APPLICATION_DATA, HANDSHAKE, Session
from tests.decrypt.dialogue import key_log
from tests.dpi.captures import SHARED as CORPORA
from tests.dpi.captures import packets

RFC8448: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "tls" / "rfc8448.json").read_text()
)["sections"]
PAYLOAD = bytes(range(50))  # what both sides say in sections 3 and 4
CLOSE_NOTIFY = b"\1\0"
SHARED = CORPORA / "corpora" / "decryption"


def test_every_trace_of_rfc8448_is_here() -> None:
    assert [name[0] for name in RFC8448] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize("name", RFC8448)
def test_rfc8448(name: str) -> None:
    section = RFC8448[name]
    lines = "".join(f"{label} {section['random']} {secret}\n" for label, secret in section["secrets"].items())
    session = Session(key_log(lines.encode()))
    content = [one for side, data in section["records"] for one in session.feed(side, bytes.fromhex(data))]
    said = [
        b"".join(data for who, kind, data in content if who == side and kind == APPLICATION_DATA)
        for side in (0, 1)
    ]
    spoken = {"3": [PAYLOAD, PAYLOAD], "4": [b"ABCDEF" + PAYLOAD, PAYLOAD]}
    assert said == spoken.get(name[0], [b"", b""])
    assert [data for _, kind, data in content if kind == ALERT] == [CLOSE_NOTIFY, CLOSE_NOTIFY]
    for side in (0, 1):
        messages = [data[0] for who, kind, data in content if who == side and kind == HANDSHAKE]
        assert messages == section["handshake"][str(side)]
    assert not session.failed.total()
    assert session.opened == sum(data.startswith("17") for _, data in section["records"])


# The illustrated connections of others: every record of TLS and DTLS, every packet of QUIC, as files.


def illustrated(name: str) -> tuple[list[tuple[int, bytes]], KeyLog, Path]:
    """(payloads in order with their side, the keys, the folder of files)."""
    folder = SHARED / f"illustrated-{name}" / "captures"
    if not folder.exists():
        pytest.skip("the captures of others are not here (PROCWIRE_SHARED)")
    client, flights = 0, []
    for packet in packets(folder / "capture.pcap"):
        inner = packet.data
        client = client or inner.sport
        if inner.data:
            flights.append((int(inner.sport != client), bytes(inner.data)))
    return flights, key_log((folder / "keylog.txt").read_bytes()), folder / "caps"


def inside(content: list[tuple[int, int, bytes]]) -> list[bytes]:
    """Content as it stands in a record of TLS 1.3: messages with their length, the type behind."""
    return [
        (data[:1] + (len(data) - 1).to_bytes(3, "big") + data[1:] if kind == HANDSHAKE else data)
        + bytes([kind])
        for _, kind, data in content
    ]


def test_every_record_of_the_illustrated_tls13() -> None:
    flights, keys, files = illustrated("tls13")
    session = Session(keys)
    found = inside([one for side, data in flights for one in session.feed(side, data)])
    names = ["serverextensions", "servercert", "servercertverify", "serverfinished", "clientfinished",
             "serverticket1", "serverticket2", "clientdata", "serverdata"]  # fmt: skip
    assert sorted(found) == sorted((files / name).read_bytes() for name in names)
    assert not session.failed.total()


def test_every_record_of_the_illustrated_tls12() -> None:
    flights, keys, files = illustrated("tls12")
    session = Session(keys)
    content = [one for side, data in flights for one in session.feed(side, data)]
    found = [data[:-1] for data in inside(content)]
    # Their files are followed by the MAC and the padding.
    names = [
        "clientfinishedplain",
        "serverfinishedplain",
        "clientdataplain",
        "serverdataplain",
        "clientalertplain",
    ]
    plain = [(files / name).read_bytes() for name in names]
    assert len(found) == len(plain)
    assert all(any(data.startswith(one) or one.startswith(data) for data in plain) for one in found)
    assert session.opened == 5
    assert not session.failed.total()


def test_every_record_of_the_illustrated_dtls13() -> None:
    flights, keys, files = illustrated("dtls")
    session = DtlsSession(keys)
    found = [data + bytes([kind]) for side, each in flights for _, kind, data in session.feed(side, each)]
    names = ["encext", "cert", "cverify", "sfin", "cfin", "sack", "cdata", "sdata", "sbye"]
    assert sorted(found) == sorted((files / f"record-{name}").read_bytes() for name in names)
    assert not session.failed.total()


def test_every_packet_of_the_illustrated_quic() -> None:
    flights, keys, files = illustrated("quic")
    found: list[bytes] = []

    class Listening(QuicSession):
        def _frames(self, side: int, level: str, frames: bytes, into: list[Any]) -> None:
            found.append(frames)
            super()._frames(side, level, frames, into)

    session = Listening(keys)
    for side, data in flights:
        session.feed(side, data)
    protected = sorted(files.glob("pkt_payload*"))
    wanted = [path.read_bytes() for path in protected if "init" not in path.name]
    assert found == wanted
    assert not session.failed.total()


def test_others_conversations_are_followed() -> None:
    for name, proto in (("tls12", 6), ("tls13", 6), ("quic", 17), ("dtls", 17)):
        flights, keys, _ = illustrated(name)
        talk = conversation_of(proto, keys)
        said = [piece for side, data in flights for piece in talk.feed(side, data, 1)]
        assert [(piece.side, piece.data) for piece in said] == [(0, b"ping"), (1, b"pong")], name
