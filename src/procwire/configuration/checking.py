"""Values of keys: of the right kind, within their bounds, in the form that the program uses."""

from __future__ import annotations

from typing import Any

from procwire.configuration.keys import Key
from procwire.configuration.reason import UnfitError
from procwire.model.columns import Kind
from procwire.model.filter.fault import nearest
from procwire.model.values import ValueTextError, parse_duration, parse_size

__all__ = ["UnfitError", "checked", "read"]

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_KINDS = {
    Kind.TEXT: "text in quotes",
    Kind.INTEGER: "a whole number",
    Kind.SIZE: 'a size: 1500, "64MB" or "8MiB"',
    Kind.DURATION: 'a time span: "30s", "5m" or "2h"',
    Kind.BOOLEAN: "true or false",
    Kind.LIST: 'a list of text: ["eth0", "eth1"]',
}


def checked(key: Key, value: Any) -> Any:
    """The value as the program uses it (ns, bytes, ...). Raises UnfitError."""
    if key.check is not None:
        return key.check(value)
    if key.spans:
        return _spans(key, value)
    found = _plain(key, value)
    if key.choices and found not in (*key.choices, ""):
        hint = nearest(str(found), key.choices) or f"it is one of {', '.join(key.choices)}"
        raise UnfitError(f"{key.name} is not {found!r}: {hint}")
    if isinstance(found, int) and not isinstance(found, bool) and not key.low <= found <= key.high:
        raise UnfitError(f"{key.name} lies between {key.low} and {key.high}, and {value} does not")
    return found


def read(key: Key, text: str) -> Any:
    """A value from the environment or a command line, as a file would have it. Raises UnfitError."""
    if key.check is not None:
        raise UnfitError(f"{key.name} is written in a file")
    if key.spans:
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return {name.strip(): value.strip() for name, _, value in pairs}
    if key.kind is Kind.LIST:
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.kind is Kind.BOOLEAN:
        if text.lower() not in _TRUTHS:
            raise UnfitError(f"{key.name} is true or false, and {text!r} is neither")
        return _TRUTHS[text.lower()]
    if key.kind is Kind.INTEGER:
        try:
            return int(text)
        except ValueError:
            raise UnfitError(f"{key.name} is a whole number, and {text!r} is not") from None
    return text


def _plain(key: Key, value: Any) -> Any:
    wanted = _KINDS[key.kind]
    wrong = UnfitError(f"{key.name} is {wanted}, and {value!r} is not")
    if value is None:
        return None
    if key.kind is Kind.LIST:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return value
        raise wrong
    if key.kind is Kind.BOOLEAN or isinstance(value, bool):
        if key.kind is Kind.BOOLEAN and isinstance(value, bool):
            return value
        raise wrong
    if key.kind in (Kind.SIZE, Kind.DURATION) and isinstance(value, int | str):
        return _measure(key, value, wrong)
    if isinstance(value, str if key.kind is Kind.TEXT else int):
        return value
    raise wrong


def _measure(key: Key, value: int | str, wrong: UnfitError) -> int:
    text = str(value)
    try:
        if key.kind is Kind.SIZE:
            return parse_size(text)
        return parse_duration(f"{text}s" if text.isdigit() else text)
    except ValueTextError as error:
        raise UnfitError(f"{wrong}: {error}") from None


def _spans(key: Key, value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise UnfitError(f'{key.name} is a table: udp = "60s"')
    found = {}
    for name, span in value.items():
        if not isinstance(span, int | str) or isinstance(span, bool):
            raise UnfitError(f"{key.name}.{name} is {_KINDS[Kind.DURATION]}, and {span!r} is not")
        wrong = UnfitError(f"{key.name}.{name} is {_KINDS[Kind.DURATION]}, and {span!r} is not")
        found[str(name).replace("-", "_")] = _measure(key, span, wrong)
        if found[str(name).replace("-", "_")] <= 0:
            raise UnfitError(f"{key.name}.{name} is above zero")
    return found
