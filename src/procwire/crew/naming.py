"""Names for flows that workers have: each notes what opens and what is answered, and one reads it in order.

A flow is named by the answers that came before it, wherever they were seen. Refuses to name a flow that has
a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from procwire.dpi.names import Answer, Learned, NameBook, asker, ends, put
from procwire.flows.share import PACKET, Place, Share
from procwire.model.flow import Flow

Note = tuple[Place, int, Any]  # where it happened; the number of the flow that opened, 0 for an answer; what
UNORDERED = "names learned from streams with holes"

_place = itemgetter(0)


class Unnamed:
    """A worker's book where nobody asks for names."""

    def hear(self, flow: Flow, response: Any) -> None:
        """See NameBook."""

    def label(self, flow: Flow, now: int) -> bool:  # noqa: ARG002
        """See NameBook."""
        return False

    def label_all(self, flows: list[Flow], start: int) -> None:
        """See NameBook."""


class Notes(Unnamed):
    """A worker's book: what one that has it all is to be told."""

    def __init__(self) -> None:
        self.share = Share()  # the tracker's, once there is one
        self.notes: list[Note] = []

    def hear(self, flow: Flow, response: Any) -> None:
        """See NameBook."""
        if self.share.uncertain:
            self.share.strained = UNORDERED
        answer = Answer(
            response.time, response.rcode, response.query, response.ttl, response.addresses, response.aliases
        )
        self.notes.append((self.share.place, 0, (answer, asker(flow, response.side))))

    def label_all(self, flows: list[Flow], start: int) -> None:
        """See NameBook."""
        for flow in flows[start:]:
            number = flow.number
            self.notes.append(((2 * number, PACKET, 0), number, (*ends(flow), flow.first)))

    def taken(self) -> list[Note]:
        """What was noted since the last call."""
        notes, self.notes = self.notes, []
        return notes


class Labels:
    """Reads the notes of all workers; has a name ready for each flow that is to have one."""

    def __init__(self) -> None:
        self.book = NameBook()
        self.ready: dict[int, Learned] = {}

    def read(self, notes: Sequence[list[Note]]) -> None:
        """The notes of one stretch, a list from each worker."""
        book = self.book
        for _, number, said in sorted(chain.from_iterable(notes), key=_place):
            if not number:
                book.take(*said)
            elif len(book) and (found := book.known(*said)) is not None:
                self.ready[number] = found

    def put(self, flow: Flow) -> None:
        """Name a flow that has ended."""
        found = self.ready.pop(flow.number, None)
        if found is not None and not flow.server_name:
            put(flow, found, flow.first)
