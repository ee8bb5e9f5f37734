"""The verifier as one file that imports nothing of procwire, to hand on with a ledger."""

from __future__ import annotations

from pathlib import Path

JOINT = "from procwire.ledger.plain import ed25519, fast_blake3\n"


def text() -> str:
    """Python 3.11 or later; run it with ``python3 verify.py DIRECTORY``."""
    here = Path(__file__)
    ours = here.with_name("verify.py").read_text(encoding="utf-8")
    primitives = here.with_name("plain.py").read_text(encoding="utf-8")
    return ours.replace(JOINT, primitives.partition("import annotations\n")[2])
