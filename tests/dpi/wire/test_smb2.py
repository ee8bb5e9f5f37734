"""SMB 2: files followed from open to close, compounds, bounds, cut messages."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire.smb2 import MAX_OPEN, Conversation, split
from tests.dpi.protocols.test_dcerpc import bind, fragment
from tests.dpi.smb_messages import create, smb2

OUT, IN = Direction.OUT, Direction.IN
HANDLE = b"handle-of-a-file"
OPENED = bytes(48) + struct.pack("<Q", 77) + bytes(8) + HANDLE


def run(*steps: tuple[Direction, bytes]) -> list[Any]:
    conversation = Conversation()
    return [one for now, (side, data) in enumerate(steps) for one in conversation.read(side, data, now * 100)]


def test_file_from_open_to_close() -> None:
    read = struct.pack("<HBBI8s", 49, 0, 0, 10, bytes(8)) + HANDLE
    seen = run(
        (OUT, smb2(5, create("dir\\a.txt", disposition=2))),
        (IN, smb2(5, OPENED, response=True)),
        (OUT, smb2(8, read, ident=2)),
        (IN, smb2(8, struct.pack("<HBBI", 17, 80, 0, 9), ident=2, response=True)),
        (OUT, smb2(9, read, ident=3)),
        (IN, smb2(9, struct.pack("<HHI", 17, 0, 4), ident=3, response=True)),
        (OUT, smb2(6, bytes(8) + HANDLE, ident=4)),
        (IN, smb2(6, bytes(60), ident=4, response=True)),
    )
    opened, closed = seen
    assert (opened.message, opened.path, opened.action, opened.size_bytes) == (
        "open",
        "dir\\a.txt",
        "create",
        77,
    )
    assert (closed.path, closed.bytes_read, closed.bytes_written, closed.latency) == ("dir\\a.txt", 9, 4, 100)


def test_delete() -> None:
    body = struct.pack("<HBBIHHI", 33, 1, 13, 1, 64 + 32, 0, 0) + HANDLE + b"\1"
    seen = run(
        (OUT, smb2(5, create("x"))),
        (IN, smb2(5, OPENED, response=True)),
        (OUT, smb2(17, body, ident=2)),
        (IN, smb2(17, bytes(2), ident=2, response=True)),
    )
    assert (seen[-1].message, seen[-1].path) == ("delete", "x")


def test_delete_in_one_compound() -> None:
    opening = smb2(5, create("gone.txt").ljust(72, b"\0"), following=136)
    body = struct.pack("<HBBIHHI", 33, 1, 13, 1, 64 + 32, 0, 0) + b"\xff" * 16 + b"\1"
    seen = run((OUT, opening + smb2(17, body, ident=2)), (IN, smb2(17, bytes(2), ident=2, response=True)))
    assert [(one.message, one.path) for one in seen] == [("delete", "gone.txt")]


def test_calls_on_a_pipe() -> None:
    tree = struct.pack("<HHHH", 9, 0, 64 + 8, 26) + "\\\\srv\\IPC$".encode("utf-16-le")
    transceive = (
        struct.pack("<HHI", 57, 0, 0x0011C017)
        + HANDLE
        + struct.pack("<IIIIIIII", 64 + 56, 24, 0, 0, 0, 0, 1, 0)
    )
    call = fragment(0, struct.pack("<IHH", 0, 0, 13))
    write = struct.pack("<HHIQ", 49, 64 + 48, len(bind()), 0) + HANDLE + bytes(16) + bind()
    seen = run(
        (OUT, smb2(3, tree)),
        (IN, smb2(3, b"\x10\0\2\0" + bytes(12), response=True)),
        (OUT, smb2(5, create("samr"), ident=2)),
        (IN, smb2(5, OPENED, ident=2, response=True)),
        (OUT, smb2(9, write, ident=3)),
        (OUT, smb2(11, transceive + call, ident=4)),
    )
    assert [(one.path, one.action) for one in seen if one.message == "call"] == [
        ("samr", "bind samr"),
        ("samr", "samr enumerate-users"),
    ]


def test_compound_and_interim_answers() -> None:
    first = smb2(5, create("a").ljust(64, b"\0"), following=128)
    seen = run(
        (OUT, first + smb2(5, create("b"), ident=2)),
        (IN, smb2(5, b"", status=0x103, response=True)),
        (IN, smb2(5, OPENED, response=True)),
        (IN, smb2(5, b"", ident=2, status=0xC0000022, response=True)),
    )
    assert [(one.path, one.status) for one in seen] == [("a", "ok"), ("b", "access-denied")]


def test_open_files_are_bounded() -> None:
    conversation = Conversation()
    for number in range(MAX_OPEN + 50):
        list(conversation.read(OUT, smb2(5, create("a"), ident=number), 1))
        opened = bytes(64) + number.to_bytes(16, "little")
        list(conversation.read(IN, smb2(5, opened, ident=number, response=True), 2))
    assert len(conversation._files) == MAX_OPEN


def test_broken() -> None:
    whole = smb2(5, create("a"))
    for data in (b"", whole[:63], smb2(99, b""), smb2(5, b"", following=8)):
        with pytest.raises(ProtocolError):
            run((OUT, data))
    for command in range(19):
        for size in (0, 3, 20):
            assert (
                len(run((OUT, smb2(command, bytes(size))), (IN, smb2(command, bytes(size), response=True))))
                < 4
            )


def test_split() -> None:
    assert split("\\\\server\\share\\more") == ("server", "share\\more")
    assert split("") == ("", "")
