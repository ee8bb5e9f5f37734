# cython: language_level=3
"""X.509 certificates (RFC 5280) as a handshake carries them: fields for people, no verification.

It takes its own road through the DER, field by field, so that a certificate that breaks a rule (a negative
serial, a bad time, an unknown curve: strict libraries refuse these whole) still shows everything else.
Nothing here says that a certificate is to be trusted; no signature is checked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from procwire.dpi.wire import der
from procwire.dpi.wire._oid_names import ATTRIBUTES, CURVES, FIXED_BITS, KEYS, SIGNATURES
from procwire.model import digests

MAX_CACHED = 4096  # certificates, by SHA-256
MAX_NAMES = 256  # alternative names kept of one certificate
MAX_TEXT = 1024  # characters kept of one name
MAX_CHAIN = 16  # certificates of one chain that are read

SUBJECT_ALTERNATIVE_NAMES = bytes.fromhex("551d11")  # 2.5.29.17
BASIC_CONSTRAINTS = bytes.fromhex("551d13")  # 2.5.29.19
_NS = 1_000_000_000
MAX_REPEATED = 2048  # names, times and identifiers kept: issuers and dates repeat themselves
MAX_REPEATED_BYTES = 512  # longer names are not kept

_dotted = lru_cache(MAX_REPEATED)(der.dotted)


class Details(msgspec.Struct):
    """One certificate. Times in ns since 1970 UTC; None is "not readable"."""

    sha256: str
    subject: str = ""
    issuer: str = ""
    common_name: str = ""
    serial: str = ""  # hex
    names: tuple[str, ...] = ()  # alternative names: DNS names, addresses, mail addresses, URIs
    not_before: int | None = None
    not_after: int | None = None
    key_type: str = ""
    key_bits: int = 0
    signature: str = ""
    authority: bool = False  # basicConstraints: CA
    self_signed: bool = False  # issuer equals subject
    malformed: str = ""


def _text(tag: int, value: bytes) -> str:
    codec = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x0C: "utf-8"}.get(tag, "latin-1")
    text = value[: 4 * MAX_TEXT].decode(codec, "backslashreplace")[:MAX_TEXT]
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _escaped(text: str) -> str:
    for special in '\\,+"<>;':
        text = text.replace(special, "\\" + special)
    return text


def _name(data: bytes, start: int, stop: int) -> tuple[str, str]:
    raw = data[start:stop]
    return _repeated_name(raw) if len(raw) <= MAX_REPEATED_BYTES else _name_of(raw)


def _name_of(data: bytes) -> tuple[str, str]:
    """A distinguished name as text (RFC 4514, most specific part first) and its last common name."""
    parts: list[str] = []
    common = ""
    for _, rdn_start, rdn_stop in der.elements(data, 0, len(data)):
        pairs: list[str] = []
        for _, at, end in der.elements(data, rdn_start, rdn_stop):
            oid_start, oid_stop = der.expect(data, at, end, der.OID)
            oid = _dotted(data[oid_start:oid_stop])
            tag, text_start, text_stop = der.element(data, oid_stop, end)
            text = _text(tag, data[text_start:text_stop])
            label = ATTRIBUTES.get(oid, oid)
            common = text if label == "CN" else common
            pairs.append(f"{label}={_escaped(text)}")
        parts.append("+".join(pairs))
    return ",".join(reversed(parts))[: 4 * MAX_TEXT], common


_repeated_name = lru_cache(MAX_REPEATED)(_name_of)


@lru_cache(MAX_REPEATED)
def _time(tag: int, value: bytes) -> int | None:
    """UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5) in ns; None where it is neither."""
    try:
        text = value.decode("ascii")
        if tag == 0x17 and text[:2].isdigit():
            text = ("19" if text[:2] >= "50" else "20") + text
        if not text.endswith("Z") or not text[:-1].isdigit():
            return None
        moment = datetime.strptime(text[:-1].ljust(14, "0"), "%Y%m%d%H%M%S")
        return int(moment.replace(tzinfo=UTC).timestamp()) * _NS
    except ValueError:
        return None


def _read_key(found: Details, data: bytes, start: int, stop: int) -> None:
    algorithm, end = der.expect(data, start, stop, der.SEQUENCE)
    oid_start, oid_stop = der.expect(data, algorithm, end, der.OID)
    oid = _dotted(data[oid_start:oid_stop])
    found.key_type = KEYS.get(oid, oid)
    bits, bits_stop = der.expect(data, end, stop, der.BIT_STRING)
    if found.key_type in ("rsa", "rsa-pss"):
        modulus, _ = der.expect(data, bits + 1, bits_stop, der.SEQUENCE)
        number, number_stop = der.expect(data, modulus, bits_stop, der.INTEGER)
        found.key_bits = int.from_bytes(data[number:number_stop], "big").bit_length()
    elif found.key_type == "dsa":
        parameters, parameters_stop = der.expect(data, oid_stop, end, der.SEQUENCE)
        number, number_stop = der.expect(data, parameters, parameters_stop, der.INTEGER)
        found.key_bits = int.from_bytes(data[number:number_stop], "big").bit_length()
    elif found.key_type == "ec":
        tag, curve, curve_stop = der.element(data, oid_stop, end)
        named = _dotted(data[curve:curve_stop]) if tag == der.OID else "explicit"
        found.key_type, found.key_bits = CURVES.get(named, (f"ec-{named}", 0))
    else:
        found.key_bits = FIXED_BITS.get(found.key_type, 8 * (bits_stop - bits - 1))


def _address(value: bytes) -> str:
    return str(ipaddress.ip_address(value)) if len(value) in (4, 16) else value.hex()


def _alternative_names(data: bytes, start: int, stop: int) -> tuple[str, ...]:
    at, end = der.expect(data, start, stop, der.SEQUENCE)
    names: list[str] = []
    for tag, value, value_stop in der.elements(data, at, end):
        if tag in (0x81, 0x82, 0x86):  # rfc822Name, dNSName, URI
            names.append(_text(tag, data[value:value_stop]))
        elif tag == 0x87:
            names.append(_address(data[value:value_stop]))
        if len(names) == MAX_NAMES:
            break
    return tuple(names)


def _read_extensions(found: Details, data: bytes, start: int, stop: int) -> None:
    at, end = der.expect(data, start, stop, der.SEQUENCE)
    for _, entry, entry_stop in der.elements(data, at, end):
        oid_start, oid_stop = der.expect(data, entry, entry_stop, der.OID)
        tag, value, value_stop = der.element(data, oid_stop, entry_stop)
        if tag == der.BOOLEAN:
            tag, value, value_stop = der.element(data, value_stop, entry_stop)
        oid = data[oid_start:oid_stop]
        if oid == SUBJECT_ALTERNATIVE_NAMES:
            found.names = _alternative_names(data, value, value_stop)
        elif oid == BASIC_CONSTRAINTS:
            inner, inner_stop = der.expect(data, value, value_stop, der.SEQUENCE)
            found.authority = data[inner:inner_stop][:3] == b"\x01\x01\xff"


def _read_issuer(found: Details, data: bytes, start: int, stop: int) -> None:
    found.issuer, _ = _name(data, start, stop)


def _read_subject(found: Details, data: bytes, start: int, stop: int) -> None:
    found.subject, found.common_name = _name(data, start, stop)


def _read_validity(found: Details, data: bytes, start: int, stop: int) -> None:
    times = [_time(tag, data[at : min(end, at + 32)]) for tag, at, end in der.elements(data, start, stop)]
    if len(times) != 2:
        raise der.DerError("validity has not two times")
    found.not_before, found.not_after = times
    if None in times:
        found.malformed = found.malformed or "validity: not a time"


def _read_signature(found: Details, data: bytes, start: int, stop: int) -> None:
    oid_start, oid_stop = der.expect(data, start, stop, der.OID)
    oid = _dotted(data[oid_start:oid_stop])
    found.signature = SIGNATURES.get(oid, oid)


def _read_serial(found: Details, data: bytes, start: int, stop: int) -> None:
    found.serial = data[start:stop][:64].hex()


_FIELDS: tuple[tuple[str, Callable[[Details, bytes, int, int], None]], ...] = (
    ("serial", _read_serial),
    ("signature", _read_signature),
    ("issuer", _read_issuer),
    ("validity", _read_validity),
    ("subject", _read_subject),
    ("key", _read_key),
)


def _attempt(
    found: Details,
    read: tuple[str, Callable[[Details, bytes, int, int], None]],
    data: bytes,
    start: int,
    stop: int,
) -> None:
    try:
        read[1](found, data, start, stop)
    except ValueError as error:
        found.malformed = found.malformed or f"{read[0]}: {error}"


def _read(found: Details, data: bytes) -> None:
    outer, outer_stop = der.expect(data, 0, len(data), der.SEQUENCE)
    at, end = der.expect(data, outer, outer_stop, der.SEQUENCE)
    rest = list(der.elements(data, at, end))
    if rest and rest[0][0] == 0xA0:  # version, absent in X.509 v1
        rest = rest[1:]
    if len(rest) < len(_FIELDS):
        found.malformed = "fields are missing"
    for field, (_, start, stop) in zip(_FIELDS, rest, strict=False):
        _attempt(found, field, data, start, stop)
    if len(rest) >= len(_FIELDS):
        issuer, subject = rest[2], rest[4]
        found.self_signed = data[issuer[1] : issuer[2]] == data[subject[1] : subject[2]]
    for tag, start, stop in rest[len(_FIELDS) :]:
        if tag == 0xA3:
            _attempt(found, ("extensions", _read_extensions), data, start, stop)


def read_certificate(data: bytes, sha256: str = "") -> Details:
    """The fields of one DER certificate. Never raises; ``malformed`` says what could not be read.

    ``sha256``: of the certificate in hex, where that is known.
    """
    found = Details(sha256=sha256 or digests.sha256(data).hexdigest())
    try:
        _read(found, data)
    except ValueError as error:
        found.malformed = found.malformed or str(error)
    return found


class Shelf:
    """Certificates that were read before, by SHA-256: servers show the same ones to everybody. Bounded."""

    def __init__(self, size: int = MAX_CACHED) -> None:
        self._size = size
        self._found: dict[bytes, Details] = {}

    def read(self, data: bytes) -> Details:
        """As ``read_certificate``; the result is shared and not to be changed."""
        key = digests.sha256(data).digest()
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= self._size:
                del self._found[next(iter(self._found))]
            found = self._found[key] = read_certificate(data, key.hex())
        return found


def split_chain(body: bytes) -> tuple[list[bytes], int, str]:
    """A Certificate message before TLS 1.3 (RFC 5246 section 7.4.2): DERs, how many there were, a fault."""
    if len(body) < 3 or int.from_bytes(body[:3], "big") != len(body) - 3:
        return [], 0, "list length does not fit the message"
    chain: list[bytes] = []
    count, at = 0, 3
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        if at + 3 + length > len(body):
            return chain, count, "a certificate is cut"
        if count < MAX_CHAIN:
            chain.append(body[at + 3 : at + 3 + length])
        count += 1
        at += 3 + length
    return chain, count, "" if at == len(body) else "trailing bytes in the list"


def without_extensions(body: bytes) -> bytes:
    """A Certificate message of TLS 1.3 (RFC 8446 section 4.4.2) in the shape that it had before.

    The request's context and each certificate's extensions are left out; what is cut stays cut.
    """
    at = 1 + (body[0] if body else 0) + 3
    chain = bytearray()
    while at + 3 <= len(body):
        end = at + 3 + int.from_bytes(body[at : at + 3], "big")
        chain += body[at:end]
        at = end + 2 + int.from_bytes(body[end : end + 2], "big")
    return len(chain).to_bytes(3, "big") + bytes(chain)


def _matches(pattern: str, name: str) -> bool:
    pattern = pattern.lower().rstrip(".")
    if pattern.startswith("*."):  # one label, leftmost (RFC 6125 section 6.4.3)
        _, dot, rest = name.partition(".")
        return bool(dot) and rest == pattern[2:]
    return pattern == name


def covers(found: Details, name: str) -> bool:
    """Is the certificate made out for this host name? Without alternative names the common name counts."""
    name = name.lower().rstrip(".")
    return any(_matches(pattern, name) for pattern in found.names or (found.common_name,))
