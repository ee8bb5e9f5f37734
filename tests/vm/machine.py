"""A virtual machine with another kernel and this machine's files: what runs here runs there.

The kernel comes as a Debian package. An initramfs of busybox and the modules that 9p needs mounts this
machine's root read-only, memory over what must be written, and runs one Python module. Works without hardware
support (TCG), some ten times slower. What the guest writes comes back in a shared folder.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.lab import run

ROOT = Path(__file__).parents[2]
ENTRY = ("9pnet_virtio", "9p", "virtio_pci")  # and what they depend on
MEMORY = "1536"
LIMIT_SECONDS = 2400  # then the machine is switched off, and what it has written counts
PROGRAMS = ("qemu-system-x86_64", "busybox", "cpio", "modprobe", "dpkg")
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module; done
share="trans=virtio,version=9p2000.L,msize=512000"
/bin/busybox mount -t 9p -o $share,ro,cache=loose root /root || /bin/busybox poweroff -f
/bin/busybox mount -t proc proc /root/proc
/bin/busybox mount -t sysfs sysfs /root/sys
/bin/busybox mount -t devtmpfs dev /root/dev
/bin/busybox mkdir -p /dev/pts /dev/shm
/bin/busybox mount -t tmpfs tmp /root/tmp
/bin/busybox mount -t tmpfs run /root/run
/bin/busybox mkdir -p /root/tmp/out /root/run/netns
/bin/busybox mount -t 9p -o $share out /root/tmp/out
/bin/busybox mount -t cgroup2 cgroup /root/sys/fs/cgroup
/bin/busybox mount -t tracefs tracefs /root/sys/kernel/tracing
/bin/busybox mount -t securityfs securityfs /root/sys/kernel/security
/bin/busybox ip link set lo up
echo /modprobe > /proc/sys/kernel/modprobe
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH={repository}/src
/bin/busybox chroot /root /bin/sh -c "cd {repository} && exec {python} -m {module} {words}"
/bin/busybox sync
/bin/busybox poweroff -f
"""


MODPROBE = """#!/bin/busybox sh
exec /bin/busybox chroot /root /sbin/modprobe -d {kernel} "$@"
"""


class Kernel(NamedTuple):
    """An unpacked kernel package."""

    package: str
    folder: Path

    @property
    def release(self) -> str:
        """As uname -r says it."""
        return next(iter(self.folder.glob("boot/vmlinuz-*"))).name.removeprefix("vmlinuz-")

    @property
    def modules(self) -> Path:
        """Its modules."""
        found = [self.folder / "lib/modules", self.folder / "usr/lib/modules"]
        return next(path for path in found if path.is_dir()) / self.release


def missing() -> list[str]:
    """Programs that are needed and not here."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def hidden(root: Path = ROOT) -> bool:
    """Whether a guest, which has folders of its own there, does not see the checkout."""
    return any(root.is_relative_to(folder) for folder in ("/tmp", "/run", "/dev", "/proc", "/sys"))


def fetched(package: str, cache: Path, options: list[str]) -> Kernel:
    """Download and unpack a kernel package, once. ``options`` are for apt-get."""
    folder = cache / package
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", *options, "download", "-q", package], cwd=cache, check=True)
        (archive,) = cache.glob(f"{package}_*.deb")
        run("dpkg", "-x", str(archive), str(folder))
        kernel = Kernel(package, folder)
        run("depmod", "-b", str(kernel.modules.parents[2]), kernel.release)
        (folder / "ready").touch()
    return Kernel(package, folder)


def initramfs(kernel: Kernel, target: Path, module: str, words: str) -> None:
    """Write the archive that starts the guest."""
    place = target.parent / "initramfs"
    shutil.rmtree(place, ignore_errors=True)
    for name in ("bin", "proc", "sys", "dev", "root", "modules"):
        (place / name).mkdir(parents=True)
    busybox = shutil.which("busybox")
    assert busybox is not None
    shutil.copy(busybox, place / "bin/busybox")
    for library in re.findall(r"(/\S+)", run("ldd", busybox, check=False)):  # none for a static one
        (place / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place / library[1:])
    names = []
    for path in needed(kernel):
        content = path.read_bytes()
        name = path.name.removesuffix(".xz")
        (place / "modules" / name).write_bytes(lzma.decompress(content) if path.suffix == ".xz" else content)
        names.append(name)
    script = INIT.format(
        modules=" ".join(names), repository=ROOT, python=sys.executable, module=module, words=words,
    )  # fmt: skip
    for file, text in (("init", script), ("modprobe", MODPROBE.format(kernel=kernel.modules.parents[2]))):
        (place / file).write_text(text)
        (place / file).chmod(0o755)
    listed = subprocess.run(["find", "."], cwd=place, check=True, capture_output=True).stdout
    with target.open("wb") as archive:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], cwd=place, input=listed, stdout=archive, check=True
        )


def needed(kernel: Kernel) -> list[Path]:
    """The modules that mount the root, each after those it depends on; built-in ones are left out."""
    order: dict[Path, None] = {}
    for name in ENTRY:
        words = [
            "modprobe",
            "-d",
            str(kernel.modules.parents[2]),
            "-S",
            kernel.release,
            "--show-depends",
            name,
        ]
        for line in run(*words).splitlines():
            if line.startswith("insmod "):
                order[Path(line.split()[1])] = None
    return list(order)


def boot(kernel: Kernel, work: Path, module: str, words: str = "") -> tuple[Path, str]:
    """Run a module in a guest; the folder it wrote to as /tmp/out, and what it said on the console."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    initramfs(kernel, work / "initramfs.cpio", module, words)
    command = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", MEMORY, "-smp", "2",
        "-nographic", "-no-reboot", "-nic", "none",
        "-kernel", str(kernel.folder / f"boot/vmlinuz-{kernel.release}"),
        "-initrd", str(work / "initramfs.cpio"),
        "-append", "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off lsm=landlock,lockdown,bpf",
        "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
        "-virtfs", f"local,path={out},mount_tag=out,security_model=none",
    ]  # fmt: skip
    console = work / "console.log"  # as it grows
    with console.open("w") as said, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, check=False,
                       timeout=LIMIT_SECONDS, env={**os.environ, "TERM": "dumb"})  # fmt: skip
    return out, console.read_text(errors="replace")
