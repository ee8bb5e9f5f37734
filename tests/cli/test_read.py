from __future__ import annotations

import contextlib
import csv
import fcntl
import gzip
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import main
from procwire.crew.shift import Shift
from tests.cli.program import DNS, HTTP, TLS, environment, run, start
from tests.crew import naming_capture
from tests.lab import wait_for

Capsys = pytest.CaptureFixture[str]


def lines(capsys: Capsys) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def read(*words: str | Path) -> int:
    return main(["read", *map(str, words)])


def json_of(path: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("read", str(path), "--json", *words).stdout.splitlines()]


def test_json_has_schema_and_event_first() -> None:
    rows = json_of(HTTP)
    assert {tuple(row)[:2] for row in rows} == {("schema", "event")}
    assert {(row["schema"], row["event"]) for row in rows} == {("procwire.flow/1", "end")}
    assert {row["app"] for row in rows} == {"http", "icmp6"}


def test_of_a_file_no_owner_is_claimed_and_the_reason_is_true() -> None:
    flows = json_of(HTTP)
    assert {(flow["owner_confidence"], flow["owner_reason"]) for flow in flows} == {
        ("unknown", "read from a file")
    }


def test_csv_is_a_header_and_a_row_a_flow(capsys: Capsys) -> None:
    assert read(TLS, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(json_of(TLS))
    assert {row["server_name"] for row in rows if row["app"] == "tls"} == {"www.example.com"}


def test_the_table_names_what_it_shows(capsys: Capsys) -> None:
    assert read(TLS) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert {"PROTO", "APP", "SERVER_NAME", "PROCESS"} <= set(first.split())
    assert sum("www.example.com" in line for line in rest) == len(rest) - 1


def test_a_filter_keeps_what_matches() -> None:
    found = json_of(HTTP, "--filter", "proto == http and dst_port == 8123")
    assert [row["dst_port"] for row in found] == [8123]
    assert json_of(HTTP, "--filter", "tls") == []


def test_a_wrong_filter_is_shown_before_anything_starts(capsys: Capsys) -> None:
    assert read("/no/such/file", "--filter", "bytez > 1MB") == 2
    error = capsys.readouterr().err
    assert error.startswith("procwire: filter: bytez is not a column")
    assert "^^^^^" in error
    assert "bytes" in error.splitlines()[-1]


@pytest.mark.parametrize("by", ["process", "remote", "protocol", "unit", "container"])
def test_groups_add_up_to_all_flows(by: str) -> None:
    groups = json_of(DNS, "--group", by)
    assert sum(group["flows"] for group in groups) == len(json_of(DNS))


def test_packets_one_line_each_and_filtered() -> None:
    packets = json_of(DNS, "--packets")
    assert [row["number"] for row in packets] == list(range(1, len(packets) + 1))
    tcp = json_of(DNS, "--packets", "--filter", "proto == tcp")
    assert len(tcp) == sum(row.get("proto") == "tcp" for row in packets) > 0


def test_a_summary_for_people_and_for_programs(capsys: Capsys) -> None:
    assert read(DNS, "--summary") == 0
    text = capsys.readouterr().out
    assert "Protocols" in text
    assert "dns" in text
    report = json.loads(run("read", str(DNS), "--summary", "--json").stdout)
    assert report["packets"] == len(json_of(DNS, "--packets"))


def test_a_file_behind_a_bare_observations_is_a_file(capsys: Capsys) -> None:
    assert read("--json", DNS, "--observations") == 0
    wanted = lines(capsys)
    assert read("--json", "--observations", DNS) == 0
    assert lines(capsys) == wanted
    assert read("--json", "--observations", "dns", DNS) == 0
    assert lines(capsys) == [line for line in wanted if line["schema"] == "procwire.dns/1"]


def test_several_files_one_after_the_other_or_merged() -> None:
    """Hosts' multicast reports are one flow over both files, so only conversations are counted."""
    only = ("--json", "--filter", "proto == tcp or proto == udp")
    both = run("read", str(HTTP), str(DNS), *only).stdout.splitlines()
    merged = run("read", "--merge", str(DNS), str(HTTP), *only).stdout.splitlines()
    assert len(both) == len(merged) == len(json_of(HTTP, *only[1:])) + len(json_of(DNS, *only[1:]))


def test_standard_input_a_fifo_and_gzip_give_the_same(tmp_path: Path) -> None:
    wanted = run("read", str(DNS), "--json").stdout
    with DNS.open("rb") as file:
        assert run("read", "-", "--json", stdin=file).stdout == wanted
    packed = tmp_path / "dns.pcap.gz"
    packed.write_bytes(gzip.compress(DNS.read_bytes()))
    assert run("read", str(packed), "--json").stdout == wanted
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = start("read", str(fifo), "--json")
    threading.Thread(target=fifo.write_bytes, args=(DNS.read_bytes(),), daemon=True).start()
    assert reader.communicate(timeout=30)[0] == wanted


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"", "empty"), (b"no capture at all", "capture")]
)
def test_what_cannot_be_read_is_named_in_one_line(
    tmp_path: Path, capsys: Capsys, content: bytes | None, said: str
) -> None:
    path = tmp_path / "x.pcap"
    if content is not None:
        path.write_bytes(content)
    assert read(path) == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"procwire: {path}: ")
    assert said.lower() in error.lower()


def test_damage_ends_a_reading_after_all_before_it(tmp_path: Path, capsys: Capsys) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(HTTP.read_bytes()[:-5])
    assert read(cut, "--json") == 1
    out, error = capsys.readouterr()
    assert len(out.splitlines()) == len(json_of(HTTP))
    assert f"{cut}: offset " in error


def test_lenient_goes_on_and_says_that_it_is_incomplete(tmp_path: Path, capsys: Capsys) -> None:
    whole = bytearray(HTTP.read_bytes())
    first = 24 + 16 + int.from_bytes(whole[32:36], "little")
    whole[first + 8 : first + 12] = b"\xff\xff\xff\x7f"
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(whole)
    assert read(bad) == 1
    capsys.readouterr()
    assert read(bad, "--lenient") == 4
    assert "1 damaged spots" in capsys.readouterr().err


def test_evicted_flows_make_a_run_incomplete(capsys: Capsys) -> None:
    assert read(HTTP, "--max-flows", "2") == 4
    assert "--max-flows" in capsys.readouterr().err


def test_timeouts_are_checked_by_name(capsys: Capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        read(HTTP, "--timeout", "upd=1s")
    assert ended.value.code == 2
    assert "no timeout is called 'upd'; there are" in capsys.readouterr().err
    assert read(HTTP, "--timeout", "tcp-open=1s") == 0


def test_words_that_do_not_go_together(capsys: Capsys) -> None:
    assert read(HTTP, "--packets", "--group", "process") == 2
    assert read(HTTP, "--summary", "--csv") == 2
    assert capsys.readouterr().err.count("procwire: ") == 2


def test_a_reader_that_leaves_is_no_failure() -> None:
    program = start("read", str(HTTP), "--packets", "--json")
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait(60) == 0


def test_a_reader_that_leaves_is_not_waited_for_by_a_silent_input(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = start("read", str(fifo), "--packets", "--json")
    assert program.stdout is not None
    with fifo.open("wb", buffering=0) as feed:
        feed.write(HTTP.read_bytes())
        assert json.loads(program.stdout.readline())["number"] == 1  # known before the input ends
        program.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # it may have found out already
            feed.write(HTTP.read_bytes()[24:])
        assert program.wait(60) == 0


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("read", str(HTTP), "--json", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"procwire: standard output: No space left on device\n"
    assert b"Traceback" not in done.stderr


def unread(pipe: int) -> int:
    """Bytes that stand in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_reading_with_what_it_has(tmp_path: Path, number: signal.Signals) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = start("read", str(fifo), "--json", "--progress")
    with fifo.open("wb") as feed:
        feed.write(DNS.read_bytes())
        feed.flush()
        wait_for(lambda: unread(feed.fileno()) == 0, what="the reader")
        program.send_signal(number)
        out, error = program.communicate(timeout=60)
    assert program.returncode == 4
    assert b"stopped after" in error
    assert b"Traceback" not in error
    assert all(json.loads(line)["event"] == "end" for line in out.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ["--json"],
        ["--csv"],
        ["--table"],
        ["--json", "--filter", "server_name_source == dns-answer or dst_port == 53"],
        ["--group", "protocol", "--json"],
        ["--group", "remote", "--filter", "server_name ~ example"],
        ["--group", "remote", "--filter", "packets > 4"],
    ],
)
def test_any_number_of_workers_writes_the_same(capsys: Capsys, tmp_path: Path, words: list[str]) -> None:
    named = naming_capture.capture(tmp_path)
    written = []
    for workers in ("1", "2", "3"):
        assert read(DNS, HTTP, TLS, named, *words, "--workers", workers) == 0
        written.append(capsys.readouterr().out)
    assert len(written[0]) > 100
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize(
    "words", [[], ["--filter", "packets > 4"], ["--filter", "server_name_source == dns-answer"]]
)
def test_any_number_of_workers_sums_up_the_same(capsys: Capsys, tmp_path: Path, words: list[str]) -> None:
    named = naming_capture.capture(tmp_path)
    written = []
    for workers in ("1", "2", "3"):
        assert read(HTTP, TLS, named, "--summary", "--json", *words, "--workers", workers) == 0
        report = json.loads(capsys.readouterr().out)
        del report["elapsed"]
        written.append(report)
    assert written[0]["protocols"]
    assert written[0] == written[1] == written[2]


def test_damage_ends_workers_with_the_same_words(capsys: Capsys, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(HTTP.read_bytes()[:-7])
    ends = [(read(cut, "--json", "--workers", workers), capsys.readouterr()) for workers in ("1", "2")]
    assert ends[0] == ends[1]
    assert ends[0][0] == 1


def test_a_worker_that_dies_is_one_line_and_a_failure(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(shift: Shift) -> None:
        if shift.desk.part:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Shift, "run", die)
    assert read(HTTP, "--json", "--workers", "2") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("procwire: a worker process ")
    assert said.err.count("\n") == 1


def test_a_signal_ends_workers_well(tmp_path: Path) -> None:
    """All stop at one packet: what is told then is what one process tells of the packets up to there."""
    large = tmp_path / "large.pcap"
    content = HTTP.read_bytes()
    large.write_bytes(content[:24] + content[24:] * 1500)
    process = start("read", str(large), "--summary", "--json", "--workers", "2")
    wait_for(lambda: len(children(process.pid)) == 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4
    report = json.loads(out)
    assert err.decode() == f"procwire: stopped after {report['packets']} packets\n"
    assert sum(group["packets"] for group in report["protocols"]) == report["packets"]


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize("words", [["--json"], ["--observations", "--json"], ["--packets", "--json"]])
def test_confined_it_says_the_same(words: list[str]) -> None:
    """Over every protocol: no module, table or file is missed inside, which would only be silence."""
    paths = sorted(map(str, HTTP.parents[1].glob("*/*.pcap*")))
    inside = run("read", "--sandbox", "strict", *words, *paths)
    outside = run("read", "--sandbox", "off", *words, *paths)
    assert inside.returncode == outside.returncode == 0, inside.stderr
    assert inside.stdout == outside.stdout
    assert len(outside.stdout.splitlines()) > 100


def _asleep(pid: int) -> str:
    """The status of a process that waits on two threads: one for bytes, one for what is made of them."""
    path = Path(f"/proc/{pid}/status")
    wait_for(lambda: "Threads:\t2" in path.read_text(), what="waiting for bytes")
    return path.read_text()


def test_it_is_confined_before_it_parses_and_unless_told_otherwise(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    states = {}
    for mode in ("best-effort", "off", ""):
        reader = start("read", *(["--sandbox", mode] if mode else []), str(fifo))
        with fifo.open("wb") as writer:
            status = _asleep(reader.pid)
            states[mode] = "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status and "Uid:\t0" not in status
            writer.write(HTTP.read_bytes())
        assert reader.wait(60) == 0
    assert states == {"best-effort": True, "off": False, "": True}


def test_a_caller_of_the_function_keeps_its_process_as_it_is(capsys: Capsys) -> None:
    before = Path("/proc/self/status").read_text().split("Seccomp:")[1].split()[0]
    assert read(HTTP, "--json") == 0
    assert lines(capsys)
    assert Path("/proc/self/status").read_text().split("Seccomp:")[1].split()[0] == before


def test_a_capture_that_only_root_may_read(tmp_path: Path) -> None:
    path = tmp_path / "private.pcap"
    path.write_bytes(HTTP.read_bytes())
    path.chmod(0o600)
    assert (
        run("read", "--sandbox", "strict", "--json", str(path)).stdout
        == run("read", str(HTTP), "--json").stdout
    )


def test_more_files_than_may_be_open(tmp_path: Path) -> None:
    paths = []
    for number in range(100):
        path = tmp_path / f"{number}.pcap"
        path.write_bytes(HTTP.read_bytes())
        paths.append(str(path))
    done = run(
        "read", "--json", *paths, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (120, 120))
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(json_of(HTTP))  # the same packets again: one flow each


def test_strict_refuses_in_one_line_what_cannot_be_had() -> None:
    """A thread that runs already cannot be shut in."""
    code = (
        "import sys, threading; threading.Thread(target=threading.Event().wait, daemon=True).start();"
        "from procwire.cli.main import main; sys.exit(main())"
    )
    for mode, status in (("strict", 1), ("best-effort", 0)):
        words = [sys.executable, "-c", code, "read", "--json", "--sandbox", mode, str(HTTP)]
        done = subprocess.run(words, env=environment(), capture_output=True, timeout=30, check=False)
        assert done.returncode == status
        assert done.stderr.count(b"\n") == 1
        assert b"2 threads run already" in done.stderr


def test_a_store_is_filled_from_inside(tmp_path: Path) -> None:
    for mode in ("strict", "off"):
        done = run("read", "--json", "--sandbox", mode, "--store", str(tmp_path / mode), str(HTTP))
        assert done.returncode == 0, done.stderr
    counts = []
    for mode in ("strict", "off"):
        with contextlib.closing(sqlite3.connect(tmp_path / mode / "history.db")) as store:
            counts.append(store.execute("SELECT count(*) FROM flow").fetchone()[0])
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert counts[0] == counts[1] > 0


def test_a_summary_loads_nothing_of_what_it_does_not_do() -> None:
    """A command begins in the time that its modules take."""
    words = (
        "import sys; from procwire.cli.main import main;"
        "main(['read', '--summary', sys.argv[1]]); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words, str(TLS)],
        env=environment(),
        capture_output=True,
        timeout=30,
        check=True,
    )
    loaded = set(done.stdout.decode().splitlines()[-1].split())
    unasked = (
        "yaml",
        "cryptography",
        "procwire.decrypt.gate",
        "procwire.detect.rule",
        "procwire.shaping.codec",
    )
    live = (
        "procwire.engine.watching",
        "procwire.warden.client",
        "procwire.processes.census",
        "procwire.bpf.loader",
    )
    assert "procwire.dpi.protocols.tls" in loaded
    assert loaded.isdisjoint({*unasked, *live})
