"""Guessed passwords: many logins that were refused, and whether one was let in then.

Each protocol says in its own words that a login was refused: ``refusal`` knows them. Where a protocol is
encrypted (SSH) the record itself is a guess from sizes, and so is what follows from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from procwire.detect.contract import SECOND, Detector, Kept, subject
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.observed import ObservationRow

MAX_TRIES = 1024
REFUSED_CODES = {"ftp": {530}, "smtp": {535, 534}}
WEB = frozenset({"http", "http2", "http3"})
REFUSED_WORDS = (
    "wrongpass",
    "invalid-credentials",
    "noauth",
    "logon-failure",
    "preauth-failed",
    "access-reject",
)


class _Pair:
    def __init__(self) -> None:
        self.refused: deque[tuple[int, str]] = deque(maxlen=MAX_TRIES)
        self.told: int | None = None


class Logins(Detector):
    """See the module."""

    NAME = "guessed-logins"
    TITLE = "Refused logins in numbers"
    SEVERITY = "medium"
    ATTACK = ("T1110",)
    CONTROLS = (
        "A program with an old password is refused too, but seldom so often; HTTP's 401 counts only where "
        "credentials were sent, for a browser is asked once for each page."
    )
    SETTINGS: ClassVar = {
        "window": (300, "Seconds that are looked at together."),
        "refused": (10, "Refused logins within the window."),
        "quiet": (900, "Seconds until the same is told of again."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._pairs: Kept[_Pair] = Kept()
        self._sent: Kept[list[bool]] = Kept()  # by flow: whether its last request had credentials

    def observed(self, row: ObservationRow, now: int) -> Iterator[Finding]:
        """See Detector."""
        seen, flow = row.seen, row.flow
        times, let_in = self._web(row) if seen.TABLE in WEB else (refusals(seen), admits(seen))
        if not times and not let_in:
            return
        key = (subject(row), flow.dst, flow.dport, seen.TABLE)
        pair = self._pairs.get(key) if let_in else self._pairs.of(key, _Pair)
        if pair is None:
            return
        oldest = now - round(self.settings["window"] * SECOND)
        while pair.refused and pair.refused[0][0] < oldest:
            pair.refused.popleft()
        pair.refused.extend([(now, flow.flow_id)] * times)
        yield from self._judge(pair, row, now, let_in=let_in)

    def _web(self, row: ObservationRow) -> tuple[int, bool]:
        """HTTP says it in two records: the request has credentials, the answer is 401, or not."""
        seen: Any = row.seen
        if getattr(seen, "message", "") == "request":
            if seen.credentials:
                self._sent.of(row.flow.number, list)[:] = [True]
            else:
                self._sent.drop(row.flow.number)
            return 0, False
        status = getattr(seen, "status", None)
        sent = bool(self._sent.get(row.flow.number))
        return int(sent and status == 401), sent and isinstance(status, int) and status < 400

    def _judge(self, pair: _Pair, row: ObservationRow, now: int, *, let_in: bool) -> Iterable[Finding]:
        count = len(pair.refused)
        quiet = pair.told is not None and now - pair.told < self.settings["quiet"] * SECOND
        if count < self.settings["refused"] or (quiet and not let_in):
            return
        pair.told = now
        first = pair.refused[0][0]
        flows = [name for _, name in pair.refused][-MAX_EVIDENCE:]
        if let_in:
            pair.refused.clear()
        guessed = bool(getattr(row.seen, "guessed", False))
        yield self.found(
            f"{count} logins by {row.seen.TABLE} were refused in {(now - first) / SECOND:.0f} s"
            + (", then one was accepted" if let_in else ""),
            now=now, row=row, source=row.flow.src, target=row.flow.dst, port=row.flow.dport,
            severity="high" if let_in else self.SEVERITY, count=count, first=first, last=now, flows=flows,
            reasons=("logins are guessed from sizes: the protocol is encrypted",) if guessed else (),
        )  # fmt: skip


def refusals(seen: Any) -> int:
    """How many logins an observation says were refused."""
    table = seen.TABLE
    if table == "ssh_login":
        return _of_ssh(seen)
    if table in {"imap", "pop3"}:
        return int(bool(getattr(seen, "credentials", False)) and seen.status in {"NO", "-ERR"})
    if table in REFUSED_CODES:
        return int(getattr(seen, "code", None) in REFUSED_CODES[table])
    if getattr(seen, "accepted", None) is False and table in {"mysql", "postgresql", "tds", "mqtt"}:
        return 1
    if table == "vnc":
        return int(seen.result == "failed")
    return int(
        _words(seen).startswith(REFUSED_WORDS) and table in {"redis", "ldap", "radius", "kerberos", "smb"}
    )


def admits(seen: Any) -> bool:
    """Whether an observation says that a login was accepted."""
    table = seen.TABLE
    if table == "ssh_login":
        return getattr(seen, "result", "") == "accepted"
    if table in {"imap", "pop3"}:
        return bool(getattr(seen, "credentials", False)) and seen.status in {"OK", "+OK"}
    if table in {"ftp", "smtp"}:
        return getattr(seen, "code", None) in {230, 235}
    if table == "vnc":
        return bool(seen.result == "ok")
    return getattr(seen, "accepted", None) is True and table in {"mysql", "postgresql", "tds"}


def _of_ssh(seen: Any) -> int:
    if getattr(seen, "result", "") != "refused":
        return 0
    return max(1, getattr(seen, "attempts", None) or 1)


def _words(seen: Any) -> str:
    """What an answer says of its outcome, in one spelling."""
    for name in ("error", "result", "message", "status"):
        value = getattr(seen, name, "")
        if isinstance(value, str) and value.lower().replace("_", "-").startswith(REFUSED_WORDS):
            return value.lower().replace("_", "-")
    return ""
