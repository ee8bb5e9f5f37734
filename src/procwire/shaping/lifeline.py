"""The connections that must not be hurt: whoever shapes a host over the network must be able to go on doing
it.

The SSH connection of this command, from SSH_CONNECTION or, where sudo dropped that, from the sockets of the
sshd among its ancestors; and the management network that was named. Exempt packets pass untouched in both
directions.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path

from procwire.shaping.selection import Network, Selector

MAX_ANCESTORS = 32
MAX_CONNECTIONS = 16
ESTABLISHED = "01"
SERVERS = ("sshd", "dropbear")


def lifelines(
    environ: Mapping[str, str] = os.environ, management: tuple[Network, ...] = (), proc: str = "/proc"
) -> tuple[Selector, ...]:
    """What to leave alone."""
    own = _from_environment(environ) or _from_ancestors(proc)
    return (*own, *(Selector(peer=network) for network in management))


def _from_environment(environ: Mapping[str, str]) -> tuple[Selector, ...]:
    words = environ.get("SSH_CONNECTION", "").split()
    if len(words) != 4:
        return ()
    found = _connection(words[0], words[1], words[2], words[3])
    return () if found is None else (found,)


def _connection(peer: str, port: str, local: str, local_port: str) -> Selector | None:
    try:
        theirs, ours = ip_address(peer.partition("%")[0]), ip_address(local.partition("%")[0])
        if theirs.is_loopback:
            return None
        return Selector(
            peer=ip_network(theirs), local=ip_network(ours), port=(int(port), int(port)),
            local_port=(int(local_port), int(local_port)), protocol=6,
        )  # fmt: skip
    except ValueError:
        return None


def _from_ancestors(proc: str) -> tuple[Selector, ...]:
    pid, inodes = os.getpid(), set[str]()
    for _ in range(MAX_ANCESTORS):
        try:
            stat = Path(proc, str(pid), "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            break
        name, _, rest = stat.partition("(")[2].rpartition(")")
        if name.startswith(SERVERS):
            inodes |= _sockets(proc, pid)
        pid = int(rest.split()[1])
        if pid <= 1:
            break
    return _of_sockets(proc, inodes) if inodes else ()


def _sockets(proc: str, pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for entry in Path(proc, str(pid), "fd").iterdir():
            with contextlib.suppress(OSError):
                link = os.readlink(entry)  # noqa: PTH115
                if link.startswith("socket:["):
                    found.add(link[8:-1])
    return found


def _of_sockets(proc: str, inodes: set[str]) -> tuple[Selector, ...]:
    found: list[Selector] = []
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(proc, "net", name).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                if len(words) > 9 and words[3] == ESTABLISHED and words[9] in inodes:
                    local, peer = _place(words[1]), _place(words[2])
                    made = _connection(peer[0], peer[1], local[0], local[1])
                    found += [] if made is None else [made]
    return tuple(found[:MAX_CONNECTIONS])


def _place(text: str) -> tuple[str, str]:
    """An address as /proc/net/tcp has it: words of the host's order, in hexadecimal."""
    raw, _, port = text.partition(":")
    words = [bytes.fromhex(raw[at : at + 8])[::-1] for at in range(0, len(raw), 8)]
    address = ip_address(b"".join(words))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), str(int(port, 16))
