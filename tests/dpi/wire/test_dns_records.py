"""Records and questions as text."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import dns_records
from tests.dpi.samples import ADDRESS, ALIAS, OPT, query, response


def test_records_as_text() -> None:
    message = dns_records.message_of(response(answers=(ALIAS, ADDRESS), tail=(OPT,)))
    assert dns_records.asked(message) == ("www.example.com A",)
    assert dns_records.listed(message, message.answers)[1] == "edge.example.net 30 A 192.0.2.7"
    assert dns_records.listed(message, message.additionals) == ()
    assert dns_records.values(message, message.answers, dns_records.ADDRESSES) == ("192.0.2.7",)
    assert dns_records.owners(message.answers, dns_records.ADDRESSES) == ("edge.example.net",)


def test_no_message() -> None:
    with pytest.raises(ProtocolError):
        dns_records.message_of(query()[:15])
