"""All that a face may use of the engine."""

from __future__ import annotations

from procwire.engine.catalogue import interfaces, protocols, risks, tables
from procwire.engine.context import Context
from procwire.engine.doctor import compiled_modules, examine, settle
from procwire.engine.host import Processes, Sockets
from procwire.engine.options import EngineError, FlowOptions, ReadOptions, WatchOptions
from procwire.engine.pipeline import TIMEOUTS, Silent
from procwire.engine.reading import Reading
from procwire.engine.summary import report_of
from procwire.engine.watching import Watching

__all__ = [
    "TIMEOUTS",
    "Context",
    "EngineError",
    "FlowOptions",
    "Processes",
    "ReadOptions",
    "Reading",
    "Silent",
    "Sockets",
    "WatchOptions",
    "Watching",
    "compiled_modules",
    "examine",
    "interfaces",
    "protocols",
    "report_of",
    "settle",
    "risks",
    "tables",
]
