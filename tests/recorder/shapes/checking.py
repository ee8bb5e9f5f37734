"""Names, types and what must be there, as a specification's tables have them."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Any

Kinds = dict[str, Any]


class Address(str):
    """An IP address, as Elasticsearch's type ``ip`` takes it."""

    @classmethod
    def takes(cls, value: str) -> bool:
        return ipaddress.ip_address(value) is not None


class Moment(str):
    """RFC 3339, as Elasticsearch's type ``date`` takes it."""

    @classmethod
    def takes(cls, value: str) -> bool:
        return datetime.fromisoformat(value).tzinfo is not None


def check(value: Any, wanted: Kinds, where: str = "") -> None:
    """``wanted``: name, with "!" for what is required, to a type, a list of one, or a further table."""
    names = {name.lstrip("!"): kind for name, kind in wanted.items()}
    for name in wanted:
        assert not name.startswith("!") or name[1:] in value, f"{where}{name[1:]} is missing"
    for name, one in value.items():
        assert name in names, f"{where}{name} is not in the specification"
        _fits(one, names[name], f"{where}{name}")


def _fits(value: Any, kind: Any, where: str) -> None:
    if isinstance(kind, dict):
        check(value, kind, f"{where}.")
    elif isinstance(kind, list):
        assert isinstance(value, list), where
        for one in value:
            _fits(one, kind[0], where)
    elif kind in (Address, Moment):
        assert isinstance(value, str), where
        assert kind.takes(value), f"{where}: {value!r}"
    else:
        assert isinstance(value, kind), f"{where}: {value!r}"
        assert kind is not int or not isinstance(value, bool), where
