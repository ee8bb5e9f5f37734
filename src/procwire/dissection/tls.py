"""TLS records, and the handshake messages that are not encrypted (RFC 8446 sections 4 and 5, RFC 5246)."""

from __future__ import annotations

from procwire.dissection.outline import How, Outline, coded, hexed, quoted, sized
from procwire.dpi.wire._tls_names import (
    ALERTS,
    CIPHERS,
    COMPRESSIONS,
    EXTENSIONS,
    GROUPS,
    SIGNATURES,
    VERSIONS,
)
from procwire.dpi.wire.tls_hello import HELLO_RETRY_RANDOM
from procwire.dpi.wire.tls_record import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEADER_BYTES,
    HEARTBEAT,
    MAX_MESSAGE_BYTES,
    MAX_RECORD_BYTES,
)

RECORDS = {CHANGE_CIPHER_SPEC: "change cipher spec", ALERT: "alert", HANDSHAKE: "handshake",
           APPLICATION_DATA: "application data", HEARTBEAT: "heartbeat"}  # fmt: skip
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
MESSAGES = {0: "hello request", CLIENT_HELLO: "client hello", SERVER_HELLO: "server hello",
            4: "new session ticket", 5: "end of early data", 8: "encrypted extensions",
            CERTIFICATE: "certificate", 12: "server key exchange", 13: "certificate request",
            14: "server hello done", 15: "certificate verify", 16: "client key exchange",
            20: "finished", 22: "certificate status", 24: "key update",
            25: "compressed certificate"}  # fmt: skip
LEVELS = {1: "warning", 2: "fatal"}
NAME, GROUP_LIST, SIGNATURE_LIST, ALPN, VERSION_LIST, SHARES = 0, 10, 13, 16, 43, 51
GREASE = {value * 0x0101: "GREASE" for value in range(0x0A, 0x100, 0x10)}  # RFC 8701 section 2
EXTENSION_NAMES = EXTENSIONS | GREASE | {ALPN: "alpn", NAME: "server name"}

version = coded(VERSIONS | GREASE)
cipher = coded(CIPHERS | GREASE)


def fits(data: bytes, ports: tuple[int, int]) -> bool:  # noqa: ARG001
    """A record's head: a type, a version, a size that may be."""
    if len(data) < HEADER_BYTES or data[0] not in RECORDS or data[1] != 3 or data[2] > 4:
        return False
    return 0 < int.from_bytes(data[3:5], "big") <= MAX_RECORD_BYTES


def read(outline: Outline) -> str:
    """Record after record."""
    first = True
    while outline.left > 0 and (first or fits(outline.data[outline.at : outline.end][:HEADER_BYTES], (0, 0))):
        first = False
        kind = outline.data[outline.at]
        size = int.from_bytes(outline.data[outline.at + 3 : outline.at + 5], "big")
        with outline.within("record", HEADER_BYTES + size, RECORDS.get(kind, "")):
            outline.number("type", 1, RECORDS)
            outline.number("version", 2, version)
            outline.number("length", 2)
            _content(outline, kind)
    return ""


def _content(outline: Outline, kind: int) -> None:
    if kind == HANDSHAKE:
        _handshake(outline)
    elif kind == ALERT and outline.left == 2:
        level = outline.number("level", 1, LEVELS)
        code = outline.number("description", 1, ALERTS)
        outline.say(f"alert: {LEVELS.get(level, '')} {ALERTS.get(code, code)}")
    else:
        outline.say(RECORDS.get(kind, ""))
        outline.rest("encrypted" if kind != CHANGE_CIPHER_SPEC else "data", sized)


def _handshake(outline: Outline) -> None:
    """Messages, as long as they look like some: behind the keys they are ciphertext."""
    first = True
    while outline.left > 0:
        kind = outline.data[outline.at]
        size = int.from_bytes(outline.data[outline.at + 1 : outline.at + 4], "big")
        if kind not in MESSAGES or size >= MAX_MESSAGE_BYTES or (not first and 4 + size > outline.left):
            outline.say("encrypted handshake")
            outline.rest("encrypted handshake message, or the rest of one", sized)
            return
        first = False
        outline.say(MESSAGES[kind])
        with outline.within(MESSAGES[kind], 4 + size):
            outline.number("message", 1, MESSAGES)
            outline.number("length", 3)
            if kind in (CLIENT_HELLO, SERVER_HELLO):
                _hello(outline, kind)
            elif kind == CERTIFICATE:
                _certificates(outline)
            else:
                outline.rest("body", hexed)


def _hello(outline: Outline, kind: int) -> None:
    outline.number("version", 2, version)
    outline.octets("random", 32, _random)
    outline.counted("session id", 1, hexed)
    if kind == CLIENT_HELLO:
        _numbers(outline, "cipher suites", 2, cipher, "suite")
        outline.counted("compression methods", 1, _compressions)
    else:
        outline.say(cipher(outline.number("cipher suite", 2, cipher)).partition(" ")[2])
        outline.number("compression method", 1, COMPRESSIONS)
    if outline.left > 0:
        size = outline.number("extensions length", 2)
        with outline.within("extensions", size):
            while outline.left > 0:
                _extension(outline, kind)


def _random(data: bytes) -> str:
    return "hello retry request" if data == HELLO_RETRY_RANDOM else hexed(data)


def _compressions(data: bytes) -> str:
    return ", ".join(COMPRESSIONS.get(number, str(number)) for number in data)


def _numbers(outline: Outline, name: str, width: int, how: How, each: str) -> None:
    """A counted list of numbers of two bytes, each a part."""
    size = outline.number(f"{name} length", width)
    with outline.within(name, size, f"{size // 2}"):
        while outline.left > 0:
            outline.number(each, 2, how)


def _extension(outline: Outline, hello: int) -> None:
    kind = int.from_bytes(outline.data[outline.at : outline.at + 2], "big")
    size = int.from_bytes(outline.data[outline.at + 2 : outline.at + 4], "big")
    name = EXTENSION_NAMES.get(kind, f"extension {kind}")
    with outline.within(name, 4 + size) as place:
        outline.number("type", 2, EXTENSION_NAMES)
        outline.number("length", 2)
        words = ""
        if kind == NAME and outline.left > 0:
            words = _server_name(outline)
        elif kind == ALPN:
            words = _alpn(outline)
        else:
            _known(outline, kind, hello)
        outline.say(words)
        outline.renote(place, words)


def _known(outline: Outline, kind: int, hello: int) -> None:
    if kind == GROUP_LIST:
        _numbers(outline, "groups", 2, coded(GROUPS | GREASE), "group")
    elif kind == SIGNATURE_LIST:
        _numbers(outline, "algorithms", 2, coded(SIGNATURES), "algorithm")
    elif kind == VERSION_LIST and hello == CLIENT_HELLO:
        _numbers(outline, "versions", 1, version, "version")
    elif kind == VERSION_LIST:
        outline.number("version", 2, version)
    elif kind == SHARES:
        _shares(outline, hello)
    else:
        outline.rest("data", hexed)


def _server_name(outline: Outline) -> str:
    """RFC 6066 section 3."""
    outline.number("list length", 2)
    outline.number("name type", 1, {0: "host"})
    return quoted(outline.counted("name", 2, quoted))


def _alpn(outline: Outline) -> str:
    """RFC 7301 section 3.1."""
    outline.number("list length", 2)
    names = []
    while outline.left > 0:
        names.append(quoted(outline.counted("protocol", 1, quoted)))
    return ",".join(names)


def _shares(outline: Outline, hello: int) -> None:
    """RFC 8446 section 4.2.8; a hello retry request names a group alone."""
    if hello == CLIENT_HELLO:
        outline.number("shares length", 2)
    while outline.left > 0:
        outline.number("group", 2, coded(GROUPS | GREASE))
        if outline.left > 0:
            outline.counted("key", 2, hexed)


def _certificates(outline: Outline) -> None:
    """RFC 5246 section 7.4.2; those of TLS 1.3 are encrypted."""
    size = outline.number("certificates length", 3)
    with outline.within("certificates", size):
        while outline.left > 0:
            outline.counted("certificate", 3, sized)
