"""A protocol explained, for people and for machines."""

from __future__ import annotations

import json

import pytest

from procwire.cli.limits import explained as explain
from procwire.cli.output.explanation import as_json, as_text
from procwire.engine.api import EngineError, protocols


def test_text_says_how_it_is_recognised_and_what_its_records_hold() -> None:
    text = as_text(explain("dns"))
    assert text.startswith("dns: DNS over UDP and TCP")
    for words in (
        "Recognised by",
        "tcp/53, udp/53",
        "dns-random-name",
        "MAX_PENDING",
        "1,024  queries without an answer so far, a flow",
        "Records in table dns:",
        "rcode",
    ):
        assert words in text


def test_json_is_one_line_with_the_same() -> None:
    line = as_json(explain("tls"))
    told = json.loads(line)
    assert line.count("\n") == 1
    assert told["schema"] == "procwire.explanation/1"
    assert {"tls", "tls_server", "tls_certificate"} <= set(told["tables"])
    assert "server_name" in told["sets"]


def test_every_protocol_can_be_explained() -> None:
    for row in protocols():
        assert as_text(explain(row.name)).count("Records in table") == len(row.tables)


def test_unknown_name_is_refused_and_told_where_names_are() -> None:
    with pytest.raises(EngineError, match=r"no protocol is called 'nope'; `procwire protocols` lists them"):
        explain("nope")
