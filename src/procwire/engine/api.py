"""All that a face may use of the engine. What is asked for is loaded, and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procwire.accounting.standing import Standing
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
    "Context", "DetectError", "Detection", "EngineError", "ExportOptions", "ExtensionError",
    "FlowOptions", "Gatherer", "Piece", "Processes", "ReadOptions", "Reading", "RuleSet", "Silent",
    "Standing", "TIMEOUTS", "Tap", "WatchOptions", "Watching", "compiled_modules", "detectors", "examine",
    "explain", "export", "interfaces", "is_name", "learn", "lives", "pictures", "protocols",
    "risks", "rule_directories", "rules", "settings_of", "settle", "sockets", "switch", "tables",
    "take_sigma",
]  # fmt: skip

_HOMES = {
    "Context": "engine.context",
    "DetectError": "detect.contract",
    "Detection": "detect.registry",
    "EngineError": "engine.options",
    "ExportOptions": "engine.options",
    "ExtensionError": "extensions.reason",
    "FlowOptions": "engine.options",
    "Gatherer": "model.listening",
    "Piece": "decrypt.piece",
    "Processes": "engine.host",
    "ReadOptions": "engine.options",
    "Reading": "engine.reading",
    "RuleSet": "detect.ruleset",
    "Silent": "model.listening",
    "Standing": "accounting.standing",
    "TIMEOUTS": "flows.limits",
    "Tap": "decrypt.tap",
    "WatchOptions": "engine.options",
    "Watching": "engine.watching",
    "compiled_modules": "doctor.checks",
    "detectors": "detect.registry",
    "examine": "doctor.checks",
    "explain": "engine.catalogue",
    "export": "engine.exporting",
    "interfaces": "engine.catalogue",
    "is_name": "decrypt.tap",
    "learn": "engine.catalogue",
    "lives": "engine.host",
    "pictures": "engine.host",
    "protocols": "engine.catalogue",
    "risks": "engine.catalogue",
    "rule_directories": "extensions.rules",
    "rules": "extensions.rules",
    "settings_of": "detect.registry",
    "settle": "engine.sources",
    "sockets": "engine.host",
    "switch": "extensions.taking",
    "tables": "engine.catalogue",
    "take_sigma": "extensions.taking",
}
_NAMES = {"rule_directories": "usual", "rules": "gather"}  # what they are called there


def __getattr__(name: str) -> Any:
    """What is asked for the first time is loaded then."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"procwire.{_HOMES[name]}"), _NAMES.get(name, name))
    globals()[name] = found
    return found
