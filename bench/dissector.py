"""tshark as the other reader of a capture: fields of its frames, each with the flow that it belongs to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from bench.tally import Key, key_of

BETWEEN = "\x1f"  # between values of one field
LIMIT_SECONDS = 60  # for one capture
# In order first, then read; heads of HTTP messages whose bodies are not whole, too.
READING = ("-o", "tcp.reassemble_out_of_order:TRUE", "-o", "http.desegment_body:FALSE")
ADDRESSES = ("frame.number", "frame.protocols", "ip.proto", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
             "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport")  # fmt: skip
NUMBERS = {"tcp": 6, "udp": 17}


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame says, under its innermost addresses."""

    key: Key
    layers: frozenset[str]
    values: dict[str, list[str]]

    def get(self, *names: str) -> list[str]:
        """All values of some fields."""
        return [value for name in names for value in self.values.get(name, ())]


@cache
def version() -> str:
    """The first words of what tshark says of itself."""
    done = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].split(" (Git")[0]


def _run(path: Path, *words: str) -> str:
    """What tshark prints; of a damaged capture, all before the damage."""
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), *READING, *words],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=LIMIT_SECONDS,
    )  # fmt: skip
    return done.stdout.decode("utf-8", "replace")


def frames(path: Path, names: tuple[str, ...], only: str) -> Iterator[Frame]:
    """The frames of a capture that ``only`` lets through and that lie over TCP or UDP."""
    words = ["-T", "fields", "-E", "separator=\t", "-E", "occurrence=a", "-E", f"aggregator={BETWEEN}",
             "-Y", only]  # fmt: skip
    asked = [*ADDRESSES, *names]
    for name in asked:
        words += ["-e", name]
    for line in _run(path, *words).split("\n"):
        cells = line.split("\t")
        if len(cells) != len(asked):
            continue
        values = {name: cell.split(BETWEEN) for name, cell in zip(asked, cells, strict=True) if cell}
        layers = values.get("frame.protocols", [""])[0].split(":")
        if (key := _innermost(layers, values)) is not None:
            yield Frame(key, frozenset(layers), values)


def _innermost(layers: list[str], values: dict[str, list[str]]) -> Key | None:
    """The flow of a frame: of what is carried in a tunnel, not of what an ICMP error repeats."""
    if "icmp" in layers or "icmpv6" in layers:
        return None
    network = next((one for one in reversed(layers) if one in ("ip", "ipv6")), "")
    transport = next((one for one in reversed(layers) if one in NUMBERS), "")
    names = (f"{network}.src", f"{transport}.srcport", f"{network}.dst", f"{transport}.dstport")
    if not all(name in values for name in names):
        return None
    src, sport, dst, dport = (values[name][-1] for name in names)
    return key_of(NUMBERS[transport], (src, int(sport)), (dst, int(dport)))


@dataclass(slots=True)
class Shown:
    """One certificate, as tshark reads it."""

    serial: str = ""
    issuer: str = ""
    subject: str = ""
    times: tuple[str, ...] = ()


def certificates(path: Path) -> Iterator[tuple[str, list[Shown]]]:
    """Certificates of each frame that shows some, by the frame's number. Names are in PDML alone."""
    text = _run(path, "-T", "pdml", "-J", "frame tls dtls",
                "-Y", "tls.handshake.certificate or dtls.handshake.certificate")  # fmt: skip
    for packet in ElementTree.fromstring(text).iter("packet"):
        every = list(packet.iter("field"))
        number = next(one.get("show", "") for one in every if one.get("name") == "frame.number")
        shown = [one for one in every if one.get("name", "").endswith("tls.handshake.certificate")]
        yield number, [_shown(one) for one in shown]


def _shown(certificate: ElementTree.Element) -> Shown:
    made = Shown()
    for one in certificate.iter("field"):
        match one.get("name"):
            case "x509af.serialNumber" if not made.serial:
                made.serial = one.get("value", "")
            case "x509if.rdnSequence" if not made.issuer:
                made.issuer = _name(one)
            case "x509af.rdnSequence":
                made.subject = _name(one)
            case "x509af.utcTime" | "x509af.generalizedTime":
                made.times += (one.get("value", ""),)
    return made


def _name(sequence: ElementTree.Element) -> str:
    """The parts of a name, last first; each is shown as ``1 item (id-at-commonName=...)``."""
    parts = [
        one.get("showname", "").partition(" (")[2].removesuffix(")")
        for one in sequence.iter("field")
        if one.get("name") == "x509if.RDNSequence_item"
    ]
    return ",".join(reversed(parts))
