from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from procwire.processes import container_api
from procwire.processes.container_api import ContainerApi
from procwire.processes.container_facts import ContainerError
from tests.lab import wait_for
from tests.processes import runtime
from tests.processes.runtime import DOCKER, STARTED, Answer, body, listing, stream

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LIST, EVENTS = "/containers/json", "/events"


def test_the_containers_of_a_runtime(tmp_path: Path) -> None:
    with runtime.runtime(tmp_path / "s", {LIST: listing(DOCKER)}) as asked:
        (found,) = ContainerApi(str(tmp_path / "s")).containers()
    assert (found.name, asked) == ("shop-web-1", [LIST])


def test_events_until_the_stream_ends(tmp_path: Path) -> None:
    events = [
        STARTED,
        STARTED | {"Action": "exec_start: sh"},
        STARTED | {"Type": "image"},
        STARTED | {"Action": "rename"},
    ]
    with runtime.runtime(tmp_path / "s", {EVENTS: stream(*events)}):
        assert [found.name for found in ContainerApi(str(tmp_path / "s")).events()] == ["cache", "cache"]


def test_closing_ends_a_silent_stream(tmp_path: Path) -> None:
    over = threading.Event()
    seen: list[str] = []
    with runtime.runtime(tmp_path / "s", {EVENTS: stream(STARTED, until=over)}):
        api = ContainerApi(str(tmp_path / "s"), seconds=1)

        def read() -> None:
            try:
                seen.extend(found.name for found in api.events())
            except (ContainerError, OSError):
                seen.append("ended")

        thread = threading.Thread(target=read)
        thread.start()
        wait_for(lambda: api._stream, what="the stream")
        time.sleep(0.05)
        api.close()
        thread.join(60)
        assert not thread.is_alive()
        over.set()
    assert seen[-1:] in (["cache"], ["ended"])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (body(b"{}", status="500 Internal Server Error"), "HTTP status 500"),
        (body(b"{}", status="403 Forbidden"), "HTTP status 403"),
        (body(b'{"message": "x"}'), "no list"),
        (body(b"[{]"), "no JSON"),
        (body(b"\xff\xfe"), "no JSON"),
        (body(b"[" * 100_000), "no JSON"),
        (lambda talk: talk.sendall(b"SSH-2.0-OpenSSH\r\n"), "no HTTP"),
        (lambda talk: talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[{"), "no HTTP|no JSON"),
        (lambda talk: talk.sendall(CHUNKED + b"zz\r\n"), "no HTTP"),
        (lambda talk: None, "no HTTP|reset"),
    ],
)  # fmt: skip
def test_errors_and_malformed_answers(tmp_path: Path, answer: Answer, words: str) -> None:
    with (
        runtime.runtime(tmp_path / "s", {LIST: answer}),
        pytest.raises((ContainerError, OSError), match=words),
    ):
        ContainerApi(str(tmp_path / "s"), seconds=1).containers()


@pytest.mark.parametrize("answer", [runtime.dripping(), runtime.silent(), runtime.endless()])
def test_slow_and_huge_answers_end(tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_api, "MAX_ANSWER", 1 << 20)
    with runtime.runtime(tmp_path / "s", {LIST: answer}):
        before = time.monotonic()
        with pytest.raises((ContainerError, OSError)):
            ContainerApi(str(tmp_path / "s"), seconds=0.2).containers()
        assert time.monotonic() - before < 4


def test_an_event_without_an_end(tmp_path: Path) -> None:
    long = {"Type": "container", "x": "y" * container_api.MAX_LINE}
    with (
        runtime.runtime(tmp_path / "s", {EVENTS: stream(long)}),
        pytest.raises(ContainerError, match="without an end"),
    ):
        list(ContainerApi(str(tmp_path / "s")).events())


def test_no_runtime_behind_the_socket(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        ContainerApi(str(tmp_path / "none")).containers()


def test_the_filter_of_events_is_docker_s() -> None:
    from urllib.parse import unquote

    assert json.loads(unquote(container_api.EVENTS.partition("=")[2])) == {"type": ["container"]}
