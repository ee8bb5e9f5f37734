"""Files: read what is secret, change what others trust."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path

from procwire.sandbox.attempts.attempt import Attempt, Stage
from procwire.sandbox.syscalls import call

_PACKAGE = Path(__file__).parents[2]


def _read(path: str) -> None:
    with Path(path).open("rb") as file:
        file.read(1)


def _opened(path: str, flags: int) -> None:
    os.close(os.open(path, flags | os.O_CLOEXEC, 0o600))


def _by_handle(stage: Stage) -> None:
    handle = ctypes.create_string_buffer(stage.handle, len(stage.handle))
    os.close(call("open_by_handle_at", stage.mount, handle, os.O_RDONLY))


ATTEMPTS = (
    Attempt("read-shadow", "read the password hashes in /etc/shadow", lambda _: _read("/etc/shadow")),
    Attempt("list-home", "list the home directory", lambda stage: os.listdir(stage.home)),  # noqa: PTH208
    Attempt("list-root", "list the root directory", lambda _: os.listdir("/")),  # noqa: PTH208
    Attempt("read-file", "read a file that anyone may read", lambda stage: _read(stage.file)),
    Attempt("read-environment", "read the environment of another process",
            lambda stage: _read(f"/proc/{stage.victim}/environ")),
    Attempt("read-kernel-log", "read the kernel's log", lambda _: _opened("/dev/kmsg", os.O_RDONLY)),
    Attempt("open-by-handle", "open a file by its handle, around every path", _by_handle),
    Attempt("make-file", "make a file where anyone may",
            lambda stage: _opened(f"{stage.folder}/made", os.O_WRONLY | os.O_CREAT)),
    Attempt("write-file", "write to a file that anyone may write to",
            lambda stage: _opened(stage.file, os.O_WRONLY)),
    Attempt("truncate-file", "empty it by its path", lambda stage: os.truncate(stage.file, 4096)),
    Attempt("delete-file", "delete it", lambda stage: Path(stage.file).unlink()),
    Attempt("make-folder", "make a directory", lambda stage: Path(stage.folder, "sub").mkdir()),
    Attempt("make-link", "make a symbolic link", lambda stage: Path(stage.folder, "link").symlink_to("/")),
    Attempt("make-device", "make a FIFO or a device",
            lambda stage: os.mknod(f"{stage.folder}/fifo", stat.S_IFIFO | 0o600)),
    Attempt("change-mode", "change who may read it", lambda stage: Path(stage.file).chmod(0o600)),
    Attempt("change-program", "write to procwire's own code",
            lambda _: _opened(str(_PACKAGE / "__init__.py"), os.O_WRONLY)),
    Attempt("write-setting", "write to a setting of the kernel",
            lambda _: _opened("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
    Attempt("write-own-memory", "write to its own memory as to a file",
            lambda _: _opened("/proc/self/mem", os.O_RDWR)),
)  # fmt: skip
