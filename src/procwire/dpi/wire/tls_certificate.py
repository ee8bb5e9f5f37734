"""A certificate as TLS shows it: its fields as a record, and what may be said of it.

Refuses to verify: whether a certificate is to be trusted is not decided here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, ClassVar

from procwire.dpi.wire import certificates
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction

_LEAST_BITS = {"rsa": 2048, "rsa-pss": 2048, "dsa": 2048}  # NIST SP 800-131A revision 2, table 2
LEAST_CURVE_BITS = 224
_BROKEN = ("md2", "md4", "md5", "sha1")  # RFC 9155, RFC 6151


class Certificate(Observation, kw_only=True):
    """One certificate of a chain; nothing is verified."""

    TABLE = "tls_certificate"
    RISKS: ClassVar = {
        "past": "certificate-expired",
        "early": "certificate-not-yet-valid",
        "own": "certificate-self-signed",
        "other": "certificate-name-mismatch",
        "weak": "certificate-weak-key",
        "broken": "certificate-weak-signature",
    }
    client: Annotated[bool, says("The client showed it.")]
    position: Annotated[int, says("Place in the chain, the end entity is 0.")]
    subject: Annotated[str, says("Whom it names, most specific part first (RFC 4514).")]
    issuer: Annotated[str, says("Who issued it.")]
    common_name: Annotated[str, says("The subject's common name.")]
    serial: Annotated[str, says("Serial number, in hex.")]
    names: Annotated[tuple[str, ...], says("Alternative names: DNS names, addresses, mail addresses, URIs.")]
    not_before: Annotated[int | None, says("Start of validity.", kind=Kind.TIME)]
    not_after: Annotated[int | None, says("End of validity.", kind=Kind.TIME)]
    key_type: Annotated[str, says("Public key's algorithm or curve.")]
    key_bits: Annotated[int, says("Public key's size.", unit="bits")]
    signature: Annotated[str, says("Signature algorithm.")]
    authority: Annotated[bool, says("It is a certificate authority's.")]
    self_signed: Annotated[bool, says("Issuer and subject are the same.")]
    expired: Annotated[bool, says("Validity had ended when it was shown.")]
    not_yet_valid: Annotated[bool, says("Validity had not begun when it was shown.")]
    name_mismatch: Annotated[bool, says("It is not made out for the server name that was asked for.")]
    weak_key: Annotated[bool, says("Its key is shorter than what is held to be strong today.")]
    weak_signature: Annotated[bool, says("It is not its own issuer, and is signed with MD5 or SHA-1.")]
    sha256: Annotated[str, says("SHA-256 of the whole certificate, in hex.")]
    malformed: Annotated[str, says("What could not be read; empty where nothing was.")]

    @property
    def past(self) -> bool:
        """Whether a server showed what had expired."""
        return self.expired and not self.client

    @property
    def early(self) -> bool:
        """Whether a server showed what was not valid yet."""
        return self.not_yet_valid and not self.client

    @property
    def own(self) -> bool:
        """Whether the server's own certificate is its own issuer; that of an authority always is."""
        return self.self_signed and not self.position and not self.client

    @property
    def other(self) -> bool:
        """Whether the server's certificate is made out for other names."""
        return self.name_mismatch and not self.client

    @property
    def weak(self) -> bool:
        """Whether a server's key is shorter than today's least."""
        return self.weak_key and not self.client

    @property
    def broken(self) -> bool:
        """Whether it is signed with a broken hash; nobody checks that of a trusted root."""
        return self.weak_signature and not self.client


class CertificateBrief(Observation, kw_only=True):
    """What a server's certificate says of risks, for when nobody reads the rest."""

    RISKS: ClassVar = Certificate.RISKS
    past: bool
    early: bool
    own: bool
    other: bool
    weak: bool
    broken: bool


def weak_key(kind: str, bits: int) -> bool:
    """Whether a public key is shorter than what is held to be strong; what is not known is not weak."""
    return 0 < bits < _LEAST_BITS.get(kind, LEAST_CURVE_BITS)


@lru_cache(256)
def weak_signature(algorithm: str) -> bool:
    """Whether a signature's hash is broken."""
    return any(hash in algorithm.lower().replace("-", "") for hash in _BROKEN)


def certificate_of(
    details: certificates.Details, side: Direction, now: int, place: tuple[bool, int, str]
) -> Certificate:
    """The record of one certificate; ``place``: client's or not, position, and the name asked for."""
    client, position, asked = place
    mismatch = position == 0 and bool(asked) and not certificates.covers(details, asked)
    return Certificate(
        time=now,
        side=side,
        client=client,
        position=position,
        subject=details.subject,
        issuer=details.issuer,
        common_name=details.common_name,
        serial=details.serial,
        names=details.names,
        not_before=details.not_before,
        not_after=details.not_after,
        key_type=details.key_type,
        key_bits=details.key_bits,
        signature=details.signature,
        authority=details.authority,
        self_signed=details.self_signed,
        expired=details.not_after is not None and details.not_after < now,
        not_yet_valid=details.not_before is not None and details.not_before > now,
        name_mismatch=mismatch,
        weak_key=weak_key(details.key_type, details.key_bits),
        weak_signature=not details.self_signed and weak_signature(details.signature),
        sha256=details.sha256,
        malformed=details.malformed,
    )


def brief_of(
    details: certificates.Details, side: Direction, now: int, position: int, asked: str
) -> CertificateBrief:
    """The brief of one certificate that a server showed; ``asked``: the name that was asked for."""
    return CertificateBrief(
        time=now,
        side=side,
        past=details.not_after is not None and details.not_after < now,
        early=details.not_before is not None and details.not_before > now,
        own=details.self_signed and not position,
        other=not position and bool(asked) and not certificates.covers(details, asked),
        weak=weak_key(details.key_type, details.key_bits),
        broken=not details.self_signed and weak_signature(details.signature),
    )
