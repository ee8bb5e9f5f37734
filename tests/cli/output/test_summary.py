"""The summary, as text and as JSON."""

from __future__ import annotations

import json

from procwire.cli.output.summary import TOP, as_json, as_text
from procwire.model.rows import GroupRow
from procwire.model.summary import SummaryReport


def a_report() -> SummaryReport:
    return SummaryReport(
        sources=["a.pcap"],
        packets=2000,
        bytes=1_500_000,
        first=10**18,
        last=10**18 + 2 * 10**9,
        flows=30,
        flows_evicted=2,
        protocols=[
            GroupRow(group="tls", confidence="content", flows=20, packets=1000, bytes_in=10**6, last=10**9)
        ],
        talkers=[GroupRow(group=f"10.0.0.{n}", flows=1) for n in range(TOP + 5)],
        faults={"short-header\x1b[2J": 3},
        unknown_links={"USB_LINUX": 7},
        drops={"kernel": 9},
        notes=["one file was cut short"],
    )


def test_text_says_it_all() -> None:
    text = as_text(a_report())
    for part in (
        "2,000, 1.5 MB on the wire", "2001-09-09T01:46:40", "1,000 packets/s, 750 kB/s", "30, 2 evicted",
        "tls", "content", "and 5 more", "short-header\\x1b[2J", "USB_LINUX", "Packets lost", "cut short",
    ):  # fmt: skip
        assert part in text
    assert "\x1b" not in text


def test_text_of_nothing() -> None:
    text = as_text(SummaryReport())
    assert "Packets   0, 0 B on the wire" in text
    assert "Time" not in text


def test_text_keeps_to_the_terminal() -> None:
    assert max(map(len, as_text(a_report(), width=60).splitlines()[7:])) <= 60


def test_json_is_one_line_with_a_schema() -> None:
    raw = as_json(a_report())
    assert raw.count(b"\n") == 1
    line = json.loads(raw)
    assert line["schema"] == "procwire.summary/1"
    assert line["duration"] == 2.0
    assert line["bytes_per_second"] == 750_000
    assert line["protocols"][0]["group"] == "tls"
    assert line["drops"] == {"kernel": 9}
    assert "start" not in json.loads(as_json(SummaryReport()))


def test_many_sources_are_counted_in_text_and_listed_in_json() -> None:
    report = SummaryReport(sources=[f"{number}.pcap" for number in range(300)])
    assert "Source    300 files, 0.pcap to 299.pcap\n" in as_text(report)
    assert len(json.loads(as_json(report))["sources"]) == 300
