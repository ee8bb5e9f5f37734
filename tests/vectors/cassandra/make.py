"""DataStax's driver as the client; the node that answers it is a small one, of the specification."""

from __future__ import annotations

import io
import socket
import struct

from tests.vectors.answering import answering, python
from tests.vectors.scene import SERVER, Scene

CLIENT = """
from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from cassandra.query import SimpleStatement
def connected(password):
    return Cluster(["%s"], protocol_version=%d, connect_timeout=2, control_connection_timeout=2,
                   auth_provider=PlainTextAuthProvider("alice", password), schema_metadata_enabled=False,
                   token_metadata_enabled=False, compression=False, idle_heartbeat_interval=0)
cluster = connected("wonderland")
session = cluster.connect("zoo")
sure = dict(consistency_level=ConsistencyLevel.QUORUM)
session.execute(SimpleStatement("SELECT name FROM pets WHERE id = 7", **sure))
wanted = session.prepare("SELECT name FROM pets WHERE owner = ?")
session.execute(wanted, ["alice"])
try:
    session.execute("SELECT name FROM unicorns")
except Exception:
    pass
cluster.shutdown()
try:
    connected("wrong").connect()
except Exception:
    pass
"""
TEXT, INET, UUID = 0x0D, 0x10, 0x0C
LOCAL: tuple[tuple[str, int, bytes], ...] = (
    ("key", TEXT, b"local"),
    ("cluster_name", TEXT, b"Zoo"),
    ("data_center", TEXT, b"dc1"),
    ("rack", TEXT, b"rack1"),
    ("host_id", UUID, bytes(range(16))),
    ("release_version", TEXT, b"4.1.3"),
    ("partitioner", TEXT, b"org.apache.cassandra.dht.Murmur3Partitioner"),
    ("rpc_address", INET, socket.inet_aton(SERVER)),
    ("broadcast_address", INET, socket.inet_aton(SERVER)),
    ("schema_version", UUID, bytes(range(16, 32))),
)
NAME = (("name", TEXT, b"meow"),)


def string(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def columns(table: str, cells: tuple[tuple[str, int, bytes], ...]) -> bytes:
    """Column specifications with one global table (section 4.2.5.2)."""
    described = b"".join(string(name) + struct.pack("!H", kind) for name, kind, _ in cells)
    return struct.pack("!II", 1, len(cells)) + string("zoo") + string(table) + described


def rows(table: str, cells: tuple[tuple[str, int, bytes], ...], count: int = 1) -> bytes:
    """A result of kind Rows: one row, or none."""
    values = b"".join(struct.pack("!I", len(value)) + value for _, _, value in cells)
    return struct.pack("!I", 2) + columns(table, cells) + struct.pack("!I", count) + values * count


def asked(text: str) -> bytes:
    """What a statement results in."""
    if text.startswith("USE"):
        return b"\x08" + struct.pack("!I", 3) + string("zoo")
    if "system.local" in text:
        return b"\x08" + rows("local", LOCAL)
    if "system." in text:
        return b"\x08" + rows("peers", LOCAL, 0)
    if "unicorns" in text:
        return b"\x00" + struct.pack("!I", 0x2200) + string("table unicorns does not exist")
    return b"\x08" + rows("pets", NAME)


def prepared(version: int) -> bytes:
    """A prepared statement with one value (section 4.2.5.4); version 5 adds an id of what it results in."""
    spec = struct.pack("!IIIH", 1, 1, 1, 0) + string("zoo") + string("pets") + string("owner")
    bound = spec + struct.pack("!H", TEXT)
    known = string("prepared-statement") + (string("metadata") if version == 5 else b"")
    return struct.pack("!I", 4) + known + bound + columns("pets", NAME)


def answer(data: bytes) -> bytes:
    """One node of version 4 that wants a password."""
    opcode, body = data[4], data[9:]
    if opcode == 5:
        reply = (
            b"\x06" + struct.pack("!H", 2) + string("CQL_VERSION") + struct.pack("!H", 1) + string("3.4.6")
        )
        reply += string("COMPRESSION") + struct.pack("!H", 0)
    elif opcode == 1:
        reply = b"\x03" + string("org.apache.cassandra.auth.PasswordAuthenticator")
    elif opcode == 15:
        wrong = (
            b"\x00"
            + struct.pack("!I", 0x0100)
            + string("Provided username alice and/or password are incorrect")
        )
        reply = b"\x10" + struct.pack("!i", -1) if body.endswith(b"\0wonderland") else wrong
    elif opcode == 11:
        reply = b"\x02"
    elif opcode == 9:
        reply = b"\x08" + prepared(data[0])
    elif opcode == 7:
        reply = asked(body[4 : 4 + int.from_bytes(body[:4], "big")].decode())
    else:
        reply = b"\x08" + rows("pets", NAME)
    return bytes((data[0] | 0x80, 0)) + data[2:4] + reply[:1] + struct.pack("!I", len(reply) - 1) + reply[1:]


class Node:
    """One connection: from version 5 on, what follows the answer to STARTUP stands in outer frames."""

    def __init__(self) -> None:
        self.framed = False

    def size(self, data: bytes) -> int:
        if self.framed:
            return 10 + (int.from_bytes(data[:3], "little") & 0x1FFFF) if len(data) > 5 else 0
        return 9 + int.from_bytes(data[5:9], "big") if len(data) > 8 else 0

    def __call__(self, data: bytes) -> bytes:
        if not self.framed:
            self.framed = data[0] == 5 and data[4] == 1
            return answer(data)
        from cassandra.segment import SegmentCodec

        buffer = io.BytesIO()
        SegmentCodec().encode(buffer, answer(data[6:-4]))
        return buffer.getvalue()


def talk(scene: Scene, version: int) -> None:
    """A login, statements of every kind, one that fails; and a password that is refused."""
    with answering(scene, 9042, Node):
        python(scene, CLIENT % (SERVER, version))


def session(scene: Scene) -> None:
    """Version 4."""
    talk(scene, 4)


def framed(scene: Scene) -> None:
    """Version 5."""
    talk(scene, 5)


SCENARIOS = {"session": session, "framed": framed}
