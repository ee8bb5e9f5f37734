"""Feeding a protocol module by hand: a parser, and what it makes of messages."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from procwire.dpi.contract import Claim, Context, Direction
from procwire.model.observation import Announced, Observation, Unanswered, Upgraded
from tests.scenes.lines import Line, lines_of

OUT, IN = Direction.OUT, Direction.IN
VECTORS = Path(__file__).parents[1] / "vectors"


def context(transport: str, port: int, *, src_port: int = 40000) -> Context:
    """A flow to a port."""
    return Context(transport=transport, src_port=src_port, dst_port=port)


def claimed(module: Any, data: bytes, where: Context, side: Direction = OUT) -> bool:
    """Whether the module is sure that this is its own."""
    return bool(module.claims(data, side, where) is Claim.YES)


def talk(module: Any, where: Context, *steps: tuple[Direction, bytes]) -> list[Any]:
    """What the parser sees in these steps, one nanosecond of 100 apart; then what it holds to the last."""
    parser = module.Parser(where)
    seen: list[Observation] = []
    for number, (side, data) in enumerate(steps):
        seen += parser.feed(side, data, now=100 * number)
    finish = getattr(parser, "finish", None)
    seen += finish(100 * len(steps)) if finish else ()
    return [one for one in seen if type(one) not in {Announced, Unanswered}]


def hints(seen: list[Any]) -> list[str]:
    """Protocols that are handed on to."""
    return [one.hint for one in seen if isinstance(one, Upgraded)]


@functools.cache
def lines_said(name: str) -> tuple[Line, ...]:
    """What the whole pipeline says of a committed capture of real programs."""
    return tuple(lines_of(VECTORS / f"{name}.pcap"))


def rows(name: str, table: str, **wanted: Any) -> list[Line]:
    """The lines of one table that have these values."""
    return [
        line
        for line in lines_said(name)
        if line["table"] == table and all(line.get(key) == value for key, value in wanted.items())
    ]


def apps(name: str) -> set[tuple[str, str]]:
    """(app, confidence) of every TCP and UDP flow of a capture."""
    return {
        (line["app"], line["app_confidence"])
        for line in rows(name, "flow")
        if line["proto"] in {"tcp", "udp"}
    }
