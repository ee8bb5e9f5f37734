"""Loads an object's programs into the kernel, attaches them, and reads their maps.

Every attachment is a bpf_link, held by a descriptor of this process: when the process ends, by whatever end,
its programs are gone. Nothing is pinned. Refuses programs it cannot attach by a link.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import platform
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError, Library, library

FOLDER = Path(__file__).parent
MAX_OBJECT = 1 << 22  # bytes of an object file
BATCH = 2048  # entries read by one system call
MAX_BATCH = 1 << 17
CGROUP_SECTIONS = ("cgroup/", "cgroup_skb/")
VARIABLES = ".bss"  # a map of one value: those of the programs' own variables that begin as zero
CONSTANTS = ".rodata"  # a map of one value, which is frozen when the object is loaded (Linux 5.2)
SOCKET_SECTION = "socket"  # a filter: whoever has the packet socket attaches it, by its descriptor
ITERATOR_SECTIONS = ("iter/", "iter.s/")
ITERATOR_READ = 1 << 18  # bytes asked for at once; the kernel gives 32 KiB at most (kernel/bpf/bpf_iter.c)
MAX_ITERATED = 1 << 28  # bytes taken from one read of an iterator

_BPF_CALL = {"x86_64": 321, "aarch64": 280}  # bpf(2): libbpf 1.0 asks for no descriptor that only reads
_BY_ID, _READ_ONLY = 14, 1 << 3  # BPF_MAP_GET_FD_BY_ID, BPF_F_RDONLY of include/uapi/linux/bpf.h

Accept = Callable[[str], bool]


class _Info(ctypes.Structure):
    """The beginning of struct bpf_map_info."""

    _fields_ = (("type", ctypes.c_uint32), ("id", ctypes.c_uint32))


def read_object(name: str, folder: Path = FOLDER) -> bytes:
    """The bytes of a committed object. Raises BpfError."""
    path = folder / f"{name}.bpf.o"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BpfError(error.errno or 0, f"{path}: {error.strerror}") from None
    if len(content) > MAX_OBJECT or content[:4] != b"\x7fELF":
        raise BpfError(errno.ENOEXEC, f"{path}: not a BPF object")
    return content


class Map:
    """One map of a loaded object, by its descriptor. Any thread may read it."""

    def __init__(self, library: Library, descriptor: int, value_bytes: int) -> None:
        self._library = library
        self._value_bytes = value_bytes
        self._room: tuple[mmap.mmap, mmap.mmap] | None = None  # of the last reading, while nobody reads
        self.descriptor = descriptor

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None when it is not there. Raises BpfError for other trouble."""
        value = ctypes.create_string_buffer(self._value_bytes)
        ctypes.set_errno(0)
        result = self._library.glance("bpf_map_lookup_elem", self.descriptor, key, value)
        if result == 0:
            return value.raw
        if result == -errno.ENOENT:
            return None
        raise self._library.error(-result, "bpf_map_lookup_elem")

    def take(self, key: bytes) -> bytes | None:
        """The value of a key, which is taken out by it (hash maps, Linux 5.14); None when it is not there."""
        value = ctypes.create_string_buffer(self._value_bytes)
        result = self._library.glance("bpf_map_lookup_and_delete_elem", self.descriptor, key, value)
        if result not in (0, -errno.ENOENT):
            raise self._library.error(-result, "bpf_map_lookup_and_delete_elem")
        return value.raw if result == 0 else None

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value of a key. Raises BpfError: E2BIG where a map that evicts nothing is full."""
        result: int = self._library.glance("bpf_map_update_elem", self.descriptor, key, value, 0)
        if result < 0:
            raise self._library.error(-result, "bpf_map_update_elem")

    def drop(self, key: bytes) -> bool:
        """Take a key out; False when it was not there. Raises BpfError for other trouble."""
        result: int = self._library.glance("bpf_map_delete_elem", self.descriptor, key)
        if result not in (0, -errno.ENOENT):
            raise self._library.error(-result, "bpf_map_delete_elem")
        return result == 0

    def read_only(self) -> Map:
        """The same map by a descriptor that cannot write to it (BPF_F_RDONLY, Linux 4.15).

        Raises BpfError: it takes CAP_SYS_ADMIN.
        """
        info = _Info()
        size = ctypes.c_uint32(ctypes.sizeof(info))
        self._library.call("bpf_obj_get_info_by_fd", self.descriptor, ctypes.byref(info), ctypes.byref(size))
        attributes = struct.pack("=III", info.id, 0, _READ_ONLY)
        ctypes.set_errno(0)
        function = ctypes.CDLL(None, use_errno=True).syscall
        function.restype = ctypes.c_long
        number = _BPF_CALL.get(platform.machine(), -1)
        made = function(
            ctypes.c_long(number), ctypes.c_long(_BY_ID), attributes, ctypes.c_long(len(attributes))
        )
        if made < 0:
            raise self._library.error(ctypes.get_errno(), "BPF_MAP_GET_FD_BY_ID")
        return Map(self._library, int(made), self._value_bytes)

    def close(self) -> None:
        """Close a descriptor that ``read_only`` gave; others are their object's."""
        os.close(self.descriptor)

    def batches(self, key_bytes: int, chunk: int = BATCH) -> Iterator[tuple[memoryview, memoryview, int]]:
        """All entries, ``chunk`` at a time: keys, values and their number, valid until the next is taken.

        One system call a chunk (BPF_MAP_LOOKUP_BATCH, Linux 5.6). A bucket that does not fit gets more room.
        """
        place = ctypes.create_string_buffer(max(8, key_bytes))
        start: Any = None
        while True:
            room, self._room = self._room, None  # another thread that reads meanwhile makes its own
            if room is None or len(room[0]) < key_bytes * chunk or len(room[1]) < self._value_bytes * chunk:
                # Pages that nobody touches: a buffer of ctypes would be written with zeros, at each reading.
                room = _blank(key_bytes * chunk), _blank(self._value_bytes * chunk)
            keys, values = (ctypes.c_char.from_buffer(part) for part in room)
            count = ctypes.c_uint32(chunk)
            references = (ctypes.byref(each) for each in (keys, values, count))
            result: int = self._library.ask(
                "bpf_map_lookup_batch", self.descriptor, start, place, *references, None
            )
            if result == -errno.ENOSPC and chunk < MAX_BATCH:
                chunk *= 2
                continue
            if result not in (0, -errno.ENOENT):
                raise self._library.error(-result, "bpf_map_lookup_batch")
            if count.value:
                yield memoryview(room[0]), memoryview(room[1]), count.value
            self._room = room
            if result:
                return
            start = place


def _blank(size: int) -> mmap.mmap:
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


class Object:
    """A BPF object: opened, then loaded and attached; a context manager that lets all of it go.

    ``accept`` chooses programs by name, by default all but those that stand in for others (their section
    begins with a question mark); ``sizes`` gives maps another number of entries; ``constants`` is what the
    programs' ``const volatile`` variables are.
    """

    def __init__(
        self,
        content: bytes,
        *,
        accept: Accept | None = None,
        sizes: Mapping[str, int] | None = None,
        constants: bytes = b"",
    ) -> None:
        self.library = library()
        self._content = ctypes.create_string_buffer(content, len(content))
        self._links: list[int] = []
        self._iterators: dict[str, int] = {}
        self.library.log.clear()
        self._object = self.library.call("bpf_object__open_mem", self._content, len(content), None)
        try:
            self._programs = dict(self._list())
            self.programs = tuple(name for name in self._programs if (accept or self._is_usual)(name))
            for name, program in self._programs.items():
                self.library.call("bpf_program__set_autoload", program, name in self.programs)
            for name, entries in (sizes or {}).items():
                self.library.call("bpf_map__set_max_entries", self._map(name), entries)
            if constants:
                held = self._map(CONSTANTS)
                self.library.call("bpf_map__set_initial_value", held, constants, len(constants))
        except BpfError:
            self.close()
            raise

    def __enter__(self) -> Object:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self) -> None:
        """Make the maps and have the kernel check the programs. Raises BpfError with its words."""
        self.library.log.clear()
        self.library.call("bpf_object__load", self._object)

    def attach(self, root: str = "") -> None:
        """Attach every program; those of cgroups to ``root``, by default the host's. Raises BpfError."""
        wants_root = any(self._section(name).startswith(CGROUP_SECTIONS) for name in self.programs)
        with contextlib.ExitStack() as stack:
            folder = -1
            if wants_root:
                root = root or cgroup.root()
                try:
                    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                except OSError as error:
                    raise BpfError(error.errno or 0, f"{root}: {error.strerror}") from None
                stack.callback(os.close, folder)
            for name in self.programs:
                self._attach(name, folder)

    def map(self, name: str, value_bytes: int) -> Map:
        """A map of a loaded object. Raises BpfError."""
        return Map(self.library, self.library.call("bpf_map__fd", self._map(name)), value_bytes)

    def iterate(self, name: str) -> bytes:
        """Everything that an attached iterator writes, from its first object to its last. Raises BpfError."""
        file = self.library.call("bpf_iter_create", self._iterators[name])
        parts, size = [], 0
        try:
            while size < MAX_ITERATED and (part := os.read(file, ITERATOR_READ)):
                parts.append(part)
                size += len(part)
        except OSError as error:
            raise BpfError(error.errno or 0, f"{name}: {error.strerror}") from None
        finally:
            os.close(file)
        return b"".join(parts)

    def program_descriptor(self, name: str) -> int:
        """The descriptor of a loaded program, for its statistics. Raises BpfError."""
        found: int = self.library.call("bpf_program__fd", self._programs[name])
        return found

    def close(self) -> None:
        """Detach and unload."""
        for link in self._links:
            self.library.ask("bpf_link__destroy", link)
        self._links.clear()
        self._iterators.clear()
        if self._object:
            self.library.ask("bpf_object__close", self._object)
            self._object = None

    def _attach(self, name: str, folder: int) -> None:
        program = self._programs[name]
        self.library.log.clear()
        if self._section(name) == SOCKET_SECTION:
            return
        if self._section(name).startswith(CGROUP_SECTIONS):
            link = self.library.call("bpf_program__attach_cgroup", program, folder)
        elif self._section(name).startswith(ITERATOR_SECTIONS):
            link = self.library.call("bpf_program__attach_iter", program, None)
            self._iterators[name] = self.library.call("bpf_link__fd", link)
        else:
            link = self.library.call("bpf_program__attach", program)
        self._links.append(link)

    def _list(self) -> list[tuple[str, int]]:
        found = []
        program = self.library.ask("bpf_object__next_program", self._object, None)
        while program:
            found.append((self.library.ask("bpf_program__name", program).decode(), program))
            program = self.library.ask("bpf_object__next_program", self._object, program)
        return found

    def _is_usual(self, name: str) -> bool:
        usual: bool = self.library.ask("bpf_program__autoload", self._programs[name])
        return usual

    def _section(self, name: str) -> str:
        section: bytes = self.library.ask("bpf_program__section_name", self._programs[name])
        return section.decode()

    def _map(self, name: str) -> int:
        found: int = self.library.call("bpf_object__find_map_by_name", self._object, name.encode())
        return found
