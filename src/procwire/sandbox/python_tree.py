"""What the interpreter still opens after a process is confined: modules, shared objects, time zones, names.

All of it is public code and tables, installed for everyone. It stays readable, beneath the directories where
this interpreter and its packages live, because modules are loaded late on purpose (a protocol, a codec, a
compression); nothing else does. Where the user that the process becomes may not read them (an interpreter in
a home directory), the modules of LATE are imported before.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from importlib import util
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
TABLES = (
    "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/etc/protocols",
    "/etc/services", "/usr/lib/locale", "/usr/share/locale", "/sys/devices/system/cpu/online",
)  # fmt: skip
LATE = (
    "hpack", "pylsqpack", "brotli", "backports.zstd", "compression.zstd", "zlib", "_strptime", "unicodedata",
    "cryptography.x509", "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.ciphers.algorithms", "cryptography.hazmat.decrepit.ciphers.algorithms",
    "cryptography.hazmat.primitives.ciphers.modes",
    "encodings.unicode_escape", "encodings.latin_1", "encodings.ascii", "encodings.utf_16_le",
    "encodings.utf_16_be", "encodings.utf_16", "encodings.idna", "traceback", "linecache", "tokenize",
    "rich.console", "rich.table", "rich.live", "rich.progress", "rich.text",
)  # fmt: skip


def trees() -> tuple[str, ...]:
    """The directories of the standard library, of its packages, and of procwire itself."""
    # As sysconfig names them, which would read a hundred KiB of how this interpreter was built.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    named = [os.path.dirname(os.__file__), os.path.join(sys.exec_prefix, sys.platlibdir, version)]  # noqa: PTH118, PTH120
    beside = [path for path in sys.path if path.endswith(("-packages", "lib-dynload"))]
    found = [str(Path(path).resolve()) for path in (*named, *beside) if path and Path(path).is_dir()]
    return tuple(dict.fromkeys((*found, str(PACKAGE))))


def libraries() -> tuple[str, ...]:
    """The directories that shared objects were loaded from: the next one lies there, too."""
    found: dict[str, None] = {}
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    for line in lines:
        path = line.partition("/")
        if path[1] and ".so" in path[2]:
            found[str(Path(f"/{path[2]}").parent)] = None
    inside = trees()
    return tuple(
        path for path in found if not any(path == tree or path.startswith(f"{tree}/") for tree in inside)
    )


def readable() -> tuple[str, ...]:
    """Everything that stays readable for the interpreter."""
    return (*trees(), *libraries(), *TABLES)


def late() -> tuple[str, ...]:
    """LATE and every module of ours that is not loaded yet, but for what asks the system."""
    rooms = ("model", "packet", "capture", "flows", "dpi", "decrypt", "cli/output")
    ours = []
    for room in rooms:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            ours.append(".".join(("procwire", *(part for part in parts if part != "__init__"))))
    return tuple(name for name in (*LATE, *ours) if name not in sys.modules and _exists(name))


def fetch(names: Iterable[str]) -> None:
    """Import them now, those that are installed."""
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # an optional package: whoever needs it says that it is missing


def _exists(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
