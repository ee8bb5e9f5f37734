"""A bundle says what its packets say: read again, they give the same flows, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.cli.main import main
from procwire.recorder.container import Container
from procwire.recorder.manifest import verify
from procwire.recorder.opening import opened
from procwire.recorder.stamps import stamped
from tests.recorder.bundles import lines, made
from tests.recorder.taped import HTTP, VECTORS

DNS = VECTORS / "dns" / "udp.pcap"
MARK = b"procwire/1 flow="


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of two captures, of which one connection has an owner in a sidecar of RustNet's shape."""
    tmp = tmp_path_factory.mktemp("owned")
    capture = tmp / "http.pcap"
    shutil.copy(HTTP, capture)
    flows = lines(made(tmp, str(capture), name="plain") / "flows.ndjson")
    first = next(flow for flow in flows if flow["proto"] == "tcp")
    connection = {
        "protocol": "TCP", "local_addr": f"{first['src']}:{first['src_port']}",
        "remote_addr": f"{first['dst']}:{first['dst_port']}", "pid": 4711, "process_name": "curl",
        "first_seen": first["start"], "last_seen": first["last"],
    }  # fmt: skip
    (tmp / "http.pcap.connections.jsonl").write_text(json.dumps(connection) + "\n")
    return made(tmp, str(capture), str(DNS))


def replayed(path: Path, capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capfd.readouterr()
    assert main(["incident", "open", str(path), "--json"]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    return [{key: value for key, value in flow.items() if key != "event"} for flow in found]


def test_open_gives_the_same_flows(owned: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flows = replayed(owned, capfd)
    assert flows == lines(owned / "flows.ndjson")
    assert [flow["process"] for flow in flows if "process" in flow] == ["curl"]
    with Container(owned) as container:
        assert verify(container) == []


@pytest.mark.parametrize("name", ["chosen", "chosen.tar.zst"])
def test_a_filter_chooses_packets_and_they_tell_the_same(
    owned: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    bundle = made(tmp_path, str(owned), "--filter", "process == curl", name=name)
    (flow,) = replayed(bundle, capfd)
    assert flow["pid"] == 4711
    with Container(bundle) as container:
        assert verify(container) == []
        assert json.loads(container.read("flows.ndjson")) == flow
        told = json.loads(container.read("manifest.json"))
    assert told["packets"]["count"] == flow["packets"]
    assert told["reasons"] == ["only flows that match process == curl"]


def test_packets_carry_flow_direction_owner_and_a_remark_once(owned: Path) -> None:
    read = subprocess.run(
        ["tshark", "-r", str(owned / "packets.pcapng"), "-o", "nameres.network_name:TRUE", "-T", "fields",
         "-e", "frame.comment", "-e", "ip.src"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    comments = [line.partition("\t")[0] for line in read.stdout.splitlines()]
    flows = lines(owned / "flows.ndjson")
    assert len([comment for comment in comments if comment]) == len(flows)
    assert sum("curl (pid 4711)" in comment for comment in comments) == 1
    raw = (owned / "packets.pcapng").read_bytes()
    marks = [part.split(b"\0")[0].decode() for part in raw.split(b"procwire/1 flow=")[1:]]
    stamps = [stamped(f"procwire/1 flow={mark}") for mark in marks]
    (mine,) = [flow for flow in flows if "process" in flow]
    of_mine = [each for each in stamps if each["flow"] == mine["flow_id"]]
    assert len(of_mine) == mine["packets"]
    assert sum(each["dir"] == "out" for each in of_mine) == mine["packets_out"]
    assert {each["process"] for each in of_mine} == {"curl"}
    assert b"www.example.com" in raw[:2000]  # the names of addresses, before the first packet


def test_packets_that_are_written_behind_who_reads_are_the_same(
    owned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("procwire.recorder.lag.FAR_BYTES", 1)
    monkeypatch.setattr("procwire.capture.merge.OUT_ROWS", 2)  # packets of a batch
    behind = made(tmp_path, str(owned.parent / "http.pcap"), str(DNS))
    for name in ("flows.ndjson", "observations.ndjson", "owners.ndjson"):
        assert (behind / name).read_bytes() == (owned / name).read_bytes()
    assert frames(behind) == frames(owned)
    with Container(behind) as container:
        assert verify(container) == []
    raw, other = ((each / "packets.pcapng").read_bytes() for each in (behind, owned))
    assert raw.count(b"procwire: flow of") == other.count(b"procwire: flow of")
    parts = raw.split(MARK, 2), other.split(MARK, 2)  # its declaration; up to the first packet; behind that
    assert [b"www.example.com\0" in part[1] for part in parts] == [False, True]
    assert b"www.example.com\0" in parts[0][2]  # it was not known when the first packet was written


@pytest.mark.parametrize("bound", ["lag.FAR_BYTES", "kept.MOST_BYTES", "kept.MOST_BATCHES"])
def test_packets_of_one_file_are_kept_until_they_may_be_written(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reading, in small pieces: whatever has them written, they are as after a second."""
    whole = made(tmp_path, str(HTTP), name="whole")
    monkeypatch.setattr("procwire.recorder.annotated.CHUNK_BYTES", 2048)
    monkeypatch.setattr(f"procwire.recorder.{bound}", 3)
    behind = made(tmp_path, str(HTTP), name="behind")
    again = made(tmp_path, str(HTTP), "--with-keys", name="again")
    assert frames(behind) == frames(again) == frames(whole)
    for name in ("flows.ndjson", "observations.ndjson", "accounting.ndjson"):
        assert (behind / name).read_bytes() == (again / name).read_bytes()


def frames(bundle: Path) -> list[tuple[bytes, int, dict[str, str]]]:
    """Of each packet its bytes, its time, and what its option says."""
    found = []
    for batch in open_files((str(bundle / "packets.pcapng"),)).batches():
        for row in range(batch.count):
            start = batch.offset[row]
            found.append((bytes(batch.buffer[start : start + batch.captured[row]]), batch.time[row]))
    raw = (bundle / "packets.pcapng").read_bytes()
    marks = [part.split(b"\0")[0].decode() for part in raw.split(MARK)[2:]]  # behind its declaration
    return [(*each, stamped(f"procwire/1 flow={mark}")) for each, mark in zip(found, marks, strict=True)]


def test_other_programs_take_the_packets_on(owned: Path, tmp_path: Path) -> None:
    packets, copied = owned / "packets.pcapng", tmp_path / "copied.pcapng"
    for words in (["editcap", str(packets), str(copied)], ["mergecap", "-w", str(copied), str(packets)]):
        assert subprocess.run(words, check=False).returncode == 0
        assert sum(batch.count for batch in open_files((str(copied),)).batches()) == len(frames(owned))


def test_sums_close(owned: Path) -> None:
    accounts = lines(owned / "accounting.ndjson")
    (health,) = lines(owned / "health.ndjson")
    assert sum(int(str(each["packets"])) for each in accounts) == health["packets"]
    (process,) = lines(owned / "processes.ndjson")
    assert (process["process"], process["pid"], process["flows"]) == ("curl", 4711, 1)
    assert {each["schema"] for each in lines(owned / "dns.ndjson")} == {"procwire.dns/1"}
    assert lines(owned / "findings.ndjson")
    assert "curl" in (owned / "summary.md").read_text()


def test_redaction_lets_nothing_through(
    owned: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = str(tmp_path / "key")
    bundle = made(tmp_path, str(owned), "--redact", "--redact-key", key, name="public")
    again = made(tmp_path, str(owned), "--redact", "--redact-key", key, name="again")
    assert lines(bundle / "flows.ndjson") == lines(again / "flows.ndjson")
    for path in bundle.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for secret in (b"example.com", b"10.77.", b"curl", b"\x0a\x4d\0\1", b"fd77:"):
            assert secret not in data, f"{secret!r} in {path.name}"
    before, after = lines(owned / "flows.ndjson"), lines(bundle / "flows.ndjson")
    assert [flow["bytes"] for flow in before] == [flow["bytes"] for flow in after]
    flows = {flow["flow_id"]: flow for flow in replayed(bundle, capfd)}
    assert set(flows) == {flow["flow_id"] for flow in after}
    assert [flow["packets"] for flow in flows.values()] == [flow["packets"] for flow in after]
    assert [flow["pid"] for flow in flows.values() if "pid" in flow] == [4711]
    assert opened(bundle).book.count == 1


def test_a_capture_that_is_cut_off_gives_what_is_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(DNS.read_bytes()[:3_000])
    bundle = made(tmp_path, str(cut))
    assert "the file ends 22 bytes before the record does" in capfd.readouterr().out
    assert replayed(bundle, capfd) == lines(bundle / "flows.ndjson") != []


def test_what_is_no_capture_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = tmp_path / "words"
    words.write_text("these are no packets, but words")
    assert main(["incident", "export", str(words), "-o", str(tmp_path / "case")]) == 1
    assert "not a capture file" in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["words"]


def test_open_tells_of_processes_as_a_tree(owned: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert main(["incident", "open", str(owned), "--processes", "--json", "--filter", "pid == 4711"]) == 0
    (row,) = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert (row["process"], row["pid"], row["known_by"]) == ("curl", 4711, "flow")
    (line,) = lines(owned / "processes.ndjson")
    assert (line["flows"], line["schema"]) == (1, "procwire.incident_process/1")
    assert main(["incident", "open", str(owned), "--processes"]) == 0
    assert "curl" in capfd.readouterr().out


def test_a_bundle_of_a_bundle_keeps_what_the_watch_knew(tmp_path: Path) -> None:
    """Findings and flows of an incident stand in every bundle of it, and with a filter those that belong."""
    incident = tmp_path / "incident"
    incident.mkdir()
    shutil.copy(HTTP, incident / "packets.pcapng")
    (incident / "incident.json").write_text(json.dumps({"state": "frozen", "lacking": []}))
    told = lines(made(tmp_path, str(incident), name="first") / "flows.ndjson")
    of_tcp = [flow for flow in told if flow["proto"] == "tcp"]
    (incident / "watched.ndjson").write_text("".join(json.dumps(flow) + "\n" for flow in told))
    findings = [{"detector": "x", "flows": [flow["flow_id"]]} for flow in (told[0], told[-1])]
    (incident / "findings.ndjson").write_text("{\n" + "".join(json.dumps(each) + "\n" for each in findings))
    for source, name in (("incident", "second.tar.zst"), ("second.tar.zst", "third"), ("third", "fourth")):
        again = made(tmp_path, str(tmp_path / source), name=name)
    assert lines(again / "watched.ndjson") == told
    assert lines(again / "findings.ndjson") == findings
    first = str(of_tcp[0]["src_port"])
    chosen = made(tmp_path, str(again), "--filter", f"src_port == {first}", name="chosen")
    assert [str(flow["src_port"]) for flow in lines(chosen / "watched.ndjson")] == [first]
    assert len(lines(chosen / "findings.ndjson")) == sum(
        each["flows"] == [of_tcp[0]["flow_id"]] for each in findings
    )
