"""From the outbox to whoever delivers: for each sink one batch under way, a breaker, each item's fate.

Knows no network: ``send`` takes work, and is answered through ``heard``. What is not answered in FLIGHT_NS
counts as failed, and is sent again under the same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from procwire.alerts.body import rank
from procwire.alerts.formats import syslog
from procwire.alerts.formats.registry import format_of
from procwire.alerts.outbox import Job, Outbox
from procwire.alerts.policy import Breaker
from procwire.model.alert import Alert
from procwire.model.sink import DELIVERED, LATER, REFUSED, Done, Item, Result, Sink, Work
from procwire.model.values import SECOND, clean

FLIGHT_NS = 90 * SECOND
MAX_BODY_BYTES = 65_536  # of one alert in its format; larger ones are dead letters
MAX_WORK_BYTES = 98_304  # of the items of one batch, as they must go through a socket at once
MAX_SUBJECT = 200


class _Lane:
    """What is under way to one sink."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.breaker = Breaker()
        self.number = 0  # of the work under way; 0: none
        self.jobs: list[Job] = []
        self.sent = 0


class Dispatcher:
    """``draw`` gives chance: numbers from 0 to 1."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: Iterable[Sink],
        send: Callable[[Work], bool],
        draw: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._lanes = {sink.name: _Lane(sink) for sink in sinks}
        self._send = send
        self._draw = draw
        self._number = 0
        self.delivered = 0
        self.failures = 0
        self.dead = 0

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return any(lane.number for lane in self._lanes.values())

    def resting(self, now: int) -> tuple[str, ...]:
        """Sinks that are left alone until their pause is over, as they failed too often."""
        return tuple(name for name, lane in self._lanes.items() if lane.breaker.allows(now) == 0)

    def tick(self, now: int) -> None:
        """Send what is due. Raises AlertError."""
        for lane in self._lanes.values():
            if lane.number:
                if not 0 <= now - lane.sent < FLIGHT_NS:
                    self._settle(lane, [Result(LATER, "no answer from the courier")], now)
                continue
            most = lane.breaker.allows(now)
            if most:
                self._start(lane, lane.sink.batch if most < 0 else most, now)

    def heard(self, done: Done, now: int) -> None:
        """The answer to work; of number 0, that nobody knows of any. Raises AlertError."""
        for lane in self._lanes.values():
            if lane.number and done.number in (0, lane.number):
                results = done.results or [Result(LATER, "the courier was started anew")]
                self._settle(lane, results, now)

    # Inner steps.

    def _start(self, lane: _Lane, most: int, now: int) -> None:
        jobs: list[Job] = []
        items: list[Item] = []
        size = 0
        for job in self._outbox.due(lane.sink.name, now=now, most=most):
            body = formatted(lane.sink, job.alert)
            if len(body) > MAX_BODY_BYTES:
                reason = f"{len(body)} bytes, {MAX_BODY_BYTES} at most"
                self._settled([(job, Result(REFUSED, reason))], now)
                continue
            size += len(body)
            if items and size > MAX_WORK_BYTES:
                break
            jobs.append(job)
            items.append(_item(job, body))
        if not items:
            return
        self._number += 1
        if self._send(Work(number=self._number, sink=lane.sink.name, items=tuple(items))):
            lane.number, lane.jobs, lane.sent = self._number, jobs, now

    def _settle(self, lane: _Lane, results: Sequence[Result], now: int) -> None:
        """One result for each job, or one for all. The lane is free, whatever the disk says."""
        jobs, lane.jobs, lane.number = lane.jobs, [], 0
        each = list(results) if len(results) == len(jobs) else [*results[:1]] * len(jobs)
        if each and all(result.state == LATER for result in each):
            lane.breaker.failed(now)
        else:
            lane.breaker.worked()
        fates = [
            (job, Result(one.state, clean(one.reason), one.wait_ns))
            for job, one in zip(jobs, each, strict=True)
        ]
        self._settled(fates, now)

    def _settled(self, fates: Sequence[tuple[Job, Result]], now: int) -> None:
        if not fates:
            return
        states = [result.state for _, result in fates]
        self.delivered += states.count(DELIVERED)
        self.failures += states.count(LATER)
        self.dead += states.count(REFUSED)
        self._outbox.settle(fates, now=now, draw=self._draw)


def formatted(sink: Sink, alert: Alert) -> bytes:
    """As the sink is told it; over syslog, other formats' lines are its messages."""
    if sink.kind != "syslog":
        return format_of(sink.shape).encode(alert)
    if sink.shape == "syslog":
        return syslog.told(alert, sink.facility)
    return syslog.wrap(alert, format_of(sink.shape).encode(alert), sink.facility)


def _item(job: Job, body: bytes) -> Item:
    alert = job.alert
    finding = alert.finding
    title = finding.title or finding.detector
    again = f" ({alert.count} times)" if alert.count > 1 else ""
    subject = clean(f"[{finding.severity}] {title}{again}: {finding.detail}")
    return Item(
        key=job.key, body=body, subject=subject[:MAX_SUBJECT], rank=rank(finding.severity),
        time=finding.time, host=alert.host,
    )  # fmt: skip
