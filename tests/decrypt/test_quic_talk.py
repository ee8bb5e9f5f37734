"""One connection's conversation, whatever the flows that carry it."""

from __future__ import annotations

from procwire.decrypt.quic_talk import QuicTalk
from procwire.dpi.contract import Context
from procwire.dpi.registry import registry
from procwire.dpi.wire.http3_records import Http3Request
from procwire.dpi.wire.tls_certificate import Certificate
from procwire.model.streams import Direction
from tests.decrypt.dialogue import key_log
from tests.decrypt.test_quic import browse


def test_it_tells_what_is_said_and_how_much() -> None:
    spoken, keys = browse(), key_log(b"")
    keys = key_log(spoken.keys)
    talk = QuicTalk(Context(transport="udp"), keys, registry())
    found, sizes = [], [0, 0]
    for side, data in spoken.flights:
        seen, said = talk.feed(side, data, 1)
        found += seen
        sizes = [before + more for before, more in zip(sizes, said, strict=True)]
    found += talk.finish(2)[0]
    assert talk.app == "http3"
    assert [one.path for one in found if isinstance(one, Http3Request)] == ["/one", "/two"]
    assert sizes[1] > 10_000
    shown = [one for one in found if isinstance(one, Certificate)]
    assert [(one.side, one.client, one.position) for one in shown] == [(Direction.IN, False, 0)]
    assert len(keys) == 0
