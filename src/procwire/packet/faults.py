"""What the ``fault`` column's codes mean: a name for counters and one sentence for people."""

from __future__ import annotations

from typing import NamedTuple

from procwire.packet import _codes


class Fault(NamedTuple):
    """``name`` is what counters and JSON carry."""

    name: str
    meaning: str


FAULTS: dict[int, Fault] = {
    _codes.FAULT_NONE: Fault("none", "Nothing was wrong."),
    _codes.FAULT_OUTSIDE: Fault("outside-buffer", "The source named bytes that it did not hand over."),
    _codes.FAULT_UNKNOWN_LINK: Fault("unknown-link-type", "The link type is not known, so nothing was read."),
    _codes.FAULT_LINK_SHORT: Fault("link-short", "The frame ends inside a link-layer header."),
    _codes.FAULT_LINK_INVALID: Fault("link-invalid", "A link-layer header contradicts itself."),
    _codes.FAULT_NETWORK_SHORT: Fault("network-short", "The frame ends inside an IP header."),
    _codes.FAULT_NETWORK_INVALID: Fault(
        "network-invalid", "An IP header has the wrong version or a header length below the least."
    ),
    _codes.FAULT_NETWORK_LENGTH: Fault(
        "network-length", "An IP header says that the packet is shorter than the header."
    ),
    _codes.FAULT_NETWORK_OVERRUN: Fault(
        "network-overrun", "An IP header says that the packet is longer than what carries it."
    ),
    _codes.FAULT_EXTENSION_INVALID: Fault(
        "extension-invalid", "An IPv6 extension header runs past the packet or stands where it may not."
    ),
    _codes.FAULT_TRANSPORT_SHORT: Fault("transport-short", "The packet ends inside its transport header."),
    _codes.FAULT_TRANSPORT_INVALID: Fault(
        "transport-invalid", "A transport header's own length is below the least or beyond the packet."
    ),
    _codes.FAULT_TRANSPORT_LENGTH: Fault(
        "transport-length", "A UDP header says that the datagram is longer than the IP packet."
    ),
    _codes.FAULT_TUNNEL_INVALID: Fault(
        "tunnel-invalid", "A tunnel header is cut short or not of its format."
    ),
    _codes.FAULT_TOO_DEEP: Fault("too-deep", "Headers are stacked deeper than is read."),
    _codes.FAULT_FRAGMENT_INVALID: Fault(
        "fragment-invalid", "A fragment's offset and length do not fit its datagram."
    ),
    _codes.FAULT_FRAGMENT_OVERLAP: Fault(
        "fragment-overlap", "A fragment overlaps another of its datagram with other bytes."
    ),
}


def name(code: int) -> str:
    """The short name of a code."""
    fault = FAULTS.get(code)
    return fault.name if fault else f"fault-{code}"


def meaning(code: int) -> str:
    """One sentence."""
    fault = FAULTS.get(code)
    return fault.meaning if fault else f"Fault {code} has no description."
