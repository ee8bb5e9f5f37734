"""The courier, as whoever holds the outbox sees it."""

from __future__ import annotations

import os

from procwire.courier.client import Courier
from procwire.courier.line import give, pair, take_work
from procwire.model.sink import OK, REFUSED, Done, Result, Work
from tests.courier.servers import item


def test_says_what_it_hears_and_when_nobody_is_there() -> None:
    ours, theirs = pair()
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it had a copy of the other end
    courier = Courier(pid, ours)
    assert courier.fileno() == ours.fileno()
    give(theirs, Done(number=0))
    assert courier.greeted(5.0) == ""
    assert courier.send(work := Work(number=1, sink="a", items=(item(1),)))
    assert take_work(theirs) == work
    give(theirs, Done(number=1, results=(OK,)))
    assert courier.hear() == [Done(number=1, results=(OK,))]
    assert courier.hear() == []
    give(theirs, Done(number=0))
    give(theirs, Done(number=2, results=(OK,)))
    assert courier.wait(5.0) == Done(number=2, results=(OK,))
    assert courier.wait(0.01) is None
    theirs.close()
    assert courier.hear() == []
    assert courier.gone
    assert not courier.send(work)
    courier.close()


def test_why_it_is_not_at_work() -> None:
    ours, theirs = pair()
    courier = Courier(-1, ours)
    assert courier.greeted(0.0) == "the courier was not ready in 0 s"
    give(theirs, Done(number=0, results=(Result(REFUSED, "no such file"),)))
    assert courier.greeted(5.0) == "no such file"
    theirs.close()
    assert courier.greeted(5.0) == "the courier has ended"
    ours.close()
