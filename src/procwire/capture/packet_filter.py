"""Capture filters in tcpdump's language (pcap-filter(7)), compiled by libpcap and run by the kernel.

libpcap is loaded when the first filter is compiled; without filters it is not needed. Note that it looks
up names: ``host example.org`` asks DNS, as it does for tcpdump.
"""

from __future__ import annotations

import ctypes
import re
import socket
import struct
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2
from procwire.capture.block import SLL2_BYTES
from procwire.capture.interfaces import LinkState
from procwire.capture.source import DEFAULT_SNAPLEN, CaptureError

_NAMES = ("libpcap.so.0.8", "libpcap.so.1", "libpcap.so")
_ABSENT = (
    "capture filters need libpcap: install libpcap0.8 (Debian, Ubuntu) or libpcap (Fedora, Arch, Alpine)"
)
_ERROR_BYTES = 256  # PCAP_ERRBUF_SIZE
_NETMASK_UNKNOWN = 0xFFFFFFFF
_DLT_RAW = 12  # DLT_RAW and LINKTYPE_RAW (101) differ on Linux; pcap_compile takes the former
_SO_ATTACH_FILTER = 26
_SO_ATTACH_BPF = 50
MAX_INSTRUCTIONS = 4096  # BPF_MAXINSNS

# Instruction classes and modes of classic BPF (include/uapi/linux/bpf_common.h).
_CLASS, _LD, _LDX, _RET = 0x07, 0x00, 0x01, 0x06
_MODE, _ABS, _IND, _MSH = 0xE0, 0x20, 0x40, 0xA0
_AD_OFF = 0xFFFFF000  # SKF_AD_OFF (-0x1000): what the kernel knows of a packet beside its bytes
# Fields of an SLL2 header by offset, and where the kernel offers them (linux/filter.h SKF_AD_*).
_COOKED = {0: _AD_OFF, 4: _AD_OFF + 8, 8: _AD_OFF + 28, 10: _AD_OFF + 4}

_VLAN = re.compile(r"\bvlan\b")
_compiling = Lock()  # pcap_compile has global state before libpcap 1.8


class FilterError(CaptureError):
    """A filter that cannot be used: one line, in libpcap's own words where it had any."""

    def __init__(self, reason: str) -> None:
        super().__init__("capture filter", None, reason)


class Instruction(NamedTuple):
    """struct sock_filter."""

    code: int
    jump_true: int
    jump_false: int
    k: int


class FilterProgram(NamedTuple):
    """A compiled filter. It returns the bytes to keep of a frame, 0 for a frame that does not pass."""

    text: str
    link: int
    instructions: tuple[Instruction, ...]

    def packed(self) -> bytes:
        """An array of struct sock_filter."""
        return b"".join(struct.pack("=HBBI", *one) for one in self.instructions)


class LoadedFilter(NamedTuple):
    """A BPF program (socket filter) that is in the kernel already, by its descriptor.

    ``joins`` is told of each interface before the first of its frames can come.
    """

    descriptor: int
    joins: Callable[[LinkState], None] = lambda _: None


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


class _Header(ctypes.Structure):
    """struct pcap_pkthdr."""

    _fields_ = (
        ("seconds", ctypes.c_long),
        ("fraction", ctypes.c_long),
        ("captured", ctypes.c_uint),
        ("wire", ctypes.c_uint),
    )


def keep_all(snaplen: int = DEFAULT_SNAPLEN, *, link: int = 1) -> FilterProgram:
    """Every frame, cut at ``snaplen`` bytes. Needs no libpcap."""
    return FilterProgram("", link, (Instruction(_RET, 0, 0, snaplen),))


def drop_all() -> FilterProgram:
    """No frame."""
    return keep_all(0)


def compile_filter(
    text: str, link: int = 1, *, snaplen: int = DEFAULT_SNAPLEN, device: str = ""
) -> FilterProgram:
    """Compile ``text`` for frames of one LINKTYPE. Raises FilterError.

    ``device`` names the interface a live filter is for. Only a handle that is open on it makes libpcap
    look for VLAN tags where the Linux kernel keeps them, beside the frame; it is opened when ``text``
    speaks of VLANs, and needs the right to capture.
    """
    if not text.strip():
        return keep_all(snaplen, link=link)
    if "\0" in text:
        raise FilterError("the filter holds a NUL character")
    library = _library()
    live = bool(device and _VLAN.search(text) and link != LINKTYPE_LINUX_SLL2)
    with _compiling:
        handle = _open_live(library, device, snaplen) if live else _open_dead(library, link, snaplen)
        try:
            instructions = _compile(library, handle, text)
        finally:
            library.pcap_close(handle)
    if len(instructions) > MAX_INSTRUCTIONS:
        raise FilterError(
            f"the filter compiles to {len(instructions)} steps, the kernel takes {MAX_INSTRUCTIONS}"
        )
    return FilterProgram(text, link, instructions)


def for_kernel(program: FilterProgram) -> FilterProgram:
    """The program as the kernel must run it: a cooked frame gets its SLL2 header only after the filter.

    Loads from the header become loads of what the kernel knows (libpcap does the same), loads behind it
    move up. Raises FilterError for a field that the kernel does not offer.
    """
    if program.link != LINKTYPE_LINUX_SLL2:
        return program
    return program._replace(instructions=tuple(_uncooked(one) for one in program.instructions))


def attach(descriptor: socket.socket, program: FilterProgram) -> None:
    """Let the kernel run ``program`` on a socket, in place of the filter it had, in one step."""
    packed = ctypes.create_string_buffer(program.packed())
    count = len(program.instructions)
    try:
        descriptor.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", count, ctypes.addressof(packed))
        )
    except OSError as error:
        raise FilterError(f"the kernel refused the filter ({count} steps): {error.strerror}") from error


def attach_loaded(descriptor: socket.socket, program: int) -> None:
    """As ``attach``, with a loaded BPF program (socket filter) by its descriptor."""
    try:
        descriptor.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_BPF, struct.pack("=i", program))
    except OSError as error:
        raise FilterError(f"the kernel refused the loaded filter: {error.strerror}") from error


def offline_match(program: FilterProgram, frame: bytes, wire: int | None = None) -> int:
    """Bytes to keep of ``frame``, 0 if it does not pass; ``wire`` is its length before any cut.

    For recordings and tests: as libpcap runs it, with no kernel that knows more than the bytes.
    """
    library = _library()
    packed = ctypes.create_string_buffer(program.packed())
    native = _Program(len(program.instructions), ctypes.addressof(packed))
    header = _Header(0, 0, len(frame), len(frame) if wire is None else wire)
    return int(library.pcap_offline_filter(ctypes.byref(native), ctypes.byref(header), frame))


@cache
def _library() -> Any:
    for name in _NAMES:
        try:
            return _declared(ctypes.CDLL(name))
        except OSError:
            continue
    raise FilterError(_ABSENT)


def _declared(library: Any) -> Any:
    pointer, text, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("pcap_open_dead", pointer, (integer, integer)),
        ("pcap_create", pointer, (text, text)),
        ("pcap_set_snaplen", integer, (pointer, integer)),
        ("pcap_set_buffer_size", integer, (pointer, integer)),
        ("pcap_activate", integer, (pointer,)),
        ("pcap_compile", integer, (pointer, pointer, text, integer, ctypes.c_uint)),
        ("pcap_geterr", text, (pointer,)),
        ("pcap_freecode", None, (pointer,)),
        ("pcap_close", None, (pointer,)),
        ("pcap_offline_filter", integer, (pointer, pointer, text)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _open_dead(library: Any, link: int, snaplen: int) -> Any:
    return library.pcap_open_dead(_DLT_RAW if link == 101 else link, snaplen)


def _open_live(library: Any, device: str, snaplen: int) -> Any:
    words = ctypes.create_string_buffer(_ERROR_BYTES)
    handle = library.pcap_create(device.encode(), words)
    if not handle:
        raise FilterError(_line(words.value))
    library.pcap_set_snaplen(handle, snaplen)
    library.pcap_set_buffer_size(handle, 1 << 16)
    if library.pcap_activate(handle) < 0:
        said = _line(library.pcap_geterr(handle))
        library.pcap_close(handle)
        raise FilterError(f"a filter for VLAN tags needs {device} opened: {said}")
    return handle


def _compile(library: Any, handle: Any, text: str) -> tuple[Instruction, ...]:
    native = _Program()
    if library.pcap_compile(handle, ctypes.byref(native), text.encode(), 1, _NETMASK_UNKNOWN) != 0:
        raise FilterError(_line(library.pcap_geterr(handle)))
    try:
        data = ctypes.string_at(native.instructions, native.length * 8)
    finally:
        library.pcap_freecode(ctypes.byref(native))
    return tuple(Instruction(*one) for one in struct.iter_unpack("=HBBI", data))


def _uncooked(one: Instruction) -> Instruction:
    if one.code & _CLASS not in (_LD, _LDX) or one.code & _MODE not in (_ABS, _IND, _MSH):
        return one
    if one.k >= _AD_OFF:
        return one
    if one.k >= SLL2_BYTES:
        return one._replace(k=one.k - SLL2_BYTES)
    if one.k not in _COOKED:
        raise FilterError("link-layer addresses cannot be filtered on a cooked interface")
    return one._replace(k=_COOKED[one.k])


def _line(words: bytes | None) -> str:
    """libpcap's words on one line, without control characters."""
    text = (words or b"").decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or "libpcap gave no reason"
