"""XMPP: streams, logins, what each side offers; messages are not kept (RFC 6120).

Recognised by the opening of a stream with the namespace of streams, on any port. Tags are read one by one,
what stands between them is passed over; a tag is at most ``MAX_TAG`` bytes. Passwords and SASL answers are
shown as present, never as they are. After STARTTLS it hands on; after compression nothing more can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "xmpp"
PORTS = frozenset({("tcp", 5222), ("tcp", 5269), ("tcp", 5298)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"<"

MAX_TAG = 8192  # bytes of one tag
MAX_TEXT = 256  # of the text of a mechanism's name
MAX_TOLD = 256  # stanzas of one flow that are told

_OPENING = lazy(rb"(?:<\?xml[^>]{0,100}\?>\s{0,16})?<stream:stream\s[^>]*xmlns(?::stream)?=['\"]"
                      rb"(?:http://etherx\.jabber\.org/streams|jabber:)")  # fmt: skip
_START = lazy(
    rb"<(?:\?(?:x(?:ml?)?)?)?(?:s(?:t(?:r(?:e(?:am?)?)?)?)?)?\Z"
    rb"|<\?xml[^>]{0,100}(?:\?>\s{0,16}.{0,600})?\Z|<stream:[^>]{0,600}\Z",
    re.DOTALL,
)
_ATTRIBUTE = lazy(rb"([A-Za-z:_-]{1,40})\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_NAME = lazy(rb"<(/?)([A-Za-z:_-]{1,64})")
_STANZAS = frozenset({b"message", b"presence", b"iq"})
_RESULTS = {b"success": "success", b"failure": "failure"}


class XmppStream(Observation, kw_only=True):
    """One side opened a stream."""

    TABLE = "xmpp"
    SETS: ClassVar = {"server_name": "to"}
    NAME_SOURCE = "xmpp"
    message: Annotated[str, says("stream, features, auth, result, stanza or starttls.")] = "stream"
    to: Annotated[str, says("Domain that is asked for.")]
    sender: Annotated[str, says("Who it is from.")]
    namespace: Annotated[str, says("jabber:client or jabber:server.")]
    version: Annotated[str, says("Version of the protocol.")]


class XmppEvent(Observation, kw_only=True):
    """What a side offered, asked for, or sent within a stream."""

    TABLE = "xmpp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("stream, features, auth, result, stanza or starttls.")]
    detail: Annotated[str, says("Mechanism, result, or kind of stanza.")]
    to: Annotated[str, says("Whom a stanza is sent to.")] = ""
    sender: Annotated[str, says("Who a stanza is from.")] = ""
    mechanisms: Annotated[tuple[str, ...], says("Ways to log in that the server offers.")] = ()
    credentials: Annotated[bool, says("Whether a password itself was sent.")] = False
    latency: Annotated[
        int | None,
        says("From a question (iq of type get or set) to its answer, from a login to its result.",
             kind=Kind.DURATION),
    ] = None  # fmt: skip


OBSERVATIONS = (XmppStream, XmppEvent)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The opening of a stream."""
    if _OPENING.match(data):
        return Claim.YES
    if len(data) < 1024 and (not data or _START.match(data)):
        return Claim.MORE
    return Claim.NO


class _Side:
    __slots__ = ("held", "inside", "mechanisms", "scanned", "text")

    def __init__(self) -> None:
        self.held = bytearray()
        self.scanned = 0
        self.inside = b""  # the tag whose text is kept: a mechanism's name
        self.text = b""
        self.mechanisms: list[str] = []


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (_Side(), _Side())
        self._upgraded = self._packed = False
        self._asked = Pending()
        self._count = 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded or self._packed:
            return
        state = self._sides[side]
        state.held += data
        at = 0
        while not self._upgraded and not self._packed:
            start = state.held.find(b"<", at)
            if start < 0:
                state.text = (state.text + bytes(state.held[at:]))[:MAX_TEXT] if state.inside else b""
                at = len(state.held)
                break
            if state.inside:
                state.text = (state.text + bytes(state.held[at:start]))[:MAX_TEXT]
            end = state.held.find(b">", max(start, state.scanned))
            if end < 0:
                at = start
                break
            tag = bytes(state.held[start : end + 1])
            at = state.scanned = end + 1
            if len(tag) > MAX_TAG:
                raise ProtocolError("tag too long")
            yield from self._tag(side, state, tag, now)
        del state.held[:at]
        state.scanned = max(0, len(state.held))
        if len(state.held) > MAX_TAG and not self._upgraded:
            raise ProtocolError("tag too long")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next tag."""
        state = self._sides[side]
        state.held.clear()
        state.scanned, state.inside, state.text = 0, b"", b""
        self._asked.clear()
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._packed or self._count > MAX_TOLD else 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed STARTTLS."""
        return bytes(self._sides[side].held)

    def _tag(self, side: Direction, state: _Side, tag: bytes, now: int) -> Iterator[Observation]:
        found = _NAME.match(tag)
        if found is None:
            if tag[:2] not in {b"<?", b"<!"}:
                raise ProtocolError("not a tag")
            return
        closes, name = bool(found[1]), found[2]
        if closes:
            yield from self._closed(side, state, name, now)
            return
        told = {key: one or other for key, one, other in _ATTRIBUTE.findall(tag)}
        if name == b"mechanism":
            state.inside, state.text = name, b""
        elif name == b"stream:stream":
            yield XmppStream(
                time=now,
                side=side,
                to=shown(told.get(b"to", b"")).lower(),
                sender=shown(told.get(b"from", b"")),
                namespace=shown(told.get(b"xmlns", b"")),
                version=shown(told.get(b"version", b""), 16),
            )
        elif name == b"proceed" and b"xmpp-tls" in told.get(b"xmlns", b""):
            self._upgraded = True
            yield Upgraded(time=now, side=side, hint="tls")
        elif name == b"compressed":
            self._packed = True
        else:
            yield from self._event(side, name, told, now)

    def _event(
        self, side: Direction, name: bytes, told: dict[bytes, bytes], now: int
    ) -> Iterator[Observation]:
        if name == b"auth":
            mechanism = shown(told.get(b"mechanism", b""), 40)
            plain = mechanism.upper() in {"PLAIN", "LOGIN", "X-OAUTH2"}
            self._asked.renew((side, "auth"), now)
            yield XmppEvent(time=now, side=side, message="auth", detail=mechanism, credentials=plain)
        elif name in _RESULTS:
            latency, _ = self._asked.answer((1 - side, "auth"), now)
            yield XmppEvent(time=now, side=side, message="result", detail=_RESULTS[name], latency=latency)
        elif name == b"starttls" and side == Direction.OUT:
            yield XmppEvent(time=now, side=side, message="starttls", detail="request")
        elif name in _STANZAS:
            self._count += 1
            kind = shown(told.get(b"type", b""), 32)
            yield XmppEvent(
                time=now,
                side=side,
                message="stanza",
                detail=f"{name.decode('ascii')} {kind}".strip(),
                to=shown(told.get(b"to", b"")),
                sender=shown(told.get(b"from", b"")),
                latency=self._paired(side, told, now) if name == b"iq" else None,
            )

    def _paired(self, side: Direction, told: dict[bytes, bytes], now: int) -> int | None:
        """Of an iq: RFC 6120 section 8.2.3; ids are the asking side's own."""
        ident, kind = told.get(b"id", b"")[:MAX_TEXT], told.get(b"type", b"")
        if kind in {b"get", b"set"}:
            self._asked.ask((side, ident), now)
            return None
        return self._asked.answer((1 - side, ident), now)[0] if kind in {b"result", b"error"} else None

    @staticmethod
    def _closed(side: Direction, state: _Side, name: bytes, now: int) -> Iterator[Observation]:
        if name == state.inside:
            if len(state.mechanisms) < 32:
                state.mechanisms.append(shown(state.text, 40))
            state.inside, state.text = b"", b""
        elif name == b"stream:features":
            offered, state.mechanisms = tuple(state.mechanisms), []
            yield XmppEvent(time=now, side=side, message="features", detail="", mechanisms=offered)
