"""Where a watch has its packets from: chosen by what is asked for and by what runs here, with the reason.

``tap``: packet sockets, every packet. ``bpf``: counted at the sockets. ``both``: there and at the interfaces.
"""

from __future__ import annotations

from collections.abc import Callable

from procwire.accounting.identity import survey
from procwire.accounting.source import FEW_BYTES, FIRST_BYTES, KernelSource, Wishes
from procwire.accounting.steering import Steering
from procwire.bpf import probe
from procwire.bpf.libbpf import BpfError
from procwire.capture.live import LiveSource
from procwire.capture.packet_filter import FilterError
from procwire.capture.source import CaptureError
from procwire.engine.options import EngineError, WatchOptions
from procwire.model.accounting import AccountingRow
from procwire.model.streams import StreamSink
from procwire.processes.kernel import namespace_cookie

NOT_ALLOWED = 3
AUTOMATIC = "both"  # where nothing is asked for; with what needs every packet, the tap


class Chosen:
    """A source, its name, and why it is not the one that was asked for."""

    def __init__(self, options: WatchOptions) -> None:
        self.reason, self.follow = "", options.depth != "first"
        self.requests = options.depth == "requests"
        self.kernel: KernelSource | None = None
        self.name = options.source or AUTOMATIC
        if self.name != "tap":
            self._try_kernel(options)
        self.source: KernelSource | LiveSource = self.kernel or _open_tap(options)

    def hint(self) -> None:
        """Every datagram of a request is wanted. Loads the protocols, who say so of themselves."""
        if self.kernel is not None and self.requests and self.kernel.wishes.content:
            from procwire.dpi.registry import request_ports

            self.kernel.programs.hint(request_ports())

    def steer(self, sink: StreamSink) -> StreamSink:
        """What stands between the tracker and the analyzer."""
        return sink if self.kernel is None else Steering(sink, self.kernel.decide, follow=self.follow)

    def _try_kernel(self, options: WatchOptions) -> None:
        needs = whole(options)
        self.reason = needs if options.source else ""  # else it is what was asked for, and nothing was missed
        if not needs:
            try:
                self.kernel = _open_kernel(options, tap=self.name == "both")
            except BpfError as error:
                self.reason = probe.explained(error)
            except CaptureError as error:
                raise refused(error) from None
        if self.kernel is None:
            self.name = "tap"


def whole(options: WatchOptions) -> str:
    """Why every packet must be seen here, so that only the tap will do; empty where it must not."""
    wants = {
        "--write keeps every packet": options.write,
        "--record keeps every packet": options.kept.record,
        "--depth full reads every packet": options.depth == "full" and options.source != "bpf",
        "--keylog reads connections whole": options.keylog and not options.source,
        "a capture filter is the tap's": options.capture_filter,
        "--promiscuous is about other hosts' packets": options.promiscuous,
        "--fanout is about the tap": options.fanout > 1,
    }
    return next((reason for reason, wanted in wants.items() if wanted), "")


def settle(seconds: float, stopped: Callable[[], bool]) -> list[AccountingRow]:
    """The accounting identity of every interface over so many seconds. Raises EngineError."""
    try:
        return survey(seconds, home=namespace_cookie(), stopped=stopped)
    except BpfError as error:
        raise EngineError(f"packets cannot be counted: {probe.explained(error)}", NOT_ALLOWED) from None
    except CaptureError as error:
        raise refused(error) from None


def refused(error: CaptureError) -> EngineError:
    """A source that cannot be opened, with its exit code."""
    if isinstance(error, FilterError):
        return EngineError(str(error), 2)
    return EngineError(str(error), NOT_ALLOWED if "not allowed" in error.reason else 1)


def _open_kernel(options: WatchOptions, *, tap: bool) -> KernelSource:
    wishes = Wishes(
        interfaces=options.interfaces,
        tap=tap,
        content=options.flows.protocols,
        everything=options.depth == "full" or bool(options.keylog),
        first_bytes=FEW_BYTES if options.depth == "first" else FIRST_BYTES,
    )
    return KernelSource(wishes, home=namespace_cookie())


def _open_tap(options: WatchOptions) -> LiveSource:
    try:
        return LiveSource(
            options.interfaces or None,
            snaplen=options.snaplen,
            promiscuous=options.promiscuous,
            filter=options.capture_filter,
            fanout=options.fanout,
            ring_bytes=options.ring_bytes,
        )
    except CaptureError as error:
        raise refused(error) from None
