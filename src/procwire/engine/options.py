"""What a face may ask of the engine: one struct a job, checked when it is made."""

from __future__ import annotations

import msgspec

from procwire.capture.chunks import CHUNK_BYTES
from procwire.capture.source import Files
from procwire.flows import limits
from procwire.recorder.wishes import Wishes
from procwire.sandbox.plan import OFF

TIMEOUTS = limits.TIMEOUTS


class EngineError(Exception):
    """A job cannot be done: one line that says what and where. ``code`` is the exit code it deserves."""

    def __init__(self, words: str, code: int = 1) -> None:
        super().__init__(words)
        self.code = code


class FlowOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How flows are tracked, the same live and from files."""

    max_flows: int = 1_000_000
    timeouts: dict[str, int] = {}  # name of a timeout of flows.limits -> ns
    protocols: bool = True  # look at payload; False: count only


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``procwire read``: capture files, in order or merged by time."""

    paths: tuple[str, ...]
    files: Files = ()  # these paths, open already: then one process reads
    merge: bool = False
    lenient: bool = False
    chunk_bytes: int = CHUNK_BYTES  # of a file, read at once
    lent: bool = False  # batches stay until they are given back, see capture.files
    keylog: str = ""  # secrets with which encrypted traffic is read
    keep_keys: bool = False  # until the end, to be written
    workers: int = 0  # processes that share the work; 0: as many as pay
    sandbox: str = OFF  # of the whole process; only who owns it may say
    folders: tuple[str, ...] = ()  # in which others of the process, a store, go on making files
    flows: FlowOptions = FlowOptions()


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``procwire export``: capture files to one pcapng; ``with_keys``: and the secrets of its connections."""

    paths: tuple[str, ...]
    output: str
    keylog: str = ""
    merge: bool = False
    with_keys: bool = False


class WatchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``procwire watch``: interfaces (none named: all), until stopped or for ``seconds``."""

    interfaces: tuple[str, ...] = ()
    capture_filter: str = ""
    snaplen: int = 262_144
    promiscuous: bool = False
    fanout: int = 1
    ring_bytes: int | None = None  # kernel memory for each interface; None: by the number of interfaces
    seconds: float | None = None
    every: float | None = None  # seconds between updates of open flows
    owners: bool = True
    hashes: bool = False  # of the owners' programs
    write: str = ""
    kept: Wishes = Wishes()  # beside it
    keylog: str = ""  # secrets with which encrypted traffic is read; read as the file grows
    source: str = ""  # bpf, tap or both; empty: chosen
    depth: str = "requests"  # first, requests or full
    sandbox: str = OFF  # of the whole process, which becomes two; only who owns it may say
    folders: tuple[str, ...] = ()  # see ReadOptions
    readable: tuple[str, ...] = ()  # files and directories that others of the process read anew
    flows: FlowOptions = FlowOptions()
