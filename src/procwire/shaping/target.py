"""Whose traffic is meant: an interface, a namespace, a container, a process, a unit, a cgroup. Pure.

Written as on the command line: ``eth0``, ``namespace:blue/eth0``, ``container:web``, ``process:1234``,
``unit:nginx.service``, ``cgroup:/system.slice``. A target is a name here; what it is on this host is found
when it is applied.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from procwire.model.process import Container
from procwire.shaping.failure import InvalidError

Kind = Literal["interface", "namespace", "container", "process", "unit", "cgroup", "command"]

KINDS: tuple[Kind, ...] = ("interface", "namespace", "container", "process", "unit", "cgroup", "command")
GROUPS = frozenset({"process", "unit", "cgroup"})  # kinds that are told apart by control group
WITH_INTERFACE = frozenset({"namespace", "container"})  # kinds whose text may end in /INTERFACE
INTERFACE_BYTES = 15  # IFNAMSIZ less its zero
MAX_NAME = 4096  # PATH_MAX
MAX_PID = 1 << 22  # PID_MAX_LIMIT


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One target. ``interface`` narrows it to one; empty: every one it talks over but loopback.

    A ``namespace`` is known by its name below /run/netns, by a path, or by a pid (``pid=1234``). A
    ``command`` is one that is started for it, in a namespace of its own.
    """

    kind: Kind
    name: str = ""
    interface: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidError("target", f"there is no kind {self.kind!r}, there are {', '.join(KINDS)}")
        if self.kind == "interface" and not self.interface:
            msgspec.structs.force_setattr(self, "interface", self.name)
        if self.kind == "command":
            return
        if not self.name or len(self.name) > MAX_NAME or "\0" in self.name:
            raise InvalidError("target", f"{self.kind} needs a name of at most {MAX_NAME} characters")
        if self.kind == "process" and not (self.name.isascii() and self.name.isdigit() and self.pid):
            raise InvalidError(
                "target", f"a process is named by its pid, 1 to {MAX_PID}, not {self.name[:40]!r}"
            )
        if self.kind == "cgroup" and (not self.name.startswith("/") or ".." in self.name.split("/")):
            raise InvalidError("target", "a cgroup is named by its path from the root, such as /system.slice")
        if self.interface:
            _check_interface(self.interface)

    @property
    def pid(self) -> int:
        """The pid that the name is, or 0."""
        digits = self.name.removeprefix("pid=") if self.kind == "namespace" else self.name
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 7:
            return 0
        return int(digits) if int(digits) <= MAX_PID else 0

    def __str__(self) -> str:
        if self.kind == "interface":
            known = self.name.partition(":")[0] in KINDS or "/" in self.name
            return f"interface:{self.name}" if known else self.name
        if self.kind == "command":
            return "command:"
        end = f"/{self.interface}" if self.interface and self.kind in WITH_INTERFACE else ""
        return f"{self.kind}:{self.name}{end}"


def target(text: str, interface: str = "") -> Target:
    """A target as it is written. Raises InvalidError. ``interface`` is for kinds that do not write it."""
    kind, found, name = text.partition(":")
    if not found or kind not in KINDS:
        return Target(kind="interface", name=text)
    if kind == "namespace" and name.startswith("/"):
        return Target(kind="namespace", name=name, interface=interface)
    if kind in WITH_INTERFACE and "/" in name:
        first, _, own = name.rpartition("/")
        if kind == "namespace" or _may_be_interface(own):
            name = first
            if interface and own != interface:
                raise InvalidError("target", f"names {own} and {interface}: one interface is meant")
            interface = own
    for each in KINDS:
        if kind == each:
            return Target(kind=each, name=name, interface=interface)
    raise InvalidError("target", f"{text[:40]!r} names nothing")


def _may_be_interface(name: str) -> bool:
    """Else a slash is part of a label (``app.kubernetes.io/name=web``) or of a pod's name."""
    try:
        _check_interface(name)
    except InvalidError:
        return False
    return "=" not in name


def _check_interface(name: str) -> None:
    """As dev_valid_name() of net/core/dev.c; any other byte may be part of a name."""
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > INTERFACE_BYTES:
        raise InvalidError(
            "interface", f"a name has at most {INTERFACE_BYTES} bytes, {name[:40]!r} has {size}"
        )
    if name in (".", "..") or any(sign in "/:\0" or sign.isspace() for sign in name):
        raise InvalidError("interface", f"{name!r} is no interface's name")


def unit_of(name: str) -> str:
    """A unit's whole name: a service where nothing else is said."""
    return name if "." in name else f"{name}.service"


def is_called(container: Container, name: str) -> bool:
    """Whether a container is meant by its name, id (12 digits at least), label, compose service or pod."""
    key, equals, value = name.partition("=")
    if equals:
        return container.labels.get(key) == value
    names = {container.name, container.compose_service, container.pod_name}
    names.add(f"{container.compose_project}/{container.compose_service}" if container.compose_service else "")
    names.add(f"{container.pod_namespace}/{container.pod_name}" if container.pod_name else "")
    return name in names - {""} or (len(name) >= 12 and container.id.startswith(name))


def is_whole(container: Container, meant: Target) -> bool:
    """Whether what looks like an interface is the end of a name: ``shop/web`` of compose, or of a pod."""
    return bool(meant.interface) and is_called(container, f"{meant.name}/{meant.interface}")


def is_meant(container: Container, meant: Target) -> bool:
    """Whether a target is this container, or an interface of it."""
    return is_whole(container, meant) or is_called(container, meant.name)
