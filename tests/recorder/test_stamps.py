"""What stands beside a packet can be read back, and names beside addresses."""

from __future__ import annotations

from procwire.capture import blocks
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder.stamps import ENTERPRISE, names, remark, stamp, stamped

ODD = Owner(process=ProcessRef(pid=7, start=1, name="a b=c%\n", container="web"), confidence=EXACT)


def test_an_option_with_every_word() -> None:
    ((code, value),) = blocks.options(stamp("ab12", out=True, owner=ODD), 0, "little")
    assert code == 2988
    assert int.from_bytes(value[:4], "little") == ENTERPRISE
    told = {"flow": "ab12", "dir": "out", "pid": "7", "process": "a b=c%\n", "container": "web"}
    assert stamped(value[4:].decode()) == told
    assert stamped("other/1 x=y") == {}
    assert b"dir=in" in stamp("x", out=False, owner=None)


def test_names_and_remarks() -> None:
    block = names({"10.0.0.1": ["a.example", "b"], "::1": ["c"], "10.0.0.2": []})
    assert list(blocks.names(block[8:-4], "little")) == [
        ("10.0.0.1", "a.example"),
        ("10.0.0.1", "b"),
        ("::1", "c"),
    ]
    assert names({}) == b""
    assert list(blocks.options(remark("hello"), 0, "little")) == [(1, b"hello")]
