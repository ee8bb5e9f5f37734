"""Captures that end at any byte: through the reader, the pipeline and both.

Repeat with ``python -m bench.cuts [--shared DIR] [--part NAME ...] [--all]``: some eight minutes of processor
time; with ``--all``, which leaves no byte and no record out, some forty. A file that ends within a record is
to give what the records before it give. So that no capture has to be read once for each of its bytes, this
is shown in two halves, and then as a whole:

- ``files``: the reader is given each file cut at each byte, strict and lenient (of files above ``each_bytes``
  each byte of the quarter of that at both ends, and every STRIDE between). Strict, the frames are the first
  ones of the whole file, never fewer than of a shorter cut, and the error names no place behind the end.
- ``records``: behind each record (of more than ``first_records``: of those, and of every SKIP) the run is
  ended, in a copy of the process (fork): every flow ends, nothing is held, no parser has failed. The bounds
  of memory are looked at behind every record.
- ``whole``: captures of up to WHOLE_BYTES, cut at each byte, are read as ``procwire read`` does it.
- ``frames``: what a short snap length does: all frames of a capture cut at the same byte, for each of
  SNAPS, and each frame alone at each of its bytes through the decoder.

Nothing may raise but CaptureError, and no single cut may take longer than WORST_MS of processor time.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench.agreement import Scribe
from bench.tally import Tally, captures_of, shared_folder
from procwire.capture.files import open_files
from procwire.capture.reader import Reader
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError
from procwire.dpi.opening import Limits as OpeningLimits
from procwire.engine.api import FlowOptions, Reading, ReadOptions
from procwire.engine.pipeline import Pipeline
from procwire.flows.limits import Limits
from procwire.model.frames import FrameBatch
from procwire.packet.decode import Decoder

WHOLE_BYTES = 300  # of a capture that is read as a whole at each of its bytes
STRIDE = 97  # every so many bytes: a prime, so that all places within a record are met
SKIP = 17  # every so many records
SNAPS = (*range(0, 128, 3), *range(128, 1601, 64))  # lengths that all frames are cut to
SMALL = {"chunk": 1 << 14, "rows": 64, "lives": 1}  # of a reader's buffers: there are millions of them
WORST_MS = 2000
EVERY = 50  # captures between two words of how far it is


class Extent(NamedTuple):
    """How much is cut."""

    each_bytes: int  # files up to here are cut at each byte
    first_records: int  # a run is ended behind each of these


USUAL = Extent(each_bytes=1 << 13, first_records=16)
ALL = Extent(each_bytes=1 << 40, first_records=1 << 40)
FOUND = 1  # exit code of a copy that found a fault

Frame = tuple[int, int, int]  # time, bytes present, link type


class Piece(io.RawIOBase):
    """The first bytes of a file, without a copy of them."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next of them."""
        size = min(len(buffer), len(self._data) - self._at)
        buffer[:size] = self._data[self._at : self._at + size]
        self._at += size
        return size


def read_cut(data: memoryview, *, lenient: bool) -> tuple[int, Frame, CaptureError | None]:
    """How many frames a reader finds, the last of them, and its error."""
    count, last, fault = 0, (0, 0, 0), None
    reader = Reader(Piece(data), Roster(), lenient=lenient)  # type: ignore[arg-type]
    try:
        for batch in reader.batches(**SMALL):
            count += batch.count
            row = batch.count - 1
            last = (batch.time[row], batch.captured[row], batch.link[row])
    except CaptureError as error:
        fault = error
    finally:
        reader.close()
    return count, last, fault


def frames_of(data: memoryview) -> list[Frame]:
    """All that a reader finds in the whole file."""
    found: list[Frame] = []
    try:
        for batch in Reader(Piece(data), Roster()).batches(**SMALL):  # type: ignore[arg-type]
            found += ((batch.time[row], batch.captured[row], batch.link[row]) for row in range(batch.count))
    except CaptureError:
        pass
    return found


def files(paths: list[Path], extent: Extent = USUAL) -> Tally:
    """Every file cut at every byte, through the reader alone."""
    tally = Tally("files: every capture cut at every byte, strict and lenient, through the reader")
    for path in paths:
        data = memoryview(path.read_bytes())
        whole, before = frames_of(data), 0
        for cut in places(len(data), extent.each_bytes):
            for lenient in (False, True):
                fault = ""
                try:
                    count, last, error = read_cut(data[:cut], lenient=lenient)
                    if not lenient:
                        fault = _unlike(whole, before, cut, (count, last, error))
                        before = count
                except Exception as error:
                    fault = repr(error)
                tally.same("held", not fault, f"{path.name} at {cut} {'lenient' * lenient} {fault}")
    return tally


def places(size: int, each: int) -> Iterable[int]:
    """Where a file of this size is cut."""
    if size <= each:
        return range(size + 1)
    end = each // 4
    return chain(range(end), range(end, size - end, STRIDE), range(size - end, size + 1))


def _unlike(whole: list[Frame], before: int, cut: int, found: tuple[int, Frame, CaptureError | None]) -> str:
    """What is not as it must be of a cut: its frames are the whole's first, and grow with the cut."""
    count, last, error = found
    if not before <= count <= len(whole):
        return f"{count} frames after {before} of {len(whole)}"
    if count and last != whole[count - 1]:
        return f"frame {count} is {last}, not {whole[count - 1]}"
    if error is not None and error.offset is not None and error.offset > cut and not error.inside:
        return f"error beyond the cut: {error}"
    return ""


def singles(path: Path) -> Iterator[FrameBatch]:
    """A capture's frames one by one, each in a batch of its own."""
    try:
        for batch in open_files([str(path)]).batches():
            for row in range(batch.count):
                yield alone(batch, row, batch.captured[row])
    except CaptureError:
        return


def alone(batch: FrameBatch, row: int, most: int) -> FrameBatch:
    """One frame of a batch, no longer than ``most`` bytes."""
    one = FrameBatch(batch.buffer, 1)
    captured = min(most, batch.captured[row])
    one.add(batch.offset[row], captured, batch.wire[row], batch.time[row], batch.link[row])
    one.flags[0], one.segments[0], one.vlan[0] = batch.flags[row], batch.segments[row], batch.vlan[row]
    one.first = batch.first + row
    return one


def records(paths: list[Path], extent: Extent = USUAL) -> Tally:
    """Every capture ended behind every record, in a copy of the process."""
    tally = Tally("records: every capture ended behind every record, through the pipeline")
    for path in paths:
        line = Pipeline(FlowOptions(), Scribe())
        number, fault = 0, _ended(line, tally)
        tally.same("held", not fault, f"{path.name} at its beginning: {fault}")
        for number, batch in enumerate(singles(path), 1):
            line.ingest(line.decode(batch))
            fault = over(line)
            if number <= extent.first_records or number % SKIP == 0:
                fault = fault or _ended(line, tally)
            tally.same("held", not fault, f"{path.name} behind record {number}: {fault}")
    return tally


def _ended(line: Pipeline, tally: Tally) -> str:
    """End the run in a copy of this process; what it finds, or nothing."""
    tally.counts["ended"] += 1
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        try:
            line.finish()
            fault = line.outcome().defect or kept(line)
        except BaseException as error:
            fault = repr(error)
        os.write(writing, fault.encode()[:4000])
        os._exit(FOUND if fault else 0)
    os.close(writing)
    _, status, used = os.wait4(copy, 0)
    with os.fdopen(reading, "rb") as pipe:
        fault = pipe.read().decode(errors="replace")
    spent = round((used.ru_utime + used.ru_stime) * 1000)
    tally.counts["worst ms"] = max(tally.counts["worst ms"], spent)
    if spent > WORST_MS:
        return f"{spent} ms"
    return fault or (f"status {status}" if status else "")


def over(line: Pipeline) -> str:
    """What is held above its bound."""
    assert line.analyzer is not None
    held, most = line.tracker.counts.held_bytes, Limits().held_bytes
    opening, full = line.analyzer.counts()["held"], OpeningLimits().total_bytes
    return f"{held} bytes of streams, {opening} of openings" if held > most or opening > full else ""


def kept(line: Pipeline) -> str:
    """What is held though every flow has ended."""
    assert line.analyzer is not None
    counts = line.tracker.counts
    held = (counts.held_bytes, counts.active, line.analyzer.counts()["held"])
    return f"held behind the end: {held}" if any(held) else ""


def whole(paths: list[Path], _: Extent = USUAL) -> Tally:
    """Small captures cut at every byte, all the way."""
    tally = Tally(f"whole: captures of up to {WHOLE_BYTES} bytes, cut at every byte, all the way")
    for path in paths:
        size = path.stat().st_size
        if size > WHOLE_BYTES:
            continue
        tally.counts["captures"] += 1
        with tempfile.NamedTemporaryFile(suffix=path.suffix) as file:
            file.write(path.read_bytes())
            file.flush()
            for cut in range(size, -1, -1):
                os.truncate(file.name, cut)
                fault = _read_all(file.name, tally)
                tally.same("held", not fault, f"{path.name} at {cut} {fault}")
    return tally


def _read_all(path: str, tally: Tally) -> str:
    begin = time.process_time()
    try:
        reading = Reading(ReadOptions(paths=(path,)), Scribe())
        reading.run()
    except Exception as error:
        return repr(error)
    spent = round((time.process_time() - begin) * 1000)
    tally.counts["worst ms"] = max(tally.counts["worst ms"], spent)
    return reading.outcome.defect or kept(reading.pipeline) or (f"{spent} ms" if spent > WORST_MS else "")


def frames(paths: list[Path], _: Extent = USUAL) -> Tally:
    """Every frame cut at every byte for the decoder, and at many for the pipeline."""
    tally = Tally(
        f"frames: cut to {len(SNAPS)} lengths through the pipeline, at each byte through the decoder"
    )
    for path in paths:
        try:
            for batch in open_files([str(path)]).batches():
                tally.counts["frames decoded"] += _decoded(batch)
        except CaptureError:
            pass
        for snap in SNAPS:
            fault = _snapped(path, snap)
            tally.same("held", not fault, f"{path.name} cut to {snap}: {fault}")
    return tally


def _decoded(batch: FrameBatch) -> int:
    """Decode each frame at each of its lengths; how many that were."""
    total = 0
    for row in range(batch.count):
        length = batch.captured[row]
        many = FrameBatch(batch.buffer, length + 1)
        for cut in range(length + 1):
            many.add(batch.offset[row], cut, batch.wire[row], batch.time[row], batch.link[row])
        total += Decoder().decode(many).count
    return total


def _snapped(path: Path, snap: int) -> str:
    line = Pipeline(FlowOptions(), Scribe())
    try:
        for batch in open_files([str(path)]).batches():
            for row in range(batch.count):
                batch.captured[row] = min(batch.captured[row], snap)
            line.ingest(line.decode(batch))
    except CaptureError:
        pass
    except Exception as error:
        return repr(error)
    held = over(line)
    line.finish()
    return line.outcome().defect or held or kept(line)


PARTS: dict[str, Callable[[list[Path], Extent], Tally]] = {
    each.__name__: each for each in (records, frames, whole, files)
}


def added(name: str, paths: list[Path], extent: Extent, pool: Executor) -> Tally:
    """One part for all captures, several at a time, with a word now and then of how far it is."""
    whole = PARTS[name]([], extent)
    work = pool.map(PARTS[name], [[path] for path in paths], [extent] * len(paths))
    for number, tally in enumerate(work, 1):
        worst = max(whole.counts["worst ms"], tally.counts.pop("worst ms", 0))
        whole.counts.update(tally.counts)
        if worst:
            whole.counts["worst ms"] = worst
        whole.differences += tally.differences
        if number % EVERY == 0:
            held, all_ = whole.counts["held"], whole.counts["held of"]
            print(f"{name}: {number} of {len(paths)}, {held} of {all_} held", file=sys.stderr, flush=True)
    return whole


def main() -> int:
    """Print what held; exit code 1 when something did not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--shared", type=Path, default=shared_folder(), help="folder that holds corpora")
    parser.add_argument("--part", nargs="*", choices=sorted(PARTS), help="only these")
    parser.add_argument("--all", action="store_true", help="leave no byte and no record out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--folder", default="", help="only captures below this folder of the corpora")
    options = parser.parse_args()
    paths = captures_of(options.shared / "corpora" / options.folder)
    if not paths:
        print(f"no captures at {options.shared}", file=sys.stderr)
        return 2
    gc.freeze()
    failed = False
    with ProcessPoolExecutor(options.jobs, get_context("fork")) as pool:
        for name in options.part or PARTS:
            tally = added(name, paths, ALL if options.all else USUAL, pool)
            failed = failed or tally.share("held") < 1
            words = (f"    {each}" for each in tally.differences[:40])
            print("\n".join(chain(tally.lines(), words)), flush=True)
    own, copies = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    spent = own.ru_utime + own.ru_stime + copies.ru_utime + copies.ru_stime
    print(f"{len(paths)} captures, {spent:.0f} s of processor time, peak memory {own.ru_maxrss // 1024} MiB")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
