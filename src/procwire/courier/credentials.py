"""Secrets of sinks: read from where the configuration says, once, before the courier is confined."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from procwire.courier.contract import CourierError
from procwire.model.sink import Sink

MAX_BYTES = 16_384
_OTHERS = stat.S_IROTH | stat.S_IWOTH


def secret_of(sink: Sink, environ: Mapping[str, str] = os.environ) -> str:
    """Its key, token or password; empty where none is named. Raises CourierError."""
    return _read(sink.name, sink.secret_file, sink.secret_env, environ)


def url_of(sink: Sink, environ: Mapping[str, str] = os.environ) -> str:
    """Its URL, which may be a secret as a whole. Raises CourierError."""
    return sink.url or _read(sink.name, sink.url_file, sink.url_env, environ)


def _read(name: str, path: str, variable: str, environ: Mapping[str, str]) -> str:
    if variable:
        if not environ.get(variable):
            raise CourierError(f"sink {name}: {variable} is not in the environment")
        return environ[variable].strip()
    return _of_file(name, Path(path)) if path else ""


def _of_file(name: str, path: Path) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS:
                raise CourierError(
                    f"sink {name}: {path} must be a file that others can neither read nor write"
                )
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CourierError(f"sink {name}: {path}: {error.strerror or error}") from None
    text = data.decode("utf-8", "replace").strip()
    if not text or len(data) > MAX_BYTES:
        raise CourierError(f"sink {name}: {path} is empty, or longer than {MAX_BYTES} bytes")
    return text
