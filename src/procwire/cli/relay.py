"""Who stands between the terminal and the reader of a capture file.

The reader is shut in once it has opened the file, and cannot open it again. A conversation is read from the
file anew, so this process, which parses nothing that came from a network, makes a reader for it.
"""

from __future__ import annotations

import argparse
import os
import socket
from typing import Any

import msgspec

from procwire.cli.acting import exported
from procwire.cli.beside import serve
from procwire.cli.detecting import Detecting
from procwire.cli.forking import Fork
from procwire.cli.recorded import Recorded
from procwire.engine.api import EngineError, Piece, Reading, ReadOptions, Silent, Tap
from procwire.recorder.opening import Opened
from procwire.recorder.picking import Picked
from procwire.tui.aside import Asked, Refused, Told, forward, receive, send
from procwire.tui.host import HostError, Said

MAX_SAID_BYTES = 1 << 20  # of a conversation


def relay(
    made: socket.socket, options: ReadOptions, arguments: argparse.Namespace, opened: Opened | None = None
) -> int:
    """Answer until the terminal is gone; the exit code. ``opened``: it is an incident."""
    reader = Fork(lambda theirs: _read(theirs, options, arguments, opened), made)
    try:
        while body := receive(made):
            asked = msgspec.msgpack.decode(body, type=Asked)
            if asked.call == "conversation":
                send(made, _conversation(options, msgspec.msgpack.decode(asked.words, type=str), made))
                continue
            if asked.call == "act":
                send(made, _acted(asked, reader.made))
                continue
            forward(reader.made, body)
            answer = receive(reader.made)
            if not answer:
                break
            forward(made, answer)
    finally:
        code = reader.end()
        os.write(2, reader.said().encode())
    return code


def _read(
    made: socket.socket, options: ReadOptions, arguments: argparse.Namespace, opened: Opened | None
) -> int:
    recorded = Recorded(options, Detecting(arguments), opened)
    recorded.read()
    serve(made, recorded)
    return 0


def _acted(asked: Asked, reader: socket.socket) -> Told:
    """The reader is shut in and writes no file: this process writes what it is given."""
    order, subject = msgspec.msgpack.decode(asked.words, type=tuple[str, dict[str, Any]])

    def pick(numbers: tuple[int, ...]) -> tuple[Picked, ...]:
        send(reader, Asked("picked", msgspec.Raw(msgspec.msgpack.encode(numbers))))
        told = msgspec.msgpack.decode(receive(reader), type=Told)
        if told.refused is not None:
            raise HostError(told.refused.words, told.refused.remedy)
        return msgspec.msgpack.decode(told.answer, type=tuple[Picked, ...])

    try:
        if order != "export":
            raise HostError(f"a recording cannot be told to {order}", "a daemon or a watch can")
        said = exported(pick, subject)
    except HostError as error:
        return Told(refused=Refused(words=str(error), remedy=error.remedy))
    return Told(msgspec.Raw(msgspec.msgpack.encode(said)))


def _conversation(options: ReadOptions, flow_id: str, made: socket.socket) -> Told:
    """What a flow said, read by a process of its own."""
    reader = Fork(lambda theirs: _follow(theirs, options, flow_id), made)
    body = receive(reader.made)
    reader.end()
    if not body:
        return Told(refused=Refused(words=reader.said().strip() or "the reader ended early"))
    return msgspec.msgpack.decode(body, type=Told)


class _Nobody(Silent):
    """Cares for no flow: the tap hears what matters."""


def _follow(made: socket.socket, options: ReadOptions, flow_id: str) -> int:
    pieces: list[Piece] = []
    held = 0
    taps: list[Tap] = []

    def hear(_flow: Any, heard: list[Piece]) -> None:
        nonlocal held
        for piece in heard if held < MAX_SAID_BYTES else ():
            held += len(piece.data)
            pieces.append(piece)

    def tapped(keys: Any, inner: Any) -> Tap:
        taps.append(Tap(inner, flow_id, keys, hear, readable=True))
        return taps[0]

    try:
        Reading(options, _Nobody(), tap=tapped).run()
    except EngineError as error:
        send(made, Told(refused=Refused(words=str(error))))
        return 1
    said = [said_of(piece) for piece in pieces]
    said += [Said(side="out", data=b"", note=note) for note in taps[0].notes] if taps else []
    send(made, Told(msgspec.Raw(msgspec.msgpack.encode(said))))
    return 0


def said_of(piece: Piece) -> Said:
    """A piece as the terminal is told of it."""
    note = f"{piece.missing:,} bytes before it were not captured" if piece.missing else ""
    return Said(
        side="in" if piece.side else "out", data=bytes(piece.data), time=piece.now,
        clear=piece.layer != "payload", note=note,
    )  # fmt: skip
