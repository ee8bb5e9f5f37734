"""Who a process runs as once it needs no rights: the caller of sudo, or a user that owns nothing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from procwire.sandbox.syscalls import prctl

_SET_DEATH_SIGNAL, _GET_DEATH_SIGNAL = 1, 2
SYSTEM_USERS = ("procwire", "nobody")  # the first that exists


class Identity(NamedTuple):
    """A user and a group, without further groups."""

    uid: int
    gid: int
    name: str


def lesser(environment: Mapping[str, str] | None = None) -> Identity | None:
    """Who to become; None where this process is not root already, or nobody else exists."""
    if os.geteuid() != 0:
        return None
    given = os.environ if environment is None else environment
    uid, gid = given.get("SUDO_UID", ""), given.get("SUDO_GID", "")
    if uid.isdigit() and gid.isdigit() and int(uid) and int(gid):
        return Identity(int(uid), int(gid), given.get("SUDO_USER", uid))
    for name in SYSTEM_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user.pw_uid, user.pw_gid, name)
    return None


def become(identity: Identity) -> None:
    """For good: real, effective and saved ids, and no groups. Raises OSError."""
    with _mortal():
        os.setgroups([])
        os.setresgid(identity.gid, identity.gid, identity.gid)
        os.setresuid(identity.uid, identity.uid, identity.uid)


def can_read(identity: Identity, paths: Iterable[str]) -> bool:
    """Whether paths are readable for somebody else, asked as that somebody. Only root may ask."""
    gid, groups = os.getegid(), os.getgroups()
    with _mortal():
        try:
            os.setgroups([])
            os.setegid(identity.gid)
            os.seteuid(identity.uid)
            return all(os.access(path, os.R_OK, effective_ids=True) for path in paths)
        except OSError:
            return False
        finally:
            os.seteuid(0)
            os.setegid(gid)
            with contextlib.suppress(OSError):  # where it is forbidden, nothing was changed
                os.setgroups(groups)


@contextlib.contextmanager
def _mortal() -> Iterator[None]:
    """Who ends with its parent does so afterwards too: with other ids the kernel forgets that (prctl(2))."""
    number = ctypes.c_int()
    prctl(_GET_DEATH_SIGNAL, ctypes.addressof(number))
    try:
        yield
    finally:
        if number.value:
            prctl(_SET_DEATH_SIGNAL, number.value)
