"""``import procwire``: the same flows and records as the command's, damage and mistakes told in one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import procwire
from procwire.library.reason import LibraryError
from procwire.library.recording import Session
from procwire.model.values import time_text
from tests.recorder.bundles import made

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = VECTORS / "http" / "connect.pcap"
DNS = VECTORS / "dns" / "udp.pcap"


def lines(*arguments: str | Path) -> list[dict[str, object]]:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "procwire", "read", "--json", "--sandbox", "off", *map(str, arguments)],
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_flows_are_those_of_the_command() -> None:
    ours = [(flow.flow_id, flow.bytes_out, flow.app) for flow in procwire.read(HTTP)]
    assert ours == [(row["flow_id"], row["bytes_out"], row["app"]) for row in lines(HTTP)]
    assert len(ours) > 1


def test_a_filter_and_several_files() -> None:
    flows = list(procwire.read(HTTP, DNS, filter="app == dns"))
    assert flows
    assert {flow.app for flow in flows} == {"dns"}
    assert {flow.process for flow in flows} == {None}
    assert {flow.owner_reason or flow.owner_confidence for flow in flows} <= {"read from a file", "unknown"}


def test_records_have_their_own_columns_and_their_flows() -> None:
    session = procwire.session(DNS)
    ours = [(one.time, one.flow_id, one.dst_port) for one in session.observations("dns")]
    assert len(ours) == len(lines(DNS, "--observations", "dns"))
    assert {port for _, _, port in ours} == {53}
    assert [one.src_port for one in session.observations("dns", "dst_port == 1")] == []


def test_packets_stay_as_they_were() -> None:
    kept = list(procwire.session(DNS).packets("dst_port == 53"))
    assert kept
    assert len({packet.number for packet in kept}) == len(kept)
    assert {packet.dst_port for packet in kept} == {53}


def test_findings_come_from_the_same_detectors(tmp_path: Path) -> None:
    ours = [finding.as_dict()["detector"] for finding in procwire.session(HTTP).findings()]
    assert ours == [row["detector"] for row in lines(HTTP, "--findings")]


def test_tables_can_be_listed() -> None:
    session = procwire.session(DNS)
    assert {"flow", "packet", "finding", "dns", "http", "tls"} <= set(session.tables())
    assert str(DNS) in repr(session)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: procwire.read("/no/such.pcap"), "/no/such.pcap: no such file"),
        (lambda: procwire.read(HTTP, filter="byts > 3"), "did you mean bytes"),
        (lambda: procwire.session(HTTP).observations("dsn"), "no table is called 'dsn'"),
        (lambda: procwire.session(HTTP).findings("nothing == 1"), "nothing is not a column"),
        (lambda: iter(Session()), "no file is named"),
        (lambda: procwire.session(HTTP, keylog="/no/keys").flows(), "/no/keys"),
    ],
)
def test_mistakes_are_one_error(ask: object, words: str) -> None:
    with pytest.raises(procwire.LibraryError, match=words):
        list(ask())  # type: ignore[operator]


def test_damage_comes_behind_everything_before_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(HTTP.read_bytes()[:-7])
    found: list[str] = []
    with pytest.raises(procwire.LibraryError, match=r"broken\.pcap: offset \d+"):
        found.extend(flow.flow_id for flow in procwire.read(broken))
    assert found
    session = procwire.session(broken, lenient=True)
    assert [flow.flow_id for flow in session.flows()] == found
    assert session.skipped == 1


def test_a_reader_may_leave_early_and_ask_again() -> None:
    session = procwire.session(HTTP)
    first = next(session.flows())
    assert next(iter(session)).flow_id == first.flow_id


def test_a_full_flow_table_is_counted() -> None:
    session = procwire.session(DNS, max_flows=1, protocols=False)
    assert list(session.flows())
    assert session.evicted > 0


def test_the_package_offers_its_words_lazily() -> None:
    code = "import sys, procwire; print('procwire.library' in sys.modules, procwire.read, dir(procwire))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert said.startswith("False <function read")
    assert "'watch'" in said
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(procwire, "".join(("no", "thing")))


@pytest.mark.parametrize("name", ["bundle", "bundle.tar.zst"])
def test_an_incident_has_its_owners(tmp_path: Path, name: str) -> None:
    capture = tmp_path / "http.pcap"
    shutil.copy(HTTP, capture)
    first = next(flow for flow in procwire.read(capture) if flow.proto == "tcp")
    owned = {
        "protocol": "TCP", "local_addr": f"{first.src}:{first.src_port}", "pid": 4711, "process_name": "curl",
        "remote_addr": f"{first.dst}:{first.dst_port}", "first_seen": time_text(first.start),
        "last_seen": time_text(first.last),
    }  # fmt: skip
    (tmp_path / "http.pcap.connections.jsonl").write_text(json.dumps(owned) + "\n")
    bundle = made(tmp_path, str(capture), name=name)
    session = procwire.session(bundle)
    for _ in range(2):  # the packets of an archive are read again
        (mine,) = session.flows("process == curl")
        assert mine.process is not None
        assert (mine.flow_id, mine.process.pid, mine.process.name) == (first.flow_id, 4711, "curl")
    assert list(session.observations("http"))
    assert "bundle" in repr(session)


def test_a_directory_that_is_no_incident(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no incident and no bundle"):
        procwire.session(tmp_path)
