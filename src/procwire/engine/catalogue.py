"""What can be seen, and where: protocols, tables with their columns, interfaces."""

from __future__ import annotations

from collections.abc import Sequence

from procwire.capture import interfaces as links
from procwire.dpi import catalogue
from procwire.dpi.catalogue import protocols, risks
from procwire.dpi.registry import registry
from procwire.engine.options import EngineError
from procwire.extensions import fingerprints, loading
from procwire.extensions.reason import ExtensionError
from procwire.model.columns import Table
from procwire.model.rows import Explanation, InterfaceRow
from procwire.model.tables import CORE
from procwire.packet.layers import link_name

__all__ = ["explain", "interfaces", "learn", "protocols", "risks", "tables"]


def learn(directories: Sequence[str], names: Sequence[str] = ()) -> list[str]:
    """Take in the protocols of users and packages, before anything is read; a line for each left out.

    ``directories``: of descriptions; ``names``: files with names of fingerprints; where none is named, the
    usual ones, where they exist. Raises EngineError.
    """
    try:
        fingerprints.learn(names)
        return loading.learn(directories)
    except ExtensionError as error:
        raise EngineError(str(error), 2) from None


def explain(name: str) -> Explanation:
    """See dpi.catalogue. Raises EngineError for a name that is none."""
    try:
        return catalogue.explain(name)
    except KeyError as error:
        raise EngineError(str(error.args[0]), 2) from None


def tables() -> tuple[Table, ...]:
    """The core tables, then each protocol's."""
    return (*CORE, *registry().tables())


def interfaces() -> list[InterfaceRow]:
    """The interfaces of this network namespace."""
    try:
        found = links.interfaces()
    except OSError as error:
        raise EngineError(f"interfaces: {error.strerror or error}") from None
    return [
        InterfaceRow(
            name=link.name,
            index=link.index,
            kind=link.kind,
            link=link_name(link.linktype),
            up=link.up,
            mtu=link.mtu,
            mac=link.mac,
            addresses=tuple(str(address) for address in link.addresses),
        )
        for link in found
    ]
