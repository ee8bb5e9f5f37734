"""TLS sessions: real ones of OpenSSL over every kind of cipher, and hand-made ones for the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from procwire.decrypt import reasons as room
from procwire.decrypt.session import APPLICATION_DATA, HANDSHAKE, MAX_BACKLOG_BYTES, Session
from tests.decrypt.dialogue import IN, OUT, Dialogue, Hand, Sealer, key_log

SAYS = [(0, b"GET / HTTP/1.1\r\n\r\n"), (1, os.urandom(40_000)), (0, b"more"), (1, b"")][:3]


def read(session: Session, flights: Sequence[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Application data of both sides, with what comes at the end."""
    content = [one for side, data in flights for one in session.feed(side, data)] + session.finish()
    return (
        b"".join(data for side, kind, data in content if side == 0 and kind == APPLICATION_DATA),
        b"".join(data for side, kind, data in content if side == 1 and kind == APPLICATION_DATA),
    )


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("version", "cipher"),
    [
        ("TLSv1_3", "ALL"),
        ("TLSv1_2", "ECDHE-RSA-AES128-GCM-SHA256"), ("TLSv1_2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("TLSv1_2", "ECDHE-RSA-CHACHA20-POLY1305"), ("TLSv1_2", "AES128-CCM"), ("TLSv1_2", "AES256-CCM8"),
        ("TLSv1_2", "AES128-SHA256"), ("TLSv1_2", "ECDHE-RSA-AES256-SHA384"), ("TLSv1_2", "AES256-SHA"),
        ("TLSv1_2", "ECDHE-RSA-CAMELLIA128-SHA256"), ("TLSv1_2", "NULL-SHA256"),
        ("TLSv1_1", "AES128-SHA"), ("TLSv1", "AES256-SHA"), ("TLSv1", "ECDHE-RSA-AES128-SHA"),
    ],
)  # fmt: skip
def test_what_openssl_says_is_read(version: str, cipher: str) -> None:
    spoken = Dialogue(version, cipher).run(SAYS)
    session = Session(key_log(spoken.keys))
    assert read(session, list(spoken.flights)) == spoken.said
    assert not session.failed.total()
    assert session.opened >= 6


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_resumed_session_is_read(version: str) -> None:
    dialogue = Dialogue(version)
    dialogue.run(SAYS)
    dialogue.flights, dialogue.said = [], [b"", b""]
    again = dialogue.run(SAYS, session=dialogue.session)
    session = Session(key_log(again.keys))
    assert read(session, list(again.flights)) == again.said
    assert not session.failed.total()


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_chunking_does_not_matter(step: int) -> None:
    spoken = Dialogue().run([(0, b"x" * 300), (1, b"y" * 300)])
    session = Session(key_log(spoken.keys))
    flights = [
        (side, data[at : at + step]) for side, data in spoken.flights for at in range(0, len(data), step)
    ]
    assert read(session, flights) == spoken.said


@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303, 0x1304, 0x1305])
def test_five_suites_padding_and_key_updates(suite: int) -> None:
    hand = Hand(suite)
    client = hand.sealers["CLIENT_TRAFFIC_SECRET_0"]
    updated = client.updated()
    flights = [
        *hand.shake(),
        (OUT, hand.said(True, b"one", padding=100) + client.seal(22, b"\x18\x00\x00\x01\x00")),
        (OUT, updated.seal(23, b"two") + updated.seal(22, b"\x18\x00\x00\x01\x00")),
        (OUT, updated.updated().seal(23, b"three") + updated.updated().seal(23, b"")[:0]),
        (IN, hand.said(False, b"answer")),
    ]
    session = Session(key_log(hand.lines()))
    assert read(session, flights) == (b"onetwothree", b"answer")
    assert not session.failed.total()


def test_early_data_is_read() -> None:
    hand = Hand(early=True)
    early = hand.sealers["CLIENT_EARLY_TRAFFIC_SECRET"]
    flights = [
        (OUT, hand.client_hello + early.seal(23, b"early ")),
        (IN, hand.server_hello + hand.finished(False)),
        (OUT, early.seal(23, b"bird ") + early.seal(22, b"\x05\x00\x00\x00") + hand.finished(True)),
        (OUT, hand.said(True, b"late")),
    ]
    assert read(Session(key_log(hand.lines())), flights) == (b"early bird late", b"")


def test_early_data_that_was_refused_does_not_hide_what_follows() -> None:
    hand = Hand(early=True)
    early = hand.sealers["CLIENT_EARLY_TRAFFIC_SECRET"]
    flights = [
        (OUT, hand.client_hello + early.seal(23, b"refused ")),
        (IN, hand.server_hello + hand.finished(False)),
        (OUT, hand.finished(True) + hand.said(True, b"said")),
    ]
    assert read(Session(key_log(hand.lines())), flights)[0].endswith(b"said")


def test_a_spoofed_record_does_not_end_it() -> None:
    hand = Hand()
    spoof = Sealer(0x1301, os.urandom(32)).seal(23, b"spoofed")
    session = Session(key_log(hand.lines()))
    flights = [
        *hand.shake(),
        (OUT, spoof + hand.said(True, b"true")),
        (OUT, spoof + hand.said(True, b" words")),
    ]
    assert read(session, flights) == (b"true words", b"")
    assert session.failed[room.NOT_AUTHENTIC] == 2


def test_behind_a_gap_it_goes_on() -> None:
    hand = Hand()
    session = Session(key_log(hand.lines()))
    for side, data in [*hand.shake(), (OUT, hand.said(True, b"one"))]:
        session.feed(side, data)
    for _ in range(20):
        hand.said(True, b"lost" * 100)
    session.gap(OUT)
    found = session.feed(OUT, hand.said(True, b"found"))
    assert [data for _, _, data in found] == [b"found"]


def test_a_gap_over_the_end_of_the_handshake() -> None:
    hand = Hand()
    session = Session(key_log(hand.lines()))
    for side, data in hand.shake()[:2]:
        session.feed(side, data)
    session.gap(OUT)
    found = session.feed(OUT, hand.said(True, b"found"))
    assert [data for _, _, data in found] == [b"found"]


def test_keys_that_come_late_open_what_was_held() -> None:
    hand = Hand()
    keys = key_log(b"", complete=False)
    session = Session(keys)
    flights = [*hand.shake(), (OUT, hand.said(True, b"one ")), (IN, hand.said(False, b"answer"))]
    for side, data in flights:
        assert session.feed(side, data) == []
    assert session.waiting
    assert not session.hopeless
    keys.feed(hand.lines())
    found = session.feed(OUT, hand.said(True, b"two"))
    said = b"".join(data for side, kind, data in found if kind == APPLICATION_DATA and side == 0)
    assert said == b"one two"
    assert any(side == 1 and data == b"answer" for side, _, data in found)
    assert not session.waiting


def test_the_backlog_is_bounded_and_the_rest_counted() -> None:
    hand = Hand()
    session = Session(key_log(b"", complete=False))
    for side, data in hand.shake():
        session.feed(side, data)
    for _ in range(30):
        session.feed(OUT, hand.said(True, bytes(16_000)))
    assert session.halves[0].backlog.bytes <= MAX_BACKLOG_BYTES
    session.finish()
    assert session.failed[room.BACKLOG_FULL] > 0
    assert session.failed[room.NO_KEY] > 0
    assert not session.opened


def test_without_keys_it_is_hopeless() -> None:
    hand = Hand()
    session = Session(key_log(b""))
    assert not session.hopeless
    for side, data in [*hand.shake(), (OUT, hand.said(True, b"x"))]:
        session.feed(side, data)
    assert session.hopeless
    assert session.failed[room.NO_KEY] == 3


def test_only_application_keys_open_application_data() -> None:
    """A log that began late: the handshake stays shut, and its Finished is not seen."""
    hand = Hand()
    session = Session(key_log(hand.lines("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")))
    flights = [*hand.shake(), (OUT, hand.said(True, b"asked")), (IN, hand.said(False, b"answered"))]
    assert read(session, flights) == (b"asked", b"answered")
    assert session.failed[room.NO_KEY] == 2


def test_secrets_are_wiped_at_the_end() -> None:
    hand = Hand()
    keys = key_log(hand.lines())
    session = Session(keys)
    read(session, [*hand.shake(), (OUT, hand.said(True, b"x"))])
    assert (keys.vault.held, len(keys)) == (0, 0)


def test_handshake_messages_are_handed_on() -> None:
    hand = Hand()
    session = Session(key_log(hand.lines()))
    found = [one for side, data in hand.shake() for one in session.feed(side, data)]
    assert [(side, kind, data[0]) for side, kind, data in found] == [
        (IN, HANDSHAKE, 20),
        (OUT, HANDSHAKE, 20),
    ]


@pytest.mark.parametrize("suite", ["003b", "0005", "002f", "c02f"])
def test_a_suite_that_tls13_does_not_have_opens_nothing(suite: str) -> None:
    spoken = Dialogue("TLSv1_3").run(SAYS)
    flights = list(spoken.flights)
    first = next(place for place, (side, _) in enumerate(flights) if side == 1)
    answer = flights[first][1]
    assert answer[76] == 0x13  # behind the record's and message's heads, version, random and session id
    flights[first] = (IN, answer[:76] + bytes.fromhex(suite) + answer[78:])
    session = Session(key_log(spoken.keys))
    assert read(session, flights) == (b"", b"")
    assert not session.opened
