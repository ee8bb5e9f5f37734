"""Presets written as TOML. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from procwire.shaping.spelling import Value

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text(value: str) -> str:
    """A basic string (TOML 1.0.0): control characters are escaped."""
    made = (
        _ESCAPES.get(sign) or (f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign)
        for sign in value
    )
    return f'"{"".join(made)}"'


def table(name: str, about: Mapping[str, str], words: Mapping[str, Value], notes: Sequence[str] = ()) -> str:
    """One preset: its name, what is told of it, its words, and notes as comments."""
    lines = [f"# {' '.join(note.split())}" for note in notes]
    lines.append(
        f"[{name if name.replace('-', '').replace('_', '').isalnum() and name.isascii() else text(name)}]"
    )
    lines += [f"{key} = {text(value)}" for key, value in about.items() if value]
    lines += [f"{key} = {value_of(value)}" for key, value in words.items()]
    return "\n".join(lines) + "\n"


def value_of(value: Value) -> str:
    """One value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str) else repr(value)
