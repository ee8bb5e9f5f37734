"""What runtimes say of their containers, from their JSON, as ``Container``. Pure.

The text is a runtime's, or of whoever could set a label: it is cut, and made printable. What has another
shape than documented raises ContainerError or is left out, never anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from procwire.model.process import Container
from procwire.processes import procfs

MAX_CONTAINERS = 4096  # of one answer
MAX_LABELS = 64  # of one container
MAX_TEXT = 256  # characters of a name or a label
MIN_ID = 12

# Labels of compose (docker compose, podman-compose), and of the kubelet through every runtime.
_PROJECT = ("com.docker.compose.project", "io.podman.compose.project")
_SERVICE = ("com.docker.compose.service", "io.podman.compose.service")
_NAME = ("io.kubernetes.container.name", "io.kubernetes.cri.container-name", "nerdctl/name")
_POD_NAME = ("io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name")
_POD_NAMESPACE = ("io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace")
_POD_UID = ("io.kubernetes.pod.uid", "io.kubernetes.cri.sandbox-uid")
_IMAGE = ("io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image")

_TELLING = frozenset((*_PROJECT, *_SERVICE, *_NAME, *_POD_NAME, *_POD_NAMESPACE, *_POD_UID, *_IMAGE))


class ContainerError(ValueError):
    """An answer has not the shape that it should have."""


def listed(answer: Any) -> Iterator[Container]:
    """GET /containers/json, Docker's API and Podman's alike. Raises ContainerError for no list."""
    if not isinstance(answer, list):
        raise ContainerError("the answer is no list of containers")
    for each in answer[:MAX_CONTAINERS]:
        if not isinstance(each, dict):
            continue
        names = each.get("Names")
        name = names[0] if isinstance(names, list) and names else ""
        found = made(each.get("Id"), name, each.get("Image"), each.get("Labels"))
        if found is not None:
            yield found


def told(event: Any) -> Container | None:
    """One line of GET /events: its attributes are name, image, labels. None where it is of no container."""
    if not isinstance(event, dict) or event.get("Type") != "container":
        return None
    actor = event.get("Actor")
    if not isinstance(actor, dict) or not isinstance(actor.get("Attributes"), dict):
        return None
    labels = dict(actor["Attributes"])
    name, image = labels.pop("name", ""), labels.pop("image", "")
    return made(actor.get("ID"), name, image, labels)


def configured(answer: Any) -> Container | None:
    """Docker's own config.v2.json of a container."""
    if not isinstance(answer, dict):
        return None
    config = answer.get("Config")
    config = config if isinstance(config, dict) else {}
    return made(answer.get("ID"), answer.get("Name"), config.get("Image"), config.get("Labels"))


def annotated(identity: str, answer: Any) -> Container | None:
    """An OCI bundle's config.json: its annotations, as containerd and CRI-O write them."""
    notes = answer.get("annotations") if isinstance(answer, dict) else None
    return made(identity, "", "", notes) if isinstance(notes, dict) else None


def stored(answer: Any) -> Iterator[Container]:
    """containers.json of containers/storage (Podman, CRI-O): names alone. Raises ContainerError."""
    if not isinstance(answer, list):
        raise ContainerError("no list of stored containers")
    for each in answer[:MAX_CONTAINERS]:
        if not isinstance(each, dict):
            continue
        names = each.get("names")
        found = made(each.get("id"), names[0] if isinstance(names, list) and names else "", "", {})
        if found is not None:
            yield found


def made(identity: Any, name: Any, image: Any, labels: Any) -> Container | None:
    """A container; None without an id that could be one."""
    if not isinstance(identity, str) or len(identity) < MIN_ID:
        return None
    marks = _labels(labels)
    return Container(
        id=_text(identity)[:64],
        name=_text(name).lstrip("/") or _first(marks, _NAME),
        image=_text(image) or _first(marks, _IMAGE),
        labels=marks,
        pod=_first(marks, _POD_UID),
        pod_name=_first(marks, _POD_NAME),
        pod_namespace=_first(marks, _POD_NAMESPACE),
        compose_project=_first(marks, _PROJECT),
        compose_service=_first(marks, _SERVICE),
    )


def _labels(labels: Any) -> dict[str, str]:
    """The telling ones first, so that no number of others pushes them out."""
    if not isinstance(labels, Mapping):
        return {}
    whole = {
        name: value for name, value in labels.items() if isinstance(name, str) and isinstance(value, str)
    }
    ordered = sorted(whole, key=lambda name: (name not in _TELLING, name))
    return {_text(name): _text(whole[name]) for name in ordered[:MAX_LABELS]}


def _first(labels: dict[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _text(value: Any) -> str:
    return procfs.text(value[:MAX_TEXT].encode("utf-8", "surrogateescape")) if isinstance(value, str) else ""
