"""What is held against a policy of egress, and its table."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, size, text


class EgressRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of EGRESS. Times are ns since 1970; zero for not known."""

    id: str
    verdict: str
    program: str
    to: str
    proto: str
    port: str
    exe: str = ""
    process: str = ""
    unit: str = ""
    container: str = ""
    host: str = ""
    sha256: str = ""
    flows: int = 0
    bytes_out: int = 0
    first: int = 0
    last: int = 0
    note: str = ""


EGRESS = Table(
    name="egress",
    doc="Who goes where, held against a policy: one row for a program, a destination, a protocol and a port.",
    columns=(
        text("id", "Name of the row, the same whenever it is looked for; promote takes it.",
             attrgetter("id"), shown=True),
        text("verdict", "Whether allowed, new-program, changed-program, new-destination, new-port or unused: "
             "a line of the policy that nothing went by.", attrgetter("verdict"), shown=True),
        text("program", "Who: the program by what it is known by.", attrgetter("program"), shown=True),
        text("to", "Where: a name, an address, a network or an autonomous system.", attrgetter("to"),
             shown=True),
        text("proto", "Transport protocol, or any.", attrgetter("proto"), shown=True),
        text("port", "Port, ports or any.", attrgetter("port"), shown=True),
        count("flows", "Flows that were seen.", attrgetter("flows"), "flows", shown=True),
        size("bytes_out", "Their bytes on the wire from the program.", attrgetter("bytes_out"), shown=True),
        column("first", Kind.TIME, "When the first of them began.", lambda row: row.first or None),
        column("last", Kind.TIME, "When the last of them was seen.", lambda row: row.last or None,
               shown=True),
        text("exe", "Path of the executable.", lambda row: row.exe or None),
        text("process", "Name of the process, where the executable is not known.",
             lambda row: row.process or None),
        text("unit", "systemd unit.", lambda row: row.unit or None),
        text("container", "Container.", lambda row: row.container or None),
        text("host", "Address of the host, where the program is not known.", lambda row: row.host or None),
        text("sha256", "SHA-256 that the program's file is pinned to.", lambda row: row.sha256 or None),
        text("note", "Words in the policy.", lambda row: row.note or None),
    ),
)  # fmt: skip
