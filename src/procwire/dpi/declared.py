"""What a protocol's module says of itself, known without importing it.

All that is asked of a module before a flow may be its own: names, ports, first bytes, shapes. It stands in
``_declared_names``, which is made from the modules (``make docs``); that both say the same is a law. So a
watch holds the readers of those protocols alone that its traffic might be.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import msgspec
from msgspec import json, structs

from procwire.dpi.contract import Shape

PACKAGE = "procwire.dpi.protocols"


class Declared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One module in ``dpi/protocols``, ``module`` by name; all else is called as it is there."""

    module: str
    NAME: str
    PORTS: frozenset[tuple[str, int]]
    TRANSPORTS: frozenset[str]
    FIRST: bytes | None
    SHAPES: dict[str, Shape] = {}
    CONFIDENCE: str = "content"
    FOLLOWS: bool = False
    REQUESTS: bool = False
    ROAMS: bool = False

    def load(self) -> Any:
        """The module itself. Raises what importing it raises."""
        return import_module(f"{PACKAGE}.{self.module}")

    def without_shapes(self) -> Declared:
        """What is kept of it when its first bytes are in tables."""
        return structs.replace(self, SHAPES={}, FIRST=None)


def declaration(name: str, module: Any) -> Declared:
    """What is declared in a module."""
    said = {field: getattr(module, field) for field in Declared.__struct_fields__ if hasattr(module, field)}
    return Declared(module=name, **said)


def written(declarations: Iterable[Declared]) -> str:
    """As text: a line each, with bytes in base64."""
    plain = [msgspec.to_builtins(each, str_keys=True) for each in declarations]
    for each in plain:
        each["PORTS"], each["TRANSPORTS"] = sorted(each["PORTS"]), sorted(each["TRANSPORTS"])
    return "".join(json.encode(each).decode("ascii") + "\n" for each in plain)


def read(text: str) -> list[Declared]:
    """What was written."""
    return json.decode(f"[{','.join(text.splitlines())}]", type=list[Declared])
