from __future__ import annotations

from pathlib import Path

import pytest

from procwire.bpf import cgroup, probe
from procwire.bpf.libbpf import BpfError, library
from procwire.bpf.loader import read_object
from tests.bpf.kernel import need_bpf, without_capabilities

ALL = (1 << 41) - 1
NET_ADMIN, SYS_ADMIN, PERFMON, BPF = 1 << 12, 1 << 21, 1 << 38, 1 << 39


@pytest.mark.parametrize(
    ("effective", "lacking"),
    [
        (0, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]),
        (BPF | PERFMON | NET_ADMIN, []),
        (BPF | NET_ADMIN, ["CAP_PERFMON"]),
        (SYS_ADMIN | NET_ADMIN, []),
        (SYS_ADMIN, ["CAP_NET_ADMIN"]),
        (ALL, []),
    ],
)
def test_missing_capabilities_are_named(effective: int, lacking: list[str]) -> None:
    assert probe.lacks(effective) == lacking


def test_iterators_need_no_right_on_the_network() -> None:
    assert probe.lacks(BPF | PERFMON, network=False) == []
    assert probe.lacks(SYS_ADMIN, network=False) == []
    assert probe.lacks(BPF | NET_ADMIN, network=False) == ["CAP_PERFMON"]


def _usable() -> None:
    try:
        library()
        cgroup.root()
    except BpfError as error:
        pytest.skip(str(error))


def test_the_first_obstacle_is_told(tmp_path: Path) -> None:
    _usable()
    status, lockdown, btf = tmp_path / "status", tmp_path / "lockdown", tmp_path / "vmlinux"
    lockdown.write_text("none [integrity] confidentiality\n", encoding="ascii")

    def asked() -> str:
        return probe.obstacle(btf=str(btf), status=str(status), lockdown=str(lockdown))

    assert "CAP_BPF" in asked()
    status.write_text(f"Name:\tx\nCapEff:\t{ALL:016x}\n", encoding="ascii")
    assert "has no BTF" in asked()
    btf.touch()
    assert asked() == ""
    lockdown.write_text("none integrity [confidentiality]\n", encoding="ascii")
    assert "locked down" in asked()


def test_a_broken_object_is_an_error_and_not_a_verdict() -> None:
    _usable()
    with pytest.raises(BpfError, match="ELF"):
        probe.programs(b"\x7fELF" + bytes(100))


@pytest.mark.kernel
def test_every_program_has_a_verdict() -> None:
    _usable()
    verdicts = probe.programs()
    general = probe.obstacle()
    assert len(verdicts) == len({verdict.program for verdict in verdicts}) >= 16
    assert all(verdict.reason == general for verdict in verdicts) or not general


@pytest.mark.kernel
@pytest.mark.kernel
def test_a_program_that_netlink_attaches_is_only_loaded() -> None:
    need_bpf()
    assert probe.programs(name="received") == [probe.Verdict("received", "", ())]


def test_without_capabilities_every_program_says_which_are_missing() -> None:
    _usable()
    said = without_capabilities("from procwire.bpf import probe\nprint(*probe.programs(), sep='\\n')")
    assert said.count("CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN") == len(said.splitlines()) >= 16


@pytest.mark.kernel
def test_a_program_that_this_kernel_lacks_is_told_from_the_others() -> None:
    _usable()
    if probe.obstacle():
        pytest.skip(probe.obstacle())
    content = read_object("owners").replace(b"tp_btf/sock_send_length", b"tp_btf/sock_none_length")
    refused = [verdict for verdict in probe.programs(content) if verdict.reason]
    assert [verdict.program for verdict in refused] == ["sock_none_length"]
    assert "sock_none_length" in refused[0].reason


@pytest.mark.kernel
def test_an_iterator_that_this_kernel_lacks_is_told_from_the_others() -> None:
    _usable()
    if probe.obstacle("iterators"):
        pytest.skip(probe.obstacle("iterators"))
    assert all(not verdict.reason for verdict in probe.programs(name="iterators"))
    content = read_object("iterators").replace(b"iter/task_file\0", b"iter/task_none\0")
    refused = [verdict for verdict in probe.programs(content, "iterators") if verdict.reason]
    assert [verdict.program for verdict in refused] == ["holders"]
