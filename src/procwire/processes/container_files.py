"""Names of containers from the files that runtimes leave, where no API answers.

containerd and CRI-O keep each container's OCI bundle with the kubelet's annotations; Docker keeps
config.v2.json; Podman and CRI-O list their containers in containers.json. Read by the id that the cgroup
shows, of which twelve digits are enough.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.process import Container
from procwire.processes import container_facts, procfs
from procwire.processes.container_facts import ContainerError

MAX_FILE = 4 << 20
MAX_FOLDER = 16384  # entries of a folder that are looked through
TASKS = "run/containerd/io.containerd.runtime.v2.task"  # then NAMESPACE/ID/config.json
K3S_TASKS = "run/k3s/containerd/io.containerd.runtime.v2.task"
BUNDLES = "run/containers/storage/overlay-containers"  # then ID/userdata/config.json
DOCKER = "var/lib/docker/containers"  # then ID/config.v2.json
STORED = "var/lib/containers/storage/overlay-containers/containers.json"


def find(identity: str, root: str = "/") -> Container | None:
    """The container whose id begins with these digits; None where no file tells of it."""
    if len(identity) < container_facts.MIN_ID or not identity.isalnum():
        return None
    for found in _told(identity, Path(root)):
        if found is not None and (found.name or found.pod_name):
            return found
    return None


def _told(identity: str, root: Path) -> Iterator[Container | None]:
    for tasks in (root / TASKS, root / K3S_TASKS):
        for space in _children(tasks):
            for bundle in _named(space, identity):
                yield container_facts.annotated(bundle.name, _json(bundle / "config.json"))
    for bundle in _named(root / BUNDLES, identity):
        yield container_facts.annotated(bundle.name, _json(bundle / "userdata" / "config.json"))
    for folder in _named(root / DOCKER, identity):
        yield container_facts.configured(_json(folder / "config.v2.json"))
    with contextlib.suppress(ContainerError):
        for each in container_facts.stored(_json(root / STORED)):
            if each.id.startswith(identity):
                yield each


def _children(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in procfs.names(str(folder))[:MAX_FOLDER]]
    except OSError:
        return []


def _named(folder: Path, identity: str) -> list[Path]:
    return [path for path in _children(folder) if path.name.startswith(identity)]


def _json(path: Path) -> Any:
    """None for what cannot be read or is no JSON."""
    try:
        return msgspec.json.decode(procfs.read(str(path), MAX_FILE))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
