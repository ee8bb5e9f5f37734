"""The layers of one frame: those that the decoder names, and what is spoken in its payload."""

from __future__ import annotations

from collections.abc import Mapping

from procwire.dissection import link, network
from procwire.dissection.application import spoken
from procwire.dissection.outline import Reader, outlined, sized
from procwire.model.dissected import Layer

READERS: Mapping[str, Reader] = {
    "eth": link.ethernet,
    "vlan": link.vlan,
    "mpls": link.mpls,
    "pppoe": link.pppoe,
    "ppp": link.ppp,
    "llc": link.llc,
    "snap": link.snap,
    "sll": link.sll,
    "sll2": link.sll2,
    "null": link.null,
    "raw": link.raw,
    "gre": link.gre,
    "vxlan": link.vxlan,
    "geneve": link.geneve,
    "arp": link.arp,
    "ip": network.ip,
    "ip6": network.ip6,
    "ah": network.authentication,
    "tcp": network.tcp,
    "udp": network.udp,
    "icmp": network.icmp,
    "icmp6": network.icmp6,
}
TRANSPORTS = frozenset({"tcp", "udp"})
LAST = frozenset({"icmp", "icmp6", "arp"})  # nothing of a length of its own follows


def layers_of(data: bytes, chain: str, payload: int) -> tuple[Layer, ...]:
    """Layers of a frame. ``chain``: as the decoder names them; ``payload``: where it found the payload."""
    found: list[Layer] = []
    at, end = 0, len(data)
    words = chain.split(".") if chain else []
    for place, word in enumerate(words):
        read = READERS.get(word.partition(":")[0])
        if read is None:
            stop = max(at, min(payload, end))
            found.append(Layer(".".join(words[place:]), at, stop, "its fields are not told apart here"))
            at = stop
            break
        layer = outlined(word, read, data, at, end)
        found.append(layer)
        end = _end(data, layer, end)
        at = layer.end
        if (layer.missing and at >= end) or layer.missing == network.NOT_FIRST:
            break
    found += _above(data, found, at, end)
    if end < len(data):
        found.append(Layer("trailer", end, len(data), f"{sized(data[end:])} behind the datagram"))
    return tuple(found)


def _end(data: bytes, layer: Layer, end: int) -> int:
    """Where IP says that its datagram ends: what Ethernet fills up with is no payload."""
    size = 0
    if layer.name == "ip" and layer.start + 4 <= end:
        size = int.from_bytes(data[layer.start + 2 : layer.start + 4], "big")  # 0: cut by the network card
    elif layer.name == "ip6" and layer.start + 6 <= end:
        size = int.from_bytes(data[layer.start + 4 : layer.start + 6], "big")
        size += 40 if size else 0
    return min(end, max(layer.end, layer.start + size)) if size else end


def _above(data: bytes, found: list[Layer], at: int, end: int) -> list[Layer]:
    """What stands behind the headers."""
    if at >= end:
        return []
    last = found[-1] if found else None
    ports = (0, 0)
    transport = last.name if last is not None and last.name in TRANSPORTS else ""
    if last is not None and transport:
        ports = (
            int.from_bytes(data[last.start : last.start + 2], "big"),
            int.from_bytes(data[last.start + 2 : last.start + 4], "big"),
        )
        layer = spoken(data, at, end, transport, ports)
        if layer is not None:
            rest = [Layer("payload", layer.end, end, sized(data[layer.end : end]))] if layer.end < end else []
            return [layer, *rest]
    return [Layer("payload", at, end, sized(data[at:end]))]
