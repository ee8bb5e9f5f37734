"""systemd itself, as pid 1 of a container made of this machine's own files: for scenes under a real manager.

Its root is an overlay whose changes lie in memory, its network namespace has only a loopback, and of what
systemd does when a machine starts, only the journal is left: nothing of the host is touched.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError
from tests.lab import wait_for

ROOT = Path(__file__).parents[2]
SYSTEMD = "/lib/systemd/systemd"
PROGRAMS = ("unshare", "nsenter", "pivot_root", "systemctl", "systemd-analyze", "journalctl")
UNIT = "/etc/systemd/system/procwire.service"
_numbers = itertools.count(1)
# $1: a folder of our own; $2 and on: directories that the overlay lacks.
# They are bound last and for reading, as everything before changes the overlay alone.
SET_UP = """
set -e
work=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work/up" "$work/wk" "$work/root"
mount -t overlay overlay -o lowerdir=/,upperdir="$work/up",workdir="$work/wk" "$work/root"
root=$work/root
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
umount -l "$root/sys/fs/cgroup" || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null:3 console:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/shm" "$root/old"
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
rm -rf "$root"/etc/systemd/system/* "$root"/lib/systemd/system/*.wants "$root/var/log/journal"
mkdir -p "$root/var/log/journal" "$root/etc/systemd/system"
units=$root/etc/systemd/system
journal=systemd-journald.service
printf '%s\\n' '[Unit]' DefaultDependencies=no Wants=$journal After=$journal > "$units/sysinit.target"
printf '[Unit]\\nRequires=sysinit.target\\nAfter=sysinit.target\\n' > "$units/scene.target"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
for place in "$@"; do
  mkdir -p "$root$place"
  mount --bind "$place" "$root$place"
  mount -o remount,bind,ro "$root$place"
done
ip link set lo up
cd "$root"
pivot_root . old
exec chroot . /bin/sh -c 'umount -l /old; exec env -i container=scene PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --unit=scene.target --log-target=journal </dev/null >/dev/null 2>&1'
"""


def why_no_manager() -> str:
    """Why systemd cannot be started here, or an empty string."""
    if os.geteuid() != 0:
        return "needs root to start systemd in a container"
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking or not Path(SYSTEMD).exists():
        return f"needs systemd and util-linux: {', '.join(lacking) or SYSTEMD}"
    try:
        root = cgroup.root()
    except BpfError as error:
        return str(error)
    if not os.access(root, os.W_OK) or os.statvfs(root).f_flag & os.ST_RDONLY:
        return f"needs a cgroup v2 tree that can be written to: {root}"
    tried = ["unshare", "--mount", "--pid", "--fork", "--cgroup", "--net", "true"]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    return done.stderr.strip()


def is_hidden(place: Path) -> bool:
    """Whether the overlay lacks it: a file system of its own, or where the container has one."""
    return place.stat().st_dev != Path("/").stat().st_dev or place.parts[1:2] in (("tmp",), ("run",))


class Manager:
    """Runs in a cgroup of its own until ``end``. ``work``: an empty folder."""

    def __init__(self, work: Path) -> None:
        self._group = Path(cgroup.root()) / f"pw-scene-{os.getpid()}-{next(_numbers)}"
        self._group.mkdir()
        self.console = work / "console"
        mount = work / "m"
        mount.mkdir()
        places = [Path(place) for place in dict.fromkeys((str(ROOT), sys.prefix, sys.base_prefix))]
        kept = [str(place) for place in places if is_hidden(place)]
        begin = f'echo $$ > {self._group}/cgroup.procs; exec "$@"'
        words = ["unshare", "--mount", "--pid", "--fork", "--cgroup", "--ipc", "--uts", "--net"]
        with self.console.open("wb") as said:
            self._program = subprocess.Popen(
                ["sh", "-c", begin, "sh", *words, "--kill-child", "sh", "-c", SET_UP, "sh", mount, *kept],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        try:
            self.pid = int(wait_for(self._child, what="a container"))
            wait_for(self._is_up, what="systemd")
        except TimeoutError as error:
            self.end()
            raise TimeoutError(f"{error}: {self.console.read_text()}") from None

    def run(self, *words: str, check: bool = True, given: str = "") -> str:
        """Run to the end inside; what it said."""
        done = self._inside(*words, given=given)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}{done.stdout}")
        return done.stdout

    def procwire(self, *words: str) -> str:
        """A command of procwire, inside."""
        path = f"PYTHONPATH={ROOT / 'src'}"
        return self.run("env", path, sys.executable, "-m", "procwire", *words)

    def shown(self, name: str, unit: str = "procwire") -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", unit, "--value", "-p", name).strip()

    def end(self) -> None:
        """Whatever runs inside ends with its pid 1; its control groups are taken away."""
        if self._program.poll() is None:
            child = self._child()
            if child:
                os.kill(int(child), signal.SIGKILL)
            else:
                self._program.kill()
        self._program.wait(60)
        wait_for(self._is_empty, what="the end of all processes inside")

    def _inside(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-m", "-p", "-C", "-i", "-u", "-n", "-r", "-w", "--", *words],
            input=given, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def _child(self) -> str:
        pid = self._program.pid
        try:
            return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def _is_up(self) -> bool:
        if self._program.poll() is not None:
            raise TimeoutError("systemd has ended")
        if Path(f"/proc/{self.pid}/comm").read_text(encoding="utf-8").strip() != "systemd":
            return False
        return self._inside("systemctl", "is-active", "scene.target").stdout.strip() == "active"

    def _is_empty(self) -> bool:
        try:
            for folder, _, _ in os.walk(self._group, topdown=False):
                Path(folder).rmdir()
        except OSError:
            return False
        return not self._group.exists()
