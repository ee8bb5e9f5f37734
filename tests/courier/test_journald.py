"""The journal's native protocol, into a socket that stands for it, and into the real journal."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.courier.contract import CourierError
from procwire.courier.journald import Journal, datagram
from procwire.model.sink import OK
from tests.courier.servers import item
from tests.lab import need


def decode(data: bytes) -> dict[str, str]:
    """Fields, in either form of the protocol."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            data = rest
        else:
            (size,) = struct.unpack_from("<Q", rest)
            key, value, data = name, rest[8 : 8 + size], rest[9 + size :]
        found[key.decode()] = value.decode()
    return found


def test_reads_back() -> None:
    fields = {"A": "one", "B": "two\nlines\nC=no", "D": "a=b"}
    assert decode(datagram(fields)) == fields


def test_a_datagram_an_alert(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        journal = Journal("j", str(path))
        assert journal.carry([item(1)]) == [OK]
        told = decode(server.recv(10_000))
        journal._socket.close()
    assert told == {
        "MESSAGE": "subject 1", "PRIORITY": "3", "SYSLOG_IDENTIFIER": "procwire", "PROCWIRE_KEY": "key-1",
        "PROCWIRE_ALERT": '{"n":1}',
    }  # fmt: skip


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(CourierError, match=r"sink j: .*No such file"):
        Journal("j", str(tmp_path / "none"))


JOURNALD = Path("/lib/systemd/systemd-journald")
MISSING = [
    *need("journalctl", "unshare"),
    *(str(path) for path in (JOURNALD, Path("/etc/machine-id")) if not path.exists()),
]
REAL = """
set -e
mount -t tmpfs tmpfs /run
[ ! -e /dev/kmsg ] || mount --bind /dev/null /dev/kmsg
mkdir -p /run/log/journal /run/systemd/journal
{journald} &
daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
until [ -S /run/systemd/journal/io.systemd.journal ]; do kill -0 $daemon; sleep 0.05; done
{python} -c '
from procwire.courier.journald import Journal
from tests.courier.servers import item
from procwire.model.sink import OK
import msgspec
lines = msgspec.structs.replace(item(2), body=b"two" + bytes([10]) + b"x" * 60000)
assert Journal("j").carry([item(1), lines]) == [OK, OK]
'
journalctl --sync
journalctl -D /run/log/journal --no-pager -a -o json SYSLOG_IDENTIFIER=procwire
"""


@pytest.mark.skipif(bool(MISSING) or os.geteuid() != 0, reason=f"needs root, {', '.join(MISSING)}")
def test_the_real_journal_has_it_as_it_was_sent() -> None:
    root = Path(__file__).parents[2]
    script = REAL.format(journald=JOURNALD, python=sys.executable)
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "bash", "-c", script],
        capture_output=True, text=True, check=False, timeout=60, cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert {name: first[name] for name in ("MESSAGE", "PRIORITY", "PROCWIRE_KEY", "PROCWIRE_ALERT")} == {
        "MESSAGE": "subject 1", "PRIORITY": "3", "PROCWIRE_KEY": "key-1", "PROCWIRE_ALERT": '{"n":1}',
    }  # fmt: skip
    assert second["PROCWIRE_ALERT"] == "two\n" + "x" * 60_000
    assert second["_TRANSPORT"] == "journal"
