"""Profiles of comcast, which has no files: command lines and the table of its README, read as presets. Pure.

It shapes what is sent alone."""

from __future__ import annotations

import re
import shlex

from procwire.shaping.foreign import Foreign
from procwire.shaping.texts.located import FileError

_ROW = re.compile(r"\|?\s*([^|]+?)\s*\|\s*([0-9.]+)\s*\|\s*([0-9.]+)\s*\|\s*([0-9.]+)\s*%?\s*\|?\s*")
_WORDS = {"latency": "delay", "target-bw": "rate", "packet-loss": "loss"}
_ELSEWHERE = ("target-addr", "target-port", "target-proto", "target-addr6")


def comcast(text: str, name: str) -> list[Foreign]:
    """Lines of ``comcast --latency=...`` and rows of name, latency, bandwidth, loss. Raises FileError."""
    found: list[Foreign] = []
    for number, line in enumerate(text.splitlines(), 1):
        row = _ROW.fullmatch(line.strip())
        if row is not None:
            words: dict[str, str | int | float | bool] = {
                "egress-delay": f"{row[2]}ms", "egress-rate": f"{row[3]}kbit", "egress-loss": f"{row[4]}%",
            }  # fmt: skip
            told = Foreign(
                row[1], "comcast", row[1], {k: v for k, v in words.items() if v not in ("0%", "0ms")}
            )
            found.append(told)
        elif re.search(r"(^|\s|/)comcast\s", line):
            found.append(_line(line, name, number, len(found) + 1))
    if not found:
        raise FileError(name, 1, "no line of comcast and no row of its table")
    return found


def _line(line: str, name: str, number: int, count: int) -> Foreign:
    told = Foreign(f"comcast-{count}", "comcast", line.strip()[:200])
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise FileError(name, number, str(error)) from None
    for word in words:
        option, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or not equals:
            continue
        if option in _ELSEWHERE:
            told.notes.append(f"the selector is not part of a preset: --match for {option} {value}")
        elif option in _WORDS:
            if not re.fullmatch(r"[0-9.]+%?", value):
                raise FileError(name, number, f"{word[:60]}: a number is wanted")
            plain = value.rstrip("%")
            unit = {"latency": "ms", "target-bw": "kbit", "packet-loss": "%"}[option]
            told.words[f"egress-{_WORDS[option]}"] = f"{plain}{unit}"
    if not told.words:
        raise FileError(name, number, "this line says nothing that a network does")
    return told
