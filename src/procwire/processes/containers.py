"""Where a process lives, from the text of /proc/PID/cgroup: systemd unit, container, pod (cgroups(7)). Pure.

Reads names only. What a runtime calls its containers is not asked of any runtime.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CANNOT_TELL = "?"
ID_DIGITS = 12
MAX_TEXT = 16384  # characters of cgroup text that are read

_HEX64 = "[0-9a-f]{64}"
_NAMED = re.compile(
    r"(?:^|/|:)(docker|libpod-payload|libpod|crio|cri-containerd|nerdctl|containerd|buildah|garden)"
    rf"[-:/](?!conmon-)({_HEX64})(?:\.scope)?(?=/|$)"
)
_BARE = re.compile(rf"/({_HEX64})(?=/|$)")
_POD = re.compile(
    r"(?:^|/|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})"
    r"(?=\.slice|/|:|$)"
)
_RUNTIMES = {
    "libpod": "podman",
    "libpod-payload": "podman",
    "crio": "cri-o",
    "cri-containerd": "containerd",
    "nerdctl": "containerd",
}
# Runtimes that name what they run; the last match in the path wins.
_BY_NAME = (
    ("lxc", re.compile(r"(?:^|/)lxc(?:\.payload[./]|/)([^/]+)")),
    ("qemu", re.compile(r"/machine-(qemu(?:\\x2d|-)[^/]+)\.scope")),
    ("libvirt-lxc", re.compile(r"/machine-(lxc(?:\\x2d|-)[^/]+)\.scope")),
    ("systemd-nspawn", re.compile(r"/systemd-nspawn@([^/]+)\.service")),
    ("systemd-nspawn", re.compile(r"/machine\.slice/machine-([^/]+)\.scope")),
    ("ecs", re.compile(r"/ecs/(?:[^/]+/)?([0-9a-f]{32}-\d+)(?=/|$)")),
)
_UNIT = re.compile(r"(?:^|/)([^/]+\.(?:service|scope|socket|mount|swap))(?=/|$)")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_PREFERENCE = ("", "name=systemd", "memory", "pids")


class Place(NamedTuple):
    """Empty strings for "none"; ``container`` is CANNOT_TELL where the text hides it."""

    cgroup: str = ""
    unit: str = ""
    container: str = ""
    runtime: str = ""
    pod: str = ""


def place(text: str, *, private: bool = False) -> Place:
    """Read the text of /proc/PID/cgroup; ``private`` says the reader is in a cgroup namespace of its own.

    Version 1, 2 and hybrid: the hierarchy that names a container wins, then the unified one, then systemd's,
    memory and pids. A path that leads out of the reader's namespace, or stops at its root, cannot be told.
    """
    paths = _paths(text[:MAX_TEXT])
    if not paths:
        return Place()
    pod = next((found for path in paths if (found := _pod(path))), "")
    unit = next((found for path in paths if (found := _unit(path))), "")
    cgroup = next((path for path in paths if path != "/"), "/")
    for path in paths:
        container, runtime = _container(path)
        if container:
            return Place(path, unit, container, runtime, pod)
    hidden = any(path.startswith("/..") for path in paths) or (private and cgroup == "/")
    return Place(cgroup, unit, CANNOT_TELL if hidden and not unit else "", "", pod)


def _paths(text: str) -> list[str]:
    """The paths, most telling first; a line is ``id:controllers:path`` and a path may hold colons."""
    found: list[tuple[int, str]] = []
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        names, colon, path = rest.partition(":")
        if not colon or not path.startswith("/"):
            continue
        ranks = [_PREFERENCE.index(name) for name in names.split(",") if name in _PREFERENCE]
        found.append((min(ranks, default=len(_PREFERENCE)), path.removesuffix(" (deleted)")))
    return [path for _, path in sorted(found, key=lambda pair: pair[0])]


def _container(path: str) -> tuple[str, str]:
    named = list(_NAMED.finditer(path))
    bare = list(_BARE.finditer(path))
    if named and (not bare or named[-1].start(2) >= bare[-1].start(1)):
        word = named[-1].group(1)
        return named[-1].group(2)[:ID_DIGITS], _RUNTIMES.get(word, word)
    if bare:
        return bare[-1].group(1)[:ID_DIGITS], _runtime_of_bare(path, bare[-1].start())
    for runtime, pattern in _BY_NAME:
        names = pattern.findall(path)
        if names:
            return _unescaped(names[-1]), runtime
    return "", ""


def _runtime_of_bare(path: str, start: int) -> str:
    """A bare id: the folders above it may still say whose it is; the CRI does not."""
    above = path[:start]
    if "kubepods" in above:
        return "cri"
    if "/ecs" in above:
        return "ecs"
    if "/docker" in above:
        return "docker"
    return (
        "containerd" if above.rpartition("/")[2] in ("default", "moby", "k8s.io", "buildkit") else "unknown"
    )


def _pod(path: str) -> str:
    found = _POD.findall(path)
    return found[-1].replace("_", "-") if found else ""


def _unit(path: str) -> str:
    """The innermost unit: a user manager's or a container's own systemd is the one that started it."""
    found = _UNIT.findall(path)
    return found[-1] if found else ""


def _unescaped(name: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), name)
