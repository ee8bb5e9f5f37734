"""One flow's conversation for people and for programs: text, hex dump, or the bytes alone."""

from __future__ import annotations

import enum
from typing import BinaryIO

from procwire.engine.api import Piece
from procwire.model.flow import Flow
from procwire.model.values import time_text

ROW_BYTES = 16
_SHOWN = {9, 10}  # tab and newline stand as they are in text
_ARROWS = (">>", "<<")


class Form(enum.Enum):
    """How bytes are shown."""

    TEXT = "text"
    HEX = "hex"
    RAW = "raw"


class Speaker:
    """Writes what is heard. ``side``: only that one; None for both."""

    def __init__(self, out: BinaryIO, form: Form, side: int | None) -> None:
        self._out = out
        self.form = form
        self._side = side
        self._last: tuple[int, int, int] | None = None  # flow, side, stream
        self._at: dict[tuple[int, int, int], int] = {}
        self._fresh = True  # the last line is ended

    def hear(self, flow: Flow, pieces: list[Piece]) -> None:
        """What was said now."""
        for piece in pieces:
            if self._side is None or piece.side == self._side:
                self._say(flow, piece)

    def finish(self, notes: list[str]) -> None:
        """The end, and what could not be read."""
        if not self._fresh and self.form is Form.TEXT:
            self._out.write(b"\n")
        if self.form is not Form.RAW:
            for note in notes:
                self._out.write(f"[{note}]\n".encode())
        self._out.flush()

    def _say(self, flow: Flow, piece: Piece) -> None:
        if self.form is Form.RAW:
            self._out.write(piece.data)
            return
        who = (flow.number, piece.side, piece.stream)
        if who != self._last or piece.missing:
            self._head(flow, piece)
            self._last = who
        if self.form is Form.TEXT:
            shown = text_of(piece.data)
            self._fresh = shown.endswith("\n")
            self._out.write(shown.encode())
        else:
            at = self._at.get(who, 0)
            self._out.write(hex_of(piece.data, at).encode())
            self._at[who] = at + len(piece.data)

    def _head(self, flow: Flow, piece: Piece) -> None:
        if not self._fresh:
            self._out.write(b"\n")
        src, dst = f"{flow.src} {flow.sport}", f"{flow.dst} {flow.dport}"
        if piece.side:
            src, dst = dst, src
        layer = "" if piece.layer == "payload" else f"  {piece.layer}"
        if piece.stream >= 0:
            layer += f" stream {piece.stream}"
        lost = f"  [{piece.missing} bytes lost before]" if piece.missing else ""
        arrows = _ARROWS[piece.side]
        self._out.write(f"{arrows} {time_text(piece.now)}  {src} to {dst}{layer}{lost}\n".encode())
        self._fresh = True


def text_of(data: bytes) -> str:
    """As text: UTF-8 where it is that; controls are escaped. CR LF becomes a newline."""
    text = data.replace(b"\r\n", b"\n").decode("utf-8", "backslashreplace")
    return "".join(
        [char if char.isprintable() or ord(char) in _SHOWN else ascii(char)[1:-1] for char in text]
    )


def hex_of(data: bytes, start: int) -> str:
    """Rows of offset, bytes and characters, as hexdump -C shows them."""
    rows = []
    for at in range(0, len(data), ROW_BYTES):
        row = data[at : at + ROW_BYTES]
        halves = f"{row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}"
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{start + at:08x}  {halves}  |{shown}|\n")
    return "".join(rows)
