"""The room's error carries its exit code."""

from __future__ import annotations

from procwire.recorder.reason import RecorderError


def test_it_is_one_line_with_a_code() -> None:
    assert (str(RecorderError("x: gone")), RecorderError("x").code, RecorderError("x", 2).code) == (
        "x: gone",
        1,
        2,
    )
