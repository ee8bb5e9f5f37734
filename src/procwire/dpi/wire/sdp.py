"""Session descriptions: which media, on which address and port, in which codecs (RFC 8866, RFC 3264)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from procwire.model.observation import Announced
from procwire.model.patterns import lazy
from procwire.model.streams import Direction

MAX_MEDIA = 16  # descriptions of media that are read
MAX_LINES = 512
MAX_CODECS = 32  # of one description

_MEDIA = lazy(rb"m=([a-z]+) ([0-9]{1,5})(?:/[0-9]+)? ([A-Za-z0-9/]+)((?: [^ ]+)*)\Z")
_MAP = lazy(rb"a=rtpmap:([0-9]{1,3}) ([A-Za-z0-9.+-]+)/([0-9]{1,6})")
_CONTROL = lazy(rb"a=rtcp:([0-9]{1,5})(?: IN IP[46] ([0-9A-Fa-f.:]{2,45}))?")
_NOTED = lazy(r"([0-9]{1,3})=([A-Za-z0-9.+-]{1,32})/([0-9]{1,6})")
STATIC = {0: "PCMU", 3: "GSM", 4: "G723", 5: "DVI4", 6: "DVI4", 7: "LPC", 8: "PCMA", 9: "G722", 10: "L16",
          11: "L16", 12: "QCELP", 13: "CN", 14: "MPA", 15: "G728", 16: "DVI4", 17: "DVI4", 18: "G729",
          25: "CelB", 26: "JPEG", 28: "nv", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263"}  # fmt: skip


class Media(msgspec.Struct, gc=False):
    """One description: what is to be sent to an address and port, and how."""

    kind: str
    address: str
    port: int
    how: str
    formats: list[str]
    mapped: dict[str, tuple[str, str]]  # format -> (codec, ticks a second)
    control_port: int = 0  # of RTCP; 0 where nothing else than the next one was said
    control_address: str = ""
    muxed: bool = False  # RTCP on the same port (RFC 5761)

    def line(self) -> str:
        """``audio 192.0.2.1:5004 RTP/AVP PCMU,opus``."""
        at = f"[{self.address}]" if ":" in self.address else self.address
        codecs = [self.mapped[one][0] if one in self.mapped else _usual(one) for one in self.formats]
        return f"{self.kind} {at}:{self.port} {self.how} {','.join(dict.fromkeys(codecs))}".strip()

    def note(self) -> str:
        """The codecs of formats that have no number of their own: ``96=opus/48000``."""
        return " ".join(f"{one}={name}/{rate}" for one, (name, rate) in self.mapped.items())


def described(body: bytes) -> list[Media]:
    """What a session consists of; what cannot be read is left out."""
    session = ""
    found: list[Media] = []
    for line in body.split(b"\n")[:MAX_LINES]:
        line = line.rstrip(b"\r")
        if line.startswith((b"c=IN IP4 ", b"c=IN IP6 ")):
            address = line[9:80].decode("ascii", "replace").split("/")[0]
            if found:
                found[-1].address = address
            else:
                session = address
        elif (media := _MEDIA.match(line)) and len(found) < MAX_MEDIA:
            kind, port, how = (media[at].decode() for at in (1, 2, 3))
            formats = [one[:32].decode("ascii", "replace") for one in media[4].split()[:MAX_CODECS]]
            found.append(Media(kind, session, int(port), how, formats, {}))
        elif found and line.startswith(b"a="):
            _attribute(found[-1], line)
    return found


def _attribute(media: Media, line: bytes) -> None:
    if mapped := _MAP.match(line):
        if mapped[1].decode() in media.formats:
            media.mapped[mapped[1].decode()] = (mapped[2].decode(), mapped[3].decode())
    elif control := _CONTROL.match(line):  # RFC 3605 section 2.1
        media.control_port = int(control[1])
        media.control_address = (control[2] or b"").decode()
    elif line == b"a=rtcp-mux":
        media.muxed = True


def media(body: bytes) -> tuple[str, ...]:
    """Each description as a line."""
    return tuple(one.line() for one in described(body))


def announced(body: bytes, side: Direction, now: int) -> Iterator[Announced]:
    """The flows that a description asks for: media over RTP, and what controls them (RFC 3550 section 11)."""
    for one in described(body):
        if not one.port or "RTP/" not in one.how or one.how.startswith("TCP"):
            continue
        yield expected(side, now, (one.address, one.port), one.note())
        if not one.muxed:
            where = (one.control_address or one.address, one.control_port or one.port + 1)
            yield expected(side, now, where, app="rtcp")


def expected(
    side: Direction, now: int, where: tuple[str, int], note: str = "", app: str = "rtp"
) -> Announced:
    """One of them; no address: that of the side."""
    address, port = where
    return Announced(time=now, side=side, app=app, transport="udp", address=address, port=port, note=note)


def noted(note: str) -> dict[int, tuple[str, int]]:
    """What ``Media.note`` says: format -> (codec, ticks a second)."""
    return {int(number): (name, int(rate)) for number, name, rate in _NOTED.findall(note)[:MAX_CODECS]}


def notes(media: Iterable[Media]) -> str:
    """The notes of several descriptions together."""
    return " ".join(filter(None, (one.note() for one in media)))


def _usual(word: str) -> str:
    return STATIC.get(int(word), word) if word.isascii() and word.isdigit() and len(word) < 4 else word
