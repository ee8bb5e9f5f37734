"""What a protocol parser saw: one record class per kind, its fields declared as columns.

A class declares its table by its own fields::

    class Banner(Observation):
        '''One side announced its version.'''

        TABLE = "ssh"
        software: Annotated[str, says("Software and version, as announced.")]

Every observation has the flow it was seen in, the time and the side. What an observation tells about the
whole flow (its server name, its JA4) is named in ``SETS``: flow column -> field. What it says of risks is
named in ``RISKS``: field or property -> a name of model.risks, stated where the value is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.streams import Direction


class Says(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration that rides on a field: see ``says``."""

    doc: str
    kind: Kind | None = None
    unit: str = ""


def says(doc: str, *, kind: Kind | None = None, unit: str = "") -> Says:
    """Declare a field as a column. Without ``kind``, the field's type decides."""
    return Says(doc=doc, kind=kind, unit=unit)


class Observation(msgspec.Struct, kw_only=True, gc=False):
    """Base of all records that parsers yield; not to be changed once yielded. ``time`` is packet time, ns."""

    TABLE: ClassVar[str] = ""
    SETS: ClassVar[Mapping[str, str]] = {}
    RISKS: ClassVar[Mapping[str, str]] = {}
    NAME_SOURCE: ClassVar[str] = ""  # value of server_name_source where SETS names server_name

    time: Annotated[int, says("When its last byte was seen.", kind=Kind.TIME)]
    side: Annotated[Direction, says("Which side sent it: out is from src.", kind=Kind.TEXT)]


class Upgraded(Observation, kw_only=True):
    """The rest of this stream is another protocol (STARTTLS, CONNECT, h2c): the analyzer picks the parser."""

    TABLE = "upgrade"
    hint: Annotated[str, says("Protocol that is expected to follow, or empty.")]


class Announced(Observation, kw_only=True):
    """Another flow was announced in this one: an FTP data connection, the media of a call."""

    TABLE = "announced"
    app: Annotated[str, says("Protocol that it will speak.")]
    transport: Annotated[str, says("What will carry it: tcp or udp.")]
    address: Annotated[str, says("Address at one of its ends; empty: that of the side that said so.")] = ""
    port: Annotated[int, says("Port at that end.")]
    translatable: Annotated[
        bool, says("Whether the address may be one behind a translator, and the side's own stand for it.")
    ] = False
    note: Annotated[str, says("What was said of it: the file, the codecs.")] = ""


class Unanswered(Observation, kw_only=True):
    """A request was seen, and no answer to it until the flow ended or nothing more of it was read."""

    TABLE = "unanswered"
    request: Annotated[str, says("What was asked, in a few words.")]
    asked: Annotated[int, says("When it was first sent.", kind=Kind.TIME)]
    attempts: Annotated[int, says("How often it was sent.")]
    waited: Annotated[int, says("From the first request to the end.", kind=Kind.DURATION)]


class Enclosed(Observation, kw_only=True):
    """A whole message of another protocol stood in this one: what is seen in it is told instead.

    ``readers``: the outer parser's, protocol -> the parser that reads such messages of this flow.
    """

    hint: Annotated[str, says("Protocol of the message.")]
    data: Annotated[bytes, says("The message.")]
    readers: Annotated[dict[str, Any], says("Who reads it.")]


class Carried(Observation, kw_only=True):
    """What is spoken inside the stream was recognised: the flow is that from now on, inside the outer one."""

    TABLE = "carried"
    SETS: ClassVar = {"app": "app"}
    app: Annotated[str, says("Protocol inside.")]
    inside: Annotated[str, says("Protocols between it and the outer one, joined by dots; mostly empty.")]


_KINDS: Mapping[Any, Kind] = {
    str: Kind.TEXT,
    bytes: Kind.TEXT,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    bool: Kind.BOOLEAN,
    list: Kind.LIST,
    tuple: Kind.LIST,
}


def _kind_of(hint: Any) -> Kind:
    for part in (hint, *get_args(hint)):
        found = _KINDS.get(get_origin(part) or part)
        if found is not None:
            return found
    return Kind.TEXT


def _side(row: Observation) -> str:
    return "in" if row.side else "out"


def _reader(name: str) -> Any:
    return _side if name == "side" else attrgetter(name)


@cache
def columns_of(observation: type[Observation]) -> tuple[Column, ...]:
    """The declared columns of an observation class. Raises TypeError for a field without ``says``."""
    hints = get_type_hints(observation, include_extras=True)
    columns = []
    for name in observation.__struct_fields__:
        hint = hints[name]
        declared = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Says)), None)
        if declared is None:
            raise TypeError(f"{observation.__name__}.{name} is not declared with says(...)")
        kind = declared.kind or _kind_of(get_args(hint)[0])
        columns.append(Column(name=name, kind=kind, doc=declared.doc, unit=declared.unit, get=_reader(name)))
    return tuple(columns)


def table_of(observation: type[Observation]) -> Table:
    """The table that an observation class declares."""
    doc = (observation.__doc__ or "").strip().split("\n")[0]
    return Table(name=observation.TABLE, doc=doc, columns=columns_of(observation), moment="time")
