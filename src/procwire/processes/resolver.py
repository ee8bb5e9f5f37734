"""Owners on a thread of their own, so that capture never waits for /proc.

A flow is looked at as soon as it is handed in: a short-lived socket is gone a moment later. What cannot be
told yet is looked at again, quickly at first, at a cost of at most one part in ``RETRY_RATIO``, and then
answered as far as it is known. Between flows the sockets of the host are seen: about once a second or, where
the kernel notes what is used, once in ten, at a cost of at most one part in ``WARM_RATIO``.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, Self

from msgspec import structs

from procwire.model.flow import Flow
from procwire.model.process import UNKNOWN, Glimpse, Owner
from procwire.processes.answers import Look, answer_of, merged, revealed, reviewed, whole
from procwire.processes.keys import Key, key_of
from procwire.sandbox import precedence

MAX_WAITING = 65536  # flows handed in and not answered
RETRIES_NS = (
    2_000_000,
    8_000_000,
    40_000_000,
    250_000_000,
    700_000_000,
    2_000_000_000,
)  # from one look to the next
NOTED_RETRIES_NS = (8_000_000, 250_000_000, 2_000_000_000)  # where an origin notes what is used
RETRY_RATIO = 20  # further looks take at most one part in so many of the time,
LATE_NS = 1_000_000_000  # and one that is so late is not made any more
WARM_NS = 1_000_000_000
NOTED_WARM_NS = 10_000_000_000  # where an origin notes what is used: only idle sockets are left to see
WARM_RATIO = 50  # the time between two warm-ups is at least so many times what one took
LAST_NS = 1_000_000_000  # for looks when the end comes, at what is new and at what has ended
TOGETHER = 32  # looks that are announced at once
# Where the kernel notes what is used no socket is missed by waiting, and each turn of this thread, and of
# whoever is asked, costs more than a look: a flow is looked at when this has passed since the last turn,
GATHER_NS = 2_000_000
LEISURE_SECONDS = 0.2  # and of those that end many together, with the next that begins at the latest
BATCH = 256  # looks between two checks whether a warm-up is due

_FULL = Owner(process=None, confidence=UNKNOWN, reason="too many new flows at once to look at each")
_STOPPED = Owner(process=None, confidence=UNKNOWN, reason="the run ended before it was looked at")
_FAILED = "the look-up failed: "


class Asked(Protocol):
    """Who knows owners (owners.Owners), or passes questions on. Raises OSError where it cannot answer."""

    def __enter__(self) -> Self:
        """For as long as it is asked."""

    def __exit__(self, *_: object) -> None:
        """No more questions."""

    def look(self, key: Key) -> Look:
        """See Owners."""

    def refresh(self) -> int:
        """See Owners."""

    def ahead(self, keys: Sequence[Key]) -> None:
        """These are looked at next, in this order: whoever is far away may begin."""

    def stands(self, key: Key, owner: Owner) -> bool:
        """See Owners."""

    def lacks(self, key: Key, owner: Owner) -> bool:
        """See Owners."""


class Waiting(NamedTuple):
    """A flow to look at again, ordered by when."""

    due: int
    number: int
    attempt: int
    flow: Flow
    key: Key
    owner: Owner


class Answer(NamedTuple):
    """Whose a flow is. Not ``final``: it is looked at again, and another answer follows."""

    flow: Flow
    owner: Owner
    final: bool = True


class Resolver:
    """Looks owners up in the background; a context manager. ``submit`` and ``collect`` from one thread."""

    def __init__(
        self,
        open_owners: Callable[[], Asked],
        *,
        warm: bool = True,
        warm_ns: int = 0,
        noted: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self._open_owners = open_owners
        self._warm = warm
        self._warm_ns = warm_ns or (NOTED_WARM_NS if noted else WARM_NS)
        self._retries = NOTED_RETRIES_NS if noted else RETRIES_NS
        self._gather = GATHER_NS if noted else 0
        self._turned = 0  # when the last looks were over
        self._asked = 0  # when the look began that is being made, by the wall clock
        self._retry_due = 0  # no further look before
        self._clock = clock
        self._wall = wall
        self._new: deque[Flow] = deque()
        self._aside: deque[Flow] = deque()  # the same, of others: when there is nothing else to do
        self._ended: deque[tuple[Flow, Owner]] = deque()
        self._later: list[Waiting] = []
        self._done: deque[tuple[Answer, int]] = deque()  # with the time that the look of it began
        self._open: set[int] = set()  # numbers of flows that were handed in and whose answer is to come
        self._over: dict[int, int] = {}  # those of them that have ended, and when
        self._wake = threading.Condition()
        self._stopping = False
        self._count = 0
        self._warm_due = 0
        self.refused = 0  # flows that found the queue full
        self.problem = ""  # why the thread could not start its work
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="procwire-owners", daemon=True)
        self._thread.start()

    def __enter__(self) -> Resolver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_ready(self, timeout: float = 5.0) -> bool:
        """Wait until the sockets that were there before have been seen; False when it takes longer."""
        return self._ready.wait(timeout)

    def submit(self, flow: Flow, *, aside: bool = False) -> bool:
        """Hand a flow in. False, and an answer that says so, when too many wait.

        What a ``Glimpse`` has told of it stands, and for as long as nobody tells more it is the answer.
        ``aside``: all others go before it, and it is looked at once.
        """
        self._open.add(flow.number)
        with self._wake:
            if self._stopping or len(self._new) + len(self._aside) + len(self._later) >= MAX_WAITING:
                self.refused += 1
                self._tell(Answer(flow, _unasked(flow, self._refusal())))
                return False
            (self._aside if aside else self._new).append(flow)
            self._wake.notify()
        return True

    def review(self, flow: Flow) -> bool:
        """Look once more at a flow that ends, as its socket may have changed hands; one more final answer.

        False, and no answer, where there is nothing to look at again or no room to; and where its answer is
        still to come: that waits for one more look if it was found before the end.
        """
        if flow.number in self._open:
            self._over[flow.number] = self._wall()
            return False
        return self._look_at_last(flow, answer_of(flow))

    def _look_at_last(self, flow: Flow, owner: Owner | None) -> bool:
        if owner is None or isinstance(owner, Glimpse) or not owner.socket:
            return False
        with self._wake:
            if self._stopping or len(self._ended) >= MAX_WAITING:
                return False
            self._ended.append((flow, owner))
            if len(self._ended) == 1 or not self._gather:
                self._wake.notify()
        return True

    def _refusal(self) -> Owner:
        if not self._stopping:
            return _FULL
        reason = f"{_FAILED}{self.problem}" if self.problem else _STOPPED.reason
        return Owner(process=None, confidence=UNKNOWN, reason=reason)

    def collect(self) -> list[Answer]:
        """What has been answered since the last call, in order; the caller writes ``flow.owner``.

        Each flow has one final answer, and one before it where its owner is known and the other end is not.
        """
        found = []
        while self._done:
            answer, asked = self._done.popleft()
            found.append(self._last(answer, asked) if answer.final else answer)
        return found

    def _last(self, answer: Answer, asked: int) -> Answer:
        """A final answer, but of a flow that has ended since it was asked for: it may have changed hands."""
        answer = answer._replace(owner=whole(answer.owner))
        self._open.discard(answer.flow.number)
        over = self._over.pop(answer.flow.number, 0)
        late = bool(over) and asked <= over and self._look_at_last(answer.flow, answer.owner)
        return answer._replace(final=not late)

    @property
    def pending(self) -> int:
        """Flows that are not answered yet."""
        return len(self._new) + len(self._aside) + len(self._later) + len(self._ended)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; what still waits gets the best answer so far, to be collected."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            with self._open_owners() as owners:
                self._warm_up(owners)
                self._ready.set()
                while not self._stopping:
                    self._turn(owners)
                self._last_looks(owners)
        except OSError as error:
            self.problem = str(error)
        except Exception as error:  # a defect is told as the reason of all that is not looked at for it
            self.problem = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._ready.set()
            self._finish()

    def _turn(self, owners: Asked) -> None:
        """Sleep until there is something to do, and do a bounded part of it."""
        precedence.tick()
        with self._wake:
            if not self._new and not self._aside and not self._ended and not self._stopping:
                self._wake.wait(self._idle_seconds())
            few = not self._new and not self._aside and 0 < len(self._ended) < TOGETHER
            if self._gather and few and not self._stopping:
                self._wake.wait(LEISURE_SECONDS)
        left = self._turned + self._gather - self._clock()
        if 0 < left <= self._gather and 0 < len(self._new) < TOGETHER and not self._stopping:
            time.sleep(left / 1e9)
        busy = self._answer(owners, BATCH)
        self._turned = self._clock() if busy else self._turned
        self._look_again(owners)
        if self._clock() >= self._warm_due:
            self._warm_up(owners)

    def _answer(self, owners: Asked, most: int) -> bool:
        """Look at what is new, and once more at what has ended; False where there was neither."""
        over = [self._ended.popleft() for _ in range(min(most, len(self._ended)))]
        doubted = [ended for ended in over if not self._stands(owners, *ended)]
        with self._wake:
            fresh = [self._new.popleft() for _ in range(min(most, len(self._new)))]
            left = max(0, TOGETHER - len(fresh) - len(doubted))
            others = [self._aside.popleft() for _ in range(min(left, len(self._aside)))]
        last, flows = len(self._retries), [*fresh, *others, *(flow for flow, _ in doubted)]
        for place, (flow, key) in enumerate(self._in_time(owners, flows), -len(fresh) - len(others)):
            if place < 0:
                self._count += 1
                attempt = 0 if place < -len(others) else last
                self._look(owners, Waiting(0, self._count, attempt, flow, key, _before(flow)))
            else:
                self._review(owners, *doubted[place], key)
        return bool(flows or over)

    def _stands(self, owners: Asked, flow: Flow, owner: Owner) -> bool:
        """Most flows that end are still whose they were, and that is known without asking anybody."""
        if not owners.stands(key_of(flow), owner):
            return False
        self._tell(Answer(flow, owner))
        return True

    def _in_time(self, owners: Asked, flows: list[Flow]) -> Iterator[tuple[Flow, Key]]:
        """Flows with their keys; some are announced together before the first of them is looked at."""
        for start in range(0, len(flows), TOGETHER):
            keyed = [(flow, key_of(flow)) for flow in flows[start : start + TOGETHER]]
            self._asked = self._wall()  # what was noted from now on may not be in the answers
            owners.ahead([key for _, key in keyed])
            yield from keyed

    def _look_again(self, owners: Asked) -> None:
        """A bounded part of what is due: thousands of flows that nobody owns must not keep others waiting."""
        started = now = self._clock()
        if started < self._retry_due:
            return
        for _ in range(0, BATCH, TOGETHER):
            due: list[Waiting] = []
            while self._later and self._later[0].due <= now and len(due) < TOGETHER:
                self._sort_out(owners, heapq.heappop(self._later), now, due)
            if not due:
                break
            self._asked = self._wall()
            owners.ahead([waiting.key for waiting in due])
            for waiting in due:
                self._look(owners, waiting)
            now = self._clock()
        self._retry_due = now + (now - started) * RETRY_RATIO

    def _sort_out(self, owners: Asked, waiting: Waiting, now: int, due: list[Waiting]) -> None:
        """Is it too late for that look, would it tell nothing, or is it ``due``?"""
        last = waiting.attempt >= len(self._retries)
        lacking = owners.lacks(waiting.key, waiting.owner)
        if now - waiting.due > LATE_NS or (lacking and last):
            self._tell(Answer(waiting.flow, waiting.owner))
        elif lacking:
            self._put_off(waiting)
        else:
            due.append(waiting)

    def _put_off(self, waiting: Waiting) -> None:
        due = self._clock() + self._retries[waiting.attempt]
        heapq.heappush(self._later, waiting._replace(due=due, attempt=waiting.attempt + 1))

    def _last_looks(self, owners: Asked) -> None:
        """What came right before the end gets the look that is likeliest to tell; what ended, its last."""
        end = self._clock() + LAST_NS
        while self._clock() < end and self._answer(owners, TOGETHER):
            pass

    def _look(self, owners: Asked, waiting: Waiting) -> None:
        try:
            found = owners.look(waiting.key)
        except OSError as error:  # a channel that died must not end the others' look-ups
            found = Look(Owner(process=None, confidence=UNKNOWN, reason=f"{_FAILED}{error}"), final=False)
        owner = structs.replace(found.owner, answered=self._wall())
        glimpsed = isinstance(waiting.owner, Glimpse)
        best = revealed(waiting.owner, owner) if glimpsed else merged(waiting.owner, owner)
        if found.final or waiting.attempt >= len(self._retries):
            self._tell(Answer(waiting.flow, best), self._asked)
            return
        if best.process is not None and (glimpsed or waiting.owner.process is None):
            self._tell(Answer(waiting.flow, best, final=False))
        self._put_off(waiting._replace(owner=best))

    def _tell(self, answer: Answer, asked: int = 0) -> None:
        self._done.append((answer, asked))

    def _review(self, owners: Asked, flow: Flow, before: Owner, key: Key) -> None:
        try:
            after = owners.look(key).owner
        except OSError:  # the first answer stands
            after = before
        self._tell(Answer(flow, reviewed(before, after)))

    def _warm_up(self, owners: Asked) -> None:
        started = self._clock()
        if self._warm:
            try:
                owners.refresh()
            except OSError as error:
                self.problem = str(error)
        ended = self._clock()
        self._warm_due = ended + max(self._warm_ns, (ended - started) * WARM_RATIO)

    def _idle_seconds(self) -> float:
        later = max(self._later[0].due, self._retry_due) if self._later else self._warm_due
        due = min(self._warm_due, later)
        return max(0.0, (due - self._clock()) / 1e9)

    def _finish(self) -> None:
        with self._wake:
            self._stopping = True
            for waiting in sorted(self._later):
                self._tell(Answer(waiting.flow, waiting.owner))
            self._later.clear()
            for flow in (*self._new, *self._aside):
                self._tell(Answer(flow, _unasked(flow, self._refusal())))
            self._new.clear()
            self._aside.clear()
            for flow, owner in self._ended:
                self._tell(Answer(flow, owner))
            self._ended.clear()


def _before(flow: Flow, nothing: Owner = _STOPPED) -> Owner:
    """What is known of a flow before it is looked at."""
    owner = answer_of(flow)
    return owner if isinstance(owner, Glimpse) else nothing


def _unasked(flow: Flow, nothing: Owner) -> Owner:
    """The answer for a flow that is looked at no more; of an end that is not known it says why."""
    owner = _before(flow, nothing)
    if owner is nothing or owner.peer is not None or owner.side != "src":
        return owner
    return structs.replace(owner, peer_reason=nothing.reason)
