"""One face, as the engine's side knows it: what it asked, what it is still to be sent, what it has lost."""

from __future__ import annotations

from collections import deque

from procwire.api.answering import Answer
from procwire.api.catalogue import AskedError
from procwire.api.feed import Feed
from procwire.api.framing import Frames
from procwire.api.messages import (
    MAX_REQUEST,
    Event,
    Failed,
    Lost,
    MessageError,
    Reply,
    Subscribe,
    Subscribed,
    pack,
)
from procwire.api.offers import Viewer

MAX_QUEUED = 1 << 20  # bytes that wait for a face to read
WINDOW = 1 << 18  # of them, so many are with who carries them
MAX_ANSWERS = 8  # that one face waits for at a time
MAX_FEEDS = 8  # of one face


class Face:
    """``in_flight``: bytes that were handed on, and are not with the face yet."""

    def __init__(self, number: int, viewer: Viewer, since: float) -> None:
        self.number = number
        self.viewer = viewer
        self.since = since
        self.greeted = False
        self.frames = Frames(MAX_REQUEST)
        self.feeds: dict[int, Feed] = {}
        self.in_flight = 0
        self.queued = 0
        self._out: deque[bytes] = deque()
        self._answers: deque[tuple[int, Answer, bool]] = deque()

    def say(self, message: Reply) -> None:
        """Put a message behind those that wait. Raises MessageError for one that is too long."""
        data = pack(message)
        self._out.append(data)
        self.queued += len(data)

    def tell(self, feed: Feed, message: Event) -> bool:
        """The same with an event of a feed; False, and counted, where the face is too slow for it."""
        if self.queued >= MAX_QUEUED:
            feed.lost += 1
            return False
        if feed.lost:
            self.say(Lost(feed.id, feed.lost))
            feed.lost = 0
        try:
            self.say(message)
        except MessageError:
            feed.lost += 1
            return False
        return True

    def ask(self, number: int, answer: Answer, *, hidden: bool = False) -> None:
        """Begin an answer. ``hidden``: the engine's own, of which there is one at a time for each feed."""
        if hidden:
            if any(known == number and own for known, _, own in self._answers):
                return
        elif sum(not own for _, _, own in self._answers) >= MAX_ANSWERS:
            raise AskedError(Failed(number, "limit", f"{MAX_ANSWERS} answers at a time"))
        self._answers.append((number, answer, hidden))

    def subscribe(self, asked: Subscribe, feed: Feed, now: float) -> None:
        """Begin a feed. Raises AskedError."""
        if len(self.feeds) >= MAX_FEEDS or asked.id in self.feeds:
            raise AskedError(Failed(asked.id, "limit", f"{MAX_FEEDS} feeds at a time, each with its number"))
        self.feeds[asked.id] = feed
        self.say(Subscribed(id=asked.id, columns=feed.columns()))
        feed.begin(now)
        if asked.snapshot:
            self.ask(asked.id, feed.snapshot(), hidden=True)

    def cancel(self, number: int) -> None:
        """No more of that number."""
        self.feeds.pop(number, None)
        self._answers = deque(each for each in self._answers if each[0] != number)

    def step(self) -> bool:
        """One step of the answer whose turn it is; False where none is under way, or the face is too slow."""
        if not self._answers or self.queued >= MAX_QUEUED:
            return False
        number, answer, hidden = self._answers.popleft()
        try:
            message = next(answer)
        except StopIteration:
            return bool(self._answers)
        except AskedError as error:
            self.say(error.failed)
            return bool(self._answers)
        self._answers.append((number, answer, hidden))
        if message is not None:
            self.say(message)
        return True

    def next(self) -> bytes | None:
        """The next bytes to hand on; None where there are none, or too many are on their way."""
        return self._out[0] if self._out and self.in_flight < WINDOW else None

    def sent(self, data: bytes) -> None:
        """They were handed on."""
        self._out.popleft()
        self.queued -= len(data)
        self.in_flight += len(data)
