"""A face's side: ask an engine of another process, and hear what happens there.

Every call waits for its answer; events that come meanwhile are kept for ``events``. For one thread: a face
with several has a client for each.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from procwire.api.framing import Frames
from procwire.api.messages import (
    MAX_REPLY,
    SOCKET,
    VERSION,
    AskFlow,
    AskRows,
    AskTables,
    Cancel,
    Event,
    Failed,
    Hello,
    Lost,
    MessageError,
    Reply,
    Request,
    Rows,
    Subscribe,
    Subscribed,
    Tables,
    TableTold,
    Welcome,
    Whole,
    pack,
    reply,
)

SECONDS = 10.0  # an answer is waited for so long
_READ = 1 << 16

R = TypeVar("R")


class ApiError(Exception):
    """An engine cannot be asked, or refuses. ``code``: of Failed, or gone, absent, denied, silent.

    ``at``, ``length``, ``hint``: where a filter is wrong, and what would be right.
    """

    def __init__(self, code: str, message: str, *, at: int = -1, length: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.at = at
        self.length = length
        self.hint = hint


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table. ``total``: that match, whatever the limit; ``reasons``: why it is not ``complete``."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    total: int
    complete: bool
    reasons: tuple[str, ...] = ()

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as --json has it: what is not known is absent."""
        return [
            {name: value for name, value in zip(self.columns, row, strict=True) if value is not None}
            for row in self.rows
        ]


class Feeding(msgspec.Struct, frozen=True):
    """A subscription: its number, and the columns of each table that its events come from."""

    id: int
    columns: Mapping[str, tuple[str, ...]]


class Client:
    """A connection. Raises ApiError where there is none to be had; a context manager."""

    def __init__(self, path: str = SOCKET, *, program: str = "", seconds: float = SECONDS) -> None:
        self.path = path
        self.seconds = seconds
        self.lost: dict[int, int] = {}  # events that were not sent, by number of the feed
        self._frames = Frames(MAX_REPLY)
        self._number = 0
        self._waiting: deque[Reply] = deque()  # answers that were read and not asked for yet
        self._events: deque[Event] = deque()
        self._socket = _connect(path, seconds)
        try:
            self._send(Hello(VERSION, program))
            self.welcome = self._await(Welcome, 0)
        except ApiError:
            self._socket.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def fileno(self) -> int:
        """For poll: readable where something has come."""
        return self._socket.fileno()

    def tables(self) -> list[TableTold]:
        """Which tables there are. Raises ApiError."""
        number = self._ask(AskTables(self._next()))
        found: list[TableTold] = []
        while True:
            part = self._await(Tables, number)
            found += part.tables
            if part.last:
                return found

    def rows(
        self,
        table: str,
        columns: Iterable[str] = (),
        filter: str = "",
        order: Iterable[str] = (),
        *,
        limit: int = 1000,
        offset: int = 0,
    ) -> Answered:
        """Rows as they are now. ``order``: names of columns, ``-name`` from the largest. Raises ApiError."""
        number = self._ask(
            AskRows(
                id=self._next(),
                table=table,
                columns=tuple(columns),
                filter=filter,
                order=tuple(order),
                limit=limit,
                offset=offset,
            )
        )
        rows: list[list[Any]] = []
        while True:
            part = self._await(Rows, number)
            rows += part.rows
            if part.last:
                return Answered(
                    columns=part.columns,
                    rows=rows,
                    total=part.total,
                    complete=part.complete,
                    reasons=part.reasons,
                )

    def flow(self, flow_id: str) -> Whole:
        """All that is known of one flow. Raises ApiError (``flow`` where it is not there)."""
        return self._await(Whole, self._ask(AskFlow(self._next(), flow_id)))

    def health(self) -> list[dict[str, Any]]:
        """How capture, sandbox, owners and faces are: rows of the table ``health``. Raises ApiError."""
        return self.rows("health").dicts()

    def subscribe(
        self,
        table: str,
        filter: str = "",
        columns: Iterable[str] = (),
        *,
        kinds: Iterable[str] = (),
        every: float = 0.0,
        snapshot: bool = False,
    ) -> Feeding:
        """From now on ``events`` tells what happens in the table (messages.Subscribe). Raises ApiError."""
        number = self._ask(
            Subscribe(
                id=self._next(),
                table=table,
                filter=filter,
                columns=tuple(columns),
                kinds=tuple(kinds),
                every=every,
                snapshot=snapshot,
            )
        )
        begun = self._await(Subscribed, number)
        return Feeding(number, begun.columns)

    def cancel(self, feed: Feeding) -> None:
        """No more of it. Raises ApiError."""
        self._send(Cancel(feed.id))

    def events(self, timeout: float = 0.0) -> Iterator[Event]:
        """What has happened; waits up to ``timeout`` seconds for the first. Raises ApiError.

        Look at ``lost`` afterwards.
        """
        if not self._events:
            self._read(timeout)
        while self._events:
            yield self._events.popleft()

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _ask(self, asked: Request) -> int:
        self._send(asked)
        return self._number

    def _send(self, asked: Request) -> None:
        try:
            self._socket.sendall(pack(asked))
        except TimeoutError:
            raise ApiError("silent", f"{self.path}: nobody reads there") from None
        except OSError:
            raise ApiError("gone", f"{self.path}: the daemon has ended") from None
        except MessageError as error:
            raise ApiError("request", str(error)) from None

    def _await(self, kind: type[R], number: int) -> R:
        """The next message of this answer. Raises ApiError."""
        end = time.monotonic() + self.seconds
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                if isinstance(message, Failed) and message.id in (0, number):
                    raise ApiError(
                        message.code,
                        message.message,
                        at=message.at,
                        length=message.length,
                        hint=message.hint,
                    )
                if isinstance(message, kind) and getattr(message, "id", 0) == number:
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise ApiError("silent", f"{self.path}: no answer within {self.seconds:g} s")
            self._read(left)

    def _read(self, timeout: float) -> None:
        """Take what has come; wait for something as long as ``timeout``."""
        if not select.select([self._socket], [], [], max(0.0, timeout))[0]:
            return
        try:
            data = self._socket.recv(_READ)
        except OSError:
            data = b""
        if not data:
            raise ApiError("gone", f"{self.path}: the daemon has ended")
        try:
            for body in self._frames.feed(data):
                self._sort(reply(body))
        except MessageError as error:
            raise ApiError("request", f"{self.path}: not understood: {error}") from None

    def _sort(self, message: Reply) -> None:
        if isinstance(message, Event):
            self._events.append(message)
        elif isinstance(message, Lost):
            self.lost[message.id] = self.lost.get(message.id, 0) + message.events
        else:
            self._waiting.append(message)


def _connect(path: str, seconds: float) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(seconds)
    try:
        made.connect(path)
    except OSError as error:
        made.close()
        if isinstance(error, PermissionError):
            raise ApiError("denied", f"{path}: only root and the group procwire may open it") from None
        if isinstance(error, FileNotFoundError | ConnectionRefusedError):
            raise ApiError("absent", f"{path}: no daemon listens there (procwire daemon)") from None
        raise ApiError("absent", f"{path}: {error.strerror or error}") from None
    return made
