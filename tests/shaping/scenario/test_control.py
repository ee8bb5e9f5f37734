"""Orders to a scenario in another process."""

from __future__ import annotations

import select
import socket
import threading
from pathlib import Path

import pytest

from procwire.shaping.failure import ShapingError
from procwire.shaping.scenario.control import Control, ask, folder, running


def test_an_order_is_answered(tmp_path: Path) -> None:
    heard: list[str] = []

    def answer(word: str) -> dict[str, str]:
        heard.append(word)
        return {"state": "paused"}

    with Control("a b/c", answer, place=tmp_path) as control:
        assert control.name == "a-b-c"

        def serve() -> None:
            assert select.select([control], (), (), 5)[0]
            control.serve()

        thread = threading.Thread(target=serve)
        thread.start()
        assert ask("a b/c", "pause", tmp_path) == {"state": "paused"}
        thread.join()
        assert heard == ["pause"]
        assert running(tmp_path) == ["a-b-c"]
        with Control("a-b-c", answer, place=tmp_path) as second:
            assert second.name == "a-b-c-2"
    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_one_that_died_leaves_its_name_free(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(tmp_path / "x.sock"))
    with pytest.raises(ShapingError, match="none runs"):
        ask("x", "status", tmp_path)
    with Control("x", lambda _: {}, place=tmp_path) as control:
        assert control.name == "x"


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ShapingError, match="none runs"):
        ask("y", "status", tmp_path / "missing")
    assert folder().is_absolute()
