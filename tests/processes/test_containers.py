from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.processes.containers import CANNOT_TELL, Place, place

ID = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
SHORT = ID[:12]
POD = "5b6e3c1a-0f0e-4c2b-9a55-0a1b2c3d4e5f"
POD_ = POD.replace("-", "_")
STATIC = "0123456789abcdef0123456789abcdef"
BURSTABLE = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD_}.slice"
EFFORT = f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{POD_}.slice"

# path -> unit, container, runtime, pod
CASES: dict[str, tuple[str, str, str, str]] = {
    f"/system.slice/docker-{ID}.scope": (f"docker-{ID}.scope", SHORT, "docker", ""),
    f"/docker/{ID}": ("", SHORT, "docker", ""),
    f"/docker/{OTHER}/docker/{ID}": ("", SHORT, "docker", ""),
    f"/machine.slice/libpod-{ID}.scope": (f"libpod-{ID}.scope", SHORT, "podman", ""),
    f"/machine.slice/libpod-{ID}.scope/container": (f"libpod-{ID}.scope", SHORT, "podman", ""),
    f"/libpod_parent/libpod-{ID}": ("", SHORT, "podman", ""),
    f"/libpod/{ID}": ("", SHORT, "podman", ""),
    f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container": (
        f"libpod-{ID}.scope",
        SHORT,
        "podman",
        "",
    ),
    f"/system.slice/web.service/libpod-payload-{ID}": ("web.service", SHORT, "podman", ""),
    f"/machine.slice/libpod-conmon-{ID}.scope": (f"libpod-conmon-{ID}.scope", "", "", ""),
    f"/kubepods.slice/kubepods-pod{POD_}.slice/crio-conmon-{ID}.scope": (
        f"crio-conmon-{ID}.scope",
        "",
        "",
        POD,
    ),
    f"{BURSTABLE}/cri-containerd-{ID}.scope": (
        f"cri-containerd-{ID}.scope",
        SHORT,
        "containerd",
        POD,
    ),
    f"/kubepods/besteffort/pod{POD}/{ID}": ("", SHORT, "cri", POD),
    f"/kubepods/pod{STATIC}/{ID}": ("", SHORT, "cri", STATIC),
    f"/system.slice/containerd.service/kubepods-burstable-pod{POD_}.slice:cri-containerd:{ID}": (
        "containerd.service",
        SHORT,
        "containerd",
        POD,
    ),
    f"{EFFORT}/crio-{ID}.scope/container": (
        f"crio-{ID}.scope",
        SHORT,
        "cri-o",
        POD,
    ),
    f"/kubepods/burstable/pod{POD}/crio-{ID}": ("", SHORT, "cri-o", POD),
    f"/docker/{OTHER}/kubelet/kubepods/besteffort/pod{POD}/{ID}": ("", SHORT, "cri", POD),  # kind
    f"/system.slice/nerdctl-{ID}.scope": (f"nerdctl-{ID}.scope", SHORT, "containerd", ""),
    f"/default/{ID}": ("", SHORT, "containerd", ""),
    f"/ecs/{STATIC}/{ID}": ("", SHORT, "ecs", ""),
    f"/ecs/mycluster/{STATIC}/{ID}": ("", SHORT, "ecs", ""),
    f"/ecs/{STATIC}/{STATIC}-1234567": ("", f"{STATIC}-1234567", "ecs", ""),
    "/lxc.payload.web": ("", "web", "lxc", ""),
    "/lxc.payload.web/system.slice/nginx.service": ("nginx.service", "web", "lxc", ""),
    "/lxc/db/init.scope": ("init.scope", "db", "lxc", ""),
    "/lxc.monitor.web": ("", "", "", ""),
    "/machine.slice/machine-deb\\x2d12.scope": ("machine-deb\\x2d12.scope", "deb-12", "systemd-nspawn", ""),
    "/machine.slice/systemd-nspawn@deb.service/payload/system.slice/ssh.service": (
        "ssh.service",
        "deb",
        "systemd-nspawn",
        "",
    ),
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator": (
        "machine-qemu\\x2d1\\x2dvm.scope",
        "qemu-1-vm",
        "qemu",
        "",
    ),
    "/system.slice/nginx.service": ("nginx.service", "", "", ""),
    "/system.slice/system-getty.slice/getty@tty1.service": ("getty@tty1.service", "", "", ""),
    "/user.slice/user-1000.slice/session-2.scope": ("session-2.scope", "", "", ""),
    "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-4711.scope": (
        "app-firefox-4711.scope",
        "",
        "",
        "",
    ),
    "/user.slice/user-1000.slice/user@1000.service/init.scope": ("init.scope", "", "", ""),
    "/system.slice/podman.service/runtime": ("podman.service", "", "", ""),
    "/init.scope": ("init.scope", "", "", ""),
    "/user.slice": ("", "", "", ""),
    "/system.slice/gone.service (deleted)": ("gone.service", "", "", ""),
    f"/system.slice/backup-{ID[:20]}.service": (f"backup-{ID[:20]}.service", "", "", ""),
    "/": ("", "", "", ""),
}


@pytest.mark.parametrize("path", CASES)
def test_a_path_names_unit_container_and_pod(path: str) -> None:
    found = place(f"0::{path}\n")
    assert (found.unit, found.container, found.runtime, found.pod) == CASES[path]


def test_version_one_takes_the_hierarchy_that_names_a_container() -> None:
    text = f"12:pids:/docker/{ID}\n5:cpu,cpuacct:/\n1:name=systemd:/docker/{ID}\n"
    assert place(text).container == SHORT
    assert place(text).cgroup == f"/docker/{ID}"


def test_hybrid_hosts_have_an_empty_unified_path() -> None:
    found = place(f"4:memory:/docker/{ID}\n1:name=systemd:/system.slice/docker-{ID}.scope\n0::/\n")
    assert (found.container, found.unit) == (SHORT, f"docker-{ID}.scope")


def test_a_unit_comes_from_systemd_where_the_unified_path_is_empty() -> None:
    assert (
        place("4:memory:/user.slice\n1:name=systemd:/system.slice/cron.service\n0::/\n").unit
        == "cron.service"
    )


def test_a_path_may_hold_colons() -> None:
    assert place("0::/system.slice/dev-disk-by\\x2did-a:b.mount\n").cgroup.endswith("a:b.mount")


@pytest.mark.parametrize("text", ["0::/../../kubepods\n", "0::/..\n", f"0::/../docker-{ID[:10]}\n"])
def test_what_lies_outside_the_namespace_cannot_be_told(text: str) -> None:
    assert place(text).container == CANNOT_TELL


def test_the_root_of_a_private_namespace_cannot_be_told() -> None:
    assert place("0::/\n", private=True).container == CANNOT_TELL
    assert place("0::/\n").container == ""


def test_a_name_beside_the_namespace_is_still_read() -> None:
    assert place(f"0::/../docker-{ID}.scope\n", private=True).container == SHORT


@given(st.text(max_size=300))
@settings(max_examples=150)
def test_any_text_is_a_place(text: str) -> None:
    assert isinstance(place(text), Place)
