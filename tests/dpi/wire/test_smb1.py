"""SMB 1: dialects, logins with and without extended security, shares, cut messages."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire.smb1 import Conversation
from tests.dpi.smb_messages import smb1

OUT, IN = Direction.OUT, Direction.IN


def run(*steps: tuple[Direction, bytes]) -> list[Any]:
    conversation = Conversation()
    return [one for now, (side, data) in enumerate(steps) for one in conversation.read(side, data, now * 100)]


def test_dialect() -> None:
    offered, chosen = run(
        (OUT, smb1(0x72, b"", b"\2LANMAN1.0\0\2NT LM 0.12\0")),
        (IN, smb1(0x72, struct.pack("<HB", 1, 0x0F) + bytes(31), b"", response=True)),
    )
    assert offered.dialects == ("LANMAN1.0", "NT LM 0.12")
    assert (chosen.dialect, chosen.signing, chosen.obsolete) == ("NT LM 0.12", "required", True)


@pytest.mark.parametrize("wide", [False, True])
def test_old_login(wide: bool) -> None:
    words = bytes(14) + struct.pack("<HH", 4, 4) + bytes(8)
    code = "utf-16-le" if wide else "ascii"
    text = "".join(f"{word}\0" for word in ("ada", "OFFICE", "Windows 95")).encode(code)
    asked, answer = run(
        (OUT, smb1(0x73, words, b"lanmntlm" + (b"\0" if wide else b"") + text, wide=wide)),
        (IN, smb1(0x73, bytes(6), b"", response=True, status=0xC000006D)),
    )
    assert (asked.user, asked.domain, asked.system) == ("ada", "OFFICE", "Windows 95")
    assert (answer.user, answer.status, answer.latency) == ("ada", "logon-failure", 100)


def test_share_and_file() -> None:
    tree = smb1(0x75, bytes(6) + struct.pack("<H", 1), b"\0\\\\srv\\files\0A:\0")
    seen = run(
        (OUT, tree),
        (IN, smb1(0x75, bytes(6), b"A:\0", response=True)),
        (OUT, smb1(0xA2, bytes(48), b"dir\\a.txt\0")),
        (IN, smb1(0xA2, bytes(68), b"", response=True)),
    )
    assert [(one.message, one.server, one.share, one.path) for one in seen] == [
        ("share", "srv", "files", ""),
        ("open", "", "files", "dir\\a.txt"),
    ]


def test_broken() -> None:
    for data in (b"", smb1(0x72, b"", b"")[:32], smb1(0x99, b"", b"")):
        with pytest.raises(ProtocolError):
            run((OUT, data))
    for command in (0x72, 0x73, 0x75, 0xA2, 0x2D, 0x06):
        for size in (0, 8, 24, 26):
            words = b"\xff" * size
            assert (
                len(
                    run(
                        (OUT, smb1(command, words, b"x", wide=True)),
                        (IN, smb1(command, words, b"", response=True)),
                    )
                )
                < 3
            )
