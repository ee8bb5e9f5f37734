"""All that a face may use of the engine."""

from __future__ import annotations

from procwire.accounting.standing import Standing
from procwire.decrypt.beginnings import MAX_BYTES as MAX_BEGUN_BYTES
from procwire.decrypt.beginnings import MAX_SIDE_BYTES, Beginnings
from procwire.decrypt.piece import Piece
from procwire.decrypt.tap import Tap, is_name
from procwire.detect.contract import DetectError
from procwire.detect.registry import Detection, detectors, settings_of
from procwire.detect.ruleset import RuleSet
from procwire.doctor.checks import compiled_modules, examine
from procwire.engine.catalogue import explain, interfaces, learn, protocols, risks, tables
from procwire.engine.context import Context
from procwire.engine.exporting import export
from procwire.engine.host import Processes, lives, pictures, sockets
from procwire.engine.options import EngineError, ExportOptions, FlowOptions, ReadOptions, WatchOptions
from procwire.engine.reading import Reading
from procwire.engine.sources import settle
from procwire.engine.watching import Watching
from procwire.extensions.reason import ExtensionError
from procwire.extensions.rules import gather as rules
from procwire.extensions.rules import usual as rule_directories
from procwire.extensions.taking import switch, take_sigma
from procwire.flows.limits import TIMEOUTS
from procwire.model.listening import Gatherer, Silent

__all__ = [
    "Beginnings", "Context", "DetectError", "Detection", "EngineError", "ExportOptions",
    "ExtensionError", "FlowOptions", "Gatherer", "MAX_BEGUN_BYTES", "MAX_SIDE_BYTES", "Piece",
    "Processes", "ReadOptions", "Reading", "RuleSet", "Silent", "Standing", "TIMEOUTS", "Tap",
    "WatchOptions", "Watching", "compiled_modules", "detectors", "examine", "explain", "export",
    "interfaces", "is_name", "learn", "lives", "pictures", "protocols", "risks", "rule_directories",
    "rules", "settings_of", "settle", "sockets", "switch", "tables", "take_sigma",
]  # fmt: skip
