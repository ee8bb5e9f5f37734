"""CIP: services and paths."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.cip import path, service
from procwire.dpi.wire.cursor import Cursor


def test_paths() -> None:
    assert path(b"\x20\4\x25\0\x39\5\x30\3") == "class 0x04 instance 1337 attribute 3"
    assert path(b"\x91\5Speed\0\x28\2") == "Speed member 2"
    assert path(b"\x99\1") == ""


def test_services() -> None:
    assert service(Cursor(b"\x10\1\x20\4", order="little")).write
    assert service(Cursor(b"\x90\0\x77\0", order="little")).status == "status 0x77"
    assert service(Cursor(b"\x7f\0", order="little")).name == "service 0x7f"
    fragmented = service(Cursor(b"\x52\2\x91\2ab", order="little"))
    assert (fragmented.name, fragmented.path) == ("read-tag-fragmented", "ab")
    bare = service(Cursor(b"\x52\2\x20\6\x24\1", order="little"))
    assert bare.name == "unconnected-send"


def test_nonsense_is_refused() -> None:
    with pytest.raises(ProtocolError):
        service(Cursor(b"\x10\x99\x20", order="little"))
