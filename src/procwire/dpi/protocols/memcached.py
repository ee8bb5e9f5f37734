"""memcached: every command with its outcome and latency, in text and in binary, over TCP and UDP.

Recognised by a whole command line of the text protocol, or by a binary header that makes sense (memcached's
``doc/protocol.txt``; the binary protocol's specification), on any port; commands of one common word only on
its own port. Over UDP both stand behind a frame header of 8 bytes. Keys are shown, values are passed over.
A password is a risk of the flow where it comes within the first 64 requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.cutter import Cutter, empty_lines
from procwire.dpi.wire.pending import Pending, Queue
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "memcached"
REQUESTS = True
PORTS = frozenset({("tcp", 11211), ("udp", 11211)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = None

MAX_LINE = 2048  # bytes of a line that is read; the server's own bound
MAX_VALUE = 1 << 30  # bytes of a value; the server's largest item is 1 GiB
HEADER_BYTES, FRAME_BYTES = 24, 8  # of a binary message, of a UDP frame

_KEY = rb"[\x21-\x7e]{1,250}"
_LINE = lazy(
    rb"(?:gets?(?: KEY){1,100}|gats? \d+(?: KEY){1,100}|(?:set|add|replace|append|prepend) KEY \d+ -?\d+ \d+"
    rb"(?: noreply)?|cas KEY \d+ -?\d+ \d+ \d+(?: noreply)?|delete KEY(?: 0)?(?: noreply)?"
    rb"|(?:incr|decr|touch) KEY \d+(?: noreply)?|m[gda] KEY(?: [\x21-\x7e]{1,32}){0,20}"
    rb"|ms KEY \d+(?: [\x21-\x7e]{1,32}){0,20})\r?\n".replace(b"KEY", _KEY)
)
_PLAIN = lazy(rb"(?:stats(?: [a-z ]{1,40})?|version|flush_all(?: [\w ]{1,20})?|verbosity \d|mn|quit)\r?\n")
_VERBS = (b"get ", b"gets ", b"gat ", b"gats ", b"set ", b"add ", b"replace ", b"append ", b"prepend ",
          b"cas ",
          b"delete ", b"incr ", b"decr ", b"touch ", b"mg ", b"ms ", b"md ", b"ma ", b"stats", b"version",
          b"flush_all", b"verbosity ", b"mn\r\n", b"quit")  # fmt: skip
_STARTS = frozenset({0x80, *(verb[0] for verb in _VERBS)})
_STORES = {b"set": 4, b"add": 4, b"replace": 4, b"append": 4, b"prepend": 4, b"cas": 4, b"ms": 2}
_ERRORS = (b"ERROR", b"CLIENT_ERROR", b"SERVER_ERROR")
_PARTS = (b"STAT", b"VALUE", b"ITEM")  # lines of an answer that others follow
_ANSWERS = frozenset({b"END", b"STORED", b"NOT_STORED", b"EXISTS", b"NOT_FOUND", b"DELETED", b"TOUCHED",
                      b"OK",
                      b"RESET", b"VERSION", b"HD", b"EN", b"NF", b"NS", b"EX", b"VA", b"MN", b"ME", b"BUSY",
                      b"BADCLASS", b"NOSPARE", b"NOTFULL", *_ERRORS})  # fmt: skip
_OPCODES = ("get", "set", "add", "replace", "delete", "increment", "decrement", "quit", "flush", "getq",
            "noop",
            "version", "getk", "getkq", "append", "prepend", "stat", "setq", "addq", "replaceq", "deleteq",
            "incrementq", "decrementq", "quitq", "flushq", "appendq", "prependq", "verbosity", "touch", "gat",
            "gatq", "?", "sasl-list", "sasl-auth", "sasl-step", "gatk", "gatkq")  # fmt: skip
# name without "q": (lengths of the extras, whether there is a key, whether a value follows)
_EXTRAS: dict[str, tuple[set[int], bool, bool]] = {
    **dict.fromkeys(("get", "getk", "delete"), ({0}, True, False)),
    **dict.fromkeys(("set", "add", "replace"), ({8}, True, True)),
    **dict.fromkeys(("increment", "decrement"), ({20}, True, False)),
    **dict.fromkeys(("touch", "gat", "gatk"), ({4}, True, False)),
    **dict.fromkeys(("append", "prepend", "sasl-auth", "sasl-step"), ({0}, True, True)),
    **dict.fromkeys(("noop", "version", "stat", "quit", "sasl-list"), ({0}, False, False)),
    "flush": ({0, 4}, False, False),
}
_STATUS = {0: "ok", 1: "not-found", 2: "exists", 3: "too-large", 4: "invalid", 5: "not-stored",
           6: "non-numeric", 0x20: "auth-failed", 0x21: "auth-continues", 0x81: "unknown-command",
           0x82: "out-of-memory"}  # fmt: skip


class MemcachedCommand(Observation, kw_only=True):
    """A client sent a command."""

    TABLE = "memcached"
    message: Annotated[str, says("command or reply.")] = "command"
    format: Annotated[str, says("text or binary.")]
    command: Annotated[str, says("Command: get, set, incr, stats, ...")]
    key: Annotated[str, says("The key, or the first of several.")] = ""
    keys: Annotated[int, says("Number of keys.")] = 0
    value_bytes: Annotated[int | None, says("Length of the value sent.", kind=Kind.SIZE)] = None
    credentials: Annotated[bool, says("Whether a password was sent (SASL); it is not kept.")] = False


class MemcachedLogin(MemcachedCommand, kw_only=True):
    """A command with a password, among the first of its session."""

    RISKS: ClassVar = {"credentials": "cleartext-credentials"}


class MemcachedReply(Observation, kw_only=True):
    """A server answered a command."""

    TABLE = "memcached"
    message: Annotated[str, says("command or reply.")] = "reply"
    format: Annotated[str, says("text or binary.")]
    command: Annotated[str, says("The command this answers, where seen.")] = ""
    key: Annotated[str, says("Its key.")] = ""
    result: Annotated[str, says("Outcome, as the server says: STORED, END, NOT_FOUND, ok, ...")]
    hits: Annotated[int | None, says("Values in the answer.")] = None
    error: Annotated[str, says("The error's text.")] = ""
    latency: Annotated[int | None, says("From the command to the end of the answer.", kind=Kind.DURATION)] = (
        None
    )


OBSERVATIONS = (MemcachedCommand, MemcachedLogin, MemcachedReply)

SHAPES = {
    "tcp": Shape(starts=({0: b"\x80", 5: b"\0", 6: b"\0", 7: b"\0"}, *beginnings(*_VERBS))),
    "udp": Shape(starts=({2: b"\0", 3: b"\0", 6: b"\0", 7: b"\0"},), least=FRAME_BYTES + 1),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole command line or a binary request; over UDP behind the frame header."""
    hinted = 11211 in {context.src_port, context.dst_port}
    if context.transport == "tcp":
        return _claims(data, hinted)
    framed = (
        len(data) > FRAME_BYTES and data[2:4] == b"\0\0" and data[4:6] != b"\0\0" and data[6:8] == b"\0\0"
    )
    return Claim.YES if framed and _claims(data[FRAME_BYTES:], hinted) is Claim.YES else Claim.NO


def _claims(data: bytes, hinted: bool) -> Claim:
    if not data:
        return Claim.MORE
    if data[0] not in _STARTS:
        return Claim.NO
    if data[0] == 0x80:
        return _claims_binary(data)
    if not any(data.startswith(verb) or verb.startswith(data) for verb in _VERBS):
        return Claim.NO
    if _LINE.match(data) or (hinted and _PLAIN.match(data)):
        return Claim.YES
    return Claim.NO if b"\n" in data or len(data) > MAX_LINE else Claim.MORE


def _claims_binary(data: bytes) -> Claim:
    if len(data) < HEADER_BYTES:
        return Claim.MORE if data[5:6] in {b"", b"\0"} and data[6:8] in {b"", b"\0", b"\0\0"} else Claim.NO
    key, extras, total = int.from_bytes(data[2:4], "big"), data[4], int.from_bytes(data[8:12], "big")
    wanted = _EXTRAS.get(_OPCODES[data[1]].rstrip("q")) if data[1] < len(_OPCODES) else None
    if wanted is None or data[5] or data[6:8] != b"\0\0":
        return Claim.NO
    exact = extras in wanted[0] and (0 < key <= 250) == wanted[1]
    longer = key + extras <= total <= MAX_VALUE if wanted[2] else total == key + extras
    return Claim.YES if exact and longer else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = MAX_LINE

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._ordered = self.paired(Queue())
        self._numbered = self.paired(Pending())
        self._hits = 0

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: a line with its value, or a binary message; a datagram is one."""
        if not self.stream:
            return len(data)
        if data[at] == 0x0D:
            return empty_lines(data, at)
        if data[at] in {0x80, 0x81}:
            if len(data) - at < HEADER_BYTES:
                return 0
            return HEADER_BYTES + _sane(int.from_bytes(data[at + 8 : at + 12], "big"))
        end = data.find(b"\n", at, at + MAX_LINE)
        if end < 0:
            if len(data) - at >= MAX_LINE:
                raise ProtocolError("a line without end")
            return 0
        return end + 1 - at + _value(data[at:end].split(), side == self.client or self.client < 0)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        number = None
        if not self.stream:
            if len(data) <= FRAME_BYTES or data[2:4] != b"\0\0":
                return None  # the rest of a long answer
            number, data = int.from_bytes(data[:2], "big"), data[FRAME_BYTES:]
        if self.client < 0:
            self.client = side
        if data[0] in {0x80, 0x81}:
            return self._binary(side, data, size, now)
        line = data.split(b"\n", 1)[0].rstrip(b"\r")
        words = line.split()
        if not words:
            return None
        if side == self.client:
            return self._ask(side, words, number, now)
        if words[0] not in _ANSWERS and words[0] not in _PARTS and not words[0].isdigit():
            raise ProtocolError("no answer of memcached")
        return self._answer(side, words, data, number, now)

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter: a command or an answer begins here."""
        if side == self.client:
            return _claims(data, hinted=True) is Claim.YES
        return data[:1] == b"\x81" or data.split(b" ", 1)[0].rstrip() in _ANSWERS

    def forget(self) -> None:
        """See Cutter."""
        self._ordered.clear()
        self._numbered.clear()
        self._hits = 0

    def _ask(
        self, side: Direction, words: list[bytes], number: int | None, now: int
    ) -> Iterable[Observation]:
        verb = words[0].lower()
        if not verb.isalpha() and verb != b"flush_all":
            raise ProtocolError("no command of memcached")
        first = 2 if verb in {b"gat", b"gats"} else 1
        keys = words[first:] if verb.startswith((b"get", b"gat")) else words[1:2]
        if verb in {b"stats", b"flush_all", b"verbosity"} or not any(one.strip() == verb for one in _VERBS):
            keys = []
        name, key = plain(verb, 32), plain(keys[0]) if keys else ""
        quiet = words[-1] == b"noreply" or verb == b"quit" or (verb[:1] == b"m" and b"q" in words[1:])
        if number is not None:
            self._numbered.renew(number, now, (name, key), side=side, said=f"{name} {key}".strip())
        elif not quiet:
            self._ordered.ask(now, (name, key), side=side, said=f"{name} {key}".strip())
        self.early()
        size = _value(words, True) - 2
        return (
            MemcachedCommand(
                time=now,
                side=side,
                format="text",
                command=name,
                key=key,
                keys=len(keys),
                value_bytes=size if size >= 0 else None,
            ),
        )

    def _answer(
        self, side: Direction, words: list[bytes], data: bytes, number: int | None, now: int
    ) -> Iterable[Observation] | None:
        self._hits += words[0] in {b"VALUE", b"VA"}
        if words[0] in _PARTS and number is None:
            return None
        hits, self._hits = self._hits, 0
        if number is not None:
            hits = data.count(b"VALUE ")
        latency, asked = self._ordered.answer(now) if number is None else self._numbered.answer(number, now)
        name, key = asked or ("", "")
        return (
            MemcachedReply(
                time=now,
                side=side,
                format="text",
                command=name,
                key=key,
                result=plain(words[0], 32),
                hits=hits if name[:2] in {"ge", "ga", "mg"} else None,
                error=plain(b" ".join(words[1:])) if words[0] in _ERRORS else "",
                latency=latency,
            ),
        )

    def _binary(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation]:
        if len(data) < HEADER_BYTES or data[1] >= len(_OPCODES):
            raise ProtocolError("no binary message")
        name, extras = _OPCODES[data[1]], HEADER_BYTES + data[4]
        length = int.from_bytes(data[2:4], "big")
        key = "" if name.startswith("sasl") else plain(data[extras : extras + length])
        opaque = (data[1], data[12:16])
        if data[0] == 0x80:
            said = "" if name.endswith("q") else f"{name} {key}".strip()  # the quiet ones answer errors alone
            self._numbered.renew(opaque, now, (name, key), side=side, said=said)
            rest = size - extras - length if self.stream else 0
            sets = name.rstrip("q") in {"set", "add", "replace", "append", "prepend"}
            secret = name == "sasl-auth"
            kind = MemcachedLogin if self.early() and secret else MemcachedCommand
            return (
                kind(
                    time=now,
                    side=side,
                    format="binary",
                    command=name,
                    key=key,
                    keys=int(bool(key)),
                    value_bytes=max(0, rest) if sets else None,
                    credentials=secret,
                ),
            )
        status = int.from_bytes(data[6:8], "big")
        latency, asked = self._numbered.answer(opaque, now)
        return (
            MemcachedReply(
                time=now,
                side=side,
                format="binary",
                command=name,
                key=asked[1] if asked else key,
                result=_STATUS.get(status, f"status {status}"),
                latency=latency,
            ),
        )


def _sane(size: int) -> int:
    if size > MAX_VALUE:
        raise ProtocolError("a value of no sane length")
    return size


def _value(words: list[bytes], asked: bool) -> int:
    """Bytes of the value behind a line, its line end included; 0 for none."""
    if not words:
        return 0
    if asked:
        place = _STORES.get(words[0].lower(), 0)
    else:
        place = 3 if words[0] == b"VALUE" else 1 if words[0] == b"VA" else 0
    if not place:
        return 0
    if len(words) <= place or not words[place].isdigit() or len(words[place]) > 10:
        raise ProtocolError("a value without its length")
    return _sane(int(words[place])) + 2
