"""All that a face may use of the engine: what is asked for is loaded, and nothing else. Types: api.pyi."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Module: what is there, ``its name:what it is called here``.
_HOMES = {
    "accounting.standing": "Standing", "decrypt.beginnings": "Beginnings", "decrypt.piece": "Piece",
    "decrypt.tap": "Tap is_name", "detect.contract": "DetectError",
    "detect.registry": "Detection detectors settings_of", "detect.ruleset": "RuleSet",
    "doctor.checks": "compiled_modules examine",
    "engine.catalogue": "explain interfaces learn protocols risks tables", "engine.context": "Context",
    "engine.exporting": "export", "engine.host": "Processes lives pictures sockets",
    "engine.options": "EngineError ExportOptions FlowOptions ReadOptions WatchOptions",
    "engine.reading": "Reading", "engine.sources": "settle", "engine.watching": "Watching",
    "extensions.reason": "ExtensionError", "extensions.rules": "gather:rules usual:rule_directories",
    "extensions.taking": "switch take_sigma", "flows.limits": "TIMEOUTS",
    "model.listening": "Gatherer Silent",
}  # fmt: skip
_WORDS = [(home, *word.partition(":")) for home, words in _HOMES.items() for word in words.split()]
_FOUND = {called or name: (home, name) for home, name, _, called in _WORDS}
__all__ = list(_FOUND)


def __getattr__(name: str) -> Any:
    """What is asked for the first time is loaded then."""
    if name not in _FOUND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, there = _FOUND[name]
    found = globals()[name] = getattr(import_module(f"procwire.{home}"), there)
    return found
