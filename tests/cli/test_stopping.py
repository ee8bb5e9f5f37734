from __future__ import annotations

import os
import signal
import threading

from procwire.cli.stopping import on_signal


def test_a_signal_asks_and_what_was_set_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    asked: list[str] = []
    with on_signal(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert asked == ["stop", "stop"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_on_another_thread_nothing_is_touched() -> None:
    seen: list[object] = []

    def work() -> None:
        with on_signal(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert seen == [before]
