"""What is in a bundle and that it is whole: sizes and hashes of every file, and who made it from what."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

import msgspec

from procwire import __version__
from procwire.recorder import clocks
from procwire.recorder.container import Container
from procwire.recorder.hashed import Hashed, hashed
from procwire.recorder.incident import HEAD
from procwire.recorder.reason import RecorderError

SCHEMA = "procwire.bundle/1"
NAME = "manifest.json"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one file."""

    name: str
    what: str


def hashes(container: Container, known: Mapping[str, Hashed], *, sha: bool = False) -> dict[str, Hashed]:
    """Of every file but the manifest itself; those that are ``known`` are not read."""
    found = dict(known)
    for name in container.names():
        if name != NAME and name not in known:
            with container.open(name) as file:
                found[name] = hashed(file, sha=sha)
    return found


def made_by(first: clocks.Clocks) -> dict[str, Any]:
    """Tool, machine and clock of whoever makes it."""
    system = os.uname()
    return {
        "tool": {"procwire": __version__, "python": platform.python_version()},
        "kernel": f"{system.sysname} {system.release}",
        "clock": {"synchronised": first.synchronised, "error_us": first.error_us, "zone": first.zone},
    }


def read(container: Container) -> dict[str, Any]:
    """The manifest. Raises RecorderError for one that this version does not know."""
    try:
        told = msgspec.json.decode(container.read(NAME))
    except msgspec.MsgspecError as error:
        raise RecorderError(f"{container.path}: {NAME}: {error}") from None
    if not isinstance(told, dict):
        raise RecorderError(f"{container.path}: {NAME} is no object")
    return told


def _holds(container: Container, name: str) -> bool:
    try:
        with container.open(name):
            return True
    except RecorderError:
        return False


def _bare(container: Container) -> str:
    """What has no manifest."""
    if _holds(container, HEAD):
        return "is an incident as it was recorded, without hashes: 'procwire incident export' gives it some"
    return f"is no bundle: there is no {NAME} in it"


def verify(container: Container) -> list[Fault]:
    """Every file against the manifest. Raises RecorderError where there is none to go by."""
    if not _holds(container, NAME):
        raise RecorderError(f"{container.path}: {_bare(container)}")
    told = read(container)
    if told.get("schema") != SCHEMA:
        raise RecorderError(f"{container.path}: no hashes to go by: it is not of schema {SCHEMA}")
    listed: Mapping[str, Any] = told.get("files") or {}
    present = set(container.names()) - {NAME}
    faults = [Fault(name, "is missing") for name in sorted(set(listed) - present)]
    faults += [Fault(name, "is not in the manifest") for name in sorted(present - set(listed))]
    for name in sorted(present & set(listed)):
        with container.open(name) as file:
            found = msgspec.to_builtins(hashed(file, sha="sha256" in listed[name]))
        wrong = [key for key, value in found.items() if listed[name].get(key) != value]
        if wrong:
            faults.append(Fault(name, f"was changed: other {', '.join(wrong)}"))
    return faults
