"""Names to addresses, and connections: for the configured hosts, and for nobody else."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

CACHE_SECONDS = 60.0
MAX_ADDRESSES = 8  # of one name that are tried

Address = tuple[int, Any]


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Hosts:
    """``allowed``: (host, port) pairs. Whatever else is asked for is refused with PermissionError."""

    def __init__(self, allowed: Iterable[tuple[str, int]]) -> None:
        self._allowed = frozenset(allowed)
        self._known: dict[tuple[str, int, int], tuple[float, list[Address]]] = {}

    @property
    def named(self) -> bool:
        """Whether any of them must be looked up."""
        return any(not is_address(host) for host, _ in self._allowed)

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports."""
        return tuple(sorted({port for _, port in self._allowed}))

    def resolve(self, host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[Address]:
        """Its addresses. Raises OSError."""
        if (host, port) not in self._allowed:
            raise PermissionError(1, f"{host}:{port} is no configured sink")
        key = (host, port, int(kind))
        at, found = self._known.get(key, (0.0, []))
        if not found or time.monotonic() - at > CACHE_SECONDS:
            flags = socket.AI_NUMERICHOST if is_address(host) else 0
            told = socket.getaddrinfo(host, port, type=kind, flags=flags)
            found = [(int(family), address) for family, _, _, _, address in told][:MAX_ADDRESSES]
            self._known[key] = (time.monotonic(), found)
        return found

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A TCP connection to the first address that takes it. Raises OSError."""
        last: OSError = OSError(0, f"{host} has no address")
        for family, address in self.resolve(host, port):
            made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            try:
                made.settimeout(timeout)
                made.connect(address)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                made.close()
                last = error
            else:
                return made
        self._known.clear()  # it may have moved
        raise last


def secured(made: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """TLS over it, for this host. Raises OSError; the socket is closed then."""
    try:
        return context.wrap_socket(made, server_hostname=host)
    except OSError:
        made.close()
        raise


def tls_context(ca: str) -> ssl.SSLContext:
    """Certificates are always checked: against ``ca``, or what the system trusts. Raises OSError."""
    context = ssl.create_default_context(cafile=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def shut(made: socket.socket | None) -> None:
    """End it, also for a thread that waits on it."""
    if made is not None:
        with contextlib.suppress(OSError):
            made.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            made.close()
