"""python-tds as the client; the server that answers it is a small one made here, of [MS-TDS]'s examples."""

from __future__ import annotations

import struct

from tests.vectors.answering import answering, python
from tests.vectors.scene import SERVER, Scene

CLIENT = f"""
import pytds
connection = pytds.connect("{SERVER}", "shop", "alice", "wonderland", appname="vectors", autocommit=True,
                           timeout=3, login_timeout=3)
cursor = connection.cursor()
for words in ("select nothing from nowhere", "create login bob with password = 'hush'"):
    try:
        cursor.execute(words)
    except pytds.Error:
        pass
try:
    cursor.callproc("refill", (1,))
except pytds.Error:
    pass
"""
PRELOGIN = bytes.fromhex("00000b00060100110001ff0f0007d0000002")


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def packet(body: bytes) -> bytes:
    return struct.pack(">BBHHBB", 4, 1, 8 + len(body), 51, 1, 0) + body


def token(kind: int, body: bytes) -> bytes:
    return struct.pack("<BH", kind, len(body)) + body


DONE = b"\xfd\0\0\0\0" + bytes(8)
FAILED = b"\xfd\x02\0\0\0" + bytes(8)


def answer(data: bytes) -> bytes:
    """A server without TLS that knows no table."""
    if data[0] == 0x12:
        return packet(PRELOGIN)
    if data[0] == 0x10:
        name = "Microsoft SQL Server"
        acknowledged = b"\1\x74\0\0\4" + bytes([len(name)]) + wide(name) + b"\x0f\0\x07\xd0"
        changed = b"\1\4" + wide("shop") + b"\6" + wide("master")
        return packet(token(0xE3, changed) + token(0xAD, acknowledged) + DONE)
    text = "Invalid object name 'nowhere'."
    body = (
        struct.pack("<iBBH", 208, 1, 16, len(text))
        + wide(text)
        + b"\2"
        + wide("db")
        + b"\0"
        + struct.pack("<i", 1)
    )
    return packet((token(0xAA, body) + FAILED) if b"n\0o\0w\0h\0e\0r\0e\0" in data else DONE)


def session(scene: Scene) -> None:
    """A login in clear, a refused statement, a statement with a password, a procedure."""
    with answering(scene, 1433, lambda: answer, lambda data: int.from_bytes(data[2:4], "big")):
        python(scene, CLIENT)


SCENARIOS = {"session": session}
