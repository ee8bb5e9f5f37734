"""Traffic with known authors: each command makes one kind of traffic and says who sent what.

Run as ``python tests/kernel/generators.py KIND HOST PORT [MORE]``, standard library only, so that it runs in
any namespace and in the smallest virtual machine. Each line printed is a JSON object with the pid, the
local port (0 where there is none) and the payload bytes of one conversation: the ground truth.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import json
import os
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable

CHUNK = b"procwire " * 100
SCTP, UDPLITE, MPTCP, PRIVATE = 132, 136, 262, 253  # IANA; 253 is for experiments (RFC 3692)
ETH_P_IP = 0x0800
Address = tuple[str, int]


def say(ours: socket.socket | None, sent: int, *, port: int = 0, pid: int = 0) -> None:
    """One conversation's truth."""
    local = int(ours.getsockname()[1]) if ours is not None else port
    line = {"pid": pid or os.getpid(), "port": local, "sent": sent}
    os.write(1, json.dumps(line).encode() + b"\n")


def family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def made(host: str, kind: int = socket.SOCK_STREAM, proto: int = 0) -> socket.socket:
    ours = socket.socket(family(host), kind, proto)
    ours.settimeout(60)
    return ours


def ended(ours: socket.socket) -> None:
    """Say that all was sent and wait until the other side has it."""
    ours.shutdown(socket.SHUT_WR)
    while ours.recv(65536):
        pass
    ours.close()


def tcp(to: Address, size: int, *, proto: int = 0) -> None:
    """One connection, ``size`` bytes."""
    ours = made(to[0], proto=proto)
    ours.connect(to)
    ours.sendall(bytes(size))
    say(ours, size)
    if proto == SCTP:  # has no half-closed state (RFC 9260 section 9): to close it delivers what was sent
        ours.close()
    else:
        ended(ours)


def slow(to: Address, number: int) -> None:
    """One connection that says something ten times a second."""
    ours = made(to[0])
    ours.connect(to)
    for _ in range(number):
        ours.sendall(CHUNK)
        time.sleep(0.1)
    say(ours, number * len(CHUNK))
    ended(ours)


def burst(to: Address, number: int) -> None:
    """Many connections at a time."""
    held = []
    for _ in range(number):
        ours = made(to[0])
        ours.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            ours.connect(to)
        held.append(ours)
    for ours in held:
        ours.settimeout(60)
        deadline = time.monotonic() + 60
        while ours.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            with contextlib.suppress(OSError):
                ours.getpeername()
                break
            if time.monotonic() > deadline:
                raise TimeoutError("a connection of the burst")
            time.sleep(0.001)
        ours.sendall(CHUNK)
        say(ours, len(CHUNK))
    for ours in held:
        ended(ours)


def udp(to: Address, number: int, *, proto: int = 0) -> None:
    """A connected socket, echoed."""
    ours = made(to[0], socket.SOCK_DGRAM, proto)
    ours.connect(to)
    for _ in range(number):
        ours.send(CHUNK)
    say(ours, number * len(CHUNK))
    with contextlib.suppress(TimeoutError):
        ours.settimeout(0.5)
        ours.recv(2000)


def unconnected(to: Address, number: int) -> None:
    """A socket that names its target each time."""
    ours = made(to[0], socket.SOCK_DGRAM)
    for _ in range(number):
        ours.sendto(CHUNK, to)
    say(ours, number * len(CHUNK))
    with contextlib.suppress(TimeoutError):
        ours.settimeout(0.5)
        ours.recvfrom(2000)


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct mmsghdr on 64-bit machines."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("name_size", ctypes.c_uint32), ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("sent", ctypes.c_uint), ("padding", ctypes.c_uint),
    )  # fmt: skip


def mmsg(to: Address, number: int) -> None:
    """sendmmsg(2) and recvmmsg(2) on an unconnected socket bound to a port."""
    libc = ctypes.CDLL(None, use_errno=True)
    ours = made(to[0], socket.SOCK_DGRAM)
    ours.connect(to)
    ours.setblocking(True)
    buffer = ctypes.create_string_buffer(CHUNK, len(CHUNK))
    vector = Vector(ctypes.addressof(buffer), len(CHUNK))
    messages = (Message * number)(
        *(Message(vectors=ctypes.addressof(vector), vector_count=1) for _ in range(number))
    )
    sent = libc.sendmmsg(ours.fileno(), messages, number, 0)
    say(ours, sent * len(CHUNK))
    libc.recvmmsg(ours.fileno(), messages, 1, 0, None)


def filled(size: int) -> int:
    """A descriptor of a file with ``size`` bytes."""
    descriptor, name = tempfile.mkstemp()
    os.unlink(name)  # noqa: PTH108
    os.write(descriptor, bytes(size))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def sendfile(to: Address, size: int) -> None:
    """sendfile(2): the bytes never pass the process."""
    ours = made(to[0])
    ours.connect(to)
    ours.setblocking(True)
    source, left = filled(size), size
    while left:
        left -= os.sendfile(ours.fileno(), source, size - left, left)
    say(ours, size)
    ended(ours)


def splice(to: Address, size: int) -> None:
    """splice(2) from a file through a pipe."""
    ours = made(to[0])
    ours.connect(to)
    ours.setblocking(True)
    source = filled(size)
    reader, writer = os.pipe()
    left = size
    while left:
        moved = os.splice(source, writer, min(left, 65536))
        left -= moved
        while moved:
            moved -= os.splice(reader, ours.fileno(), moved)
    say(ours, size)
    ended(ours)


def inherited(to: Address, size: int) -> None:
    """The parent connects, the child it forks sends."""
    ours = made(to[0])
    ours.connect(to)
    if os.fork() == 0:
        ours.sendall(bytes(size))
        say(ours, size)
        ended(ours)
        os._exit(0)
    ours.close()
    os.wait()


def passed(to: Address, size: int) -> None:
    """A descriptor sent over a unix socket to a process that is no relative of the sender's socket."""
    left, right = socket.socketpair(socket.AF_UNIX)
    if os.fork() == 0:
        left.close()
        ours = made(to[0])
        ours.connect(to)
        descriptors = array.array("i", [ours.fileno()])
        right.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        os._exit(0)
    right.close()
    _, control, _, _ = left.recvmsg(1, socket.CMSG_SPACE(4))
    (descriptor,) = struct.unpack("i", control[0][2][:4])
    os.wait()
    with socket.socket(fileno=descriptor) as ours:
        ours.sendall(bytes(size))
        say(ours, size)
        ended(ours)


def executed(to: Address, size: int) -> None:
    """A program that opens a connection and becomes another, which sends."""
    ours = made(to[0])
    ours.connect(to)
    ours.setblocking(True)
    say(ours, size)
    os.dup2(ours.fileno(), 1)
    os.execv("/usr/bin/head", ["head", "-c", str(size), "/dev/zero"])


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def echo_request(host: str) -> bytes:
    kind = 128 if ":" in host else 8
    head = struct.pack("!BBHHH", kind, 0, 0, os.getpid() & 0xFFFF, 1)
    return struct.pack("!BBHHH", kind, 0, checksum(head + CHUNK), os.getpid() & 0xFFFF, 1) + CHUNK


def ping(to: Address, number: int, *, kind: int = socket.SOCK_DGRAM) -> None:
    """Echo requests from a ping socket, or from a raw one."""
    proto = socket.IPPROTO_ICMPV6 if ":" in to[0] else socket.IPPROTO_ICMP
    ours = made(to[0], kind, proto)
    for _ in range(number):
        ours.sendto(echo_request(to[0]), (to[0], 0))
        ours.recv(2000)
    say(None, number * len(CHUNK))


def raw(to: Address, number: int) -> None:
    """A protocol of one's own."""
    ours = made(to[0], socket.SOCK_RAW, PRIVATE)
    for _ in range(number):
        ours.sendto(CHUNK, (to[0], 0))
    say(None, number * len(CHUNK))


def injected(to: Address, number: int, device: str) -> None:
    """UDP that a packet socket puts on the wire: no socket of the internet family knows of it."""
    ours = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    with made(to[0], socket.SOCK_DGRAM) as asked:
        asked.connect(to)
        source = asked.getsockname()[0]
    datagram = struct.pack("!HHHH", 40404, to[1], 8 + len(CHUNK), 0) + CHUNK
    ends = socket.inet_aton(source) + socket.inet_aton(to[0])
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0) + ends
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    for _ in range(number):
        ours.sendto(head + datagram, (device, ETH_P_IP, 0, 0, b"\xff" * 6))
    say(None, number * len(CHUNK), port=40404)


def refused(to: Address, _: int) -> None:
    """A connection that nobody takes."""
    ours = made(to[0])
    ours.bind(("::" if ":" in to[0] else "", 0))
    port = ours.getsockname()[1]
    with contextlib.suppress(ConnectionRefusedError):
        ours.connect(to)
    say(None, 0, port=port)


def accepting(to: Address, number: int) -> None:
    """A server: takes ``number`` connections and answers each once."""
    listener = socket.create_server(to, family=family(to[0]))
    say(None, 0, port=to[1])
    for _ in range(number):
        ours, _ = listener.accept()
        ours.recv(65536)
        ours.sendall(CHUNK)
        ours.close()


def spliced(to: Address, number: int) -> None:
    """A server that never asks who calls and never reads: splice(2) to /dev/null."""
    libc = ctypes.CDLL(None, use_errno=True)
    listener = socket.create_server(to, family=family(to[0]))
    reader, writer = os.pipe()
    nowhere = os.open("/dev/null", os.O_WRONLY)
    say(None, 0, port=to[1])
    for _ in range(number):
        descriptor = libc.accept4(listener.fileno(), None, None, 0)
        while moved := os.splice(descriptor, writer, 65536):
            os.splice(reader, nowhere, moved)
        os.close(descriptor)


KINDS: dict[str, Callable[..., None]] = {
    "tcp": tcp,
    "slow": slow,
    "burst": burst,
    "udp": udp,
    "unconnected": unconnected,
    "mmsg": mmsg,
    "sendfile": sendfile,
    "splice": splice,
    "inherited": inherited,
    "passed": passed,
    "executed": executed,
    "ping": ping,
    "raw-ping": lambda to, number: ping(to, number, kind=socket.SOCK_RAW),
    "raw": raw,
    "injected": injected,
    "refused": refused,
    "accepting": accepting,
    "spliced": spliced,
    "sctp": lambda to, size: tcp(to, size, proto=SCTP),
    "mptcp": lambda to, size: tcp(to, size, proto=MPTCP),
    "udplite": lambda to, number: udp(to, number, proto=UDPLITE),
}


def main(words: list[str]) -> int:
    """Make one kind of traffic."""
    kind, host, port, number, *more = words
    KINDS[kind]((host, int(port)), int(number), *more)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
