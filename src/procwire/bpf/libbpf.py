"""The part of libbpf that is used, by ctypes (libbpf 1.0 and later, ``libbpf.so.1``).

libbpf prints why it fails; here its words are kept for the error's text instead of going to standard error.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from typing import Any

SONAME = "libbpf.so.1"
MAX_LOG = (
    256  # lines of libbpf's warnings that are kept: the last ones, where the verifier says what it refused
)
MAX_LINE = 1024
LAST_LINES = 24  # of them, that an error carries
_OWN_ERRORS = 4000  # libbpf's own numbers start here (bpf/libbpf.h)

_PRINTER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_HANDLE, _TEXT, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "bpf_object__open_mem": (_HANDLE, (_HANDLE, ctypes.c_size_t, _HANDLE)),
    "bpf_object__load": (_INT, (_HANDLE,)),
    "bpf_object__close": (None, (_HANDLE,)),
    "bpf_object__next_program": (_HANDLE, (_HANDLE, _HANDLE)),
    "bpf_object__find_map_by_name": (_HANDLE, (_HANDLE, _TEXT)),
    "bpf_map__fd": (_INT, (_HANDLE,)),
    "bpf_map__set_max_entries": (_INT, (_HANDLE, ctypes.c_uint32)),
    "bpf_map__set_initial_value": (_INT, (_HANDLE, _HANDLE, ctypes.c_size_t)),
    "bpf_program__name": (_TEXT, (_HANDLE,)),
    "bpf_program__section_name": (_TEXT, (_HANDLE,)),
    "bpf_program__autoload": (ctypes.c_bool, (_HANDLE,)),
    "bpf_program__set_autoload": (_INT, (_HANDLE, ctypes.c_bool)),
    "bpf_program__fd": (_INT, (_HANDLE,)),
    "bpf_program__attach": (_HANDLE, (_HANDLE,)),
    "bpf_program__attach_cgroup": (_HANDLE, (_HANDLE, _INT)),
    "bpf_program__attach_iter": (_HANDLE, (_HANDLE, _HANDLE)),
    "bpf_iter_create": (_INT, (_INT,)),
    "bpf_link__fd": (_INT, (_HANDLE,)),
    "bpf_link__destroy": (_INT, (_HANDLE,)),
    "ring_buffer__new": (_HANDLE, (_INT, _HANDLE, _HANDLE, _HANDLE)),
    "ring_buffer__poll": (_INT, (_HANDLE, _INT)),
    "ring_buffer__free": (None, (_HANDLE,)),
    "bpf_map_lookup_elem": (_INT, (_INT, _HANDLE, _HANDLE)),
    "bpf_map_update_elem": (_INT, (_INT, _HANDLE, _HANDLE, ctypes.c_uint64)),
    "bpf_map_lookup_and_delete_elem": (_INT, (_INT, _HANDLE, _HANDLE)),
    "bpf_map_delete_elem": (_INT, (_INT, _HANDLE)),
    "bpf_map_lookup_batch": (_INT, (_INT, _HANDLE, _HANDLE, _HANDLE, _HANDLE, _HANDLE, _HANDLE)),
    "bpf_obj_get_info_by_fd": (_INT, (_INT, _HANDLE, _HANDLE)),
    "libbpf_set_print": (_HANDLE, (_HANDLE,)),
    "libbpf_num_possible_cpus": (_INT, ()),
}


class BpfError(OSError):
    """A BPF object cannot be used here: ``errno`` where there is one, and words that say why.

    ``log`` has the last lines of what libbpf and the kernel's verifier said, oldest first.
    """

    log: tuple[str, ...] = ()


class Library:
    """libbpf's functions by name, and its last warnings. One a process: libbpf has one printer."""

    def __init__(self, soname: str = SONAME) -> None:
        try:
            self._library = ctypes.CDLL(soname, use_errno=True)
            self._brief = ctypes.PyDLL(soname, use_errno=True)
            for name, (result, arguments) in _FUNCTIONS.items():
                for library in (self._library, self._brief):
                    function = getattr(library, name)
                    function.restype, function.argtypes = result, arguments
        except OSError:
            raise BpfError(errno.ENOENT, f"{soname} is not installed (Debian: libbpf1)") from None
        except AttributeError as error:
            raise BpfError(errno.ENOSYS, f"{soname} is older than libbpf 1.0: {error}") from None
        self.log: list[str] = []
        libc = ctypes.CDLL(None)
        self._format, self._free = libc.vasprintf, libc.free
        self._format.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        self._free.argtypes, self._free.restype = [ctypes.c_void_p], None
        self._printer = _PRINTER(self._print)
        self._library.libbpf_set_print(ctypes.cast(self._printer, ctypes.c_void_p))

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function. Raises BpfError for a NULL handle or a negative number."""
        ctypes.set_errno(0)
        result = getattr(self._library, name)(*arguments)
        wanted = _FUNCTIONS[name][0]
        if wanted is _HANDLE and not result:
            raise self.error(ctypes.get_errno(), name)
        if wanted is _INT and result < 0:
            raise self.error(-result if result < -1 else ctypes.get_errno(), name)
        return result

    def ask(self, name: str, *arguments: Any) -> Any:
        """Call a function whose every result is an answer."""
        return getattr(self._library, name)(*arguments)

    def glance(self, name: str, *arguments: Any) -> Any:
        """As ``ask``, for what takes the kernel a microsecond: no other thread is let run meanwhile.

        To be let run again takes up to ``sys.getswitchinterval()`` beside a thread that computes.
        """
        return getattr(self._brief, name)(*arguments)

    def error(self, number: int, what: str) -> BpfError:
        """An error with the kernel's number and libbpf's most telling line."""
        words = os.strerror(number) if 0 < number < _OWN_ERRORS else "failed"
        error = BpfError(number, ": ".join(part for part in (what, words, self._telling()) if part))
        error.log = tuple(self.log[-LAST_LINES:])
        return error

    def _telling(self) -> str:
        """The verifier's last word where it spoke, else the first complaint: those after it only follow."""
        for number, line in enumerate(self.log):
            if line.startswith("processed ") and number:
                return self.log[number - 1]
        return self.log[0] if self.log else ""

    def _print(self, level: int, template: int, values: int) -> int:
        """Warnings only (level 0); the arguments are a C va_list, and a verifier's log may be megabytes."""
        if level == 0:
            text = ctypes.c_void_p()
            size = self._format(ctypes.byref(text), template, values)
            if size < 0 or not text.value:
                return 0
            kept = min(size, MAX_LOG * MAX_LINE)
            words = ctypes.string_at(text.value + size - kept, kept).decode("utf-8", "replace")
            self._free(text)
            lines = (line.strip().removeprefix("libbpf: ")[:MAX_LINE] for line in words.splitlines())
            self.log += [line for line in lines if line]
            del self.log[:-MAX_LOG]
        return 0


@functools.cache
def library(soname: str = SONAME) -> Library:
    """The library, kept for the life of the process. Raises BpfError, and tries again the next time."""
    return Library(soname)
