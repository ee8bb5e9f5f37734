"""TLS's records: what they are declared to set and to state of their flow."""

from __future__ import annotations

from procwire.dpi.wire import tls_told
from procwire.dpi.wire.tls_offer import ChoiceBrief, OfferBrief


def test_what_is_told_and_its_brief_write_the_same_to_their_flow() -> None:
    for told, brief in ((tls_told.ClientHello, OfferBrief), (tls_told.ServerHello, ChoiceBrief)):
        made = {
            column: field for column, field in told.SETS.items() if column != "ja3"
        }  # is where records are
        assert (made, told.RISKS) == (brief.SETS, brief.RISKS)
        assert told.TABLE
        assert not brief.TABLE
    assert tls_told.ClientHello.NAME_SOURCE == OfferBrief.NAME_SOURCE == "sni"
