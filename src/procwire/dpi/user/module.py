"""A described protocol as a module that keeps to the contract, with a table and a parser of its own."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import msgspec

from procwire.dpi.user.claim import Claimer, first_bytes, shape
from procwire.dpi.user.reader import Plan, Reader
from procwire.dpi.user.schema import MAX_MESSAGE, MAX_WINDOW, Description, Field
from procwire.model.observation import Observation, says


def module(described: Description, *, source: str = "") -> ModuleType:
    """What dpi.registry takes. ``source``: where the description stands, for its readers."""
    made = ModuleType(f"procwire.user.{described.name}", _docstring(described, source))
    record = _record(described)
    parser = type("Parser", (Reader,), {"plan": Plan(record, described.fields, every=described.every)})
    made.__dict__.update(
        NAME=described.name,
        PORTS=frozenset(described.ports),
        TRANSPORTS=frozenset(described.transports),
        FIRST=first_bytes(described.matches),
        SHAPES=dict.fromkeys(described.transports, shape(described.matches)),
        OBSERVATIONS=(record,),
        MAX_WINDOW=MAX_WINDOW,
        MAX_MESSAGE=MAX_MESSAGE,
        claims=Claimer(described.matches),
        Parser=parser,
    )
    return made


def _record(described: Description) -> type[Observation]:
    fields = [
        (field.name, _annotation(field), None if field.type == "uint" else "") for field in described.fields
    ]
    which = "A" if described.every else "The first"
    made: Any = msgspec.defstruct(
        "".join(part.capitalize() for part in described.name.split("_")) + "Message",
        fields,
        bases=(Observation,),
        namespace={
            "TABLE": described.name,
            "__doc__": f"{which} message of a side: {described.description}",
        },
        kw_only=True,
        gc=False,
    )
    found: type[Observation] = made
    return found


def _annotation(field: Field) -> Any:
    kind: Any = int | None if field.type == "uint" else str
    return Annotated[kind, says(field.doc)]


def _docstring(described: Description, source: str) -> str:
    ends = {"client": "the client", "server": "the server", "any": "either side"}
    how = " or ".join(
        f"{'a regular expression after ' if match.regex else ''}the {len(match.fixed)} bytes "
        f"{match.fixed.hex()} at {match.at} of {ends[match.side]}"
        for match in described.matches
    )
    where = f" Described in {source}." if source else ""
    return f"{described.description}\n\nRecognised by {how}, in its first bytes.{where}"
