"""``procwire metrics``: what a daemon sees, for Prometheus to read or told by OTLP."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from procwire.api.messages import SOCKET
from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.engine.options import EngineError

LISTEN = "127.0.0.1:9464"
EVERY = 15.0


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "metrics",
        help="what a daemon sees, for Prometheus to read or told by OTLP",
        description="Count what a running daemon (procwire daemon) sees: an endpoint for Prometheus, or "
        "metrics and findings sent by OTLP over HTTP. Labels are protocols and names of programs, at most "
        "100 of each, never pids or addresses. Root and the group procwire count all, others their own.",
        epilog="procwire metrics --listen 127.0.0.1:9464\nprocwire metrics --otlp http://127.0.0.1:4318",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--socket", metavar="PATH", default=SOCKET, help=f"the daemon's (default {SOCKET})")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--listen", metavar="HOST:PORT", default="", help=f"answer GET /metrics there (default {LISTEN})"
    )
    where.add_argument("--once", action="store_true", help="print what there is after --for, and end")
    parser.add_argument(
        "--otlp", metavar="URL", default="", help="send there instead, e.g. http://127.0.0.1:4318"
    )
    parser.add_argument(
        "--header", action="append", default=[], metavar="NAME=VALUE",
        help="with --otlp: say this too; NAME=@FILE takes the value from a file",
    )  # fmt: skip
    parser.add_argument(
        "--every",
        type=words.seconds,
        default=EVERY,
        metavar="SPAN",
        help="with --otlp: so often (default 15s)",
    )
    parser.add_argument("--for", type=words.seconds, dest="seconds", metavar="SPAN", help="stop after SPAN")
    parser.set_defaults(run=run)


def place(text: str) -> tuple[str, int]:
    """(address, port) of ``HOST:PORT`` or ``[IPv6]:PORT``. Raises EngineError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise EngineError(f"--listen {text}: not an address and a port like {LISTEN}", exit.USAGE)
    return host.strip("[]"), int(port)


def headers(given: list[str]) -> dict[str, str]:
    """Of ``NAME=VALUE`` and ``NAME=@FILE``. Raises EngineError."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise EngineError(f"--header {name}: not NAME=VALUE", exit.USAGE)
        if value.startswith("@"):
            try:
                with Path(value[1:]).open(encoding="utf-8") as file:
                    value = file.read(4096).strip()
            except (OSError, UnicodeDecodeError) as error:
                raise EngineError(f"--header {name}: {value[1:]}: {error}", exit.USAGE) from None
        found[name] = value
    return found


def run(arguments: argparse.Namespace) -> int:
    """Until it is told to end; 4 where something could not be told."""
    from procwire.api.client import ApiError, Client
    from procwire.metrics.collect import Collector
    from procwire.metrics.reason import MetricsError

    if arguments.otlp and (arguments.listen or arguments.once):
        raise EngineError("--otlp goes without --listen and --once", exit.USAGE)
    if arguments.header and not arguments.otlp:
        raise EngineError("--header goes with --otlp", exit.USAGE)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    collector = Collector(lambda: Client(arguments.socket, program="metrics"))
    try:
        face = _face(arguments, collector)
        hearing = _started(collector)
    except MetricsError as error:
        raise EngineError(str(error)) from None
    except ApiError as error:
        raise EngineError(str(error), exit.PERMISSION if error.code == "denied" else exit.FAILURE) from None
    try:
        return int(face.run(over, arguments.seconds))
    finally:
        collector.stop()
        hearing.join()


def _started(collector: Any) -> threading.Thread:
    """The thread that hears. Raises ApiError where there is no daemon."""
    from procwire.api.client import ApiError

    failed: list[ApiError] = []

    def hear() -> None:
        try:
            collector.run()
        except ApiError as error:
            failed.append(error)
            collector.connected.set()

    thread = threading.Thread(target=hear, name="procwire-metrics")
    thread.start()
    collector.connected.wait()
    if failed:
        thread.join()
        raise failed[0]
    return thread


def _face(arguments: argparse.Namespace, collector: Any) -> Any:
    if arguments.otlp:
        return _Told(collector, arguments.otlp, headers(arguments.header), arguments.every)
    return _Once(collector) if arguments.once else _Endpoint(collector, *place(arguments.listen or LISTEN))


class _Once:
    """Prints the exposition format after a while."""

    def __init__(self, collector: Any) -> None:
        from procwire.metrics import prometheus

        self._collector = collector
        self._text = prometheus.text
        prometheus.library()

    def run(self, over: threading.Event, seconds: float | None) -> int:
        """See run."""
        over.wait(seconds or 1.0)
        sys.stdout.write(self._text(self._collector.families).decode())
        return exit.OK


class _Endpoint:
    """Answers scrapes."""

    def __init__(self, collector: Any, address: str, port: int) -> None:
        from procwire.metrics import prometheus

        try:
            self._server = prometheus.serve(collector.families, address, port)
        except OSError as error:
            raise EngineError(f"{address}:{port}: {error.strerror or error}") from None

    def run(self, over: threading.Event, seconds: float | None) -> int:
        """See run."""
        host, port = self._server.server_address[:2]
        print(f"procwire: metrics at http://{host}:{port}/metrics", file=sys.stderr, flush=True)
        try:
            over.wait(seconds)
        finally:
            self._server.shutdown()
            self._server.server_close()
        return exit.OK


class _Told:
    """Sends, and says on standard error when that fails and when it works again."""

    def __init__(self, collector: Any, endpoint: str, more: dict[str, str], every: float) -> None:
        from procwire.metrics.otlp import Sender

        self._collector, self._every = collector, every
        self._sender = Sender(endpoint, more)
        self._host, self._begun = os.uname().nodename, time.time_ns()
        self._problem = ""

    def run(self, over: threading.Event, seconds: float | None) -> int:
        """See run."""
        end = time.monotonic() + seconds if seconds else None
        while True:
            left = self._every if end is None else min(self._every, max(0.0, end - time.monotonic()))
            last = over.wait(left) or (end is not None and time.monotonic() >= end)
            self._send()
            if last:
                return exit.INCOMPLETE if self._problem else exit.OK

    def _send(self) -> None:
        from procwire.metrics import otlp
        from procwire.metrics.reason import MetricsError

        found = self._collector.findings()
        try:
            families = self._collector.families()
            now = time.time_ns()
            self._sender.post("metrics", otlp.metrics(families, host=self._host, begun=self._begun, now=now))
            if found:
                self._sender.post("logs", otlp.logs(found, host=self._host))
        except MetricsError as error:
            self._collector.put_back(found)
            if str(error) != self._problem:
                print(f"procwire: not sent: {error}", file=sys.stderr, flush=True)
            self._problem = str(error)
            return
        if self._problem:
            print("procwire: sent again", file=sys.stderr, flush=True)
        self._problem = ""
