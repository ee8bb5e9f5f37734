"""The registry with keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from procwire.decrypt.gate import Gate
from procwire.decrypt.keyed import keyed
from procwire.dpi.registry import registry
from tests.decrypt.dialogue import Hand, key_log


def test_the_same_protocols_in_the_same_order() -> None:
    made = keyed(key_log(b""))
    assert [module.NAME for module in made.modules] == [module.NAME for module in registry().modules]
    assert [table.name for table in made.tables()] == [table.name for table in registry().tables()]


def test_a_gate_stands_in_front_of_what_encrypts() -> None:
    having = keyed(key_log(Hand().lines()))
    for name in ("tls", "dtls", "quic"):
        assert isinstance(having.by_name[name].chooser, Gate)
    assert having.by_name["ssh"].chooser is None


def test_what_reads_with_keys_is_loaded_when_a_flow_has_one() -> None:
    """In a process of its own: nothing but the keys may have been loaded."""
    program = (
        "import sys\n"
        "from procwire.engine.api import Reading, ReadOptions, Silent\n"
        "Reading(ReadOptions(paths=(sys.argv[1],), keylog=sys.argv[2]), Silent()).run()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('procwire.decrypt.')))\n"
    )
    capture = Path(__file__).parents[1] / "vectors" / "tls" / "tls13.pcap"
    with NamedTemporaryFile(suffix=".keys") as file:
        file.write(Hand().lines())
        file.flush()
        words = [sys.executable, "-c", program, str(capture), file.name]
        loaded = subprocess.run(words, check=True, capture_output=True, text=True, timeout=30).stdout.split()
    assert "procwire.decrypt.gate" in loaded
    assert not {"procwire.decrypt.tls", "procwire.decrypt.session", "procwire.decrypt.ciphers"} & set(loaded)
