"""``procwire top`` over live traffic (a real one runs in tests/scenes/test_top)."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from procwire.cli.forking import Fork
from procwire.cli.main import parser
from procwire.cli.top_live import _await, daemon_words, last_words, own_wishes
from procwire.engine.options import EngineError


def test_the_engine_of_its_own_stores_nothing_and_has_the_same_wishes() -> None:
    arguments = parser("top").parse_args(["top", "-i", "eth0", "--source", "tap", "--sandbox", "strict"])
    words = daemon_words(arguments, "/tmp/x.sock")
    found = parser("daemon").parse_args(words)
    assert (found.interface, found.source, found.sandbox, found.no_store) == (["eth0"], "tap", "strict", True)
    assert own_wishes(arguments)
    assert not own_wishes(parser("top").parse_args(["top"]))


def test_an_engine_that_cannot_begin_is_said_in_its_own_words() -> None:
    def refused(_: socket.socket) -> int:
        import sys

        print("procwire: packet sockets: Operation not permitted", file=sys.stderr)
        return 3

    engine = Fork(refused)
    with pytest.raises(EngineError, match="Operation not permitted") as caught:
        _await("/nonexistent/engine.sock", engine)
    assert caught.value.code == 3


def test_last_words_leave_out_what_is_only_coming_and_going() -> None:
    said = "procwire: watching eth0\nprocwire: 5 packets seen, 0 dropped by the kernel, 1 flows\n"
    assert last_words(said) == "procwire: 5 packets seen, 0 dropped by the kernel, 1 flows\n"
    assert signal.SIGTERM


def test_the_process_of_the_terminal_loads_no_part_of_the_engine() -> None:
    code = (
        "import sys, procwire.cli.main as main\n"
        "main.parser('top')\n"
        "import procwire.cli.top_live, procwire.tui.app, procwire.tui.engine_host\n"
        "print(sorted({name.split('.')[1] for name in sys.modules if name.startswith('procwire.')}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'tui'" in found
    for room in ("dpi", "detect", "packet", "decrypt", "processes", "shaping", "store", "warden", "bpf"):
        assert f"'{room}'" not in found
