"""Flows taken together since an engine began, as tables for faces: ``process_group``, ``remote_group``, ...

Flows that have ended are added up when they do, so that a sum never falls; those that go on are counted in
with each question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from procwire.api.book import Book
from procwire.api.offers import Offer
from procwire.cli.output.groups import KEYS, Groups
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow, GroupRow
from procwire.model.tables import GROUPS


class Sums:
    """One table for each way to take flows together."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.ending: Callable[[], Iterable[Flow]] = tuple  # neither active nor told to have ended
        self._groups = {by: Groups(by) for by in KEYS}

    def add(self, flow: Flow) -> None:
        """A flow has ended."""
        row = FlowRow(flow, self._book.context)
        for groups in self._groups.values():
            groups.add(row)

    def rows(self, by: str) -> list[GroupRow]:
        """The groups, the largest first."""
        context = self._book.context
        return self._groups[by].rows(
            FlowRow(flow, context) for flow in (*self._book.active(), *self.ending())
        )

    def offers(self) -> list[Offer]:
        """Who may not see all flows sees no sums of them."""
        return [
            Offer(
                table=msgspec.structs.replace(GROUPS, name=f"{by}_group"),
                rows=partial(self.rows, by),
                owned=lambda _row, _uid: False,
            )
            for by in KEYS
        ]
