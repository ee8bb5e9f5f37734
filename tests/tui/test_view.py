"""What every screen is."""

from __future__ import annotations

from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.view import View, refusal


def test_declared_keys_are_bindings() -> None:
    class Example(View):
        KEYS = (Key(keys=("m",), action="mark", words="mark it"),)

    assert any(getattr(binding, "key", "") == "m" for binding in Example.BINDINGS)


def test_a_refusal_says_why_and_what_would_help() -> None:
    said = refusal(HostError("content was not kept", "watch with --write"))
    assert "content was not kept" in said
    assert "watch with --write" in said
    assert "enable" not in refusal(HostError("gone"))
