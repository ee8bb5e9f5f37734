"""What a protocol file offers, and what it may expect.

A protocol module has: ``NAME`` (lower case), ``PORTS`` (hints: frozenset of (transport, port)),
``TRANSPORTS``, ``FIRST`` (the first payload bytes a stream of its can start with, as bytes; None: any),
``OBSERVATIONS`` (its classes), ``claims`` and ``Parser``; its docstring says how it is recognised and cites
the specification. ``ROAMS = True`` says that its ports are only the most common of many: content of it on
another one is not called unusual. ``PIECES = True`` says that its own programs send the first line in pieces.
``FOLLOWS = True``: it is asked only where it was announced (``Context.announced``); no other flow pays.
``CONFIDENCE``: what ``app_confidence`` says of it, where its content alone is not what names it.

``SHAPES`` (optional): transport (``tcp``, ``udp``) -> ``Shape``, what the first bytes must look like. Bytes
that it rules out are never shown to ``claims``, which must answer NO to them: a shape saves time, and changes
no answer. Bytes that end before a place are not ruled out by it.

``claims`` never raises, and does not take back a YES or a NO when more bytes follow. For TCP it is given
one side's stream from its start (or from a segment's start, where the flow's start was not seen); for UDP
one datagram. A parser may have two more methods, both optional:

``finish(now)`` the flow has ended, or no more will be fed: what is still pending (unanswered queries).
``remainder(side)`` asked once a side after an ``Upgraded`` was yielded: bytes it was fed and did not read.
They go to the next parser, and this one is done.

``CHOOSER`` (optional): a ``chooser.Chooser``, which is asked for a flow's parser, in place of ``Parser``,
when there are first bytes.

A protocol over UDP that one datagram does not give away may have ``confirm(seen, context)`` in its module:
where ``claims`` said MORE to a datagram and others of the flow are held already, it is given all of them,
as (side, bytes) in order, and says whether they are its own together. It never raises.

Where ``Context.told`` is false, nobody reads the observations: only what they write to their flow
(``SETS``, ``RISKS``) is of use, an ``Upgraded``, an ``Announced``, and answers that names are learned from. A
parser may then leave out all others, yield briefer ones with the same ``SETS`` and ``RISKS``, and be done as
soon as nothing of use can follow. What the flow is told to be must come out the same.

Where ``Context.named`` is true, not even that is of use, but only what the flow speaks: a parser that can
hand on to no other is done as soon as it would not be given up any more. ``told`` is false then.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Protocol

import msgspec

from procwire.model.observation import Observation
from procwire.model.streams import ENOUGH, Direction

__all__ = [
    "ENOUGH",
    "Asked",
    "Claim",
    "Context",
    "Direction",
    "Parser",
    "ProtocolError",
    "ProtocolModule",
    "Shape",
    "beginnings",
]


class ProtocolError(Exception):
    """The bytes are not this protocol, or break its rules beyond what a parser can pass over."""


class Claim(enum.Enum):
    """Could a stream that starts like this be ours?"""

    NO = "no"
    MORE = "need more"
    YES = "yes"


class Asked(enum.Enum):
    """What is asked of a flow: its records, what it is told to be, or only what it speaks."""

    RECORDS = "records"
    FACTS = "facts"
    NAME = "name"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What the first bytes look like: at least one of ``starts`` allows them.

    A start is place -> the bytes that may stand there; places that it does not name hold anything.
    For datagrams only, since more of a TCP stream may follow: ``least``, the shortest that can be claimed,
    and ``holds``, bytes that each has somewhere.
    """

    starts: tuple[dict[int, bytes], ...] = ()
    least: int = 0
    holds: bytes = b""


def beginnings(*words: bytes, fold: bool = False) -> tuple[dict[int, bytes], ...]:
    """Starts for what begins with one of these words; ``fold``: in letters of either case."""
    return tuple(
        {at: bytes({byte, *word[at : at + 1].swapcase()} if fold else {byte}) for at, byte in enumerate(word)}
        for word in words
    )


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a flow before its first payload byte."""

    transport: str  # tcp, udp, sctp
    src_port: int = 0
    dst_port: int = 0
    told: bool = True  # someone reads the observations; see the module's docstring
    named: bool = False  # nobody asks for more than what the flow speaks; see there, too
    announced: str = ""  # protocol that an outer one (or another flow) said would be spoken here
    note: str = ""  # what the other flow said of it beyond that
    group: bool = False  # sent to all or many: who answers does so in a flow of their own


class Parser(Protocol):
    """Bytes in, observations out; one instance per flow. ``now`` is packet time in ns.

    ``feed`` is given a stream in any chunks (TCP) or one whole datagram a call (UDP). Raises nothing but
    ProtocolError. ``skip`` is asked after each call: how many further bytes of that side the parser does
    not need to see (ENOUGH: none of the rest). The answer binds both: the next bytes fed of that side are
    those behind the skipped ones. A caller that does not ask feeds everything. Datagrams are never cut.
    """

    def __init__(self, context: Context) -> None: ...

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]: ...

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]: ...

    def skip(self, side: Direction) -> int: ...


class ProtocolModule(Protocol):
    """The shape of a file in ``dpi/protocols``."""

    NAME: str
    PORTS: frozenset[tuple[str, int]]
    TRANSPORTS: frozenset[str]
    FIRST: bytes | None
    OBSERVATIONS: tuple[type[Observation], ...]
    Parser: type[Parser]

    def claims(self, data: bytes, side: Direction, context: Context) -> Claim: ...
