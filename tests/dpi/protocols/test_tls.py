"""The TLS parser against dialogues that OpenSSL makes, cut and bent in every way."""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols import tls
from procwire.dpi.wire import tls_certificate
from procwire.model.observation import Observation, columns_of
from tests.dpi.tls_dialogue import NOW, Flights, contexts, converse

OUT, IN = Direction.OUT, Direction.IN
TCP = Context(transport="tcp")
STEP = 1_000_000


def read(flights: Iterable[tuple[Direction, bytes]], parser: tls.Parser | None = None) -> list[Observation]:
    parser = parser or tls.Parser(TCP)
    found: list[Observation] = []
    for number, (side, data) in enumerate(flights):
        if not parser.skip(side):
            found.extend(parser.feed(side, data, now=NOW + number * STEP))
    return found


def one(found: list[Observation], kind: type[Observation]) -> Any:
    matching = [observation for observation in found if type(observation) is kind]
    assert len(matching) == 1, found
    return matching[0]


def bare(found: list[Observation]) -> list[tuple[Any, ...]]:
    """Observations without their times, by side: chunks of two sides may be fed in another order."""
    skipped = ("time", "latency", "handshake")
    rows = [
        (
            int(o.side),
            type(o).__name__,
            *(str(getattr(o, n)) for n in o.__struct_fields__ if n not in skipped),
        )
        for o in found
    ]
    return sorted(rows)


@pytest.fixture(scope="module")
def modern() -> Flights:
    return converse(contexts("TLSv1_3"))[0]


@pytest.fixture(scope="module")
def older() -> Flights:
    return converse(contexts("TLSv1_2"))[0]


def test_tls13_handshake(modern: Flights) -> None:
    parser = tls.Parser(TCP)
    found = read(modern, parser)
    hello = one(found, tls.ClientHello)
    answer = one(found, tls.ServerHello)
    done = one(found, tls.TlsEstablished)
    assert hello.server_name == "server.example"
    assert hello.alpn == ("h2", "http/1.1")
    assert hello.version == "TLSv1.3"
    assert hello.legacy_version == "TLSv1.2"
    assert hello.ja4.startswith("t13d")
    assert hello.ja4[8:10] == "h2"
    assert answer.group in hello.key_shares
    assert not hello.malformed
    assert answer.version == "TLSv1.3"
    assert answer.cipher == "TLS_AES_256_GCM_SHA384"
    assert answer.group in ("x25519", "X25519MLKEM768")  # OpenSSL's choice before 3.5 and since
    assert answer.latency == STEP
    assert done.handshake == 2 * STEP
    assert done.version == "TLSv1.3"
    assert parser.skip(OUT) == parser.skip(IN) == ENOUGH
    assert parser.client_hello is not None
    assert len(parser.client_hello.random) == 32


def test_tls12_shows_certificate_and_alpn(older: Flights) -> None:
    found = read(older)
    assert one(found, tls.ServerHello).alpn == ("h2",)
    assert one(found, tls.CertificateChain).length == 1
    shown = one(found, tls_certificate.Certificate)
    assert shown.subject == "CN=server.example,O=Example\\, Inc."
    assert shown.names == ("server.example", "*.server.example")
    assert (shown.key_type, shown.key_bits) == ("secp256r1", 256)
    assert shown.self_signed
    assert not (shown.expired)
    assert not (shown.not_yet_valid)
    assert not (shown.name_mismatch)
    assert not (shown.malformed)
    done = one(found, tls.TlsEstablished)
    assert not (done.resumed)
    assert not (done.certificate_requested)
    assert not (done.certificate_sent)


def test_certificate_for_another_name() -> None:
    shown = one(read(converse(contexts("TLSv1_2"), name="other.example")[0]), tls_certificate.Certificate)
    assert shown.name_mismatch


def test_certificate_validity_is_judged_at_packet_time(older: Flights) -> None:
    parser = tls.Parser(TCP)
    late = [o for side, data in older for o in parser.feed(side, data, now=NOW + 36500 * 86_400 * 10**9)]
    assert one(late, tls_certificate.Certificate).expired


def test_client_certificate() -> None:
    found = read(converse(contexts("TLSv1_2", client_certificate=True))[0])
    shown = [o for o in found if isinstance(o, tls_certificate.Certificate)]
    assert [o.client for o in shown] == [False, True]
    done = one(found, tls.TlsEstablished)
    assert done.certificate_requested
    assert done.certificate_sent


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_resumption(version: str) -> None:
    pair = contexts(version)
    _, session = converse(pair)
    found = read(converse(pair, session=session)[0])
    hello, done = one(found, tls.ClientHello), one(found, tls.TlsEstablished)
    assert one(found, tls.ServerHello).resumed
    assert done.resumed
    assert hello.psk == (version == "TLSv1_3")
    assert hello.ticket == (version == "TLSv1_2")


def test_hello_retry_request() -> None:
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), contexts("TLSv1_3")[1]
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    strict.set_ecdh_curve("secp521r1")
    from tests.dpi.tls_dialogue import _load

    _load(strict, "server.example")
    assert server is not strict
    found = read(converse((client, strict))[0])
    hellos = [o for o in found if isinstance(o, tls.ClientHello)]
    answers = [o for o in found if isinstance(o, tls.ServerHello)]
    assert [o.second for o in hellos] == [False, True]
    assert [o.retry for o in answers] == [True, False]
    assert answers[0].group == "secp521r1"
    assert one(found, tls.TlsEstablished).version == "TLSv1.3"


def test_alert_when_nothing_is_shared() -> None:
    pair = (contexts("TLSv1_3")[0], contexts("TLSv1_2")[1])
    alert = one(read(converse(pair)[0]), tls.Alert)
    assert (alert.side, alert.level, alert.description) == (IN, "fatal", "protocol_version")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_byte_by_byte(version: str) -> None:
    flights = converse(contexts(version, client_certificate=True))[0]
    single = [(side, data[at : at + 1]) for side, data in flights for at in range(len(data))]
    assert bare(read(single)) == bare(read(flights))


def test_any_chunks(modern: Flights, older: Flights) -> None:
    choose = random.Random(7)
    for flights in (modern, older):
        whole = bare(read(flights))
        for _ in range(30):
            cut: Flights = []
            for side, data in flights:
                at = 0
                while at < len(data):
                    size = choose.choice((1, 2, 5, 17, 300, 2000))
                    cut.append((side, data[at : at + size]))
                    at += size
            assert bare(read(cut)) == whole


def tiny_records(data: bytes, size: int) -> bytes:
    """The first record's handshake bytes in records of ``size`` bytes."""
    length = int.from_bytes(data[3:5], "big")
    body = data[5 : 5 + length]
    pieces = [body[at : at + size] for at in range(0, length, size)]
    return b"".join(data[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces) + data[5 + length :]


@pytest.mark.parametrize("size", [1, 2, 5, 6, 100])
def test_hello_over_many_records(modern: Flights, size: int) -> None:
    cut = [(OUT, tiny_records(modern[0][1], size)), *modern[1:]]
    assert bare(read(cut)) == bare(read(modern))
    data = cut[0][1]
    answers = [tls.claims(data[:end], OUT, TCP) for end in range(80)]
    assert Claim.NO not in answers
    assert answers[-1] is Claim.YES


def test_record_above_the_bound_is_refused(modern: Flights) -> None:
    parser = tls.Parser(TCP)
    parser.feed(OUT, modern[0][1], now=NOW)
    with pytest.raises(ProtocolError, match="record of"):
        parser.feed(IN, b"\x16\x03\x03\x48\x01" + b"x" * 64, now=NOW)


def test_message_above_the_bound_is_refused() -> None:
    with pytest.raises(ProtocolError, match="message of"):
        tls.Parser(TCP).feed(OUT, b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", now=NOW)


def test_sslv2_hello() -> None:
    length = 9 + 21 + 16
    data = (
        bytes([0x80, length, 1, 3, 1, 0, 21, 0, 0, 0, 16])
        + bytes.fromhex("000035000039000033010080000004000005 0000ff".replace(" ", ""))
        + b"c" * 16
    )
    for chunks in ([data], [data[at : at + 1] for at in range(len(data))]):
        hello = one(read((OUT, chunk) for chunk in chunks), tls.ClientHello)
        assert hello.legacy_version == "TLSv1.0"
        assert hello.ciphers[0] == "TLS_RSA_WITH_AES_256_CBC_SHA"
        assert len(hello.ciphers) == 6
    assert tls.claims(data, OUT, TCP) is Claim.YES
    assert tls.claims(data[:5], OUT, TCP) is Claim.MORE
    assert tls.claims(data[:5] + b"\xff" + data[6:], OUT, TCP) is Claim.NO


def test_claims(modern: Flights) -> None:
    hello = modern[0][1]
    answers = [tls.claims(hello[:end], OUT, TCP) for end in range(12)]
    assert answers[:11].count(Claim.NO) == 0
    assert answers[-1] is Claim.YES
    assert tls.claims(modern[1][1], IN, TCP) is Claim.YES
    assert tls.claims(hello, OUT, Context(transport="udp")) is Claim.NO
    sealed = b"\x17\x03\x03\x00\x20" + b"s" * 32
    assert tls.claims(sealed, OUT, TCP) is Claim.YES
    assert tls.claims(sealed * 2, OUT, TCP) is Claim.YES
    assert tls.claims(sealed[:20], OUT, TCP) is Claim.MORE
    assert tls.claims(sealed + b"GET", OUT, TCP) is Claim.NO
    assert tls.claims(b"\x15\x03\x03\x00\x02\x02\x28", IN, TCP) is Claim.YES
    for other in (
        b"GET / HTTP/1.1\r\n",
        b"\x16\x00\x00\x00\x00",
        b"\x16\x03\x01\x00\x10\x7f\x00\x00\x10\x03\x03",
        b"\x80",
    ):
        assert tls.claims(other * 2, OUT, TCP) is not Claim.YES


def test_middle_of_a_connection_is_left_alone() -> None:
    parser = tls.Parser(TCP)
    assert not parser.feed(OUT, b"\x17\x03\x03\x00\x20" + b"s" * 32, now=NOW)
    assert parser.skip(OUT) == parser.skip(IN) == ENOUGH


@pytest.mark.parametrize("size", [1, 40, 5000, 10**9])
def test_gap_wedges_nothing(older: Flights, size: int) -> None:
    for place in range(len(older)):
        parser = tls.Parser(TCP)
        read(older[:place], parser)
        side = older[place][0]
        parser.gap(side, size, now=NOW)
        for there, data in older[place:]:
            parser.feed(there, data, now=NOW)
    assert parser.skip(OUT) == ENOUGH


def test_reading_goes_on_behind_a_gap(older: Flights) -> None:
    parser = tls.Parser(TCP)
    parser.gap(OUT, 700, now=NOW)
    found = read(older[1:], parser)
    assert one(found, tls.ServerHello).latency is None
    assert one(found, tls_certificate.Certificate).names


def test_hostile_changes(modern: Flights, older: Flights) -> None:
    choose = random.Random(11)
    seen = 0
    for _ in range(1500):
        parser = tls.Parser(TCP)
        try:
            for side, data in choose.choice((modern, older)):
                bent = bytearray(data)
                for _ in range(choose.randrange(4)):
                    bent[choose.randrange(len(bent))] = choose.randrange(256)
                seen += len(list(parser.feed(side, bytes(bent[: choose.randrange(len(bent) + 1)]), now=NOW)))
        except ProtocolError:
            continue
    assert seen > 500


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=80)), max_size=6))
def test_junk_raises_only_protocol_error(chunks: Flights) -> None:
    parser = tls.Parser(TCP)
    try:
        for side, data in chunks:
            assert tls.claims(data, side, TCP) in Claim
            parser.feed(side, data, now=NOW)
    except ProtocolError:
        assert chunks


def test_inner_fault_is_told(modern: Flights) -> None:
    data = bytearray(modern[0][1])
    at = bytes(data).index(b"\x00\x0d\x00")  # signature_algorithms: make it reach past the end
    data[at + 2] = 0xFF
    hello = one(read([(OUT, bytes(data))]), tls.ClientHello)
    assert hello.malformed == "extension body is cut"
    assert hello.server_name == "server.example"


def test_too_many_hellos(modern: Flights) -> None:
    parser = tls.Parser(TCP)
    for _ in range(tls.MAX_HELLOS):
        parser.feed(OUT, modern[0][1], now=NOW)
    with pytest.raises(ProtocolError, match="too many"):
        parser.feed(OUT, modern[0][1], now=NOW)


@pytest.mark.parametrize("kind", tls.OBSERVATIONS)
def test_columns_are_declared(kind: type[Observation]) -> None:
    names = {column.name for column in columns_of(kind)}
    assert set(kind.SETS.values()) <= names
    assert kind.TABLE.startswith("tls")
