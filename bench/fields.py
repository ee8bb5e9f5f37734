"""What ``procwire read`` reads from each flow of the corpora, field by field beside tshark.

Repeat with ``python -m bench.fields [--shared DIR] [--each] [--only NAME ...]``. Compared are flows that both
know, by 5-tuple: for each field, how many of the values that tshark reads procwire reads too, as often. What
it reads beyond them is counted as ``more`` where tshark dissects the flow's protocol, as ``alone`` where it
does not (it goes by ports). Flows that only tshark knows are counted, and named by --each. Captures in ASIDE,
each for a reason of its own, are counted apart. So are values of flows that nDPI knows by content as another
protocol, where tshark alone goes by the port and procwire reads none (``no such protocol``), and frames that
tshark itself calls malformed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bench import dissector
from bench.columns import CERTIFICATE, FIELDS, certificate_of, certificate_shown
from bench.tally import TRANSPORTS, Key, Tally, captures_of, key_of, shared_folder
from procwire.engine.api import EngineError, Reading, ReadOptions, Silent
from procwire.model.flow import Flow
from procwire.model.observation import Observation

ONLY = "(tls or dtls or quic or dns or mdns or llmnr or http or http2 or ssh) and not ssdp"
GOAL = 0.99
ASIDE = {
    "badpackets.pcap": "first fragments of answers, cut short, that no others follow",
    "combined.pcap.gz": "the other captures of its folder once more",
    "fuzz-2006-09-29-28586.pcap": "overwritten at random by a fuzzer",
    "ndpi_match_string_subprotocol__error.pcapng": "overwritten on purpose",
}
UNOPENED = {"ipcomp", "capwap.data", "ipoib", "arcnet"}  # layers of tshark that procwire has no reader for
MOST = 64  # times that one value of one flow counts: a hostile message repeats one name 10,000 times

MALFORMED = "_ws.malformed"
# nDPI's names of what is compared; another that it is sure of speaks against tshark's port.
# (NoMachine has TLS inside, which tshark reads.)
COMPARED = {
    "nomachine",
    "dns",
    "mdns",
    "llmnr",
    "tls",
    "dtls",
    "quic",
    "http",
    "http2",
    "ssh",
    "stun",
    "gquic",
}

Values = dict[str, Counter[tuple[Key, str]]]


@dataclass
class Read:
    """What one side read of a capture: for each field its values, by flow."""

    values: Values = field(default_factory=lambda: defaultdict(Counter))
    flows: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))  # with tshark's layers
    unopened: int = 0
    malformed: int = 0
    others: set[Key] = field(
        default_factory=set
    )  # flows that are something else, by the truth of the capture


class Scribe(Silent):
    """Takes down what is observed."""

    def __init__(self) -> None:
        self.read = Read()

    def ended(self, flow: Flow) -> None:
        """See Listener."""
        self.read.flows[key_of(flow.proto, (flow.src, flow.sport), (flow.dst, flow.dport))].add(flow.app)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""
        key = key_of(flow.proto, (flow.src, flow.sport), (flow.dst, flow.dport))
        for one in FIELDS:
            if observation.TABLE in one.tables:
                self.read.values[one.name].update((key, value) for value in one.ours(observation))
        if observation.TABLE == "tls_certificate":
            for name, value in certificate_of(observation):
                self.read.values[f"certificate {name}"][key, value] += 1


def ours(path: Path) -> Read:
    """What procwire reads; of a damaged capture, all before the damage. Raises EngineError."""
    scribe = Scribe()
    Reading(ReadOptions(paths=(str(path),)), scribe).run()
    return scribe.read


def theirs(path: Path) -> Read:
    """What tshark reads."""
    made = Read(others=others_of(path))
    names = tuple(dict.fromkeys(name for one in FIELDS for name in one.names))
    keys: dict[str, Key] = {}
    for frame in dissector.frames(path, (*names, "x509af.serialNumber", MALFORMED), ONLY):
        if not frame.layers.isdisjoint(UNOPENED):
            made.unopened += 1
            continue
        made.flows[frame.key] |= frame.layers
        if frame.get(MALFORMED):
            made.malformed += 1
            continue
        for one in FIELDS:
            made.values[one.name].update((frame.key, value) for value in one.theirs(frame))
        if frame.get("x509af.serialNumber"):
            keys[frame.get("frame.number")[0]] = frame.key
    if keys:
        for number, shown in dissector.certificates(path):
            for name, value in (pair for one in shown for pair in certificate_shown(one) if number in keys):
                made.values[f"certificate {name}"][keys[number], value] += 1
    return made


@cache
def _truth(path: Path) -> dict[str, set[Key]]:
    """By capture, the flows of which nDPI knows by content that they are nothing that is compared here."""
    found: dict[str, set[Key]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        row = json.loads(line)
        if row.get("conf") == "DPI" and COMPARED.isdisjoint(row["proto"].lower().split(".")):
            found[row["file"]].add(key_of(TRANSPORTS.get(row["l4"], 0), row["src"], row["dst"]))
    return found


def others_of(path: Path) -> set[Key]:
    """See _truth; a capture without a truth has none."""
    return _truth(path.parent.parent / "truth.jsonl")[path.name] if path.parent.name == "pcap" else set()


def compare(tally: Tally, path: Path) -> None:
    """Both read one capture."""
    try:
        mine = ours(path)
    except EngineError:
        return  # refused: the robustness measure looks at those
    other = theirs(path)
    tally.counts["captures"] += 1
    tally.counts["frames in what procwire does not open"] += other.unopened
    tally.counts["frames that tshark calls malformed"] += other.malformed
    tally.counts["flows of both"] += len(other.flows.keys() & mine.flows.keys())
    for key in other.flows.keys() - mine.flows.keys():
        tally.counts["flows of tshark alone"] += 1
        tally.differences.append(f"flow of tshark alone: {path.name} {key} {sorted(other.flows[key])}")
    for one in FIELDS:
        _compare(tally, one.name, path.name, (mine, other, one.layers))
    for name in CERTIFICATE:
        _compare(tally, f"certificate {name}", path.name, (mine, other, ("tls", "dtls")))


def _compare(tally: Tally, name: str, capture: str, reads: tuple[Read, Read, tuple[str, ...]]) -> None:
    mine, other, layers = reads
    left, right = mine.values[name], other.values[name]
    for key, value in {**left, **right}:
        seen = other.flows.get(key, set())
        most = 1 if seen & {"quic", "dtls"} else MOST  # who repeats a hello, and whether it is shown, differs
        own, wanted = min(left[key, value], most), min(right[key, value], most)
        words = f"{capture} {key} {value!r}"
        if key in other.others and not any(known == key for known, _ in left):
            tally.counts[f"{name} no such protocol"] += wanted
            continue
        for place in range(wanted if key in mine.flows else 0):
            tally.same(name, place < own, f"missed: {words}")
        if own > wanted and seen.isdisjoint(layers):
            tally.counts[f"{name} alone"] += own - wanted
        elif own > wanted:
            tally.counts[f"{name} more"] += own - wanted
            tally.differences.append(f"{name}: more: {words}")


def fields(paths: list[Path], title: str = "values of fields that it reads") -> Tally:
    """All of these captures."""
    begin = time.perf_counter()
    tally = Tally(f"{dissector.version()}: {title}")
    for path in paths:
        compare(tally, path)
    tally.counts["seconds"] = round(time.perf_counter() - begin)
    return tally


def measured(corpora: Path, only: list[str] | None = None) -> list[Tally]:
    """What is compared, and what is counted apart."""
    paths = [path for path in captures_of(corpora) if not only or path.name in only]
    return [
        fields([path for path in paths if path.name not in ASIDE]),
        fields([path for path in paths if path.name in ASIDE], "captures that are counted apart"),
    ]


def worst(tally: Tally) -> float:
    """The share of the field that agrees least."""
    return min(tally.shares().values(), default=1)


def main() -> int:
    """Print the tables; exit code 1 when a field falls below 99%."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=shared_folder(), help="folder that holds corpora")
    parser.add_argument("--each", action="store_true", help="print every difference")
    parser.add_argument("--only", nargs="*", help="names of captures")
    options = parser.parse_args()
    if shutil.which("tshark") is None:
        print("needs tshark", file=sys.stderr)
        return 2
    tallies = measured(options.shared / "corpora", options.only)
    for tally in tallies:
        print("\n".join(tally.lines()))
        if options.each:
            print("\n".join(f"    {words}" for words in sorted(tally.differences)))
    return int(worst(tallies[0]) < GOAL)


if __name__ == "__main__":
    sys.exit(main())
