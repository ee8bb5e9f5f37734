"""Where the ends of a flow are."""

from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.place_tables import PLACES
from procwire.model.rows import FlowRow, Place, RowContext


class Known(RowContext):
    def place(self, address: str) -> Place:
        return Place(country="SE", asn=5) if address == "10.0.0.1" else Place(range="private")

    def domain(self, name: str) -> str:
        return name[4:]


def read(context: RowContext) -> dict[str, object]:
    flow = Flow()
    flow.family, flow.src_lo, flow.dst_lo = 4, 0x0A000001, 0x0A000002
    flow.server_name = "www.example.org"
    row = FlowRow(flow, context)
    found = {column.name: column.get(row) for column in PLACES}
    return {name: value for name, value in found.items() if value is not None}


def test_as_the_context_knows() -> None:
    assert read(Known()) == {
        "src_country": "SE", "src_asn": 5, "dst_range": "private", "server_domain": "example.org",
    }  # fmt: skip
    assert read(RowContext()) == {}
