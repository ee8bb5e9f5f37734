"""MaxMind DB files: read as MaxMind's own reader reads them, and never more than that."""

from __future__ import annotations

import ipaddress
import random
from pathlib import Path

import maxminddb
import pytest

from procwire.geo.mmdb import Database
from procwire.geo.reason import GeoError
from tests.geo.written import CITY, MARKER, NETWORKS, database, value

ASKED = [
    "89.160.20.0", "89.160.20.255", "89.160.21.0", "1.128.0.1", "1.160.0.0", "81.2.69.161", "2001:218::1",
    "2001:219::1", "10.0.0.1", "::1", "::", "0.0.0.0", "255.255.255.255", "ffff::",
]  # fmt: skip


@pytest.mark.parametrize("bits", [24, 28, 32])
def test_says_what_the_makers_reader_says(bits: int, tmp_path: Path) -> None:
    path = tmp_path / "x.mmdb"
    path.write_bytes(database(NETWORKS, bits=bits))
    mine = Database(path.read_bytes())
    chance = random.Random(bits)
    more = [str(ipaddress.ip_address(chance.getrandbits(32))) for _ in range(300)]
    with maxminddb.open_database(path, maxminddb.MODE_FILE) as theirs:
        for address in (*ASKED, *more):
            assert mine.find(address) == theirs.get(address), address
    assert (mine.kind, mine.built) == ("Test", 1_790_000_000)


def test_ipv4_alone() -> None:
    made = Database(database({"89.160.20.0/24": CITY}, version=4))
    assert made.find("89.160.20.7") == CITY
    assert made.find("2001:218::1") is None
    assert made.find("nonsense") is None


def test_pointers() -> None:
    """A map whose value is a pointer to the text before it (each of the four widths)."""
    text = value("shared")
    for size, width in ((0, 1), (1, 2), (2, 3), (3, 4)):
        base = (0, 2048, 526_336, 0)[size]
        filler = bytes(base)
        pointer = bytes([1 << 5 | size << 3]) + bytes(width)
        record = filler + text + bytes([7 << 5 | 1]) + value("k") + pointer
        made = database({"0.0.0.0/1": {}}, version=4)
        tree = (1 + 16 + base + len(text)).to_bytes(3, "big") * 2
        start = made.rindex(MARKER)
        whole = tree + bytes(16) + record + made[start:]
        assert Database(whole).find("1.1.1.1") == {"k": "shared"}


def test_hostile_files_raise_nothing_else() -> None:
    good = database(NETWORKS)
    chance = random.Random(3)
    refused = 0
    for _ in range(1500):
        spoiled = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        cut = bytes(spoiled[: chance.randrange(len(spoiled))] if chance.random() < 0.1 else spoiled)
        try:
            made = Database(cut)
            for address in ASKED:
                made.find(address)
        except GeoError:
            refused += 1
    assert refused > 100


def test_what_goes_round_or_grows_is_stopped() -> None:
    nested = value({"a": 1})
    for _ in range(40):
        nested = bytes([7 << 5 | 1]) + value("a") + nested
    tail = database({}, version=4)
    tail = tail[tail.rindex(MARKER) :]
    tree = (1 + 16).to_bytes(3, "big") * 2
    many = bytes([30, 4]) + (5000 - 285).to_bytes(2, "big") + value(1) * 5000
    looped = bytes([7 << 5 | 1]) + value("a") + bytes([1 << 5, 0])
    for record in (nested, many, looped):
        with pytest.raises(GeoError):
            Database(tree + bytes(16) + record + tail).find("1.1.1.1")


NONE = [
    b"", b"x" * 100, MARKER, MARKER + value({}), MARKER + value("x"), database({}, node_count=1 << 40),
    database({}, record_size=20),
]  # fmt: skip


@pytest.mark.parametrize("data", NONE)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(GeoError):
        Database(data)
