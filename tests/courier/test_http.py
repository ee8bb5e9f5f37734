"""POSTs to a server that fails, stalls and resets."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from procwire.courier import http
from procwire.courier.contract import CourierError
from procwire.courier.hosts import Hosts, tls_context
from procwire.courier.http import Post, place_of
from procwire.model.values import SECOND
from tests.courier.servers import HOST, HttpSink, server_context


def test_one_connection_for_many() -> None:
    with HttpSink((200, b"ok", {})) as sink:
        post = sink.post()
        answers = [post.send(b"body", {"X": "y"}) for _ in range(3)]
        post.abort()
    assert [(answer.status, answer.excerpt) for answer in answers] == [(200, "ok")] * 3
    assert sink.connections == 1
    assert sink.seen[0][1]["X"] == "y"


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_connection_that_dies_is_made_anew(how: str) -> None:
    with HttpSink(200, how, 200) as sink:
        post = sink.post()
        assert post.send(b"1", {}).status == 200
        assert post.send(b"2", {}).status == 200
        sink.answers = [how]
        with pytest.raises(OSError):
            post.send(b"3", {})
        post.abort()
    assert [body for _, _, body in sink.seen][:3] == [b"1", b"2", b"2"]


def test_a_server_that_stalls_is_given_up_or_broken_off() -> None:
    with HttpSink("stall") as sink:
        with pytest.raises(OSError, match="timed out"):
            sink.post(timeout=0.1).send(b"", {})
        post = sink.post(timeout=20.0)
        began = time.monotonic()
        breaker = threading.Timer(0.1, post.abort)
        breaker.start()
        with pytest.raises(OSError):
            post.send(b"", {})
        breaker.join()
        assert time.monotonic() - began < 15


def test_answers_are_bounded_and_pauses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 10)
    with HttpSink((503, b"x" * 100, {"Retry-After": "99999"}), (429, b"", {"Retry-After": "7"}), 200) as sink:
        post = sink.post()
        first, second = post.send(b"", {}), post.send(b"", {})
        post.abort()
    assert (len(first.body), first.wait_ns) == (10, 300 * SECOND)
    assert second.wait_ns == 7 * SECOND


def test_certificates_are_checked(pair: tuple[Path, Path]) -> None:
    with HttpSink(200, tls=server_context(*pair)) as sink:
        place = place_of(f"https://{HOST}:{sink.port}/", "x")
        hosts = Hosts([(HOST, sink.port)])
        good = Post(place, hosts, tls_context(str(pair[0])), 5.0)
        assert good.send(b"", {}).status == 200
        good.abort()
        with pytest.raises(OSError, match="certificate verify failed"):
            Post(place, hosts, tls_context(""), 5.0).send(b"", {})


@pytest.mark.parametrize(
    "url", ["ftp://a/", "http://", "https://user:pw@a/", "http://a:b/", "x", "http://a/\n"]
)
def test_urls_that_cannot_be(url: str) -> None:
    with pytest.raises(CourierError) as error:
        place_of(url, "hook")
    assert "pw" not in str(error.value)
    assert place_of("https://a/b?c=d", "hook").path == "/b?c=d"
