"""What ``procwire read`` says of other projects' captures, beside what those projects say of them.

Repeat with ``python -m bench.agreement [--shared DIR] [--each]``. DIR holds ``corpora``: the captures of
Arkime, nDPI, FoxIO's JA4, Community ID, tcpdump and libpcap, each with its truth. Flows are joined on the
unordered 5-tuple; several flows with one are taken together on both sides. Nothing of the corpora is kept.
Last come fields beside tshark (bench.fields), which takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bench import fields
from bench.tally import PORTED, TRANSPORTS, Key, Tally, captures_of, key_of, shared_folder
from procwire.engine.api import Context, EngineError, Reading, ReadOptions, Silent, protocols
from procwire.model.flow import Flow
from procwire.model.observation import Observation

NAMED = frozenset(info.name for info in protocols())  # protocols that are scored
# Names of theirs that are one of ours by another name: a claim of it is not wrong.
ALIKE = {
    **dict.fromkeys(("imaps", "pops", "smtps", "ftps", "applepush"), ("tls",)),
    "http_connect": ("http",), "haproxy": ("proxy_protocol",), "netbios": ("netbios", "nbns", "smb"),
    "nfs": ("nfs", "rpc"), "ethernetip": ("enip",), "cip": ("enip",), "mssql-tds": ("tds",),
    "srtp": ("rtp",), "rtcp": ("rtcp", "rtp"), "truphone": ("xmpp",), "ipsec": ("ike",),
    "whois-das": ("whois",), "icmpv6": ("icmp6",),
    "i3d": ("rtp",),  # voice of game servers: RTP with its extensions
    "maplestory": ("http",),  # a game's requests, named by their path and user agent
    "iec60870": ("iec104",), "ieee-c37118": ("synchrophasor",), "opc-ua": ("opcua",),
}  # fmt: skip
CUT_BYTES = 1 << 20  # of a capture that is cut
SETTINGS = ("alpn", "ja3", "sni")

Row = dict[str, Any]


@dataclass
class Talk:
    """All that was said of one 5-tuple."""

    packets: int = 0
    bytes: int = 0
    ids: set[str] = field(default_factory=set)
    apps: set[tuple[str, str]] = field(default_factory=set)  # app, confidence
    via: set[str] = field(default_factory=set)  # what it went through before
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # sni, ja3, ja4, alpn

    def content(self) -> set[str]:
        """Protocols that were named for certain."""
        return {app for app, confidence in self.apps if confidence == "content"} | self.via


class Scribe(Silent):
    """Takes down flows by their key."""

    def __init__(self) -> None:
        self.talks: dict[Key, Talk] = defaultdict(Talk)
        self.context = Context([])

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Names and fingerprints of the client's hello."""
        if observation.TABLE not in ("tls", "quic", "dtls"):
            return
        said = self.talks[key_of(flow.proto, (flow.src, flow.sport), (flow.dst, flow.dport))].said
        for ours, theirs in (("server_name", "sni"), ("ja3", "ja3"), ("ja4", "ja4")):
            if value := getattr(observation, ours, ""):
                said[theirs].add(value)
        if alpn := getattr(observation, "alpn", ()):
            said["alpn"].add(";".join(alpn))

    def ended(self, flow: Flow) -> None:
        """Counts, and what the flow speaks."""
        talk = self.talks[key_of(flow.proto, (flow.src, flow.sport), (flow.dst, flow.dport))]
        talk.packets += flow.packets_out + flow.packets_in
        talk.bytes += flow.bytes_out + flow.bytes_in
        talk.apps.add((flow.app, flow.app_confidence))
        talk.via.update(filter(None, str(flow.facts.get("via", "")).split(".")))
        talk.ids.add(self.context.community_id(flow) or "")


def read(path: Path, *, lenient: bool = False) -> Reading:
    """One capture, read to its end or to its damage; ``listener`` of its pipeline is a Scribe."""
    reading = Reading(ReadOptions(paths=(str(path),), lenient=lenient), Scribe())
    reading.run()
    return reading


@cache
def talks_of(path: Path) -> dict[Key, Talk]:
    """What procwire says of a capture."""
    listener = read(path).pipeline.listener
    return listener.talks if isinstance(listener, Scribe) else {}


def rows_of(path: Path) -> list[Row]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def by_capture(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    """Rows by the capture that they speak of."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def arkime(corpora: Path) -> Tally:
    """Flows of whole sessions: counts, Community ID, JA4."""
    tally = Tally("arkime: flows by 5-tuple")
    folder = corpora / "arkime"
    for name, rows in by_capture(rows_of(folder / "truth.jsonl"), "pcap").items():
        theirs: dict[Key, Talk] = defaultdict(Talk)
        for row in rows:
            if row["ipproto"] == 0 or not row["src"][0]:  # ARP and the like: no flow of IP
                tally.counts["not IP"] += 1
                continue
            talk = theirs[key_of(row["ipproto"], row["src"], row["dst"])]
            talk.packets += sum(row["pkts"])
            talk.bytes += sum(row["bytes"])
            talk.ids.add(row["community_id"] or "")
            talk.said["ja4"].update((row["tls"] or {}).get("ja4", ()))
        _compare(tally, name, theirs, talks_of(folder / "pcap" / name))
    return tally


def _compare(tally: Tally, name: str, theirs: dict[Key, Talk], ours: dict[Key, Talk]) -> None:
    for key, talk in theirs.items():
        own = ours.get(key)
        tally.same("matched", own is not None, f"{name} {key}")
        if own is None:
            continue
        where = f"{name} {key}"
        tally.same("packets", own.packets == talk.packets, f"{where} {own.packets} {talk.packets}")
        tally.same("bytes", own.bytes == talk.bytes, f"{where} {own.bytes} {talk.bytes}")
        if key[0] in PORTED and talk.ids - {""}:
            tally.same("community id", own.ids == talk.ids, f"{where} {own.ids} {talk.ids}")
        if prints := talk.said["ja4"]:
            tally.same("ja4", own.said["ja4"] == prints, f"{where} {own.said['ja4']} {prints}")


def ndpi(corpora: Path) -> Tally:
    """Protocols where nDPI and tshark concur, with the names and fingerprints in them."""
    tally = Tally("ndpi: flows whose protocol nDPI and tshark agree on")
    folder = corpora / "ndpi"
    rows = [row for row in rows_of(folder / "consensus.jsonl") if row["agree"]]
    for name, some in by_capture(rows, "file").items():
        ours = talks_of(folder / "pcap" / name)
        for row in some:
            key = key_of(TRANSPORTS.get(row["l4"], 0), row["src"], row["dst"])
            _judge(tally, f"{name} {key}", row, ours.get(key, Talk()))
    return tally


def _judge(tally: Tally, where: str, row: Row, own: Talk) -> None:
    theirs = row["ndpi"].split(".")[0].lower()
    claimed = own.content()
    right = set(ALIKE.get(theirs, (theirs,)))
    name = ALIKE.get(theirs, (theirs,))[0]
    if name in NAMED:
        tally.same(name, bool(right & claimed), f"{where} {own.apps}")
        tally.counts["every protocol of"] += 1
        tally.counts["every protocol"] += bool(right & claimed)
        verdict = "unknown" if not claimed else "other"
        if not right & claimed:
            tally.counts[f"{name} {verdict}"] += 1
        for setting in SETTINGS:
            if (value := row[setting]) and theirs in (
                "quic",
                "tls",
            ):  # a Host header is also called sni there
                equal = value.lower() in {one.lower() for one in own.said[setting]}
                tally.same(setting, equal, f"{where} {own.said[setting]} {value}")
    else:
        tally.same("others not misclaimed", claimed <= right, f"{where} {theirs} {own.apps}")
    if wrong := claimed - right if not right & claimed else set():
        tally.counts["wrong with content"] += 1
        tally.differences.append(f"wrong with content: {where} {theirs} {wrong}")


def misclaims(corpora: Path) -> Tally:
    """Flows that nDPI alone knows by content as something else than what procwire names for certain."""
    tally = Tally("ndpi: protocols named for certain, beside all that nDPI knows by content")
    folder = corpora / "ndpi"
    rows = [row for row in rows_of(folder / "truth.jsonl") if row["conf"] == "DPI"]
    for name, some in by_capture(rows, "file").items():
        ours = talks_of(folder / "pcap" / name)
        for row in some:
            theirs = set(row["proto"].lower().split("."))
            key = key_of(TRANSPORTS.get(row["l4"], 0), row["src"], row["dst"])
            if claimed := ours.get(key, Talk()).content():
                right = bool(claimed & theirs) or any(claimed & set(ALIKE.get(one, ())) for one in theirs)
                tally.same("claims", right, f"{name} {key} {row['proto']} {claimed}")
    return tally


def macro(tally: Tally) -> float:
    """Every protocol counts the same, however many flows it has."""
    scored = [name for name in NAMED if tally.counts[f"{name} of"]]
    return sum(tally.share(name) for name in scored) / len(scored)


def ja4(corpora: Path) -> Tally:
    """JA4 of each stream, as two implementations agree on it."""
    tally = Tally("ja4: fingerprints by stream")
    folder = corpora / "ja4"
    for row in rows_of(folder / "truth.jsonl"):
        proto = 6 if row["transport"] == "tcp" else 17
        key = key_of(proto, (row["src"], row["sport"]), (row["dst"], row["dport"]))
        own = talks_of(folder / "pcap" / row["pcap"]).get(key, Talk())
        tally.same(
            "ja4", row["ja4"] in own.said["ja4"], f"{row['pcap']} {key} {own.said['ja4']} {row['ja4']}"
        )
    return tally


def community(corpora: Path) -> Tally:
    """Community IDs of the specification's own capture."""
    tally = Tally("community id: the specification's baseline")
    folder = corpora / "community-id"
    theirs = {row["communityid"] for row in json.loads((folder / "baseline_deflt.json").read_text())}
    ours = {one for talk in talks_of(folder / "combined.pcap.gz").values() for one in talk.ids} - {""}
    for one in sorted(theirs | ours):
        tally.same("ids", one in theirs and one in ours, f"{one} {'ours' if one in ours else 'theirs'}")
    return tally


def robustness(corpora: Path, every: int = 1) -> Tally:
    """Damaged and hostile files: none may raise, take long or make a parser fail; read twice, lenient too."""
    tally = Tally("robustness: every capture, strict and lenient")
    paths = captures_of(corpora)
    worst = (0.0, "")
    for path in paths[::every]:
        for lenient in (False, True):
            begin = time.perf_counter()
            fault = _fault(path, tally, lenient=lenient)
            worst = max(worst, (time.perf_counter() - begin, path.name))
            tally.same("held", not fault, f"{path.name} {fault}")
    tally.counts["worst ms"] = round(worst[0] * 1000)
    return tally


def _fault(path: Path, tally: Tally, *, lenient: bool) -> str:
    """What went wrong that must not; a refusal is no fault."""
    try:
        reading = read(path, lenient=lenient)
    except EngineError as error:
        return str(error)
    except Exception as error:
        return repr(error)
    tally.counts["lenient refused" if lenient else "strict refused"] += reading.error is not None
    return reading.outcome.defect or _kept(reading)


def _kept(reading: Reading) -> str:
    """What is held though every flow has ended."""
    tracker, analyzer = reading.pipeline.tracker.counts, reading.pipeline.analyzer
    held = {"streams": tracker.held_bytes, "flows": tracker.active}
    if analyzer is not None:
        held["openings"] = analyzer.counts()["held"]
    return " ".join(f"{size} bytes of {name} are held" for name, size in held.items() if size)


def cuts(corpora: Path, every: int = 1, places: int = 2) -> Tally:
    """Captures cut at some bytes, chosen by a fixed draw, strict and lenient: none may raise or be kept."""
    tally = Tally("cut: captures that end at any byte")
    draw = random.Random(4)
    with tempfile.TemporaryDirectory() as folder:
        for path in captures_of(corpora)[::every]:
            data = path.read_bytes()[:CUT_BYTES]
            for lenient in (False, True):
                for _ in range(places):
                    cut = Path(folder) / f"cut{path.suffix}"
                    cut.write_bytes(data[: draw.randint(0, len(data))])
                    fault = _fault(cut, tally, lenient=lenient)
                    tally.same("held", not fault or fault.startswith(str(cut)), f"{path.name} {fault}")
    return tally


MEASURES = (arkime, ndpi, misclaims, ja4, community, robustness, cuts)


def main() -> int:
    """Print the tables; exit code 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=shared_folder(), help="folder that holds corpora")
    parser.add_argument("--each", action="store_true", help="print every difference")
    parser.add_argument("--no-fields", action="store_true", help="do not compare field by field with tshark")
    options = parser.parse_args()
    corpora = options.shared / "corpora"
    if not corpora.is_dir():
        print(f"no corpora at {corpora}", file=sys.stderr)
        return 2
    tallies = [measure(corpora) for measure in MEASURES]
    for tally in tallies:
        print("\n".join(tally.lines()))
        if tally.counts["dns of"]:
            scored = sorted(name for name in NAMED if tally.counts[f"{name} of"])
            print(f"  macro average of {', '.join(scored)}: {macro(tally):.4f}")
        if options.each:
            print("\n".join(f"    {words}" for words in tally.differences))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    failed = tallies[-1].share("held") < 1
    if not options.no_fields and shutil.which("tshark"):
        compared = fields.measured(corpora)
        failed = failed or fields.worst(compared[0]) < fields.GOAL
        for tally in compared:
            print(
                "\n".join([*tally.lines(), *(f"    {words}" for words in tally.differences if options.each)])
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
