"""Conversations as their ends understood them."""

from __future__ import annotations

from procwire.decrypt.conversation import TcpConversation, UdpConversation, conversation_of
from tests.decrypt.dialogue import IN, OUT, Dialogue, key_log
from tests.decrypt.test_quic_session import BIG, conversation, exchange


def said(pieces: list[object], side: int) -> bytes:
    return b"".join(one.data for one in pieces if one.side == side)  # type: ignore[attr-defined]


def test_clear_bytes_are_given_as_they_are() -> None:
    talk = conversation_of(6, key_log(b""))
    pieces = talk.feed(OUT, b"EHLO me\r\n", 1) + talk.feed(IN, b"250 ok\r\n", 2)
    assert [(one.side, one.data, one.layer, one.now) for one in pieces] == [
        (0, b"EHLO me\r\n", "payload", 1), (1, b"250 ok\r\n", "payload", 2)
    ]  # fmt: skip
    talk.gap(IN, 7)
    assert talk.feed(IN, b"more", 3)[0].missing == 7
    assert talk.finish(4) == []
    assert talk.notes == []


def test_tls_begins_after_starttls() -> None:
    spoken = Dialogue().run([(0, b"secret question"), (1, b"secret answer")])
    talk = TcpConversation(key_log(spoken.keys))
    pieces = talk.feed(OUT, b"STARTTLS\r\n", 1) + talk.feed(IN, b"220 go\r\n", 2)
    for side, data in spoken.flights:
        pieces += talk.feed(side, data, 3)
    pieces += talk.finish(4)
    assert said(list(pieces), 0) == b"STARTTLS\r\nsecret question"
    assert said(list(pieces), 1) == b"220 go\r\nsecret answer"
    assert {one.layer for one in pieces} == {"payload", "tls"}
    assert talk.notes == []


def test_without_keys_the_note_says_so() -> None:
    spoken = Dialogue().run([(0, b"secret question")])
    talk = TcpConversation(key_log(b""))
    pieces = [piece for side, data in spoken.flights for piece in talk.feed(side, data, 1)] + talk.finish(2)
    assert pieces == []
    assert talk.notes[0].endswith("records not decrypted: key-not-in-log")


def test_no_key_log_no_decryption() -> None:
    spoken = Dialogue().run([(0, b"secret question")])
    talk = TcpConversation(None)
    pieces = [piece for side, data in spoken.flights for piece in talk.feed(side, data, 1)]
    assert b"".join(one.data for one in pieces) == b"".join(data for _, data in spoken.flights)


def test_datagrams_and_quic_streams() -> None:
    plain = UdpConversation(key_log(b""))
    assert plain.feed(OUT, b"datagram", 1)[0].data == b"datagram"
    spoken = exchange(conversation()).spoken()
    talk = conversation_of(17, key_log(spoken.keys))
    pieces = [piece for side, data in spoken.flights for piece in talk.feed(side, data, 1)] + talk.finish(2)
    assert b"".join(one.data for one in pieces if (one.side, one.stream) == (1, 0)) == BIG
    assert {one.layer for one in pieces} == {"quic"}
    assert talk.notes == []
