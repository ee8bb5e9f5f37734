"""The kernel's own list of programs and links, and processes with fewer rights, for tests."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.bpf import probe

_BPF = {"x86_64": 321, "aarch64": 280}
_PROG_GET_NEXT_ID, _LINK_GET_NEXT_ID = 11, 31  # enum bpf_cmd
SOURCE = Path(__file__).parents[2] / "src"


def need_bpf() -> None:
    """Skip where programs cannot run, and say why."""
    why = probe.obstacle()
    if why:
        pytest.skip(why)


def identifiers(command: int) -> set[int]:
    """Every id that bpf(2) lists for a *_GET_NEXT_ID command."""
    libc = ctypes.CDLL(None, use_errno=True)
    found: set[int] = set()
    last = 0
    while True:
        attributes = (ctypes.c_uint32 * 32)(last)
        if libc.syscall(_BPF[platform.machine()], command, attributes, ctypes.sizeof(attributes)) != 0:
            return found
        last = attributes[1]
        found.add(last)


def programs() -> set[int]:
    """Ids of the programs that are loaded."""
    return identifiers(_PROG_GET_NEXT_ID)


def links() -> set[int]:
    """Ids of the links that are attached."""
    return identifiers(_LINK_GET_NEXT_ID)


def running(name: str) -> frozenset[str]:
    """Which programs of an object this kernel takes: some stand in for others that it lacks."""
    return frozenset(each.program for each in probe.programs(name=name) if not each.reason)


def held(pid: int | str = "self") -> tuple[set[int], set[int]]:
    """Ids of the programs and links that a process holds: others on this machine may have theirs."""
    loaded, attached = set(), set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        said = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if "link_id" in said:
            attached.add(int(said["link_id"]))
        elif "prog_id" in said:
            loaded.add(int(said["prog_id"]))
    return loaded, attached


def without_capabilities(code: str) -> str:
    """What Python code prints in a process that has dropped every capability."""
    words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", code]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
