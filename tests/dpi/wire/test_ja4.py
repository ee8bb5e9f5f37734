"""Fingerprints: the specification's own examples, and every stream whose fingerprint others have found."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import Any

import pytest

from procwire.dpi.contract import Context, Direction, ProtocolError
from procwire.dpi.protocols import quic, tls
from procwire.dpi.wire import ja4
from procwire.dpi.wire.tls_hello import Hello
from tests.dpi.captures import SHARED, first_payloads

TRUTH = SHARED / "corpora" / "ja4"

# The example in JA4's technical description: Chrome on Windows.
CIPHERS = bytes.fromhex("130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035")
SIGNATURES = bytes.fromhex("04030804040105030805050108060601")
KINDS = [0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B]
KINDS += [0xFF01, 0x000B, 0x000A, 0x0015]


def chrome(alpn: bytes = b"h2", **changes: Any) -> Hello:
    bodies = {
        0: b"\0\4\0\0\1a",
        13: b"\0\x10" + SIGNATURES,
        16: (len(alpn) + 1).to_bytes(2, "big") + bytes([len(alpn)]) + alpn,
        43: bytes.fromhex("060a0a03040303"),
    }
    kinds = b"\x1a\x1a" + b"".join(number.to_bytes(2, "big") for number in KINDS) + b"\xba\xba"
    fields = {"ciphers": b"\x0a\x0a" + CIPHERS, "kinds": kinds, "bodies": bodies} | changes
    return Hello(0x0303, b"r" * 32, **fields)


def test_the_specification_s_example() -> None:
    assert ja4.ja4(chrome(), "t") == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4.ja4(chrome(), "q")[0] == "q"


@pytest.mark.parametrize(
    ("alpn", "shown"),
    [
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"h", "hh"),
        (b"", "00"),
        (b"\xab", "ab"),
        (b"\xba\xad", "99"),
        (b"\xab0\xcd", "99"),
        (b"\xabc", "a3"),
        (b"0\xab", "3b"),
        (b"01\xab\xcd", "3d"),
        (b"0\xab\xcd1", "01"),
        (b"a_", "6f"),
    ],
)
def test_alpn(alpn: bytes, shown: str) -> None:
    assert ja4.ja4(chrome(alpn), "t")[8:10] == shown


def test_nothing_offered() -> None:
    assert ja4.ja4(Hello(0x0303, b""), "t") == "t12i000000_000000000000_000000000000"


def test_no_signature_algorithms_no_underscore() -> None:
    plain = ja4.ja4(Hello(0x0301, b"", b"", b"\0\x2f", b"", b"\0\x0a", {10: b""}), "t")
    assert plain == "t10i010100_ba72b8082249_" + hashlib.sha256(b"000a").hexdigest()[:12]


def test_counts_stop_at_99() -> None:
    many = b"".join(number.to_bytes(2, "big") for number in range(300))
    assert ja4.ja4(chrome(ciphers=many, kinds=many), "t")[4:8] == "9999"


@pytest.mark.parametrize(
    ("version", "shown"), [(0xFEFF, "d1"), (0xFEFD, "d2"), (0x0300, "s3"), (0x7777, "00")]
)
def test_versions(version: int, shown: str) -> None:
    assert ja4.ja4(Hello(version, b""), "d")[1:3] == shown


def test_dtls_counts_versions_downwards() -> None:
    assert ja4.ja4(Hello(0xFEFD, b"", bodies={43: bytes.fromhex("04fefcfefd")}), "d")[1:3] == "d3"


def test_ja3_and_ja3s() -> None:
    hello = Hello(0x0303, b"", b"", bytes.fromhex("c02fc030009c"), b"\0", bytes.fromhex("0000002b000d000a"))
    assert ja4.ja3(hello) == hashlib.md5(b"771,49199-49200-156,0-43-13-10,,").hexdigest()
    server = Hello(0x0303, b"", b"", bytes.fromhex("c02f"), b"\0", bytes.fromhex("002b"))
    assert ja4.ja3s(server) == "0e3405775384b4a1a9d2222182e76972"


def fingerprints(transport: str, payloads: list[bytes]) -> set[str]:
    module: Any = tls if transport == "tcp" else quic
    parser = module.Parser(Context(transport=transport))
    found = set()
    try:
        for data in payloads:
            found |= {o.ja4 for o in parser.feed(Direction.OUT, data, now=1) if hasattr(o, "ja4")}
    except ProtocolError:
        pass
    return found


@pytest.mark.skipif(not TRUTH.is_dir(), reason="captures with known fingerprints are not here")
def test_streams_with_known_fingerprints() -> None:
    rows = defaultdict(list)
    for line in (TRUTH / "truth.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows[row["pcap"]].append(row)
    differ = []
    for capture, expected in rows.items():
        streams = first_payloads(TRUTH / "pcap" / capture)
        for row in expected:
            ends = ((row["src"], int(row["sport"])), (row["dst"], int(row["dport"])))
            keys = [(name, *pair) for name in ("tcp", "udp") for pair in (ends, ends[::-1])]
            found = {one for key in keys for one in fingerprints(key[0], streams.get(key, []))}
            if row["ja4"] not in found:
                differ.append((capture, row["ja4"], found))
    assert not differ
