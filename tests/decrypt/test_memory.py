"""Where a secret still stands in this process's memory when its flow is gone: nowhere."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.decrypt.dialogue import Dialogue

PROGRAM = """
import sys
from procwire.capture.growing import GrowingFile
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.session import Session

MASK = 0x55

def places(hidden):
    found = [0] * len(hidden)
    with open("/proc/self/maps") as maps:
        spans = [line.split()[:2] for line in maps if "[v" not in line]
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for span, how in spans:
            start, end = (int(word, 16) for word in span.split("-"))
            if how[0] != "r" or end - start > 1 << 28:
                continue
            try:
                memory.seek(start)
                content = memory.read(end - start).translate(bytes(byte ^ MASK for byte in range(256)))
            except (OSError, ValueError):
                continue
            for number, needle in enumerate(hidden):
                found[number] += content.count(needle)
    return found

flights, path = sys.argv[1], sys.argv[2]
hidden = [bytes.fromhex(word) for word in sys.argv[3:]]
keys = KeyLog()
file = GrowingFile(path)
keys.drain(file.take())
keys.complete = True
assert min(places(hidden)) >= 1, "the search finds what is there"
session = Session(keys)
said = 0
for line in open(flights):
    side, data = line.split()
    content = session.feed(int(side), bytes.fromhex(data))
    said += sum(len(part) for _, kind, part in content if kind == 23)
session.finish()
assert said >= 8, said
del session
print(*places(hidden))
"""


def test_secrets_are_gone_when_the_flow_is() -> None:
    """In a process of its own that is told only XORed secrets, so what it looks for is not in it."""
    for version in ("TLSv1_2", "TLSv1_3"):
        assert places_left(Dialogue(version)) == {"0"}


def places_left(dialogue: Dialogue) -> set[str]:
    """In how many places each secret still stands."""
    spoken = dialogue.run([(0, b"ping"), (1, b"pong")])
    wanted = (b"CLIENT_RANDOM", b"CLIENT_TRAFFIC", b"SERVER_TRAFFIC", b"SERVER_HANDSHAKE")
    secrets = [line.split()[2] for line in spoken.keys.splitlines() if line.startswith(wanted)]
    hidden = [bytes(byte ^ 0x55 for byte in bytes.fromhex(secret.decode())).hex() for secret in secrets]
    with tempfile.TemporaryDirectory() as folder:
        keys, flights = Path(folder, "keys"), Path(folder, "flights")
        keys.write_bytes(spoken.keys)
        flights.write_text("".join(f"{int(side)} {data.hex()}\n" for side, data in spoken.flights))
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(flights), str(keys), *hidden],
            capture_output=True, check=False, timeout=60, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
