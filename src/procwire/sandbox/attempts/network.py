"""The network: call home, or listen for orders."""

from __future__ import annotations

import socket

from procwire.sandbox.attempts.attempt import Attempt, Stage

_ALL_PROTOCOLS = 3  # ETH_P_ALL
_TIMEOUT = 2.0


def _connect(family: int, address: object) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(_TIMEOUT)
        made.connect(address)  # type: ignore[arg-type]


def _bind(kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as made:
        made.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            made.listen()


def _send(stage: Stage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"out", ("127.0.0.1", stage.udp_port))


def _made(family: int, kind: int, proto: int = 0) -> None:
    socket.socket(family, kind, proto).close()


def _crypto() -> None:
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as made:
        made.bind(("hash", "sha256"))


ATTEMPTS = (
    Attempt("connect-tcp", "connect out by TCP",
            lambda stage: _connect(socket.AF_INET, ("127.0.0.1", stage.tcp_port))),
    Attempt("send-udp", "send out by UDP", _send),
    Attempt("connect-unix", "connect to a unix socket in the file system",
            lambda stage: _connect(socket.AF_UNIX, stage.unix_path)),
    Attempt("connect-abstract", "connect to an abstract unix socket",
            lambda stage: _connect(socket.AF_UNIX, stage.abstract)),
    Attempt("listen-tcp", "listen for TCP", lambda _: _bind(socket.SOCK_STREAM)),
    Attempt("bind-udp", "bind a UDP port", lambda _: _bind(socket.SOCK_DGRAM)),
    Attempt("raw-socket", "open a raw socket",
            lambda _: _made(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)),
    Attempt("packet-socket", "open a packet socket",
            lambda _: _made(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))),
    Attempt("netlink", "ask the kernel about the network",
            lambda _: _made(socket.AF_NETLINK, socket.SOCK_RAW, 0)),
    Attempt("vsock", "call the hypervisor", lambda _: _made(40, socket.SOCK_STREAM)),
    Attempt("kernel-crypto", "reach the kernel's ciphers by a socket", lambda _: _crypto()),
)  # fmt: skip
