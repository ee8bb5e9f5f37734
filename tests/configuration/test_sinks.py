"""Sinks, as they are written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.alerts.formats.registry import FORMATS as KNOWN
from procwire.configuration.files import read_file
from procwire.configuration.layers import load
from procwire.configuration.reason import ConfigurationError, UnfitError
from procwire.configuration.sinks import MAX_SINKS, SINK_KEYS, shown, sinks_of
from procwire.model.sink import FORMATS, Sink


def sink(**fields: Any) -> Sink:
    (found,) = sinks_of([fields])
    return found


def test_the_formats_are_those_that_there_are() -> None:
    assert tuple(KNOWN) == FORMATS
    assert {key.name for key in SINK_KEYS} - {"timeout"} == set(Sink.__struct_fields__) - {"timeout_ns"}


def test_what_follows_from_the_kind() -> None:
    made = sink(name="siem", kind="syslog", host="10.0.0.1", transport="tls", timeout="3s")
    assert (made.port, made.shape, made.timeout_ns) == (6514, "syslog", 3_000_000_000)
    assert sink(name="m", kind="smtp", host="mail", sender="a@b", recipients=["c@d"]).port == 587
    assert sink(name="n", kind="nats", host="bus").transport == "none"
    assert sink(name="f", kind="file", path="/var/log/a", max_bytes="1MB").max_bytes == 1_000_000


@pytest.mark.parametrize(
    ("table", "said", "place"),
    [
        ({"kind": "stdout"}, "needs a name", ""),
        ({"name": "x"}, "needs a kind", ""),
        ({"name": "X!", "kind": "stdout"}, "is no name", ".name"),
        ({"name": "x", "kind": "webhok"}, "did you mean webhook", ".kind"),
        ({"name": "x", "kind": "webhook"}, "needs one of url, url_file and url_env", ""),
        ({"name": "x", "kind": "webhook", "url": "http://a/", "url_env": "U"}, "needs one of", ""),
        ({"name": "x", "kind": "webhook", "url": "http://a/", "secret": "s"}, "name a file", ".secret"),
        ({"name": "x", "kind": "webhook", "url": "http://a/", "host": "b"}, "has no host", ".host"),
        ({"name": "x", "kind": "syslog"}, "needs a host", ""),
        ({"name": "x", "kind": "syslog", "host": "a", "transport": "sctp"}, "tcp, udp, tls", ".transport"),
        ({"name": "x", "kind": "syslog", "host": "a", "port": 70000}, "out of bounds", ".port"),
        ({"name": "x", "kind": "syslog", "host": "a", "port": True}, "is no integer", ".port"),
        ({"name": "x", "kind": "smtp", "host": "a"}, "needs a sender and recipients", ""),
        ({"name": "x", "kind": "smtp", "host": "a", "sender": "a\nBcc: b"}, "is no text", ".sender"),
        ({"name": "x", "kind": "splunk", "url": "http://a/"}, "needs its token", ""),
        ({"name": "x", "kind": "file", "path": "a"}, "begins with /", ""),
        ({"name": "x", "kind": "elasticsearch", "url": "http://a/", "format": "cef"}, "takes ecs", ".format"),
        ({"name": "x", "kind": "stdout", "formt": "cef"}, "did you mean format", ".formt"),
        ({"name": "x", "kind": "stdout", "timeout": "soon"}, "timeout: ", ".timeout"),
        ("x", "a sink is a table", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(table: Any, said: str, place: str) -> None:
    with pytest.raises(UnfitError, match=said) as error:
        sinks_of([table])
    assert error.value.place == f"alerts.sinks.0{place}"


def test_bounds() -> None:
    one = {"name": "x", "kind": "stdout"}
    with pytest.raises(UnfitError, match="two sinks are called x"):
        sinks_of([one, one])
    with pytest.raises(UnfitError, match=f"{MAX_SINKS} at most"):
        sinks_of([one] * (MAX_SINKS + 1))
    with pytest.raises(UnfitError, match="are tables"):
        sinks_of({"name": "x"})


def test_in_a_file_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[alerts]\nrate = 5\n[[alerts.sinks]]\nname = "a"\nkind = "stdout"\n'
        '[[alerts.sinks]]\nname = "b"\nkind = "syslog"\nhost = "h"\nport = 0\n'
    )
    found, faults = read_file(file)
    assert faults == [f"{file}:10: port is not 0: out of bounds"]
    file.write_text(file.read_text().replace("port = 0", "port = 1"))
    found, faults = read_file(file)
    assert faults == []
    assert [one.name for one in found["alerts.sinks"].value] == ["a", "b"]
    assert found["alerts.sinks"].origin.endswith(":3")


def test_files_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"alerts\.sinks is written in a file"):
        load("", ["alerts.sinks=x"], {"HOME": str(tmp_path)})


def test_no_secret_is_shown() -> None:
    told = shown([{"name": "x", "url": "https://api/rows?key=s3cret"}, "odd"])
    assert told == [{"name": "x", "url": "https://api/rows?***"}, "odd"]
    assert shown("odd") == "odd"
