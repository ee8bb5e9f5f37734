"""``procwire protocols --explain``: what limits bound, in the words behind them in the source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources

import msgspec

from procwire.engine.api import explain
from procwire.model.rows import Explanation

PROTOCOLS, WIRE = "procwire.dpi.protocols", "procwire.dpi.wire"
_IMPORT = re.compile(r"^from procwire\.dpi\.wire\.(\w+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def explained(name: str) -> Explanation:
    """See engine.api.explain: with what each limit bounds."""
    told = explain(name)
    return msgspec.structs.replace(told, meanings=meanings(told.name, told.limits))


def meanings(name: str, limits: Iterable[str]) -> dict[str, str]:
    """Limit -> the comment behind it; left out are those without one, or where the source is not there."""
    text = _source(PROTOCOLS, name)
    imported = {
        word: module for module, words in _IMPORT.findall(text) for word in re.findall(r"\bMAX_\w+", words)
    }
    told = {
        limit: _comment(_source(WIRE, imported[limit]) if limit in imported else text, limit)
        for limit in limits
    }
    return {limit: words for limit, words in told.items() if words}


def _source(package: str, name: str) -> str:
    file = resources.files(package) / f"{name}.py"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _comment(text: str, limit: str) -> str:
    found = re.search(rf"^(?:\w+, )*{limit}\b[^\n]*? # ([^\n]+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""
