"""What a parser says of a few messages, for the tests of single protocols."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError

OUT, IN = Direction.OUT, Direction.IN
SECOND = 10**9


def context(module: Any, transport: str = "tcp") -> Context:
    """A flow to the protocol's own port, or to none."""
    ports = sorted(port for one, port in module.PORTS if one == transport)
    return Context(transport=transport, src_port=40000, dst_port=ports[0] if ports else 9)


def parser(module: Any, transport: str = "tcp") -> Any:
    """A parser, to be fed step by step."""
    return module.Parser(context(module, transport))


def said(module: Any, *steps: tuple[Direction, bytes], transport: str = "tcp") -> list[Any]:
    """All observations; each step comes a second after the one before it."""
    fed = parser(module, transport)
    seen: list[Any] = []
    for number, (side, data) in enumerate(steps):
        seen += fed.feed(side, data, now=number * SECOND)
    return seen


def asks(module: Any, data: bytes, *, transport: str = "tcp", hinted: bool = True) -> Claim:
    """What ``claims`` answers, with the protocol's own port or without."""
    where = context(module, transport) if hinted else Context(transport=transport, src_port=40000, dst_port=9)
    found = module.claims(data, OUT, where)
    assert isinstance(found, Claim)
    return found


def refuses(module: Any, *steps: tuple[Direction, bytes], transport: str = "tcp") -> bool:
    """Whether the parser takes the bytes for another protocol's."""
    try:
        said(module, *steps, transport=transport)
    except ProtocolError:
        return True
    return False
