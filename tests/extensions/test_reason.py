from __future__ import annotations

from procwire.extensions.reason import ExtensionError


def test_it_is_what_it_says() -> None:
    assert str(ExtensionError("a.yaml:3: what")) == "a.yaml:3: what"
