from __future__ import annotations

from pathlib import Path

from procwire.engine.context import Context
from procwire.engine.options import ReadOptions
from procwire.engine.reading import Reading
from procwire.model.listening import Silent
from procwire.model.rows import FlowRow, PacketRow
from procwire.model.tables import FLOWS, PACKETS

HTTP = Path(__file__).parents[1] / "vectors" / "http" / "ordinary.pcap"


class Rows(Silent):
    """Keeps the flows."""

    def __init__(self) -> None:
        self.flows: list[object] = []

    def ended(self, flow: object) -> None:
        self.flows.append(flow)


def test_flows_get_what_only_the_rooms_know() -> None:
    rows = Rows()
    reading = Reading(ReadOptions(paths=(str(HTTP),)), rows)
    reading.run()
    context = Context(reading.source.interfaces)
    row = next(r for f in rows.flows if (r := FlowRow(f, context)).flow.proto == 6)
    assert FLOWS.column("community_id").get(row).startswith("1:")
    assert FLOWS.column("encapsulation").get(row) == "eth.ip.tcp"
    assert FLOWS.column("state").get(row) == "closed"


def test_packets_get_their_words() -> None:
    reading = Reading(ReadOptions(paths=(str(HTTP),)), Silent())
    packets = reading.packets()
    batch, table = next(packets)
    context = Context(reading.source.interfaces)
    rows = [PacketRow(table, number, batch.first + number, context) for number in range(table.count)]
    first = next(row for row in rows if PACKETS.column("proto").get(row) == "tcp")
    assert "SYN" in str(PACKETS.column("info").get(first)).upper()
    assert PACKETS.column("fault").get(first) is None
    packets.close()  # type: ignore[attr-defined]


def test_an_interface_that_is_not_said_has_no_name() -> None:
    assert Context([]).interface(0) is None
    assert Context([]).interface(7) is None
