"""What a parser makes of a conversation, for the tests of the protocols."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import Context, Direction
from procwire.model.observation import Announced, Unanswered
from tests.dpi.samples import dialogues

OUT, IN = Direction.OUT, Direction.IN


def heard(module: Any, *steps: tuple[Direction, bytes], transport: str = "tcp", port: int = 0) -> list[Any]:
    """Observations of a conversation; each step is 10 ns behind the one before, the first at 10."""
    seen = _heard(module, steps, transport, port)
    return [one for one in seen if type(one) not in {Announced, Unanswered}]


def unanswered(
    module: Any, *steps: tuple[Direction, bytes], transport: str = "tcp", port: int = 0
) -> list[tuple[int, str, int, int]]:
    """(side, request, attempts, waited) of what a conversation leaves without an answer."""
    seen = _heard(module, steps, transport, port)
    return [(one.side, one.request, one.attempts, one.waited) for one in seen if type(one) is Unanswered]


def announced(
    module: Any, *steps: tuple[Direction, bytes], transport: str = "tcp", port: int = 0
) -> list[tuple[int, str, str, int, str]]:
    """(side, app, address, port, note) of the flows that a conversation announces."""
    seen = _heard(module, steps, transport, port)
    return [(one.side, one.app, one.address, one.port, one.note) for one in seen if type(one) is Announced]


def _heard(module: Any, steps: Any, transport: str, port: int) -> list[Any]:
    parser = listening(module, transport=transport, port=port)
    seen: list[Any] = []
    now = 0
    for side, data in steps:
        now += 10
        seen += parser.feed(side, data, now=now)
    if hasattr(parser, "finish"):
        seen += parser.finish(now + 10)
    return seen


def listening(module: Any, *, transport: str = "tcp", port: int = 0) -> Any:
    """A parser of its own, to be fed by hand."""
    return module.Parser(Context(transport=transport, src_port=40000, dst_port=port))


def recited(module: Any, name: str) -> list[Any]:
    """Observations of a dialogue in tests/vectors."""
    (dialogue,) = [one for one in dialogues(module.NAME) if one.name == name]
    return heard(module, *dialogue.steps, transport=dialogue.transport, port=dialogue.port)


def claimed(module: Any, data: bytes, *, transport: str = "tcp", port: int = 0, side: Direction = OUT) -> str:
    """What a protocol says to a stream's start: no, need more or yes."""
    return str(module.claims(data, side, Context(transport=transport, src_port=40000, dst_port=port)).value)
