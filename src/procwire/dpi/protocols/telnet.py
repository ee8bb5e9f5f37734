"""Telnet: the options that the two ends settle and their values; what is typed is not kept (RFC 854, 855).

Recognised by option commands (IAC WILL, WONT, DO, DONT, SB with a known option) at the stream's start, on any
port. Reading ends behind ``MAX_SEEN`` bytes a side: options are settled early. A password prompt is noticed,
the password never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.wire.lines import shown
from procwire.model.observation import Observation, says

NAME = "telnet"
PORTS = frozenset({("tcp", 23), ("tcp", 2323)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\xff"

MAX_SEEN = 1 << 15  # bytes of one side that are looked at
MAX_SUB = 512  # of one subnegotiation
MAX_TEXT = 64  # of the end of a text in which a prompt is looked for

IAC, SE, SB, WILL, WONT, DO, DONT = 255, 240, 250, 251, 252, 253, 254
_VERBS = {WILL: "will", WONT: "wont", DO: "do", DONT: "dont"}
_OPTIONS = {
    0: "binary", 1: "echo", 3: "suppress-go-ahead", 5: "status", 6: "timing-mark", 24: "terminal-type",
    25: "end-of-record", 31: "window-size", 32: "terminal-speed", 33: "flow-control", 34: "linemode",
    35: "x-display", 36: "environment", 37: "authentication", 38: "encryption", 39: "new-environment",
    40: "tn3270e", 42: "charset", 44: "com-port", 69: "msdp", 70: "mssp", 85: "mccp1", 86: "mccp2",
    90: "msp", 91: "mxp", 200: "atcp", 201: "gmcp",
}  # fmt: skip


class TelnetOption(Observation, kw_only=True):
    """One side asked for an option, answered, or told its value."""

    TABLE = "telnet"
    verb: Annotated[str, says("will, wont, do, dont, or value.")]
    option: Annotated[str, says("Option, by its registered name or number.")]
    value: Annotated[str, says("Its value, where told: terminal type, speed, window size.")] = ""


class TelnetLogin(Observation, kw_only=True):
    """The server asked for a password: what answers it travels in clear."""

    TABLE = "telnet_login"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    prompt: Annotated[str, says("The prompt.")]
    credentials: Annotated[bool, says("Whether the client answered.")]


OBSERVATIONS = (TelnetOption, TelnetLogin)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Two option commands, or one and nothing but text behind it."""
    at = count = 0
    while at < len(data) and count < 2:
        part = data[at : at + 3]
        if part[0] != IAC:
            break
        if len(part) < 3:
            return Claim.MORE if len(part) < 2 or 250 <= part[1] <= 254 else Claim.NO
        if part[1] not in _VERBS and part[1] != SB:
            return Claim.NO
        if part[2] not in _OPTIONS:
            return Claim.NO
        if part[1] == SB:
            return Claim.YES if count else Claim.NO
        count += 1
        at += 3
    if count >= 2:
        return Claim.YES
    if at < len(data):
        return Claim.YES if count and (32 <= data[at] < 127 or data[at] in b"\r\n\0") else Claim.NO
    return Claim.MORE


class _Side:
    __slots__ = ("mode", "seen", "sub", "text", "verb")

    def __init__(self) -> None:
        self.mode = 0  # 0 text, IAC behind one, a verb behind that, SB inside, SE behind an IAC inside
        self.verb = 0
        self.sub = bytearray()
        self.text = bytearray()
        self.seen = 0


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (_Side(), _Side())
        self._prompt: tuple[Direction, str] | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        state = self._sides[side]
        data = data[: max(0, MAX_SEEN - state.seen)]
        state.seen += len(data)
        at = 0
        while at < len(data):
            if state.mode == 0:
                end = data.find(b"\xff", at)
                end = len(data) if end < 0 else end
                yield from self._text(side, data[at:end], now)
                at = end
                state.mode = IAC if end < len(data) else 0
            else:
                yield from self._byte(side, state, data[at], now)
            at += 1

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Text may be missing; a command is not read on."""
        state = self._sides[side]
        state.mode = 0
        state.sub.clear()
        state.text.clear()
        state.seen += size
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return ENOUGH if self._sides[side].seen >= MAX_SEEN else 0

    def _byte(self, side: Direction, state: _Side, byte: int, now: int) -> Iterator[Observation]:
        mode = state.mode
        if mode == IAC:
            if byte in _VERBS or byte == SB:
                state.mode, state.verb = WILL, byte
            else:
                state.mode = 0  # a command of one byte, or a doubled 255
        elif mode == WILL:
            state.mode = 0
            if state.verb == SB:
                state.mode, state.verb = SB, byte
                state.sub.clear()
            else:
                yield TelnetOption(time=now, side=side, verb=_VERBS[state.verb], option=_name(byte))
        elif mode == SB:
            if byte == IAC:
                state.mode = SE
            elif len(state.sub) < MAX_SUB:
                state.sub.append(byte)
        elif byte == SE:
            state.mode = 0
            value = _value(state.verb, bytes(state.sub))
            yield TelnetOption(time=now, side=side, verb="value", option=_name(state.verb), value=value)
        else:
            state.mode = SB

    def _text(self, side: Direction, text: bytes, now: int) -> Iterator[Observation]:
        """Notice that a prompt for a password was answered."""
        if not text:
            return
        if self._prompt is None:
            self._prompt = self._asked(Direction(1 - side))
        if self._prompt is not None and side != self._prompt[0] and (b"\r" in text or b"\n" in text):
            asked, prompt = self._prompt
            self._prompt = None
            yield TelnetLogin(time=now, side=asked, prompt=prompt, credentials=True)
        kept = self._sides[side].text
        kept += text[-MAX_TEXT:]
        del kept[:-MAX_TEXT]

    def _asked(self, side: Direction) -> tuple[Direction, str] | None:
        """The prompt that a side's text ends with, now that the other speaks."""
        kept = self._sides[side].text
        line = bytes(kept).rpartition(b"\n")[2].strip(b"\r \0")
        if not line.lower().endswith((b"password:", b"passwort:", b"passcode:")):
            return None
        kept.clear()
        return side, shown(line)


def _name(option: int) -> str:
    return _OPTIONS.get(option) or str(option)


def _value(option: int, body: bytes) -> str:
    if option == 31 and len(body) == 4:
        return f"{body[0] << 8 | body[1]}x{body[2] << 8 | body[3]}"
    if body[:1] == b"\0" and option in {24, 32, 35}:  # IS (RFC 1091, RFC 1079)
        return shown(body[1:])
    if body[:1] == b"\1" and option in {24, 32, 35}:
        return "send"
    return f"{len(body)} bytes"
