"""SSH: versions, algorithms, host key (RFC 4253); whether the login succeeded is guessed from sizes.

Recognised by the line ``SSH-2.0-...`` or ``SSH-1...`` that each side sends first, on any port. HASSH and
HASSHServer are MD5 over the algorithms that a side offers. What follows the new keys is ciphertext; only its
amounts are looked at, until a login is taken to have succeeded or ``ssh_login.MAX_BURSTS`` turns were seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import Lines, shown
from procwire.dpi.wire.ssh_login import LoginGuess, smallest
from procwire.dpi.wire.ssh_packets import (
    GEX_REPLY,
    KEX_REPLY,
    KEXINIT,
    MAX_LINE,
    NEWKEYS,
    KexInit,
    Packets,
    agreed,
    host_key,
    read_kexinit,
)
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "ssh"
PORTS = frozenset({("tcp", 22), ("tcp", 2222)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"S"

_LINE = lazy(rb"SSH-(1\.[0-9]{1,2}|2\.0)-([^ \r\n]*)(?: (.*))?\Z", re.DOTALL)
_START = lazy(rb"SSH-[12]\.[0-9]{1,2}-")
_PREFIX = b"SSH-"


class SshBanner(Observation, kw_only=True):
    """One side announced its version."""

    TABLE = "ssh"
    RISKS: ClassVar = {"obsolete": "obsolete-protocol"}
    protocol: Annotated[str, says("Protocol version: 2.0, 1.99 or 1.5.")]
    software: Annotated[str, says("Software and version, as announced.")]
    comments: Annotated[str, says("Comments behind the version, often the distribution.")]

    @property
    def obsolete(self) -> bool:
        """Version 1 alone (RFC 4253 section 5 lets 1.99 speak both)."""
        return self.protocol not in {"2.0", "1.99"}


class SshAlgorithms(Observation, kw_only=True):
    """One side listed the algorithms it takes."""

    TABLE = "ssh_algorithms"
    SETS: ClassVar = {"hassh": "hassh_client", "hassh_server": "hassh_server"}
    client: Annotated[bool, says("The client listed them.")]
    hassh: Annotated[str, says("HASSH of a client, HASSHServer of a server.")]
    kex: Annotated[tuple[str, ...], says("Key exchange methods, best first.")]
    host_keys: Annotated[tuple[str, ...], says("Host key algorithms, best first.")]
    ciphers: Annotated[tuple[str, ...], says("Ciphers for what this side sends, best first.")]
    macs: Annotated[tuple[str, ...], says("Integrity algorithms for what this side sends, best first.")]
    compressions: Annotated[tuple[str, ...], says("Compressions for what this side sends, best first.")]

    @property
    def hassh_client(self) -> str:
        """Where the client listed them."""
        return self.hassh if self.client else ""

    @property
    def hassh_server(self) -> str:
        """Where the server did."""
        return "" if self.client else self.hassh


class SshKeys(Observation, kw_only=True):
    """The key exchange is over; from here on everything is encrypted."""

    TABLE = "ssh_keys"
    kex: Annotated[str, says("Key exchange method in use.")]
    host_key: Annotated[str, says("Type of the server's host key.")]
    host_key_sha256: Annotated[str, says("Fingerprint of the host key, as OpenSSH prints it.")]
    cipher: Annotated[str, says("Cipher for what the client sends.")]
    mac: Annotated[str, says("Integrity algorithm for what the client sends; empty where the cipher has it.")]
    latency: Annotated[int | None, says("Since the client's version line.", kind=Kind.DURATION)]


class SshLogin(Observation, kw_only=True):
    """How the login seems to have ended: guessed from the sizes of encrypted messages."""

    TABLE = "ssh_login"
    result: Annotated[str, says("accepted or refused.")]
    method: Annotated[str, says("publickey where a signature fits the size, else unknown.")]
    attempts: Annotated[
        int, says("Answers up to the result, those to probes without credentials among them.")
    ]
    guessed: Annotated[bool, says("It is a guess from sizes, always.")] = True


OBSERVATIONS = (SshBanner, SshAlgorithms, SshKeys, SshLogin)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The start of a version line, whole up to the second dash."""
    if _START.match(data):
        return Claim.YES
    if len(data) < 9 and (_PREFIX.startswith(data[:4]) if len(data) < 4 else _possible(data)):
        return Claim.MORE
    return Claim.NO


def _possible(data: bytes) -> bool:
    """Whether what is here can become a version line."""
    return bool(re.match(rb"SSH-(?:[12](?:\.[0-9]{0,2})?)?\Z", data))


class _Side:
    __slots__ = ("encrypted", "init", "lines", "packets", "seen_line")

    def __init__(self) -> None:
        self.lines = Lines(MAX_LINE)
        self.packets = Packets()
        self.seen_line = self.encrypted = False
        self.init: KexInit | None = None


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._sides = (_Side(), _Side())
        self._client = 0
        self._began: int | None = None
        self._key = ("", "")
        self._told_keys = self._done = self._old = False
        self._guess: LoginGuess | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        state = self._sides[side]
        if self._done:
            return
        if state.encrypted:
            yield from self._sealed(side, len(data), now)
            return
        if not state.seen_line:
            state.lines.push(data)
            line = state.lines.next()
            if line is None:
                return
            yield self._banner(side, line, now)
            data = state.lines.rest()
            self._done = self._old and all(one.seen_line for one in self._sides)
        if self._old:
            return
        state.packets.push(data)
        yield from self._packets(side, state, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Packets have no marks to find them by again: what is missed there ends the reading."""
        if not self._sides[side].encrypted:
            self._done = True
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done or (not self._told and all(one.init for one in self._sides)) else 0

    def finish(self, now: int) -> Iterator[Observation]:
        """A login that was only ever refused."""
        guess = self._guess
        if guess is None:
            return
        guess.end()
        if guess.result:
            yield self._login(guess, Direction(1 - self._client), now)

    def _banner(self, side: Direction, line: bytes, now: int) -> Observation:
        found = _LINE.match(line)
        if found is None:
            raise ProtocolError("not a version line")
        self._sides[side].seen_line = True
        if self._began is None:
            self._began = now
        if found[1] != b"2.0" and found[1] != b"1.99":
            self._old = True  # version 1 has other packets
        return SshBanner(
            time=now,
            side=side,
            protocol=found[1].decode(),
            software=shown(found[2]),
            comments=shown(found[3] or b""),
        )

    def _packets(self, side: Direction, state: _Side, now: int) -> Iterator[Observation]:
        while (payload := state.packets.next()) is not None:
            kind = payload[0] if payload else 0
            if kind == KEXINIT:
                yield self._algorithms(side, read_kexinit(payload), now)
            elif kind in {KEX_REPLY, GEX_REPLY} and side != self._client and not self._key[0]:
                self._key = host_key(payload)
            elif kind == NEWKEYS:
                state.encrypted = True
                if all(one.encrypted for one in self._sides) and not self._told_keys:
                    yield self._keys(side, now)
                rest = state.packets.rest()
                if rest:
                    yield from self._sealed(side, len(rest), now)
                return

    def _algorithms(self, side: Direction, init: KexInit, now: int) -> Observation:
        self._sides[side].init = init
        client = side == self._client
        at = 0 if client else 1
        kex, keys, *rest = (tuple(filter(None, one.split(","))) for one in init.lists)
        return SshAlgorithms(
            time=now,
            side=side,
            client=client,
            hassh=init.hassh(server=not client),
            kex=kex,
            host_keys=keys,
            ciphers=rest[at],
            macs=rest[2 + at],
            compressions=rest[4 + at],
        )

    def _keys(self, side: Direction, now: int) -> Observation:
        self._told_keys = True
        ours, theirs = (self._sides[one].init for one in (self._client, 1 - self._client))
        kex = cipher = mac = ""
        if ours is not None and theirs is not None:
            kex, cipher, mac = (agreed(ours.lists[at], theirs.lists[at]) for at in (0, 2, 4))
            if "gcm" in cipher or "poly1305" in cipher:
                mac = ""
            self._guess = LoginGuess(smallest(cipher, mac))
        kind, digest = self._key
        return SshKeys(
            time=now,
            side=side,
            kex=kex,
            host_key=kind,
            host_key_sha256=digest,
            cipher=cipher,
            mac=mac,
            latency=None if self._began is None else now - self._began,
        )

    def _sealed(self, side: Direction, size: int, now: int) -> Iterator[Observation]:
        guess = self._guess
        if guess is None:
            if all(one.encrypted for one in self._sides):
                self._done = True
            return
        if guess.see(side == self._client, size):
            yield self._login(guess, Direction(1 - self._client), now)
            self._guess = None
        self._done = guess.done

    def _login(self, guess: LoginGuess, side: Direction, now: int) -> Observation:
        return SshLogin(
            time=now, side=side, result=guess.result, method=guess.method, attempts=guess.attempts
        )
