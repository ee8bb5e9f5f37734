"""HTTP/1 heads, line by line."""

from __future__ import annotations

from tests.dissection.taking import over_tcp, values


def test_a_request_has_its_line_and_fields() -> None:
    layer = over_tcp(b"POST /a?b=c HTTP/1.1\r\nHost: example.com\r\nX: 1\r\n\r\nbody", (1, 80))[-1]
    assert (layer.name, layer.words) == ("http", "POST /a?b=c HTTP/1.1")
    assert [(part.name, part.start - 54, part.end - 54, part.value) for part in layer.fields] == [
        ("request line", 0, 22, "POST /a?b=c HTTP/1.1"), ("method", 0, 4, "POST"),
        ("target", 5, 11, "/a?b=c"), ("version", 12, 20, "HTTP/1.1"), ("Host", 22, 41, "example.com"),
        ("X", 41, 47, "1"),
        ("end of head", 47, 49, ""), ("content", 49, 53, "4 bytes"),
    ]  # fmt: skip


def test_an_answer_has_its_status() -> None:
    found = values(over_tcp(b"HTTP/1.1 404 Not Found\r\nX:\x1b[31m\r\n\r\n", (80, 1))[-1])
    assert (found["status"], found["reason"]) == ("404", "Not Found")
    assert found["X"] == "\\x1b[31m"


def test_a_head_that_does_not_end_here_says_so() -> None:
    layer = over_tcp(b"GET /" + b"a" * 100, (1, 80))[-1]
    assert layer.missing == "the head: it does not end in this packet"
    layer = over_tcp(b"GET / HTTP/1.1\r\nHost: ex", (1, 80))[-1]
    assert (values(layer)["Host"], layer.missing) == ("ex", "the head: it does not end in this packet")
