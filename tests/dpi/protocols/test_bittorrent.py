"""BitTorrent: peers, the DHT, uTP, trackers."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.protocols import bittorrent
from tests.dpi.hearing import IN, OUT, claimed, heard, recited
from tests.dpi.samples import dialogues
from tests.dpi.talking import rows
from tests.dpi.wire.test_bittorrent_peer import HEAD

WHERE = Context(transport="udp")


def test_peers_over_tcp() -> None:
    first, second = recited(bittorrent, "peer")
    assert (first.client, first.abilities, first.over) == (
        "Transmission 3000", ("dht", "fast", "extensions"), "tcp",
    )  # fmt: skip
    assert first.info_hash == second.info_hash == bytes(range(20)).hex()


def test_examples_of_the_dht() -> None:
    query, response, error = recited(bittorrent, "dht")
    assert (query.query, query.info_hash) == ("get_peers", b"mnopqrstuvwxyz123456".hex())
    assert (response.message, response.query, response.peers, response.latency) == (
        "response",
        "get_peers",
        2,
        10,
    )
    assert error.message == "error"


def test_utp_and_tracker() -> None:
    seen = recited(bittorrent, "utp")
    assert [one.message for one in seen] == ["utp", "handshake", "handshake"]
    assert seen[1].over == "utp"
    asked, answered = recited(bittorrent, "tracker")
    assert (asked.message, answered.message, answered.query) == (
        "tracker-connect",
        "tracker-answer",
        "tracker-connect",
    )
    assert answered.latency is not None


def test_real_peers() -> None:
    assert {one["client"] for one in rows("bittorrent/peers", "bittorrent")} >= {"XX 0001"}
    assert rows("bittorrent/peers", "bittorrent_dht", query="get_peers")
    assert rows("bittorrent/peers", "bittorrent_udp", message="tracker-connect")
    assert rows("bittorrent/peers", "bittorrent_udp", message="tracker-announce", event="started")
    answers = rows("bittorrent/peers", "bittorrent_udp", query="tracker-announce")
    assert answers
    assert all(one["latency"] is not None for one in answers)


def test_utp_without_its_start_needs_both_sides() -> None:
    (talk,) = [one for one in dialogues("bittorrent") if one.name == "utp"]
    state = talk.steps[1]
    assert claimed(bittorrent, state[1], transport="udp") == "need more"
    assert bittorrent.confirm(talk.steps[:2], WHERE)
    assert not bittorrent.confirm([(OUT, HEAD), (IN, HEAD)], WHERE)
    assert not bittorrent.confirm([state, state], WHERE)


@pytest.mark.parametrize(
    ("data", "transport", "answer"),
    [
        (b"\x13BitTorrent protocol", "tcp", "yes"),
        (b"\x13Bit", "tcp", "need more"),
        (b"\x13Bat", "tcp", "no"),
        (b"d1:ad2:id20:abc", "udp", "no"),
        (HEAD, "udp", "yes"),
        (HEAD[:8] + b"\1" + HEAD[9:], "udp", "no"),
        (b"BT-SEARCH * HTTP/1.1\r\nInfohash: aa\r\n\r\n", "udp", "yes"),
        (b"\0\0\4\x17\x27\x10\x19\x80" + bytes(8), "udp", "yes"),
    ],
)
def test_claims(data: bytes, transport: str, answer: str) -> None:
    assert claimed(bittorrent, data, transport=transport) == answer


def test_what_is_none() -> None:
    with pytest.raises(ProtocolError):
        heard(bittorrent, (OUT, b"\x13BitTorrent prototype" + bytes(60)))
    with pytest.raises(ProtocolError):
        heard(bittorrent, (OUT, b"d1:ad2:id3:abce"), transport="udp")
