"""The emulation held against itself: real packets through a real path, measured at its two ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.lab import namespaces
from procwire.shaping.lab.relay import Relay
from procwire.shaping.lab.wiring import Wiring
from procwire.shaping.measure.probing import Endpoint

T = TypeVar("T")
_TICK_NS = 50_000_000


def through(plan: PathPlan, measure: Callable[[Endpoint, Endpoint], T], *, other: str = "") -> tuple[T, Path]:
    """Call ``measure`` on a thread with both ends, while the path runs. What it raises is raised here."""
    far = namespaces.opened(other) if other else namespaces.made()
    try:
        with Wiring(far=far) as wiring:
            path = Path(plan, now=time.monotonic_ns())
            ends = (
                Endpoint(wiring.namespace, str(wiring.addresses.near.ip)),
                Endpoint(far, str(wiring.addresses.far.ip)),
            )
            done: list[T] = []
            failed: list[BaseException] = []

            def work() -> None:
                try:
                    done.append(measure(*ends))
                except BaseException as error:
                    failed.append(error)

            thread = threading.Thread(target=work, name="procwire-verify")
            thread.start()
            Relay(path, wiring.near, wiring.far).run(
                {}, lambda now: now + _TICK_NS, lambda: not thread.is_alive()
            )
            thread.join()
            path.clear()
    finally:
        os.close(far)
    if failed:
        raise failed[0]
    return done[0], path
