"""Frames of a capture file as the dissection sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from procwire.capture.files import open_files
from procwire.dissection.frame import layers_of
from procwire.model.dissected import Layer
from procwire.packet.decode import Decoder
from procwire.packet.layers import chain_text
from tests.packet.build import eth, ip4, udp
from tests.packet.build import tcp as segment

VECTORS = Path(__file__).parents[1] / "vectors"


def taken(path: Path) -> Iterator[tuple[bytes, tuple[Layer, ...]]]:
    """Each frame with its layers."""
    source, decoder = open_files([str(path)], lenient=True), Decoder()
    for batch in source.batches():
        table = decoder.decode(batch)
        for row in range(table.count):
            start = batch.offset[row]
            data = bytes(memoryview(batch.buffer)[start : start + batch.captured[row]])
            payload = max(0, min(len(data), table.payload[row] - start))
            yield data, layers_of(data, chain_text(table.chain[row], table.vlan[row]), payload)


def over_tcp(payload: bytes, ports: tuple[int, int] = (40000, 443)) -> tuple[Layer, ...]:
    """The layers of one segment."""
    head = segment(payload)
    frame = eth(ip4(ports[0].to_bytes(2, "big") + ports[1].to_bytes(2, "big") + head[4:]))
    return layers_of(frame, "eth.ip.tcp", 54)


def over_udp(payload: bytes, ports: tuple[int, int] = (40000, 53)) -> tuple[Layer, ...]:
    """The layers of one datagram."""
    frame = eth(ip4(udp(payload, *ports), 17))
    return layers_of(frame, "eth.ip.udp", 42)


def values(layer: Layer) -> dict[str, str]:
    """Parts by name; the first of those that share one."""
    found: dict[str, str] = {}
    for part in layer.fields:
        found.setdefault(part.name, part.value)
    return found
