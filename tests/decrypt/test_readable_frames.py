"""HTTP/2 and HTTP/3 as fields and bodies."""

from __future__ import annotations

import gzip

from aioquic.h3.connection import H3Connection
from hpack import Encoder

from procwire.decrypt.conversation import UdpConversation
from procwire.decrypt.piece import Piece
from procwire.decrypt.readable import Readable
from procwire.decrypt.readable_frames import Http2Text
from procwire.dpi.wire.http2_frames import END_HEADERS, END_STREAM, HEADERS, PREFACE
from tests.decrypt.dialogue import key_log
from tests.decrypt.quic_dialogue import Talk
from tests.dpi.wire.test_http2_frames import framed

TEXT = b"what is said inside" * 50
CODED = gzip.compress(TEXT, mtime=0)
UNFOLDED = b"[gzip: %d bytes, unfolded to %d]\n" % (len(CODED), len(TEXT)) + TEXT


def test_http2() -> None:
    client, server = Encoder(), Encoder()
    asked = client.encode([(":method", "GET"), (":path", "/x")])
    answer = server.encode([(":status", "200"), ("content-encoding", "gzip")])
    readable = Readable()
    shown = readable.shown([Piece(0, PREFACE + framed(HEADERS, END_HEADERS | END_STREAM, asked), 1, "tls")])
    data = framed(HEADERS, END_HEADERS, answer) + framed(0, 0, CODED[:9]) + framed(0, END_STREAM, CODED[9:])
    shown += readable.shown([Piece(1, data[at : at + 5], 1, "tls") for at in range(0, len(data), 5)])
    assert [(piece.side, piece.stream, piece.data) for piece in shown] == [
        (0, 1, b":method: GET\n:path: /x\n\n"),
        (1, 1, b":status: 200\ncontent-encoding: gzip\n\n"),
        (1, 1, UNFOLDED),
    ]
    assert readable.finish() == []


def test_http2_that_breaks_says_so_and_goes_on_as_it_is() -> None:
    text = Http2Text(0)
    shown = text.feed(0, -1, PREFACE + framed(HEADERS, END_HEADERS, b"\xff\xff\xff\xff\xff\xff"))
    assert shown[0][1].startswith(b"[HTTP/2 could not be read on: ")
    assert text.feed(0, -1, b"rest") == [(-1, b"rest")]
    text.lose(1, -1, 10)
    assert text.feed(1, -1, b"rest") == [(-1, b"rest")]


def test_a_body_that_has_not_ended_is_shown_at_the_end() -> None:
    text = Http2Text(0)
    head = Encoder().encode([(":status", "200"), ("content-encoding", "gzip")])
    assert len(text.feed(1, -1, framed(HEADERS, END_HEADERS, head) + framed(0, 0, CODED))) == 1
    assert text.finish(1) == [(1, UNFOLDED)]
    assert text.finish(0) == []


def test_http3() -> None:
    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    client, server = H3Connection(talk.client), H3Connection(talk.server)
    head = [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"a.example"),
        (b":path", b"/three"),
    ]
    client.send_headers(0, head, end_stream=True)
    talk.turn()
    while (event := talk.server.next_event()) is not None:
        server.handle_event(event)
    server.send_headers(0, [(b":status", b"200"), (b"content-encoding", b"gzip")])
    server.send_data(0, CODED, end_stream=True)
    talk.turn()
    spoken = talk.spoken()
    conversation, readable = UdpConversation(key_log(spoken.keys)), Readable()
    shown = [
        one for side, data in spoken.flights for one in readable.shown(conversation.feed(side, data, 1))
    ] + readable.shown(conversation.finish(2)) + readable.finish()  # fmt: skip
    said = [
        (piece.side, b"".join(o.data for o in shown if o.side == piece.side and o.stream == 0))
        for piece in shown
    ]
    assert dict(said) == {
        0: b":method: GET\n:scheme: https\n:authority: a.example\n:path: /three\n\n",
        1: b":status: 200\ncontent-encoding: gzip\n\n" + UNFOLDED,
    }
