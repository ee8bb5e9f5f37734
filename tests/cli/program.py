"""The real program in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = VECTORS / "http" / "ordinary.pcap"
DNS = VECTORS / "dns" / "udp.pcap"
TLS = VECTORS / "tls" / "tls13.pcap"
SOURCE = Path(__file__).parents[2] / "src"


def environment() -> dict[str, str]:
    """Ours, with the source tree first."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def start(*words: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start ``procwire WORDS``."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-m", "procwire", *words], env=environment(), **options)


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end."""
    return subprocess.run(
        [sys.executable, "-m", "procwire", *words],
        env=environment(), capture_output="stdout" not in options, timeout=60, check=False, **options,
    )  # fmt: skip
