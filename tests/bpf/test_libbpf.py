from __future__ import annotations

import errno

import pytest

from procwire.bpf.libbpf import BpfError, library


def test_a_missing_library_is_named() -> None:
    with pytest.raises(BpfError, match=r"libnone\.so\.9 is not installed") as caught:
        library("libnone.so.9")
    assert caught.value.errno == errno.ENOENT


def test_another_library_is_not_taken_for_libbpf() -> None:
    with pytest.raises(BpfError, match=r"older than libbpf 1\.0"):
        library("libc.so.6")


def test_what_libbpf_prints_is_in_the_error(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        found = library()
    except BpfError as error:
        pytest.skip(str(error))
    with pytest.raises(BpfError, match="not a proper ELF object"):
        found.call("bpf_object__open_mem", b"\x7fELFnot", 7, None)
    assert capfd.readouterr().err == ""
    assert library() is found
