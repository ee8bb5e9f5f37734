"""Policies on the disk: where they lie, read with the line of a fault, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from procwire.configuration.document import Document
from procwire.configuration.reason import ConfigurationError
from procwire.disk import lasting
from procwire.egress.policy import FormError, Policy, described
from procwire.egress.reason import EgressError
from procwire.egress.writing import text
from procwire.model.values import clean

SYSTEM = "/etc/procwire/egress.yaml"
BASELINE = "egress-baseline.yaml"
MAX_FILE_BYTES = 16 << 20
MAX_NODES = 400_000
BEFORE = ".before"  # behind the name of a policy, as it was before the last change


def usual(environ: Mapping[str, str] = os.environ, *, uid: int | None = None) -> Path:
    """Where the policy of whoever runs this lies: root's is the system's."""
    if (os.geteuid() if uid is None else uid) == 0:
        return Path(SYSTEM)
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/'}/.config"
    return Path(home, "procwire", "egress.yaml")


def load(path: Path) -> Policy:
    """The policy of a file. Raises EgressError with file and line."""
    if not path.exists():
        raise EgressError(f"{path}: there is no policy here: see procwire egress --help")
    try:
        document = Document(path, most_bytes=MAX_FILE_BYTES, most_nodes=MAX_NODES)
        try:
            return described(document.values, head=_head(path))
        except FormError as error:
            raise document.error(error.place, str(error)) from None
    except ConfigurationError as error:
        raise EgressError(clean(str(error))) from None


def save(path: Path, policy: Policy) -> None:
    """Write it beside, and put it in place at once; what was there stays as .before. Raises EgressError."""
    aside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lasting.write(aside, text(policy).encode())
        if path.exists():
            before = path.with_name(f"{path.name}{BEFORE}")
            before.unlink(missing_ok=True)
            os.link(path, before)
        aside.replace(path)
        lasting.settle(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise EgressError(f"{path}: {error.strerror or error}") from None


def _head(path: Path) -> str:
    """The comment before everything else, which a change of the file keeps."""
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.startswith("#"):
            break
        kept.append(line)
    return "".join(kept)
