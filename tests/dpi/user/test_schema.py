from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.user.schema import SchemaError, described
from tests.dpi.user.example import values


def test_what_is_said_is_kept() -> None:
    field = {"name": "size", "at": 4, "size": 2, "type": "uint", "endian": "little", "side": "server"}
    made = described(values(ports=["tcp/99"], fields=[field, {"name": "who", "regex": "u=([a-z]+)"}]))
    assert (made.name, made.transports, made.ports) == ("box", ("tcp",), (("tcp", 99),))
    assert (made.matches[0].fixed, made.matches[0].side, made.matches[0].at) == (b"BOX1", "any", 0)
    size, who = made.fields
    assert (size.at, size.size, size.little, size.side, size.type) == (4, 2, True, "server", "uint")
    assert who.regex is not None
    assert who.doc.endswith(".")


WRONG: list[tuple[Any, tuple[Any, ...], str]] = [
    (None, (), "must be a mapping"),
    ({"name": "x"}, (), "'description' is missing"),
    (values(colour="red"), ("colour",), "not known"),
    (values(name="Box"), ("name",), "is no name"),
    (values(name="class"), ("name",), "is no name"),
    (values(description=3), ("description",), "must be text"),
    (values(description="a\nb"), ("description",), "one line"),
    (values(transports=["sctp"]), ("transports", 0), "none of tcp, udp"),
    (values(transports=["tcp", "tcp"]), ("transports",), "twice"),
    (values(transports="tcp"), ("transports",), "must be a list"),
    (values(ports=[7000]), ("ports", 0), "not a port"),
    (values(ports=["tcp/70000"]), ("ports", 0), "not a port"),
    (values(ports=["udp/7"]), ("ports", 0), "not among"),
    (values(match=[]), ("match",), "must be a list of 1"),
    (values(match=[{"at": 0}]), ("match", 0), "needs one of"),
    (values(match=[{"text": "ab", "hex": "00ff"}]), ("match", 0), "needs one of"),
    (values(match=[{"hex": "abc"}]), ("match", 0, "hex"), "hexadecimal"),
    (values(match=[{"hex": "ab"}]), ("match", 0, "hex"), "at least 2 bytes"),
    (values(match=[{"hex": 1234}]), ("match", 0, "hex"), "quote"),
    (values(match=[{"regex": "[a-z]+"}]), ("match", 0, "regex"), "at least 2 bytes"),
    (values(match=[{"regex": "(a"}]), ("match", 0, "regex"), "not a regular expression"),
    (values(match=[{"text": "ab", "at": 255}]), ("match", 0, "text"), "goes beyond"),
    (values(match=[{"text": "ab", "at": True}]), ("match", 0, "at"), "whole number"),
    (values(match=[{"text": "ab", "side": "left"}]), ("match", 0, "side"), "none of client"),
    (values(fields=[{"name": "time", "regex": "a"}]), ("fields", 0, "name"), "is no name"),
    (values(fields=[{"name": "pid", "regex": "a"}]), ("fields", 0, "name"), "'pid' is a column of every"),
    (values(fields=[{"name": "a", "at": 1}]), ("fields", 0), "needs regex, or at and size"),
    (values(fields=[{"name": "a", "at": 1, "size": 9, "type": "uint"}]), ("fields", 0, "size"), "1 to 8"),
    (values(fields=[{"name": "a", "at": 1000, "size": 25}]), ("fields", 0, "size"), "1 to 24"),
    (values(fields=[{"name": "a", "at": 1, "regex": "a"}]), ("fields", 0, "at"), "exclude"),
    (values(fields=[{"name": "a", "regex": "a", "type": "uint"}]), ("fields", 0, "type"), "text or hex"),
    (values(fields=[{"name": "a", "regex": "(b)(c)"}]), ("fields", 0, "regex"), "must be named"),
    (values(fields=[{"name": "a", "regex": "a"}] * 2), ("fields", 1, "name"), "taken"),
    (values(messages="some"), ("messages",), "none of first, every"),
]


@pytest.mark.parametrize(
    ("given", "path", "words"), WRONG, ids=[str(row[2]) + str(n) for n, row in enumerate(WRONG)]
)
def test_what_is_wrong_is_named_with_its_place(given: Any, path: tuple[Any, ...], words: str) -> None:
    with pytest.raises(SchemaError, match=words) as caught:
        described(given)
    assert caught.value.path == path
