"""TLS sessions: real ones of OpenSSL over every kind of cipher, and hand-made ones for the rest."""

from __future__ import annotations

import hmac
import os
import ssl
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from procwire.decrypt import ciphers
from procwire.decrypt import reasons as room
from procwire.decrypt import session as sessions
from procwire.decrypt.half import MAX_FUTILE, MAX_GUESSES
from procwire.decrypt.late import sent_at
from procwire.decrypt.session import APPLICATION_DATA, HANDSHAKE, MAX_BACKLOG_BYTES, Session
from procwire.dpi.wire.tls_hello import HELLO_RETRY_RANDOM, read_server_hello
from tests.decrypt.dialogue import IN, OUT, Dialogue, Hand, Sealer, key_log

SHOWN = (11, 25)  # OpenSSL since 3.2 may compress its certificates (RFC 8879)
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


NO_TICKET, NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET = 1 << 14, 1 << 19, 1 << 0  # openssl/ssl.h


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_1", "TLSv1"])
@pytest.mark.parametrize(
    ("option", "shown"), [(0, {22, 23}), (NO_ENCRYPT_THEN_MAC, {23}), (NO_EXTENDED_MASTER_SECRET, {22})]
)
def test_the_mac_before_and_after_and_both_master_secrets(version: str, option: int, shown: set[int]) -> None:
    """RFC 7366 (22) and RFC 7627 (23): what the server's hello agrees to is what was asked for."""
    dialogue = Dialogue(version, "AES128-SHA")
    for context in dialogue.contexts:
        context.options |= option
    spoken = dialogue.run(SAYS)
    answer = next(data for side, data in spoken.flights if side == IN)
    hello = read_server_hello(answer[9 : 9 + int.from_bytes(answer[6:9], "big")])
    assert {22, 23} & set(hello.bodies) == shown
    session = Session(key_log(spoken.keys))
    assert read(session, list(spoken.flights)) == spoken.said
    assert not session.failed.total()


@pytest.mark.parametrize("option", [0, NO_TICKET])
def test_a_session_is_resumed_by_ticket_and_by_id(option: int) -> None:
    dialogue = Dialogue("TLSv1_2", "AES128-GCM-SHA256")
    for context in dialogue.contexts:
        context.options |= option
    dialogue.run(SAYS)
    assert dialogue.session is not None
    assert dialogue.session.has_ticket == (option == 0)
    dialogue.flights, dialogue.said = [], [b"", b""]
    again = dialogue.run(SAYS, session=dialogue.session)
    session = Session(key_log(again.keys))
    assert read(session, list(again.flights)) == again.said
    assert not session.failed.total()
    assert b"\x0b" not in {data[5:6] for side, data in again.flights if side == IN}  # no certificate anew


def test_a_client_that_is_asked_behind_the_handshake() -> None:
    """Post-handshake authentication (RFC 8446 section 4.6.2), by OpenSSL: its messages, then what is said."""
    dialogue = Dialogue("TLSv1_3")
    dialogue.authenticate()
    dialogue.contexts[0].post_handshake_auth = True
    dialogue.contexts[1].verify_mode = ssl.CERT_OPTIONAL
    dialogue.contexts[1].post_handshake_auth = True
    spoken = dialogue.run(SAYS, ask_later=True)
    session = Session(key_log(spoken.keys))
    content = [one for side, data in spoken.flights for one in session.feed(side, data)]
    messages = [(side, data[0]) for side, kind, data in content if kind == HANDSHAKE]
    asked = messages.index((IN, 13))
    answered = [kind for side, kind in messages[asked:] if side == OUT]
    assert answered[0] in SHOWN
    assert answered[1:] == [15, 20]
    said = [b"".join(data for who, kind, data in content if (who, kind) == (side, 23)) for side in (0, 1)]
    assert tuple(said) == spoken.said
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
    session.gap(OUT, 20 * 422)
    found = session.feed(OUT, hand.said(True, b"found"))
    assert [data for _, _, data in found] == [b"found"]


def test_behind_a_long_gap_the_number_is_reckoned_by_what_is_missing() -> None:
    """A capture that lost megabytes: more records than are tried one after the other."""
    hand = Hand()
    session = Session(key_log(hand.lines()))
    for side, data in [
        *hand.shake(),
        (OUT, hand.said(True, b"sent" * 100)),
        (OUT, hand.said(True, b"sent" * 100)),
    ]:
        session.feed(side, data)
    lost = [hand.said(True, b"lost" * (90 + number % 20)) for number in range(2000)]
    session.gap(OUT, sum(map(len, lost)))
    found = session.feed(OUT, hand.said(True, b"found"))
    assert [data for _, _, data in found] == [b"found"]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_wrong_key_is_named_and_costs_no_search_for_ever(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if bytes were lost it is searched for a while, up to TLS 1.2, where a forged record has a number."""
    spoken = Dialogue(version, "ECDHE-RSA-AES128-GCM-SHA256").run([(1, b"said")] * 200)
    keys = b"".join(line[:-8] + b"deadbeef\n" for line in spoken.keys.splitlines())
    tried = [0]

    class Counted:
        def __init__(self, cipher: Any) -> None:
            self.cipher = cipher

        def open(self, *given: Any) -> Any:
            tried[0] += 1
            return self.cipher.open(*given)

    modern, legacy = ciphers.Modern, ciphers.legacy_pair
    monkeypatch.setattr(sessions, "Modern", lambda *given: Counted(modern(*given)))
    monkeypatch.setattr(sessions, "legacy_pair", lambda *given: tuple(map(Counted, legacy(*given))))
    session = Session(key_log(keys))
    assert read(session, spoken.flights) == (b"", b"")
    assert set(+session.failed) == {room.NOT_AUTHENTIC}
    assert session.failed[room.NOT_AUTHENTIC] > 200
    assert 200 < tried[0] < 2 * MAX_FUTILE * MAX_GUESSES


def test_a_gap_over_the_end_of_the_handshake() -> None:
    hand = Hand()
    session = Session(key_log(hand.lines()))
    for side, data in hand.shake()[:2]:
        session.feed(side, data)
    session.gap(OUT, 100)
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


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_what_waited_is_told_of_in_its_order_and_at_its_time(version: str) -> None:
    """Else an answer stood before its question, and both where the key came: no latency, no path."""
    turns = [(0, b"question"), (1, b"answer"), (0, b"and"), (1, b"so on")]
    spoken = Dialogue(version, "ECDHE-RSA-AES128-GCM-SHA256").run(turns)
    keys = key_log(b"", complete=False)
    session, found = Session(keys), list[Any]()
    for session.now, (side, data) in enumerate(spoken.flights, 10):
        found += session.feed(side, data)
    assert found == []
    keys.feed(bytearray(spoken.keys))
    session.now = 1000
    told = [each for each in session.finish() if each[1] == APPLICATION_DATA]
    assert [(each[0], each[2]) for each in told] == turns
    times = [sent_at(each, 1000) for each in told]
    assert times == sorted(times)
    assert times[0] < times[-1] < 1000


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


@pytest.mark.parametrize("late", [False, True])
def test_early_data_before_a_retry_is_read_under_its_own_suite(late: bool) -> None:
    """The server asks for another hello and chooses another suite than what was sent early is under."""
    hand, old = Hand(0x1301), Hand(0x1303, early=True)
    old.random = hand.random
    body = (
        b"\x03\x03" + hand.random + b"\0\0\4\x13\x01\x13\x03\x01\x00" + b"\0\x0b" + VERSIONS + b"\0\x2a\0\0"
    )
    offered = hello(1, body)
    retry = hello(2, b"\x03\x03" + HELLO_RETRY_RANDOM + b"\0\x13\x01\0" + b"\0\6\0\x2b\0\2\3\4")
    again = hello(1, b"\x03\x03" + hand.random + b"\0\0\2\x13\x01\x01\x00" + b"\0\7" + VERSIONS)
    early = old.sealers["CLIENT_EARLY_TRAFFIC_SECRET"]
    lines = old.lines("CLIENT_EARLY_TRAFFIC_SECRET") + hand.lines(*list(hand.secrets)[1:])
    keys = key_log(b"" if late else lines, complete=not late)
    flights = [
        (OUT, offered + early.seal(23, b"sent ") + early.seal(23, b"early ")),
        (IN, retry), (OUT, again), (IN, hand.server_hello + hand.finished(False)),
        (OUT, hand.finished(True) + hand.said(True, b"and late")),
    ]  # fmt: skip
    session = Session(keys)
    content = [one for side, data in flights[:1] for one in session.feed(side, data)]
    if late:
        keys.feed(bytearray(lines))
    content += [one for side, data in flights[1:] for one in session.feed(side, data)]
    assert b"".join(data for _, kind, data in content if kind == APPLICATION_DATA) == b"sent early and late"
    assert not session.failed.total()


VERSIONS = b"\0\x2b\0\3\2\3\4"


def hello(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def test_messages_behind_the_handshake_are_handed_on() -> None:
    """Tickets, a request for a certificate, its answer (RFC 8446 section 4.6), in pieces and among data."""
    hand = Hand()
    ticket, asked = b"\x04\0\0\x0a" + bytes(10), b"\x0d\0\0\3" + b"\1\x07\0"
    server, client = hand.sealers["SERVER_TRAFFIC_SECRET_0"], hand.sealers["CLIENT_TRAFFIC_SECRET_0"]
    flights = [
        *hand.shake(),
        (IN, server.seal(22, ticket + asked[:2]) + server.seal(22, asked[2:]) + server.seal(23, b"data")),
        (OUT, client.seal(22, b"\x0b\0\0\4\0\0\0\0" + b"\x14\0\0\x20" + bytes(32))),
        (OUT, client.seal(23, b"more")),
    ]
    session = Session(key_log(hand.lines()))
    content = [one for side, data in flights for one in session.feed(side, data)]
    assert [(side, data[0]) for side, kind, data in content if kind == HANDSHAKE] == [
        (IN, 20), (OUT, 20), (IN, 4), (IN, 13), (OUT, 11), (OUT, 20),
    ]  # fmt: skip
    assert [data for _, kind, data in content if kind == APPLICATION_DATA] == [b"data", b"more"]
    assert not session.failed.total()


def test_a_client_that_shows_a_certificate() -> None:
    for version in ("TLSv1_2", "TLSv1_3"):
        dialogue = Dialogue(version)
        dialogue.authenticate()
        spoken = dialogue.run(SAYS)
        session = Session(key_log(spoken.keys))
        content = [one for side, data in spoken.flights for one in session.feed(side, data)]
        assert (
            b"".join(data for side, kind, data in content if side == 1 and kind == APPLICATION_DATA)
            == spoken.said[1]
        )
        certificates = [side for side, kind, data in content if kind == HANDSHAKE and data[0] in SHOWN]
        assert certificates == ([IN, OUT] if version == "TLSv1_3" else [])
        assert not session.failed.total()


class Old:
    """TLS 1.2 with AES-128-GCM under a master secret of one's own, both directions."""

    def __init__(self, random: bytes, answered: bytes) -> None:
        self.random, self.answered, self.master = random, answered, os.urandom(48)
        block, chain, seed = b"", b"", b"key expansion" + answered + random
        while len(block) < 40:
            chain = hmac.digest(self.master, chain or seed, "sha256")
            block += hmac.digest(self.master, chain + seed, "sha256")
        self.keys, self.salts = (block[:16], block[16:32]), (block[32:36], block[36:40])
        self.numbers = [0, 0]
        self.line = f"CLIENT_RANDOM {random.hex()} {self.master.hex()}\n".encode()

    def seal(self, side: int, kind: int, content: bytes) -> bytes:
        number = self.numbers[side].to_bytes(8, "big")
        self.numbers[side] += 1
        data = number + bytes([kind]) + b"\x03\x03" + len(content).to_bytes(2, "big")
        sealed = number + AESGCM(self.keys[side]).encrypt(self.salts[side] + number, content, data)
        return bytes([kind]) + b"\x03\x03" + len(sealed).to_bytes(2, "big") + sealed


def test_a_renegotiation_is_followed() -> None:
    """Hellos, ChangeCipherSpec and all inside the connection, then other keys (RFC 5246 section 7.4.1.1)."""
    first, then = (Old(os.urandom(32), os.urandom(32)) for _ in range(2))
    finished = b"\x14\0\0\x0c" + bytes(12)

    def asked(one: Old) -> bytes:
        return hello(1, b"\x03\x03" + one.random + b"\0\0\2\xc0\x2f\x01\x00")

    def chosen(one: Old) -> bytes:
        return hello(2, b"\x03\x03" + one.answered + b"\0\xc0\x2f\0")

    changed = b"\x14\x03\x03\x00\x01\x01"
    flights = [
        (OUT, asked(first)), (IN, chosen(first)),
        (OUT, changed + first.seal(OUT, 22, finished)), (IN, changed + first.seal(IN, 22, finished)),
        (OUT, first.seal(OUT, 23, b"one ")),
        (OUT, first.seal(OUT, 22, asked(then)[5:])), (IN, first.seal(IN, 22, chosen(then)[5:])),
        (OUT, first.seal(OUT, 20, b"\x01") + then.seal(OUT, 22, finished)),
        (IN, first.seal(IN, 20, b"\x01") + then.seal(IN, 22, finished) + then.seal(IN, 23, b"answer")),
        (OUT, then.seal(OUT, 23, b"two")),
    ]  # fmt: skip
    keys = key_log(first.line + then.line)
    session = Session(keys)
    assert read(session, flights) == (b"one two", b"answer")
    assert not session.failed.total()
    assert keys.vault.held == 0
