"""What is known of protocols before they are imported, and that it is what they say themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from tools.declarations import PAGE, page

from procwire.dpi._declared_names import DECLARED
from procwire.dpi.contract import Shape
from procwire.dpi.declared import Declared, declaration, read, written
from procwire.dpi.registry import PROTOCOLS, declared, modules

LOADED = """
import sys
from procwire.dpi.registry import registry, request_ports
known = registry()
assert ("dns", "redis") == tuple(known.by_name[name].name for name in ("dns", "redis")) and request_ports()
print(*[name for name in sys.modules if name.startswith("procwire.dpi.protocols.")])
known.by_name["redis"].load()
print(*[name for name in sys.modules if name.startswith("procwire.dpi.protocols.")])
"""


def test_it_is_what_the_modules_say() -> None:
    said = [declaration(name, module) for name, module in zip(PROTOCOLS, modules(), strict=True)]
    assert read(DECLARED) == said, "make docs writes it anew"
    assert declared() == tuple(said)
    assert PAGE.read_text(encoding="utf-8") == page(), "make docs writes it anew"


def test_what_is_written_is_read_the_same() -> None:
    shape = Shape(starts=({0: b"\x00\xff", 7: b'"\\'}, {}), least=3, holds=b"\x80")
    ports = frozenset({("tcp", 7), ("udp", 9)})
    one = Declared(
        module="x", NAME="y", PORTS=ports, TRANSPORTS=frozenset({"tcp"}), FIRST=b"\x00",
        SHAPES={"udp": shape}, CONFIDENCE="announced", FOLLOWS=True, REQUESTS=True, ROAMS=True,
    )  # fmt: skip
    other = Declared(module="z", NAME="z", PORTS=frozenset(), TRANSPORTS=frozenset(), FIRST=None)
    assert read(written([one, other])) == [one, other]
    assert one.without_shapes().SHAPES == {}
    assert ports == one.without_shapes().PORTS


def test_a_registry_imports_no_protocol_until_one_is_asked() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    before, after = told.stdout.split("\n")[:2]
    assert before == ""
    assert after.split() == ["procwire.dpi.protocols.redis"]


def test_one_that_is_not_written_down_yet_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer: Any = DECLARED.partition("\n")[2]
    monkeypatch.setattr("procwire.dpi._declared_names.DECLARED", fewer)
    assert declared()[0] is modules()[0]
    assert declared()[1].module == PROTOCOLS[1]
