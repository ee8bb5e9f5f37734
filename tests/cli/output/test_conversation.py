"""Conversations in each form."""

from __future__ import annotations

import io

from procwire.cli.output.conversation import Form, Speaker, hex_of, text_of
from procwire.decrypt.piece import Piece
from tests.dpi.flows import flow


def shown(form: Form, side: int | None = None) -> bytes:
    out = io.BytesIO()
    speaker = Speaker(out, form, side)
    one = flow()
    speaker.hear(one, [Piece(0, b"GET / HTTP/1.1\r\n", 10**18), Piece(0, b"\r\n", 10**18)])
    speaker.hear(one, [Piece(1, b"\x1b[2Jno\nend", 10**18, "tls"), Piece(1, b"!", 10**18, "tls", -1, 7)])
    speaker.finish(["3 records not decrypted: key-not-in-log"])
    return out.getvalue()


def test_text() -> None:
    assert shown(Form.TEXT).decode() == (
        ">> 2001-09-09T01:46:40.000000000Z  198.51.100.1 40000 to 192.0.2.1 80\n"
        "GET / HTTP/1.1\n\n"
        "<< 2001-09-09T01:46:40.000000000Z  192.0.2.1 80 to 198.51.100.1 40000  tls\n"
        "\\x1b[2Jno\nend\n"
        "<< 2001-09-09T01:46:40.000000000Z  192.0.2.1 80 to 198.51.100.1 40000  tls  [7 bytes lost before]\n"
        "!\n[3 records not decrypted: key-not-in-log]\n"
    )


def test_raw_is_the_bytes_alone() -> None:
    assert shown(Form.RAW) == b"GET / HTTP/1.1\r\n\r\n\x1b[2Jno\nend!"
    assert shown(Form.RAW, 1) == b"\x1b[2Jno\nend!"


def test_hex() -> None:
    lines = shown(Form.HEX, 0).decode().splitlines()
    assert lines[1] == "00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|"
    assert lines[2].startswith("00000010  0d 0a")
    assert hex_of(b"", 0) == ""


def test_text_is_safe_and_keeps_letters() -> None:
    assert text_of("é\tü\n\x00\u202e".encode() + b"\xff") == "é\tü\n\\x00\\u202e\\xff"
