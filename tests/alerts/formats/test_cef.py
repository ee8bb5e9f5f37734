"""CEF, read back by a decoder of its own."""

from __future__ import annotations

import re

from hypothesis import given, settings

from procwire.alerts.formats import cef
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, BARE, FULL, full

# Keys of the implementation standard's dictionary (revision 26, chapter 2) that are used, and their types.
DICTIONARY = {
    "rt": int, "externalId": str, "dvchost": str, "cnt": int, "start": int, "end": int,
    "src": str, "dst": str,
    "spt": int, "dpt": int, "dhost": str, "proto": str, "app": str, "deviceDirection": int, "in": int,
    "out": int, "spid": int, "sproc": str, "suser": str, "filePath": str, "msg": str, "c6a2": str,
    "c6a2Label": str, "c6a3": str, "c6a3Label": str, "cfp1": float, "cfp1Label": str,
    **{f"cs{n}": str for n in range(1, 7)}, **{f"cs{n}Label": str for n in range(1, 7)},
}  # fmt: skip


def decode(line: str) -> tuple[list[str], dict[str, str]]:
    """Header fields, and the extension."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line, maxsplit=7)
    head = [parts[n] + parts[n + 1] for n in range(0, 14, 2)]
    extension, found = parts[14], {}
    keys = list(re.finditer(r"(?:^| )([A-Za-z0-9]+)=", extension))
    keys = [key for key in keys if extension[key.end() - 2] != "\\"]
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        value = extension[key.end() : following.start() if following else len(extension)]
        found[key[1]] = _plain(value)
    return [_plain(one) for one in head], found


def _plain(text: str) -> str:
    words = {"n": "\n", "r": "\r"}
    return re.sub(r"\\(.)", lambda one: words.get(one[1], one[1]), text, flags=re.DOTALL)


@settings(max_examples=80)
@given(ALERTS)
def test_reads_back(alert: Alert) -> None:
    line = cef.encode(alert).decode()
    assert "\n" not in line
    assert "\r" not in line
    head, extension = decode(line)
    flat = sound(alert.finding.detector).replace("\n", " ").replace("\r", " ")
    assert (head[0], head[4]) == ("CEF:0", flat)
    assert len(head) == 7
    for key, text in (("msg", alert.finding.detail), ("sproc", alert.finding.process)):
        assert extension.get(key, "") == sound(text)
    for key, value in extension.items():
        DICTIONARY[key](value)


def test_what_it_says() -> None:
    head, extension = decode(cef.encode(FULL).decode())
    assert head == ["CEF:0", "procwire", "procwire", "0.1.0", "scan", "Port scan", "8"]
    assert extension["src"] == "10.0.0.9"
    assert extension["msg"] == FULL.finding.detail
    assert (extension["cs1Label"], extension["cs1"]) == ("attack", "T1046,T1071.004")
    assert decode(cef.encode(BARE).decode())[0][6] == "5"


def test_ipv6_has_keys_of_its_own() -> None:
    extension = decode(cef.encode(full(source="2001:db8::1", target="2001:db8::2")).decode())[1]
    assert (extension["c6a2"], extension["c6a3"]) == ("2001:db8::1", "2001:db8::2")
    assert "src" not in extension
