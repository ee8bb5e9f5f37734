"""python-tds and FreeTDS as clients; the server that answers is a small one of [MS-TDS]'s examples."""

from __future__ import annotations

import contextlib
import ssl
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


FREETDS = f"""
[shop]
host = {SERVER}
port = 1433
tds version = 7.4
encryption = require
"""
WITH_TLS = bytes.fromhex("00000b00060100110001ff0f0007d0000001")


class Sealed:
    """The server's side of TLS, in packets of its own kind until the handshake is over ([MS-TDS] 2.2.6.5)."""

    def __init__(self, certificate: str, secret: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, secret)
        self.coming, self.going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.coming, self.going, server_side=True)
        self.over = False

    def __call__(self, data: bytes) -> bytes:
        if data[0] == 0x12 and not 0x14 <= data[8] <= 0x17:
            return packet(WITH_TLS)
        self.coming.write(data[8:] if data[0] == 0x12 else data)
        if self.over:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.write(answer(self.tls.read()))
            return self.going.read()
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
            self.over = True
        return bytes([0x12]) + packet(self.going.read())[1:]


def sized(data: bytes) -> int:
    """Length of a packet, or of a record of TLS; 0 where it is not known yet."""
    if len(data) < 5:
        return 0
    record = 0x14 <= data[0] <= 0x17
    return 5 + int.from_bytes(data[3:5], "big") if record else int.from_bytes(data[2:4], "big")


def tls(scene: Scene) -> None:
    """A login and what follows it, encrypted; hellos and certificate in clear inside packets."""
    certificate, secret = scene.certificate("sql.example.com")
    configuration = scene.folder / "freetds.conf"
    configuration.write_text(FREETDS)
    asked = scene.folder / "asked"
    asked.write_text("select 1\ngo\nquit\n")
    with answering(scene, 1433, lambda: Sealed(certificate, secret), sized), asked.open("rb") as stdin:
        words = ("tsql", "-S", "shop", "-U", "alice", "-P", "wonderland", "-D", "shop")
        environment = {"FREETDSCONF": str(configuration), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        scene.client.start("timeout", "8", *words, stdin=stdin, env=environment).wait(12)


SCENARIOS = {"session": session, "tls": tls}
