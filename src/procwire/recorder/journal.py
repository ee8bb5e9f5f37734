"""``--log-events``: flows and observations as lines in files that turn, beside whatever else is shown."""

from __future__ import annotations

import os
from typing import Any

from procwire.capture.raw import reason_of
from procwire.dpi.registry import registry
from procwire.model.flow import Flow
from procwire.model.lines import line_of
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow, observed
from procwire.model.plain import fields, readers
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.tables import FLOWS
from procwire.recorder.reason import RecorderError
from procwire.recorder.shapes import Shape
from procwire.recorder.turning import names
from procwire.recorder.wishes import Rotation

HELD_BYTES = 1 << 16


class Lines:
    """Lines into one file after another, all opened at the start. Raises RecorderError."""

    def __init__(self, path: str, rotation: Rotation) -> None:
        self.turned = 0
        self.path = path
        self._rotation = rotation
        self._files = [_opened(name) for name in names(path, rotation.files)]
        self._place = 0
        self._bytes = self._lines = 0
        self._since = -1  # when the first line of the file was added
        self._held = bytearray()

    def add(self, line: bytes, now: int) -> None:
        """One line, at ``now`` (ns)."""
        if self._since < 0:
            self._since = now
        self._held += line
        self._bytes += len(line)
        self._lines += 1
        rotation = self._rotation
        full = (
            0 < rotation.size_bytes <= self._bytes
            or 0 < rotation.packets <= self._lines
            or 0 < rotation.span_ns <= now - self._since
        )
        if full or len(self._held) >= HELD_BYTES:
            self.flush()
        if full:
            self._turn()

    def flush(self) -> None:
        """Hand over what is held back."""
        held, self._held = self._held, bytearray()
        view = memoryview(held)
        try:
            while view:
                view = view[os.write(self._files[self._place], view) :]
        except OSError as error:
            raise RecorderError(f"{self.path}: cannot write: {reason_of(error)}") from None

    def close(self) -> None:
        """May be called twice."""
        if not self._files:
            return
        try:
            self.flush()
        finally:
            for file in self._files:
                os.close(file)
            self._files = []

    def _turn(self) -> None:
        self.turned += 1
        self._place = (self._place + 1) % len(self._files)
        file = self._files[self._place]
        if os.lseek(file, 0, os.SEEK_END):
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
        self._bytes = self._lines = 0
        self._since = -1


class Journal:
    """In the place of an audience, which hears all of it too; ``problem``: why the file took no more."""

    def __init__(
        self, audience: Any, lines: Lines, shape: Shape | None, context: RowContext = NO_CONTEXT
    ) -> None:
        self.audience = audience
        self.context = context
        self.problem = ""
        self._lines = lines
        self._shape = shape
        self._flow = readers(FLOWS.columns)
        self._how = {one.name: (one.schema, readers(observed(one).columns)) for one in registry().tables()}

    def told(self, event: str, flow: Flow) -> None:
        """See model.listening.Audience."""
        head = {"schema": FLOWS.schema, "event": event}
        self._add(fields(FlowRow(flow, self.context), self._flow, head), flow.last)
        self.audience.told(event, flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See model.listening.Audience."""
        schema, how = self._how[observation.TABLE]
        row = ObservationRow(flow, observation, self.context)
        self._add(fields(row, how, {"schema": schema}), observation.time)
        self.audience.observed(flow, observation)

    def ticked(self, now: int) -> None:
        """See model.listening.Audience."""
        self._try(self._lines.flush)
        self.audience.ticked(now)

    def close(self) -> None:
        """Nothing more will come."""
        self._try(self._lines.close)

    def _add(self, told: dict[str, Any], now: int) -> None:
        line = line_of(told if self._shape is None else self._shape(told))
        self._try(lambda: self._lines.add(line, now))

    def _try(self, step: Any) -> None:
        if self.problem:
            return
        try:
            step()
        except RecorderError as error:
            self.problem = str(error)


def _opened(name: str) -> int:
    try:
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RecorderError(f"{name}: {reason_of(error)}") from None
