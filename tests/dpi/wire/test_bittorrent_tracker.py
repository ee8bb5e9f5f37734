"""BitTorrent's trackers over UDP (BEP 15)."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.wire.bittorrent_tracker import CONNECT, Tracker
from procwire.dpi.wire.pending import Pending

CLIENT, SERVER = 0, 1
HASH, PEER = bytes(range(20)), b"-qB4600-abcdefghijkl"


def announce(ident: bytes = b"ann1", event: int = 2) -> bytes:
    amounts = struct.pack("!QQQIII", 0, 2000, 0, event, 0, 0)
    return b"connect." + struct.pack("!I", 1) + ident + HASH + PEER + amounts + struct.pack("!IH", 50, 6881)


def test_a_torrent_is_announced() -> None:
    one = Tracker(CLIENT, Pending())
    assert one.read(CLIENT, CONNECT + b"con1", 10) == {"message": "tracker-connect"}
    answered = one.read(SERVER, bytes(4) + b"con1" + b"connect.", 15)
    assert answered == {"message": "tracker-answer", "query": "tracker-connect", "latency": 5}
    assert one.read(CLIENT, announce(), 20) == {
        "message": "tracker-announce", "info_hash": HASH.hex(),
        "client": "qBittorrent 4600", "event": "started",
    }  # fmt: skip
    peers = struct.pack("!I4sIII", 1, b"ann1", 1800, 3, 7) + bytes(12)
    assert one.read(SERVER, peers, 27) == {
        "message": "tracker-answer", "query": "tracker-announce", "latency": 7,
        "leechers": 3, "seeders": 7, "peers": 2,
    }  # fmt: skip


def test_scrapes_and_errors() -> None:
    one = Tracker(CLIENT, Pending())
    scrape = b"connect." + struct.pack("!I", 2) + b"scr1" + HASH
    assert one.read(CLIENT, scrape, 1) == {"message": "tracker-scrape", "info_hash": HASH.hex()}
    told = one.read(SERVER, struct.pack("!I4sIII", 2, b"scr1", 5, 100, 6), 4)
    assert told is not None
    assert (told["seeders"], told["leechers"], told["latency"]) == (5, 6, 3)
    one.read(CLIENT, scrape, 5)
    assert one.read(SERVER, struct.pack("!I", 3) + b"scr1no such torrent", 9) == {
        "message": "tracker-error", "query": "tracker-scrape", "latency": 4, "error": "no such torrent",
    }  # fmt: skip
    assert not len(one.asked)


@pytest.mark.parametrize("data", [b"", b"short", announce()[:60], b"connect." + b"\0\0\0\x09" + bytes(8)])
def test_what_is_none_of_it(data: bytes) -> None:
    assert Tracker(CLIENT, Pending()).read(CLIENT, data, 1) is None
    assert Tracker(SERVER, Pending()).read(CLIENT, b"\0\0\0\x09" + data, 1) is None
