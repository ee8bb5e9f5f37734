"""What the rooms know and the columns ask for: names of interfaces, states, layers, faults, Community ID."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from procwire.capture.source import Interface
from procwire.dpi import hint
from procwire.extensions import fingerprints
from procwire.extensions.places import Placed
from procwire.flows import states
from procwire.flows.community import community_id
from procwire.model.flow import Flow
from procwire.model.packets import PacketTable
from procwire.model.process import NOT_LOOKED, Owner
from procwire.packet import describe, faults
from procwire.packet.layers import chain_text


class Context(Placed):
    """The engine's answers. ``interfaces`` is the source's list, which may grow.

    ``networks`` are whose addresses count as this host's own; without any, that is not known.
    """

    def __init__(
        self,
        interfaces: Sequence[Interface],
        networks: Sequence[IPv4Network | IPv6Network] = (),
        *,
        unowned: Owner = NOT_LOOKED,
        source: str = "",
    ) -> None:
        self.interfaces = interfaces
        self.unowned = unowned
        self.source = source
        self.networks = [(net.version, int(net.netmask), int(net.network_address)) for net in networks]

    def community_id(self, flow: Flow) -> str | None:
        """See RowContext."""
        return community_id(flow)

    def encapsulation(self, chain: int, vlan: int) -> str | None:
        """See RowContext."""
        return chain_text(chain, vlan)

    def interface(self, index: int) -> str | None:
        """See RowContext."""
        return (self.interfaces[index].name or None) if index < len(self.interfaces) else None

    def state(self, number: int) -> str | None:
        """See RowContext."""
        return states.name(number)

    def local(self, family: int, high: int, low: int) -> bool | None:
        """See RowContext."""
        if not self.networks or not family:
            return None
        value = high << 64 | low
        return any(version == family and value & mask == net for version, mask, net in self.networks)

    def fault(self, code: int) -> str | None:
        """See RowContext."""
        return faults.name(code) if code else None

    def fingerprint(self, kind: str, value: str) -> tuple[str, ...]:
        """See RowContext."""
        return fingerprints.names().of(kind, value)

    def carries(self, flow: Flow, client: tuple[str, ...]) -> tuple[str, str] | None:
        """See RowContext."""
        return hint.carries(flow, client)

    def info(self, table: PacketTable, row: int) -> str | None:
        """See RowContext."""
        return describe.summary(table, row)
