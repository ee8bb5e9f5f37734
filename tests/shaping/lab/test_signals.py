"""Signals with their senders."""

from __future__ import annotations

import os
import select
import signal

from procwire.shaping.lab.signals import WATCHED, Signals


def test_a_signal_of_a_process_is_told_as_such() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert select.select([signals], (), (), 5)[0]
        assert [(sent.number, sent.alone) for sent in signals.read()] == [(signal.SIGUSR1, True)]
        assert list(signals.read()) == []
        assert set(WATCHED) <= signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
