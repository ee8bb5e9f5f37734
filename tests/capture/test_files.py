"""Several files, standard input, FIFOs, compressed files; agreement with others on real captures."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import dpkt
import pytest

from procwire.capture.files import may_hold_secrets, open_files
from procwire.capture.source import CaptureError
from tests.capture import crafted
from tests.capture.crafted import corpora, read, read_all, write
from tests.capture.test_compressed import PACKERS
from tests.lab import need

VECTOR = Path(__file__).parents[1] / "vectors" / "http" / "ordinary.pcap"

SUITE = corpora("pcapng-suite/output_*/*/*.pcapng")
CAPTURES = corpora("*/pcap/*.pcap", "*/pcap/*.pcapng", "community-id/*.pcap*")
ODD = corpora("robustness/*/tests/*")
WITHOUT = pytest.mark.skipif(not SUITE, reason="the shared corpora are not here")


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
def test_compressed_files_read_like_plain_ones(tmp_path: Path, packer: object) -> None:
    data = crafted.pcap(3000)
    plain, _, _ = read(write(tmp_path / "a", data))
    found, error, source = read(write(tmp_path / "b", packer(data[:999]) + packer(data[999:])))  # type: ignore[operator]
    assert (found, error) == (plain, None)
    assert source.progress == ((tmp_path / "b").stat().st_size,) * 2


def test_of_larger_chunks_fewer_batches_come(tmp_path: Path) -> None:
    path = str(write(tmp_path / "a", crafted.pcap(3000)))
    counts = [
        [batch.count for batch in open_files([path], chunk_bytes=size).batches()]
        for size in (20_000, 1 << 20)
    ]
    assert sum(counts[0]) == sum(counts[1]) == 3000
    assert len(counts[0]) > len(counts[1])


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_fifo_needs_no_seeking(tmp_path: Path, suffix: str) -> None:
    data = crafted.pcapng(3000)
    os.mkfifo(tmp_path / "x")
    thread = threading.Thread(
        target=lambda: (tmp_path / "x").write_bytes(gzip.compress(data) if suffix else data)
    )
    thread.start()
    found, error, source = read(tmp_path / "x")
    thread.join()
    assert (len(found), error, source.progress[1]) == (3000, None, None)


def test_frames_from_a_pipe_come_before_the_pipe_ends() -> None:
    reading, writing = os.pipe()
    data = crafted.pcap(2)
    with io.FileIO(reading) as file, io.FileIO(writing, "w") as other:
        source = open_files([file])
        batches = source.batches()
        other.write(data[:-5])
        assert next(batches).count == 1
        other.write(data[-5:])
        assert next(batches).count == 1
    source.close()


def test_standard_input() -> None:
    code = (
        "from procwire.capture.files import open_files\n"
        "s = open_files(['-'])\n"
        "print(sum(b.count for b in s.batches()), s.progress)\n"
    )
    data = crafted.pcapng(500)
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.decode() == f"500 ({len(data)}, None)\n"


def test_open_file_objects_are_read_and_left_open() -> None:
    file = io.BytesIO(crafted.pcap(4))
    found, error = read_all(open_files([file]))
    assert (len(found), error, file.closed) == (4, None, False)


def test_several_files_in_the_order_given(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a", crafted.pcap(3)), write(tmp_path / "b", crafted.pcapng(2))
    source = open_files([str(b), str(a), str(b)])
    assert [len(row[4]) for row in read_all(source)[0]] == [60, 61, 60, 61, 62, 60, 61]
    assert (source.counts.frames, source.counts.bytes) == (7, 425)
    assert source.progress == (sum(p.stat().st_size for p in (b, a, b)),) * 2


@pytest.mark.parametrize("merge", [False, True])
def test_a_damaged_file_does_not_hide_the_next(tmp_path: Path, merge: bool) -> None:
    a = write(tmp_path / "a", crafted.pcap(3)[:-1])
    b, c = write(tmp_path / "b", b"nothing"), write(tmp_path / "c", crafted.pcapng(2))
    source = open_files([str(a), str(b), str(c)], merge=merge)
    found, error = read_all(source)
    assert len(found) == 4
    assert error is source.errors[0]
    assert [Path(e.path).name for e in source.errors] in (["a", "b"], ["b", "a"])


def test_paths_that_cannot_be_read_fail_at_once(tmp_path: Path) -> None:
    good = str(write(tmp_path / "a", crafted.pcap(1)))
    for bad, reason in [
        (str(tmp_path / "none"), "no such file"),
        (str(tmp_path), "directory"),
        ("a\0b", "null"),
    ]:
        with pytest.raises(CaptureError, match=reason):
            open_files([good, bad])
    with pytest.raises(CaptureError, match="cannot merge more than 256 files"):
        open_files([good] * 257, merge=True)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    code = (
        "import resource, sys\n"
        "from procwire.capture.files import open_files\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "n = sum(b.count for b in open_files(sys.argv[1:]).batches())\n"
        "print(n, peak() - before < 12_000)\n"
    )
    path = tmp_path / "x.gz"
    body = crafted.pcap(1000)
    with gzip.open(path, "wb", 1) as file:
        file.write(body)
        for _ in range(200 if _compiled() else 20):
            file.write(body[24:])
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert done.stdout.decode() == f"{201_000 if _compiled() else 21_000} True\n"


def _compiled() -> bool:
    import procwire.capture.pcap

    return not str(procwire.capture.pcap.__file__).endswith(".py")


@WITHOUT
@pytest.mark.parametrize("path", SUITE, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_the_pcapng_suite(path: Path) -> None:
    _, error, source = read(path)
    if path.stem in {"test901", "test902"}:
        assert error is not None
        return
    counted = {}
    for line in path.with_suffix(".txt").read_text().splitlines():
        kind, colon, number = line.strip().partition(": ")
        if colon and number.isdigit():
            counted[kind] = int(number)
    assert error is None
    assert source.counts.frames == sum(counted.get(kind, 0) for kind in ("EPB", "SPB", "PB"))


@WITHOUT
def test_both_orders_of_the_suite_say_the_same() -> None:
    for path in corpora("pcapng-suite/output_le/*/*.pcapng"):
        little = read(path)
        big = read(str(path).replace("output_le", "output_be"))
        assert little[0] == big[0]
        assert [i.name for i in little[2].interfaces] == [i.name for i in big[2].interfaces]
        assert little[2].names == big[2].names


@WITHOUT
def test_odd_captures_are_read_or_refused() -> None:
    for path in ODD:
        found, error, _ = read(path)
        again, other, _ = read(path, lenient=True)
        assert again[: len(found)] == found
        assert other is None or error is not None


@WITHOUT
def test_frames_agree_with_dpkt() -> None:
    compared = 0
    for path in CAPTURES[::3]:
        found, error, source = read(path)
        if error is not None or path.suffix == ".gz" or path.stat().st_size > 3_000_000:
            continue
        with path.open("rb") as file:
            theirs = list(dpkt.pcap.UniversalReader(file))
        assert [row[4] for row in found] == [data for _, data in theirs], path
        if any(interface.resolution != 6 for interface in source.interfaces[1:]):
            continue  # dpkt takes a resolution of 9 for 6 and an offset: tshark is asked about those
        for row, (time, _) in zip(found, theirs, strict=True):
            assert abs(row[0] - int(time * 1_000_000) * 1000) < 2000, path
        compared += len(found)
    assert compared > 5000


@WITHOUT
@pytest.mark.skipif(bool(need("tshark")), reason="needs tshark")
def test_times_and_lengths_agree_with_tshark() -> None:
    for path in [*CAPTURES[::40], *SUITE[::5]]:
        found, error, source = read(path)
        if error is not None or source.counts.odd_times or source.counts.skipped_blocks:
            continue
        words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "frame.time_epoch"]
        words += ["-e", "frame.len", "-e", "frame.cap_len"]
        text = subprocess.run(words, capture_output=True, check=True, text=True).stdout
        # tshark gives a packet without a time none, and a length beyond 31 bits the last that fits.
        ours = [
            [str(Decimal(row[0]) / 10**9) if row[0] else "", min(row[1], 2**31 - 1), len(row[4])]
            for row in found
        ]
        theirs = [line.split("\t") for line in text.splitlines()]
        assert [[o[1], o[2]] for o in ours] == [[int(t[1]), int(t[2])] for t in theirs], path
        for mine, other in zip(ours, theirs, strict=True):
            assert not mine[0] or not other[0] or Decimal(str(mine[0])) == Decimal(other[0]), path


@WITHOUT
def test_real_captures_cut_anywhere() -> None:
    for path in [*CAPTURES[::16], *SUITE[::4]]:
        data = path.read_bytes()[:200_000]
        whole, _ = read_all(open_files([io.BytesIO(data)]))
        for cut in range(0, len(data), max(1, len(data) // 40)):
            found, error = read_all(open_files([io.BytesIO(data[:cut])]))
            assert found == whole[: len(found)], (path, cut)
            assert error is None or "\n" not in str(error)
            again, _ = read_all(open_files([io.BytesIO(data[:cut])], lenient=True))
            assert again[: len(found)] == found, (path, cut)


def test_as_many_files_are_held_as_is_allowed(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        paths.append(str(tmp_path / f"{number}.pcap"))
        Path(paths[-1]).write_bytes(VECTOR.read_bytes())
    source = open_files(paths)
    assert source.hold(2) == paths[2:]
    for path in paths[:2]:
        Path(path).unlink()
    whole = sum(batch.count for batch in open_files([str(VECTOR)]).batches())
    assert sum(batch.count for batch in source.batches()) == 3 * whole


def test_where_secrets_may_be(tmp_path: Path) -> None:
    ng, plain = tmp_path / "a.pcapng", tmp_path / "a.pcap"
    ng.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(20))
    plain.write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))
    assert may_hold_secrets(str(ng))
    assert not may_hold_secrets(str(plain))
    assert may_hold_secrets("-")
