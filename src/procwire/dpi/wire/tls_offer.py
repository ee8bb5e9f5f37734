# cython: cdivision=True
"""What a hello offers or chooses, in words: the fields that TLS and QUIC observations share.

It names the numbers of a parsed hello; it keeps no state. Numbers without a name are shown in hex, GREASE
(RFC 8701) is left out of every list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar, TypeVar

from procwire.dpi.wire import _tls_names, ja4, tls_hello
from procwire.dpi.wire.tls_hello import Hello
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction

MAX_CACHED = 2048
MAX_CACHED_BYTES = 512
MAX_LISTED = 256  # numbers shown of one list; a hello has room for 32,000
MAX_ALPN = 32

OBSOLETE = frozenset({"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "DTLSv1.0"})  # RFC 6176, RFC 7568, RFC 8996
_WEAK_PARTS = frozenset(
    {"NULL", "EXPORT", "anon", "RC4", "RC2", "DES", "DES40", "3DES"}
)  # RFC 9325 section 4.1


@lru_cache(2048)
def weak_cipher(name: str) -> bool:
    """Whether a suite leaves out encryption or authentication, or uses a broken cipher, by its name."""
    return not _WEAK_PARTS.isdisjoint(name.split("_"))


_OFFER_RISKS = {"nameless": "tls-no-server-name", "ech": "tls-ech", "malformed": "malformed-message"}
_CHOICE_RISKS = {"obsolete": "tls-obsolete-version", "weak": "tls-weak-cipher"}
_NAMELESS = property(lambda record: not record.server_name)
_OBSOLETE = property(lambda record: record.version in OBSOLETE)
_WEAK = property(lambda record: weak_cipher(record.cipher))


class Offer(Observation, kw_only=True):
    """What a client offers in its ClientHello."""

    RISKS: ClassVar = _OFFER_RISKS
    nameless = _NAMELESS
    server_name: Annotated[str, says("Name of the server that the client asks for (SNI).")]
    alpn: Annotated[tuple[str, ...], says("Application protocols offered, best first.")]
    version: Annotated[str, says("Highest protocol version offered.")]
    versions: Annotated[tuple[str, ...], says("Protocol versions in supported_versions, as listed.")]
    legacy_version: Annotated[str, says("Version in the hello's own version field.")]
    ciphers: Annotated[tuple[str, ...], says("Cipher suites offered, in order.")]
    extensions: Annotated[tuple[str, ...], says("Extensions sent, in order.")]
    groups: Annotated[tuple[str, ...], says("Key exchange groups supported, in order.")]
    signatures: Annotated[tuple[str, ...], says("Signature algorithms accepted, in order.")]
    key_shares: Annotated[tuple[str, ...], says("Groups for which a key share was sent.")]
    compressions: Annotated[tuple[str, ...], says("Compression methods offered.")]
    post_quantum: Annotated[bool, says("A post-quantum group is among the groups or key shares.")]
    session_id_bytes: Annotated[int, says("Length of the session id.", kind=Kind.SIZE)]
    ticket: Annotated[bool, says("A session ticket was sent (before TLS 1.3).")]
    psk: Annotated[bool, says("A pre-shared key was offered: a resumption in TLS 1.3.")]
    early_data: Annotated[bool, says("Early data (0-RTT) is announced.")]
    ech: Annotated[bool, says("Encrypted ClientHello is present: server_name is then the outer name.")]
    ja4: Annotated[str, says("JA4 fingerprint of the client.")]
    ja3: Annotated[str, says("JA3 fingerprint of the client.")]
    second: Annotated[bool, says("It answers a HelloRetryRequest.")]
    malformed: Annotated[str, says("What was wrong with the message; empty where nothing was.")]


class Choice(Observation, kw_only=True):
    """What a server chooses in its ServerHello."""

    RISKS: ClassVar = _CHOICE_RISKS
    obsolete, weak = _OBSOLETE, _WEAK
    version: Annotated[str, says("Protocol version chosen.")]
    cipher: Annotated[str, says("Cipher suite chosen.")]
    alpn: Annotated[tuple[str, ...], says("Application protocol chosen, where it is told in clear.")]
    group: Annotated[str, says("Key exchange group chosen, where it is told.")]
    retry: Annotated[bool, says("It is a HelloRetryRequest: the client is to try again with this group.")]
    resumed: Annotated[bool, says("An earlier session is resumed.")]
    post_quantum: Annotated[bool, says("The group chosen is post-quantum.")]
    extensions: Annotated[tuple[str, ...], says("Extensions sent, in order.")]
    ja3s: Annotated[str, says("JA3S fingerprint of the server.")]
    latency: Annotated[int | None, says("Time since the ClientHello.", kind=Kind.DURATION)]
    malformed: Annotated[str, says("What was wrong with the message; empty where nothing was.")]


class OfferBrief(Observation, kw_only=True):
    """What a client's hello writes to its flow, for when nobody reads the rest."""

    SETS: ClassVar = {"server_name": "server_name", "ja4": "ja4", "alpn": "alpn"}
    NAME_SOURCE = "sni"
    RISKS: ClassVar = _OFFER_RISKS
    nameless = _NAMELESS
    server_name: str
    alpn: tuple[str, ...]
    ja4: str
    supported_versions: bool  # the extension is there: the version field is not all that is offered
    ech: bool
    malformed: str


class ChoiceBrief(Observation, kw_only=True):
    """What a server's hello writes to its flow, for when nobody reads the rest."""

    SETS: ClassVar = {"tls_version": "version", "tls_cipher": "cipher"}
    RISKS: ClassVar = _CHOICE_RISKS
    obsolete, weak = _OBSOLETE, _WEAK
    version: str
    cipher: str
    retry: bool
    number: int  # of the version


Offered = TypeVar("Offered", bound=Offer)
Chosen = TypeVar("Chosen", bound=Choice)


def plain(raw: bytes) -> str:
    """Bytes as one printable line: what is not printable ASCII is escaped."""
    if raw.isascii() and (text := raw.decode("ascii")).isprintable():
        return text
    return raw.decode("latin-1").encode("unicode_escape").decode("ascii")


def name_of(number: int, table: Mapping[int, str]) -> str:
    """The registered name of a number, else its hex form."""
    return table.get(number) or f"0x{number:04x}"


def _listed(numbers: bytes, table: Mapping[int, str]) -> tuple[str, ...]:
    kept = tls_hello.without_grease(numbers)[: 2 * MAX_LISTED]
    return tuple([name_of((kept[at] << 8) | kept[at + 1], table) for at in range(0, len(kept), 2)])


def _namer(table: Mapping[int, str]) -> Any:
    cached = lru_cache(MAX_CACHED)(lambda numbers: _listed(numbers, table))

    def names(numbers: bytes) -> tuple[str, ...]:
        return cached(numbers) if len(numbers) <= MAX_CACHED_BYTES else _listed(numbers, table)

    return names


cipher_names = _namer(_tls_names.CIPHERS)
extension_names = _namer(_tls_names.EXTENSIONS)
group_names = _namer(_tls_names.GROUPS)
signature_names = _namer(_tls_names.SIGNATURES)
version_names = _namer(_tls_names.VERSIONS)


@lru_cache(MAX_CACHED)
def _alpn(body: bytes) -> tuple[str, ...]:
    return tuple([plain(name) for name in tls_hello.alpn_names(body)[:MAX_ALPN]])


def alpn_texts(body: bytes) -> tuple[str, ...]:
    """The names of an ALPN extension as text."""
    return _alpn(body[:MAX_CACHED_BYTES]) if body else ()


@lru_cache(MAX_CACHED)
def _compressions(raw: bytes) -> tuple[str, ...]:
    return tuple([_tls_names.COMPRESSIONS.get(number) or f"0x{number:02x}" for number in raw])


@lru_cache(MAX_CACHED)
def _quantum(groups: bytes) -> bool:
    pairs = ((groups[at] << 8) | groups[at + 1] for at in range(0, len(groups) - 1, 2))
    return any(group in _tls_names.POST_QUANTUM for group in pairs)


def _best(hello: Hello, listed: bytes) -> str:
    kept = tls_hello.without_grease(listed)
    if not kept:
        return name_of(hello.version, _tls_names.VERSIONS)
    numbers = [(kept[at] << 8) | kept[at + 1] for at in range(0, len(kept), 2)]
    if hello.version >= tls_hello.DTLS_LEAST:  # counted downwards
        return name_of(min(numbers), _tls_names.VERSIONS)
    known = [number for number in numbers if 0x0300 <= number <= tls_hello.TLS13]
    return name_of(max(known or numbers), _tls_names.VERSIONS)


@lru_cache(MAX_CACHED)
def _versions(legacy: int, body: bytes) -> tuple[str, tuple[str, ...], str]:
    """Highest offered, all listed, and the legacy version, as text."""
    listed = tls_hello.counted8(body)
    hello = Hello(legacy, b"")
    return _best(hello, listed), version_names(listed), name_of(legacy, _tls_names.VERSIONS)


def offer_brief(hello: Hello, transport: str, side: Direction, now: int) -> OfferBrief:
    """The part of ``offer_of`` that a flow keeps."""
    get = hello.bodies.get
    return OfferBrief(
        time=now,
        side=side,
        server_name=plain(tls_hello.host_name(get(tls_hello.SERVER_NAME, b""))),
        alpn=alpn_texts(get(tls_hello.ALPN, b"")),
        ja4=ja4.ja4(hello, transport),
        supported_versions=tls_hello.VERSIONS in hello.bodies,
        ech=tls_hello.ECH in hello.bodies,
        malformed=hello.malformed,
    )


def choice_brief(hello: Hello, side: Direction, now: int) -> ChoiceBrief:
    """The part of ``choice_of`` that a flow keeps."""
    version = tls_hello.chosen_version(hello)
    return ChoiceBrief(
        time=now,
        side=side,
        version=name_of(version, _tls_names.VERSIONS),
        cipher=name_of(int.from_bytes(hello.ciphers, "big"), _tls_names.CIPHERS),
        retry=hello.random == tls_hello.HELLO_RETRY_RANDOM,
        number=version,
    )


def offer_of(
    kind: type[Offered], hello: Hello, transport: str, side: Direction, now: int, **more: Any
) -> Offered:
    """The observation of a ClientHello. ``transport``: JA4's first letter; ``more``: further fields."""
    bodies = hello.bodies
    get = bodies.get
    groups = tls_hello.counted16(get(tls_hello.GROUPS, b""))
    shares = tls_hello.key_share_groups(get(tls_hello.KEY_SHARE, b""))
    version, versions, legacy = _versions(hello.version, get(tls_hello.VERSIONS, b"")[:MAX_CACHED_BYTES])
    more.setdefault("second", False)
    return kind(
        time=now,
        side=side,
        server_name=plain(tls_hello.host_name(get(tls_hello.SERVER_NAME, b""))),
        alpn=alpn_texts(get(tls_hello.ALPN, b"")),
        version=version,
        versions=versions,
        legacy_version=legacy,
        ciphers=cipher_names(hello.ciphers),
        extensions=extension_names(hello.kinds),
        groups=group_names(groups),
        signatures=signature_names(tls_hello.counted16(get(tls_hello.SIGNATURES, b""))),
        key_shares=group_names(shares),
        compressions=_compressions(hello.compressions),
        post_quantum=_quantum(groups[:MAX_CACHED_BYTES]) or _quantum(shares[:MAX_CACHED_BYTES]),
        session_id_bytes=len(hello.session_id),
        ticket=bool(get(tls_hello.TICKET)),
        psk=tls_hello.PRE_SHARED_KEY in bodies,
        early_data=tls_hello.EARLY_DATA in bodies,
        ech=tls_hello.ECH in bodies,
        ja4=ja4.ja4(hello, transport),
        ja3=ja4.ja3(hello),
        malformed=hello.malformed,
        **more,
    )


def _resumed(hello: Hello, version: int, client: Hello | None) -> bool:
    if version >= tls_hello.TLS13:
        return tls_hello.PRE_SHARED_KEY in hello.bodies
    # RFC 5246 section 7.4.1.3: the server echoes the session id, which RFC 5077 keeps for tickets.
    return bool(client and hello.session_id and hello.session_id == client.session_id)


def choice_of(
    kind: type[Chosen], hello: Hello, client: Hello | None, side: Direction, now: int, **more: Any
) -> Chosen:
    """The observation of a ServerHello. ``client``: the ClientHello that it answers, where it was seen."""
    version = tls_hello.chosen_version(hello)
    share = hello.bodies.get(tls_hello.KEY_SHARE, b"")[:2]
    return kind(
        time=now,
        side=side,
        version=name_of(version, _tls_names.VERSIONS),
        cipher=name_of(int.from_bytes(hello.ciphers, "big"), _tls_names.CIPHERS),
        alpn=alpn_texts(hello.bodies.get(tls_hello.ALPN, b"")),
        group=name_of(int.from_bytes(share, "big"), _tls_names.GROUPS) if len(share) == 2 else "",
        retry=hello.random == tls_hello.HELLO_RETRY_RANDOM,
        resumed=_resumed(hello, version, client),
        post_quantum=_quantum(share),
        extensions=extension_names(hello.kinds),
        ja3s=ja4.ja3s(hello),
        malformed=hello.malformed,
        **more,
    )
