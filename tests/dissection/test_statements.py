"""Protocols of lines."""

from __future__ import annotations

from tests.dissection.taking import over_tcp, over_udp


def test_each_line_is_a_part() -> None:
    layer = over_tcp(b"220 mail ready\r\n250 ok", (25, 1))[-1]
    assert (layer.name, layer.words) == ("smtp", "220 mail ready")
    assert [(part.start - 54, part.end - 54, part.value) for part in layer.fields] == [
        (0, 16, "220 mail ready"), (16, 22, "250 ok"),
    ]  # fmt: skip


def test_what_is_no_text_is_none() -> None:
    assert over_tcp(b"\xff\xfb\1", (25, 1))[-1].name == "payload"
    assert over_udp(b"NOTIFY * HTTP/1.1\r\n", (1900, 1900))[-1].name == "ssdp"
