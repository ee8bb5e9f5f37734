"""The QUIC parser against dialogues that aioquic makes, RFC vectors, and datagrams made to hurt."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.protocols import quic
from procwire.dpi.wire import quic_initial
from procwire.dpi.wire._quic_names import SALTS, V1, V2
from procwire.model.observation import Observation, columns_of
from tests.dpi import quic_vectors as vectors
from tests.dpi.quic_dialogue import converse, crypto_frame, seal
from tests.dpi.tls_dialogue import NOW, Flights

OUT, IN = Direction.OUT, Direction.IN
UDP = Context(transport="udp")
STEP = 1_000_000
DCID = b"12345678"


def read(flights: Iterable[tuple[Direction, bytes]], parser: quic.Parser | None = None) -> list[Observation]:
    parser = parser or quic.Parser(UDP)
    found: list[Observation] = []
    for number, (side, data) in enumerate(flights):
        if not parser.skip(side):
            found.extend(parser.feed(side, data, now=NOW + number * STEP))
    return found


def some(found: list[Observation], kind: type[Observation]) -> list[Any]:
    return [observation for observation in found if type(observation) is kind]


def one(found: list[Observation], kind: type[Observation]) -> Any:
    matching = some(found, kind)
    assert len(matching) == 1, found
    return matching[0]


def hello_message(size: int = 0) -> bytes:
    """A ClientHello for example.com (RFC 9001 A.2), padded by an extension of ``size`` bytes."""
    message = vectors.CLIENT_FRAMES[4:]
    if not size:
        return message
    at = 4 + 34 + 1 + 2 + 4 + 2  # behind type, length, version, random, session id, ciphers, compressions
    extensions = message[at + 2 :] + b"\x00\x15" + size.to_bytes(2, "big") + b"\0" * size
    body = message[4:at] + len(extensions).to_bytes(2, "big") + extensions
    return b"\1" + len(body).to_bytes(3, "big") + body


@pytest.mark.parametrize(("version", "name"), [(V1, "1"), (V2, "2")])
def test_handshake(version: int, name: str) -> None:
    flights = converse(version)
    parser = quic.Parser(UDP)
    assert quic.claims(flights[0][1], OUT, UDP) is Claim.YES
    found = read(flights, parser)
    hello = one(found, quic.QuicClientHello)
    answer = one(found, quic.QuicServerHello)
    done = one(found, quic.QuicEstablished)
    assert hello.server_name == "quic.example"
    assert hello.alpn == ("h3", "hq")
    assert hello.quic_version == answer.quic_version == done.quic_version == name
    assert hello.ja4.startswith("q13d")
    assert "initial_max_data" in hello.parameters
    assert hello.idle_timeout == 60 * 10**9
    assert answer.cipher.startswith("TLS_")
    assert answer.latency > 0
    assert done.handshake > 0
    assert parser.skip(OUT) == parser.skip(IN) == ENOUGH


@pytest.mark.parametrize("version", [V1, V2])
def test_retry(version: int) -> None:
    found = read(converse(version, retry=True))
    retry = one(found, quic.QuicRetry)
    hellos = some(found, quic.QuicClientHello)
    assert retry.intact is True
    assert retry.scid == b"retried!".hex()
    assert retry.token_bytes == len(b"come again")
    assert [hello.token_bytes for hello in hellos] == [0, 10]
    assert hellos[1].dcid == b"retried!".hex()
    assert one(found, quic.QuicServerHello)
    assert one(found, quic.QuicEstablished)


def test_rfc9001_packets() -> None:
    secrets = [quic_initial.initial_secret(V1, vectors.DCID, server=server).hex() for server in (False, True)]
    assert tuple(secrets) == vectors.SECRETS_V1
    client = seal(vectors.CLIENT_FRAMES, vectors.DCID, 2)
    assert client[:50] == vectors.CLIENT_PACKET_START
    found = read([(OUT, client), (IN, vectors.SERVER_PACKET)])
    assert one(found, quic.QuicClientHello).server_name == "example.com"
    answer = one(found, quic.QuicServerHello)
    assert answer.cipher == "TLS_AES_128_GCM_SHA256"
    assert answer.scid == "f067a5502a4262b5"


def test_rfc9369_secrets() -> None:
    secrets = [quic_initial.initial_secret(V2, vectors.DCID, server=server).hex() for server in (False, True)]
    assert tuple(secrets) == vectors.SECRETS_V2


@pytest.mark.parametrize(("version", "packet"), [(V1, vectors.RETRY_V1), (V2, vectors.RETRY_V2)])
def test_rfc_retry_packets(version: int, packet: bytes) -> None:
    client = seal(vectors.CLIENT_FRAMES, vectors.DCID, 2, version=version)
    assert one(read([(OUT, client), (IN, packet)]), quic.QuicRetry).intact is True
    bent = packet[:-1] + bytes([packet[-1] ^ 1])
    assert one(read([(OUT, client), (IN, bent)]), quic.QuicRetry).intact is False
    assert one(read([(IN, packet)]), quic.QuicRetry).intact is None


@pytest.mark.parametrize("version", sorted(SALTS))
def test_every_version_with_a_salt(version: int) -> None:
    found = read([(OUT, seal(crypto_frame(0, hello_message()), DCID, version=version))])
    assert one(found, quic.QuicClientHello).server_name == "example.com"


def test_hello_over_datagrams_in_any_order() -> None:
    message = hello_message(2400)
    pieces = [(at, message[at : at + 500]) for at in range(0, len(message), 450)]  # they overlap
    choose = random.Random(3)
    for _ in range(10):
        choose.shuffle(pieces)
        datagrams = [
            (OUT, seal(b"\1" + b"".join(crypto_frame(*piece) for piece in pieces[at : at + 2]), DCID, at))
            for at in range(0, len(pieces), 2)
        ]
        hello = one(read(datagrams), quic.QuicClientHello)
        assert hello.server_name == "example.com"
        assert hello.datagrams > 1
        assert not hello.malformed


def test_gap_in_crypto_takes_no_memory() -> None:
    parser = quic.Parser(UDP)
    for number in range(100):
        frames = crypto_frame(16384 + 400 * (number % 120), b"x" * 400)
        assert not list(parser.feed(OUT, seal(frames, DCID, number), now=NOW))
    latest = parser.connections.latest
    assert latest is not None
    assert not latest.streams[OUT].data
    found = read([(OUT, seal(crypto_frame(0, hello_message()), DCID, 101))], parser)
    assert one(found, quic.QuicClientHello)


def test_spoofed_datagrams_change_nothing() -> None:
    flights = converse()
    good = [type(o).__name__ for o in read(flights)]
    spoofed: Flights = []
    choose = random.Random(5)
    for side, data in flights:
        bent = bytearray(data)
        bent[choose.randrange(min(30, len(bent) - 1), len(bent))] ^= 0x55
        spoofed += [(side, bytes(bent)), (Direction(1 - side), data), (side, data[:40]), (side, data)]
    spoofed = [(s, d) for s, d in spoofed if d[0] & 0x80 or (s, d) in flights]
    names = [type(o).__name__ for o in read(spoofed)]
    assert [name for name in names if name in good][:1] == good[:1]
    assert set(good) - {"QuicEstablished"} <= set(names)


def test_server_first() -> None:
    flights = converse()
    found = read([(Direction(1 - side), data) for side, data in flights])
    assert one(found, quic.QuicClientHello).side is IN
    assert one(found, quic.QuicServerHello).side is OUT


def test_version_negotiation() -> None:
    packet = (
        b"\xca"
        + b"\0\0\0\0"
        + b"\x08"
        + b"a" * 8
        + b"\x08"
        + b"b" * 8
        + bytes.fromhex("0a1a2a3a000000016b3343cf")
    )
    assert quic.claims(packet, IN, UDP) is Claim.YES
    assert one(read([(IN, packet)]), quic.VersionNegotiation).versions == ("1", "2")
    assert quic.claims(packet[:-1], IN, UDP) is Claim.NO


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (b"\x1c\x02\x00\x04busy", "CONNECTION_REFUSED"),
        (b"\x1c\x41\x78\x06\x00", "CRYPTO_ERROR no_application_protocol"),
    ],
)
def test_close(frame: bytes, error: str) -> None:
    client = seal(crypto_frame(0, hello_message()), vectors.DCID)
    parser = quic.Parser(UDP)
    read([(OUT, client)], parser)
    packet = seal_server(frame)
    closed = one(read([(IN, packet)], parser), quic.QuicClose)
    assert closed.error == error
    assert parser.skip(OUT) == ENOUGH


def seal_server(frames: bytes) -> bytes:
    """A server's Initial whose keys follow from the client's destination id, which it does not carry."""
    return seal(frames, vectors.DCID, server=True)


def test_google_quic_in_clear() -> None:
    values = b"www.example.com" + b"Chrome/1"
    tags = b"CHLO" + (2).to_bytes(2, "little") + b"\0\0"
    tags += b"SNI\0" + (15).to_bytes(4, "little") + b"UAID" + len(values).to_bytes(4, "little") + values
    old = b"\x09" + b"c" * 8 + b"Q043" + b"\1" + b"h" * 12 + b"\xa0\x01\x00\x04" + tags
    newer = b"\xc3Q046\x50" + b"c" * 8 + b"\0\0\0\1" + b"h" * 12 + b"\xa0\x01\x00\x04" + tags
    for data, version in ((old, "Q043"), (newer, "Q046")):
        data = data.ljust(1350, b"\0")
        assert quic.claims(data, OUT, UDP) is Claim.YES
        seen = one(read([(OUT, data)]), quic.QuicSeen)
        assert (seen.quic_version, seen.server_name, seen.user_agent) == (
            version,
            "www.example.com",
            "Chrome/1",
        )
    frames = b"\x08\x00\x00" + tags
    seen = one(read([(OUT, seal(frames, DCID, version=0x51303530))]), quic.QuicSeen)
    assert (seen.quic_version, seen.server_name) == ("Q050", "www.example.com")


def test_random_datagrams_are_not_claimed() -> None:
    choose = random.Random(1)
    claimed = sum(
        quic.claims(choose.randbytes(choose.randrange(1500)), OUT, UDP) is Claim.YES for _ in range(20_000)
    )
    assert claimed == 0


def test_short_client_initial_is_not_claimed() -> None:
    whole = seal(crypto_frame(0, hello_message()), DCID)
    assert quic.claims(whole, OUT, UDP) is Claim.YES
    assert quic.claims(whole[:600], OUT, UDP) is Claim.NO
    assert quic.claims(whole, OUT, Context(transport="tcp")) is Claim.NO
    assert quic.claims(b"", OUT, UDP) is Claim.NO


def test_hostile_changes() -> None:
    flights = converse() + converse(V2, retry=True)
    choose = random.Random(2)
    seen = 0
    for _ in range(300):
        parser = quic.Parser(UDP)
        for side, data in flights:
            bent = bytearray(data)
            for _ in range(choose.randrange(3)):
                bent[choose.randrange(len(bent))] = choose.randrange(256)
            seen += len(list(parser.feed(side, bytes(bent[: choose.randrange(1, len(bent) + 200)]), now=NOW)))
    assert seen > 100


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_frames(frames: bytes) -> None:
    parser = quic.Parser(UDP)
    for observation in parser.feed(OUT, seal(frames, DCID), now=NOW):
        assert observation.time == NOW
    assert parser.connections.latest is not None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(Direction))
def test_junk_never_raises(data: bytes, side: Direction) -> None:
    parser = quic.Parser(UDP)
    for start in (b"", b"\xc0\0\0\0\1", b"\xc3Q046P", b"\x80\0\0\0\0"):
        assert quic.claims(start + data, side, UDP) in Claim
        assert len(list(parser.feed(side, start + data, now=NOW))) <= 4


def test_given_up_after_a_bound() -> None:
    parser = quic.Parser(UDP)
    datagram = seal(b"\1", DCID)[:-1] + b"?"
    for _ in range(quic.MAX_DATAGRAMS):
        assert not list(parser.feed(OUT, datagram, now=NOW))
    assert parser.skip(OUT) == ENOUGH
    assert not parser.gap(OUT, 1, now=NOW)


@pytest.mark.parametrize("kind", quic.OBSERVATIONS)
def test_columns_are_declared(kind: type[Observation]) -> None:
    names = {column.name for column in columns_of(kind)}
    assert set(kind.SETS.values()) <= names
    assert kind.TABLE.startswith("quic")
