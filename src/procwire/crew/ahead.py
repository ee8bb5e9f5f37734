"""Batches read and decoded one ahead, on a thread of its own, while the one before is in use.

Both halves are compiled code that lets go of the interpreter lock. Refuses to know what is done with them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable

STOP_SECONDS = 0.5  # a pipe that sends nothing may hold the decoding thread: then it is left behind
AHEAD = 2  # batches alive at once: one decoded ahead of the one in use (capture.source.Source)
LENT = 4  # where they stay valid until they are given back: reading waits less for who writes them

Decoded = tuple[FrameBatch, PacketTable]
Decode = Callable[[FrameBatch, PacketTable], PacketTable]


class Ahead(threading.Thread):
    """Decodes one batch ahead. Tables take turns, as the source's batches do.

    ``error`` is what ended it early, raised by ``take`` unless the caller says that it ``expects`` it.
    """

    def __init__(
        self, batches: Callable[[], Iterator[FrameBatch]], decode: Decode, *, lent: bool = False
    ) -> None:
        """``lent``: the source's batches stay valid for longer."""
        super().__init__(name="decode", daemon=True)
        self.batches = batches
        self.decode = decode
        self.tables = [PacketTable() for _ in range(LENT if lent else AHEAD)]
        self.free = threading.Semaphore(len(self.tables))
        self.done: SimpleQueue[Decoded | BaseException | None] = SimpleQueue()
        self.stopping = False

    def run(self) -> None:
        """See Thread."""
        number = 0
        try:
            batches = self.batches()
            while self.free.acquire() and not self.stopping:
                batch = next(batches, None)
                if batch is None:
                    break
                table = self.tables[number % len(self.tables)]
                number += 1
                self.done.put((batch, self.decode(batch, table)))
        except BaseException as error:
            self.done.put(error)
        self.done.put(None)

    def take(self) -> Iterator[Decoded]:
        """Decoded batches in order, each valid until the next is asked for. Raises what decoding raised."""
        while (item := self.done.get()) is not None and not self.stopping:
            if isinstance(item, BaseException):
                raise item
            yield item
            self.free.release()

    def wake(self) -> None:
        """End ``take`` with the batch in hand; may be called from a signal handler."""
        self.stopping = True
        self.done.put(None)  # it may wait for a pipe

    def stop(self) -> bool:
        """Whether it has ended. One that was woken is not waited for long."""
        patience = STOP_SECONDS if self.stopping else None
        self.stopping = True
        self.free.release(len(self.tables))
        self.join(patience)
        return not self.is_alive()
