"""What is given back comes again when it is needed, and nothing else is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from procwire.sandbox.resident import Mapped, give_back, unwritten
from tests.cli.program import environment

SMAPS = """\
1000-3000 r--p 00000000 fe:01 77                         /usr/lib/libx.so.1
Rss:                   8 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
3000-5000 r-xp 00002000 fe:01 77                         /usr/lib/libx.so.1
Anonymous:             0 kB
5000-6000 r--p 00004000 fe:01 77                         /usr/lib/libx.so.1
Anonymous:             4 kB
6000-7000 rw-p 00005000 fe:01 77                         /usr/lib/libx.so.1
Anonymous:             0 kB
7000-8000 r--s 00000000 fe:01 78                         /var/lib/shared
Anonymous:             0 kB
8000-9000 r--p 00000000 00:00 0
Anonymous:             0 kB
9000-a000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
"""
GIVING = """
import json, re, sys
from procwire.sandbox.resident import give_back, share_arena, unwritten

def mapped():
    text = open("/proc/self/smaps").read()
    return sum(int(size) for size in re.findall(r"^Rss: +(\\d+)", text, re.M))

share_arena()
import sqlite3, ssl, decimal
before = mapped()
assert give_back() > 1 << 20
assert mapped() < before - 1024, (before, mapped())
assert json.loads('[1.5]') == [1.5] and str(decimal.Decimal("0.1")) == "0.1"
sqlite3.connect(":memory:").execute("select 1")
import ctypes
def heap():
    return re.search(r"^([0-9a-f]+-[0-9a-f]+) .*\\[heap\\]$", open("/proc/self/maps").read(), re.M)[1]
large = ctypes.create_string_buffer(8 << 20)  # the first one of its size is given back
del large
before = heap()
large = ctypes.create_string_buffer(1 << 20)
assert heap() == before  # and does not move the line
print("well")
"""


def test_only_what_is_as_its_file_has_it() -> None:
    assert list(unwritten(SMAPS)) == [Mapped(0x1000, 0x2000), Mapped(0x3000, 0x2000)]
    assert list(unwritten("")) == []


def test_a_process_goes_on_without_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVING], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("well\n", "")


def test_without_the_file_nothing_is_given_back(tmp_path: Path) -> None:
    assert give_back(str(tmp_path / "smaps")) == 0
