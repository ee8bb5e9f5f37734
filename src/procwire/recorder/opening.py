"""A bundle, an incident or a bundle of NetWatch, opened: its packets as a path, and who owned what in it.

NetWatch's is a directory ``netwatch_incident_...`` with ``manifest.json`` (``version`` 1, no ``schema``),
``packets.pcap`` and ``connections.json``: what was connected at some moments, the local end first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from procwire.recorder import manifest
from procwire.recorder.container import Container
from procwire.recorder.incident import FINDINGS, FLOWS, HEAD, OBSERVATIONS, OWNERS, PACKETS, PROCESSES
from procwire.recorder.kin import Kin
from procwire.recorder.listing import head
from procwire.recorder.owners import OwnerBook
from procwire.recorder.reason import RecorderError

FOREIGN_PACKETS, CONNECTIONS = "packets.pcap", "connections.json"
MAX_CONNECTIONS_BYTES = 1 << 30
LIVE = (FLOWS, OBSERVATIONS, FINDINGS)  # what an incident knew beside its packets


class Opened(msgspec.Struct, kw_only=True):
    """``packets`` can be read as long as ``held`` is open. ``about``: one line for people."""

    name: str
    packets: str
    book: OwnerBook
    kin: Kin = msgspec.field(default_factory=Kin)
    about: str
    incident: dict[str, Any] = {}
    live: Mapping[str, Path | BinaryIO] = {}  # what the watch knew, as files
    held: list[Any] = []


def opened(path: Path) -> Opened:
    """Raises RecorderError for what is none of them."""
    if (path / HEAD).is_file():
        return _incident(path)
    if path.is_dir() and not (path / manifest.NAME).is_file():
        raise RecorderError(f"{path}: no incident and no bundle: it has no {manifest.NAME}")
    with Container(path) as container:
        names = container.names()
        if manifest.NAME not in names:
            raise RecorderError(f"{path}: no incident and no bundle: it has no {manifest.NAME}")
        told = manifest.read(container)
        if told.get("schema") == manifest.SCHEMA:
            return _bundle(container, told)
        if "schema" not in told and told.get("version") == 1 and FOREIGN_PACKETS in names:
            return _netwatch(container, told)
    raise RecorderError(f"{path}: a bundle of another kind or version: {told.get('schema', 'no schema')}")


def _incident(path: Path) -> Opened:
    told = head(path)
    book, kin = OwnerBook(), Kin()
    for name, reader in ((OWNERS, book), (PROCESSES, kin)):
        if (path / name).is_file():
            with (path / name).open("rb") as file:
                reader.read(file)
    state = told.get("state", "?")
    told["lacking"] = [*told.get("lacking", ()), *([] if state == "frozen" else ["it was never finished"])]
    return Opened(
        name=path.name, packets=str(path / PACKETS), book=book, kin=kin, incident=told,
        live={name: path / name for name in LIVE if (path / name).is_file()},
        about=f"incident {path.name}, {state}, {told.get('packets', '?')} packets",
    )  # fmt: skip


def _bundle(container: Container, told: dict[str, Any]) -> Opened:
    book, kin = OwnerBook(), Kin()
    for name, reader in ((OWNERS, book), (PROCESSES, kin)):
        if name in container.names():
            with container.open(name) as file:
                reader.read(file)
    packets, held = _packets(container, PACKETS)
    live = {name: container.real(name) for name in LIVE if name in container.names()}
    held += [file for file in live.values() if not isinstance(file, Path)]
    lacking = "; ".join(told["reasons"])
    return Opened(
        name=str(told["id"]), packets=packets, book=book, kin=kin, held=held, live=live,
        incident=dict(told.get("incident") or {}),
        about=f"bundle {told['id']}, {told['complete']}: {lacking or 'nothing is missing'}",
    )  # fmt: skip


def _netwatch(container: Container, told: dict[str, Any]) -> Opened:
    book = OwnerBook()
    if CONNECTIONS in container.names():
        try:
            moments = msgspec.json.decode(container.read(CONNECTIONS, MAX_CONNECTIONS_BYTES))
        except msgspec.MsgspecError as error:
            raise RecorderError(f"{container.path}: {CONNECTIONS}: {error}") from None
        for moment in moments if isinstance(moments, list) else ():
            if isinstance(moment, dict):
                book.read_connections(moment.get("connections") or (), moment.get("timestamp"))
    packets, held = _packets(container, FOREIGN_PACKETS)
    reason = str(told.get("freeze_reason") or "frozen by hand")
    why = {"kind": "command", "detail": reason, "time": str(told.get("frozen_at", "?"))}
    return Opened(
        name=container.path.name, packets=packets, book=book, held=held,
        incident={"reasons": [why]},
        about=f"NetWatch incident, {told.get('packet_count', '?')} packets: {reason}",
    )  # fmt: skip


def _packets(container: Container, name: str) -> tuple[str, list[Any]]:
    found = container.real(name)
    if isinstance(found, Path):
        return str(found), []
    return f"/proc/self/fd/{found.fileno()}", [found]
