from procwire.accounting.standing import Standing
from procwire.decrypt.beginnings import Beginnings
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
    "Standing",
    "Beginnings",
    "Piece",
    "Tap",
    "is_name",
    "DetectError",
    "Detection",
    "detectors",
    "settings_of",
    "RuleSet",
    "compiled_modules",
    "examine",
    "explain",
    "interfaces",
    "learn",
    "protocols",
    "risks",
    "tables",
    "Context",
    "export",
    "Processes",
    "lives",
    "pictures",
    "sockets",
    "EngineError",
    "ExportOptions",
    "FlowOptions",
    "ReadOptions",
    "WatchOptions",
    "Reading",
    "settle",
    "Watching",
    "ExtensionError",
    "rules",
    "rule_directories",
    "switch",
    "take_sigma",
    "TIMEOUTS",
    "Gatherer",
    "Silent",
]
