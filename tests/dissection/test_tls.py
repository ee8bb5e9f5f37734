"""TLS records and hellos, field by field."""

from __future__ import annotations

from tests.dissection.taking import VECTORS, over_tcp, taken, values


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


SNI = extension(0, b"\0\x0e\0\0\x0bexample.com")
ALPN = extension(16, b"\0\x0c\2h2\x08http/1.1")
VERSIONS = extension(43, b"\4\x1a\x1a\3\4")
GROUPS = extension(10, b"\0\2\0\x1d")


def hello(extensions: bytes) -> bytes:
    body = b"\3\3" + bytes(range(32)) + b"\2ab" + b"\0\4\x13\1\xc0\x2b" + b"\1\0"
    body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


def test_a_client_hello_has_its_fields() -> None:
    layer = over_tcp(hello(SNI + ALPN + VERSIONS + GROUPS))[-1]
    assert (layer.name, layer.words) == ("tls", "client hello, example.com, h2,http/1.1")
    found = values(layer)
    assert found["session id"] == "6162"
    assert found["suite"] == "0x1301 TLS_AES_128_GCM_SHA256"
    assert found["server name"] == "example.com"
    assert found["alpn"] == "h2,http/1.1"
    assert [part.value for part in layer.fields if part.name == "version" and part.level == 5] == [
        "0x1a1a GREASE", "0x0304 TLSv1.3",
    ]  # fmt: skip
    name = next(part for part in layer.fields if part.name == "name")
    assert hello(SNI)[name.start - 54 : name.end - 54] == b"example.com"


def test_a_hello_in_two_segments_says_what_is_missing() -> None:
    whole = hello(SNI + extension(51, bytes(1200)))
    layer = over_tcp(whole[:300])[-1]
    assert layer.words == "client hello, example.com"
    assert layer.missing == f"record: {len(whole):,} bytes announced, 300 of them here"


def test_records_follow_each_other_and_ciphertext_stays_that() -> None:
    records = b"\x14\3\3\0\1\1" + b"\x16\3\3\0\4\xde\xad\xbe\xef" + b"\x17\3\3\0\2xx" + b"\x15\3\3\0\2\2\x28"
    layer = over_tcp(records)[-1]
    assert layer.words == (
        "change cipher spec, encrypted handshake, application data, alert: fatal handshake_failure"
    )
    assert [part.start - 54 for part in layer.fields if part.name == "record"] == [0, 6, 15, 22]


def test_what_follows_a_record_is_payload_again() -> None:
    assert [each.name for each in over_tcp(b"\x15\3\3\0\2\1\0trailing")][3:] == ["tls", "payload"]


def test_real_hellos_and_certificates_are_read() -> None:
    words = [
        each.words
        for path in sorted((VECTORS / "tls").glob("*.pcap"))
        for _, layers in taken(path)
        for each in layers
        if each.name == "tls"
    ]
    assert any("server hello, TLS_" in said for said in words)
    assert any("certificate" in said for said in words)
