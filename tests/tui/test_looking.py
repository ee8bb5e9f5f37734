"""How a host is looked at."""

from __future__ import annotations

import asyncio
import threading

from procwire.tui.looking import STEPS, Looking
from tests.tui.fake import FakeHost, Recorded


def test_counters_become_rates() -> None:
    looking = Looking(FakeHost(), inline=True)

    async def twice() -> None:
        await looking.take_health()
        await looking.take_health()

    asyncio.run(twice())
    assert looking.history.rate(("eth0", "in")) == 1_000_000


def test_a_host_is_asked_on_a_thread_of_its_own() -> None:
    looking = Looking(FakeHost())
    try:
        assert asyncio.run(looking.ask(threading.get_ident)) != threading.get_ident()
    finally:
        looking.close()


def test_a_recording_is_wound_within_its_span() -> None:
    host = Recorded()
    looking = Looking(host, inline=True)
    assert host.span is not None
    assert looking.wind(-1)
    assert looking.at == host.span[1] - (host.span[1] - host.span[0]) // STEPS
    looking.wind(-1000)
    assert looking.at == host.span[0]
    assert not Looking(FakeHost(), inline=True).wind(1)


def test_the_last_words_go_before_the_counts() -> None:
    looking = Looking(FakeHost(), inline=True)
    looking.gone = "the daemon has ended"
    text = "".join(piece[0] for piece in looking.status(("copied", "good"), 100))
    assert "the daemon has ended" in text
    assert "copied" not in text
