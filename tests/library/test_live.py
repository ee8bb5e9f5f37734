"""``procwire.watch``: events of live flows with their owners; it ends when its reader leaves."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

import procwire
from procwire.library import live
from procwire.library.live import Event, _Ear
from procwire.model.flow import Flow
from tests.lab import why_not

PORT_OF_NOBODY = 1


def talk(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as one, listener.accept()[0] as other:
        one.sendall(b"GET / HTTP/1.1\r\nHost: here.example\r\n\r\n")
        other.recv(100)
        other.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        one.recv(100)


async def heard(port: int, listener: socket.socket) -> list[Event]:
    """Events of one conversation, to its end."""
    events: list[Event] = []
    stream = procwire.watch("lo", filter=f"dst_port == {port}", seconds=20, source="tap")
    speaking: threading.Thread | None = None
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    speaking = threading.Thread(target=talk, args=(listener,))
    speaking.start()
    events.append(await waiting)
    async for event in stream:
        events.append(event)
        if event.kind == "end":
            break
    await stream.aclose()
    speaking.join()
    return events


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_conversation_is_told_with_its_process() -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        events = asyncio.run(heard(listener.getsockname()[1], listener))
    assert [event.kind for event in events] == ["open", "end"]
    flow = events[-1].flow
    assert flow.app == "http"
    assert flow.process is not None
    assert flow.process.executable
    assert flow["process"] == str(flow.process)
    assert events[-1].lost == 0
    assert threading.active_count() == before


def test_a_slow_reader_loses_events_and_hears_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_WAITING", 2)

    async def overflow() -> _Ear:
        ear = _Ear(asyncio.get_running_loop(), None)
        for number in range(5):
            if number == 4:
                ear.waiting.popleft()
            ear.told("open", Flow())
        return ear

    ear = asyncio.run(overflow())
    assert [event.lost for event in ear.waiting] == [0, 2]
    ear.told("open", Flow())  # its loop is closed by now
    assert ear.lost == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filter": "byts > 1"}, "did you mean"),
        ({"no_such_option": 1}, "no_such_option"),
        ({"capture_filter": "tcp portt"}, "tcp portt|filter"),
    ],
)
def test_mistakes_are_told_at_once(options: dict[str, object], words: str) -> None:
    async def begin() -> None:
        async for _ in procwire.watch("lo", seconds=1, **options):  # type: ignore[arg-type]
            break

    with pytest.raises(procwire.LibraryError, match=words):
        asyncio.run(begin())
