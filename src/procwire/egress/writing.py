"""A policy as the text of its file: a block for each program, a line for each destination."""

from __future__ import annotations

import re

import msgspec

from procwire.egress.destination import ANY
from procwire.egress.policy import FORMAT, NAMES, Entry, Line, Policy
from procwire.model.digests import sha256
from procwire.model.values import time_text

HEAD = """\
# Who may go where: see procwire egress --help. dest is a name, *.name (it and all beneath it), an address, a
# network, AS64500 or any; port 443, 8000-8100, 80,443 or any. Counts and times are what was seen.
"""
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.@+-]*")
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})  # of YAML 1.1


def text(policy: Policy) -> str:
    """The file."""
    parts = [policy.head or HEAD, f"format: {FORMAT}\nunlisted: {policy.unlisted}\n"]
    parts.append("programs:\n" if policy.entries else "programs: []\n")
    parts += [_entry(entry) for entry in policy.entries]
    return "".join(parts)


def digest(policy: Policy) -> str:
    """SHA-256 of what it says, so that the same policy is known again."""
    return sha256(text(policy).encode()).hexdigest()


def _entry(entry: Entry) -> str:
    named = [(name, value) for name in NAMES if (value := getattr(entry.who, name))]
    if entry.note:
        named.append(("note", entry.note))
    lines = [f"  {name}: {_word(value)}\n" for name, value in named]
    lines[0] = f"- {lines[0].lstrip()}"
    lines.append("  to:\n" if entry.to else "  to: []\n")
    return "".join(lines + [_line(line) for line in entry.to])


def _line(line: Line) -> str:
    said = [f"dest: {_word(line.dest)}"]
    if line.proto != ANY:
        said.append(f"proto: {_word(line.proto)}")
    said.append(f"port: {line.port if line.port.isdigit() or line.port == ANY else _word(line.port)}")
    if line.flows:
        said.append(f"flows: {line.flows}, bytes_out: {line.bytes_out}")
    times = (("first", line.first), ("last", line.last))
    said += [f"{name}: {_word(time_text(moment))}" for name, moment in times if moment]
    if line.note:
        said.append(f"note: {_word(line.note)}")
    return f"  - {{{', '.join(said)}}}\n"


def _word(value: str) -> str:
    """Plain where it can be nothing but text, else quoted as JSON, which YAML reads the same."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return msgspec.json.encode(value).decode()
