"""The package, like a clone in root's home, behind a directory that no other user may enter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import procwire

PACKAGE = Path(procwire.__file__).parent
# In namespaces of their own: the package is mounted where only root can go, and lo is all there is to watch.
STAGE = 'mount --bind "$0" "$1" && ip link set lo up && shift && exec "$@"'

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare(1)"
)


def closed(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    home = path / "home"
    inside = home / "src" / "procwire"
    inside.mkdir(parents=True)
    home.chmod(0o700)
    command = ["unshare", "--mount", "--net", "sh", "-c", STAGE, str(PACKAGE), str(inside)]
    environment = {**os.environ, "PYTHONPATH": str(inside.parent), "HOME": str(home)}
    return subprocess.run(
        [*command, sys.executable, "-m", "procwire", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=path,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("more", [("--findings",), ("--group", "process"), ("--source", "tap")])
def test_a_confined_watch_finds_what_it_imports_late(tmp_path: Path, more: tuple[str, ...]) -> None:
    found = closed(tmp_path, "watch", "--for", "1s", "--json", "--sandbox", "strict", *more)
    assert found.returncode == 0, found.stderr
    assert found.stderr.splitlines()[0] == "procwire: watching lo"
    for line in found.stdout.splitlines():
        assert json.loads(line)


def test_a_confined_reading_finds_what_it_imports_late(tmp_path: Path) -> None:
    capture = Path(__file__).parents[1] / "vectors" / "dns" / "udp.pcap"
    found = closed(tmp_path, "read", str(capture), "--observations", "dns", "--json", "--sandbox", "strict")
    assert found.returncode == 0, found.stderr
    assert {json.loads(line)["message"] for line in found.stdout.splitlines()} == {"query", "response"}
