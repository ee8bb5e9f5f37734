"""Where findings go: one line each, as they are made, where they match the filter."""

from __future__ import annotations

import argparse

from procwire.cli.detecting import Detecting
from procwire.cli.output.choice import RowWriter, writer
from procwire.model.filter import Filter, compile_filter
from procwire.model.finding import FINDINGS, Finding


class Findings:
    """Takes what ``detecting`` finds, and writes it."""

    def __init__(self, arguments: argparse.Namespace, now: int) -> None:
        self.detecting = Detecting(arguments)
        self.detecting.takers.append(self._take)
        self.keep: Filter | None = None
        if arguments.filter:
            self.keep = compile_filter(arguments.filter, FINDINGS, now=now)
        self.out: RowWriter = writer(arguments, FINDINGS)

    def finish(self) -> None:
        """Nothing more will come."""
        self.detecting.finish()
        self.out.finish()

    def _take(self, finding: Finding) -> None:
        if self.keep is None or self.keep.matches(finding):
            self.out.write(finding)
