"""A capture file played into what a watch keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError, Interface
from procwire.engine.context import Context
from procwire.engine.options import FlowOptions
from procwire.engine.pipeline import Pipeline
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.recorder.keeping import Keeping
from procwire.recorder.wishes import Wishes

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = VECTORS / "http" / "ordinary.pcap"


class Taped:
    """A watch whose packets come from a file. ``owned`` is asked whether all is known of a flow."""

    def __init__(
        self, wishes: Wishes, path: Path = HTTP, owned: Callable[[Flow], bool] = lambda _: True
    ) -> None:
        self.file = open_files((str(path),))
        self.owned = owned
        self.errors: list[CaptureError] = []
        self.flows: list[Flow] = []
        self.packets = 0
        self.lost = {"": 0}
        self.context = Context(self.file.interfaces)
        self.keeping = Keeping(wishes, self, self.context, self)
        self.pipeline = Pipeline(FlowOptions(), self)

    @property
    def interfaces(self) -> list[Interface]:
        """See Source."""
        return self.file.interfaces

    def drops(self) -> dict[str, int]:
        """See Source."""
        return self.lost

    def settled(self, flow: Flow) -> bool:
        """See Watch."""
        return self.owned(flow)

    def full(self, error: CaptureError) -> None:
        """See Watch."""
        self.errors.append(error)

    def opened(self, flow: Flow) -> None:
        """See Listener."""
        self.flows.append(flow)
        self.keeping.opened(flow)

    def decided(self, flow: Flow) -> None:
        """See Listener."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""
        self.keeping.observed(flow, observation)

    def ended(self, flow: Flow) -> None:
        """See Listener."""
        self.keeping.ended(flow)

    def play(self) -> None:
        """Every packet."""
        for batch in self.file.batches():
            table = self.pipeline.decode(batch)
            self.pipeline.ingest(table)
            self.keeping.take(batch, table)
            self.packets += batch.count

    @property
    def now(self) -> int:
        """Of the last packet."""
        return self.pipeline.time.now
