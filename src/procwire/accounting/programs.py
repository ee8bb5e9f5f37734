"""The programs of account.bpf.c, loaded and told what to do; their maps, read and written.

Raises BpfError where they cannot run. The tap's filter is attached by whoever has the packet sockets.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping

from procwire.bpf import accounts as books
from procwire.bpf import records
from procwire.bpf.accounts import Account, Settings, Shown
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import VARIABLES, Map, Object, read_object
from procwire.model.kernel import TcpFacts

OBJECT = "account"
RING_BYTES = 2 << 20  # of content that waits to be read; half of RING_BYTES of account.bpf.c
MAX_ACCOUNTS = 65536  # MAX_ACCOUNTS of account.bpf.c
OPTIONAL = frozenset({"state", "tap"})
FAR = {name: f"{name}_far" for name in ("account_in", "account_out", "tap")}  # instead, before Linux 6.2
_ZERO, _ONE = (struct.pack("=I", number) for number in (0, 1))


class Programs:
    """Loaded and attached when made, gone when closed. For one thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        content: bytes | None = None,
        sizes: Mapping[str, int] | None = None,
        tap: bool,
    ) -> None:
        content = content if content is not None else read_object(OBJECT)
        sizes = {"content": RING_BYTES, **(sizes or {})}
        self._secret = books.factors(os.urandom(books.KEY_BYTES))
        self._object, names = _loaded(content, sizes, books.pack_settings(settings, self._secret), tap=tap)
        try:
            cpus = self._object.library.ask("libbpf_num_possible_cpus")
            self._accounts = self._object.map("accounts", books.ACCOUNT_BYTES)
            self._pasts = self._object.map("pasts", books.ACCOUNT_BYTES)
            self._verdicts = self._object.map("verdicts", books.VERDICT.size)
            self._facts = self._object.map("facts", books.FACTS_BYTES)
            self._links = self._object.map("links", books.LINK_BYTES * cpus)
            self._crowd = self._object.map("crowd", books.LINK_BYTES * cpus)
            self._crowded = self._object.map(VARIABLES, len(_ONE))
            self._hints = self._object.map("hints", 4)
            self._totals = self._object.map("totals", records.COOKIE.size * cpus)
            self._cpus = cpus
            self.ring = self._object.map("content", 0).descriptor
            self.tap = self._object.program_descriptor(names["tap"]) if tap else -1
        except BpfError:
            self._object.close()
            raise
        self.present = 0  # accounts, when they were read last
        self.evicted = 0  # accounts that went by themselves, as of the same time
        self._dropped = 0
        self._placed: dict[int, Map] = {}  # interfaces that are watched, and where they stand

    def attach(self) -> None:
        """Begin to count. Raises BpfError."""
        try:
            self._object.attach()
        except BpfError:
            self.close()
            raise

    def close(self) -> None:
        """Detach and unload; may be called twice."""
        self._object.close()

    def place(self, index: int, head: int, *, loopback: bool) -> bool:
        """Watch an interface; False where there are too many to watch this one, too.

        Those whose index has the same low bits share a place: the first one has it, the others are crowd.
        """
        if index in self._placed:
            return True
        where, key = self._links, books.place_of(index)
        if any((self._links.get(key) or b"")[: books.PLACE_BYTES]):
            where, key = self._crowd, books.index_of(index)
            self._crowded.put(_ZERO, _ONE)
        fresh = books.pack_place(index, head, loopback=loopback).ljust(books.LINK_BYTES, b"\0")
        try:
            where.put(key, fresh * self._cpus)
        except BpfError as error:
            if error.errno not in {errno.E2BIG, errno.ENOMEM}:
                raise
            return False
        self._placed[index] = where
        return True

    def displace(self, index: int) -> None:
        """Watch it no more."""
        where = self._placed.pop(index, None)
        if where is self._links:
            self._links.put(books.place_of(index), bytes(books.LINK_BYTES * self._cpus))
        elif where is not None:
            where.drop(books.index_of(index))

    def link(self, index: int) -> dict[str, Shown]:
        """What an interface showed since it is watched, by kind; empty where it is not."""
        where = self._placed.get(index)
        if where is None:
            return {}
        key = books.place_of(index) if where is self._links else books.index_of(index)
        return books.unpack_link(where.get(key) or b"")

    def hint(self, ports: Iterable[tuple[int, int]]) -> None:
        """All content of flows with these (protocol, port) is wanted, before any verdict."""
        for proto, port in ports:
            self._hints.put(struct.pack("=I", proto << 16 | port), _ZERO)

    def say(self, ends: bytes, modes: tuple[int, int], until: tuple[int, int]) -> None:
        """A verdict on one flow."""
        self._verdicts.put(books.with_cookie(ends), books.pack_verdict(modes, until))

    def changed(self, since: int) -> Iterator[tuple[bytes, int, Account]]:
        """Accounts with packets at or after ``since`` (monotonic ns): key without cookie, cookie, account."""
        self.present = 0
        expected = self._total("accounts") - self._dropped
        words = books.ACCOUNT_BYTES // 8
        for _, values, count in self._accounts.batches(books.NAME_BYTES):
            self.present += count
            lasts = values.cast("Q")[books.LAST_AT // 8 : words * count : words].tolist()
            for row, last in enumerate(lasts):
                if last >= since - books.LAG_NS:
                    key = books.key_of(values, row * books.ACCOUNT_BYTES)
                    if books.is_blank(key):
                        continue  # it is in the next reading
                    account = books.unpack_account(values, row * books.ACCOUNT_BYTES)
                    yield key[: books.TUPLE_BYTES], books.cookie_of(key), account
        self.evicted = max(self.evicted, expected - self.present)

    def pasts(self, until: int) -> Iterator[tuple[bytes, int, Account]]:
        """Accounts of connections whose ends another one took over, once; those that began by ``until``."""
        done = []
        for keys, values, count in self._pasts.batches(books.PAST_BYTES):
            for row in range(count):
                key = bytes(keys[row * books.PAST_BYTES : (row + 1) * books.PAST_BYTES])
                account = books.unpack_account(values, row * books.ACCOUNT_BYTES)
                if account.first > until:
                    continue
                done.append(key)
                yield key[: books.TUPLE_BYTES], books.cookie_of(key), account
        for key in done:
            self._pasts.drop(key)

    def facts(self, cookie: int) -> TcpFacts | None:
        """TCP's own knowledge of a socket."""
        value = self._facts.get(records.COOKIE.pack(cookie))
        return books.unpack_facts(value) if value is not None else None

    def unsay(self, ends: bytes) -> None:
        """No verdict holds for these ends any more."""
        self._verdicts.drop(books.with_cookie(ends))

    def take(self, ends: bytes, begun: Mapping[int, int]) -> Iterator[tuple[int, Account]]:
        """A flow is over: its accounts are read for the last time, and make room.

        ``begun``: when the account of each cookie began, 0 where that is not known. One that has begun anew
        since is another connection's, and stays.
        """
        for cookie, first in begun.items():
            key = books.with_cookie(ends, cookie)
            name = books.name_of(key, self._secret)
            if (now := self._accounts.get(name)) is None or books.key_of(now) != key:
                continue
            if first and books.begun(now) != first:
                continue
            if (last := self._accounts.take(name)) is not None:
                self._dropped += 1
                yield cookie, books.unpack_account(last)

    def counts(self) -> dict[str, int]:
        """What was done since the start. ``evicted``: made, neither given back nor there when last read."""
        found = {name: self._total(name) for name in books.COUNTS}
        return {**found, "present": self.present, "evicted": self.evicted}

    def _total(self, name: str) -> int:
        return records.total(self._totals.get(struct.pack("=I", books.COUNTS.index(name))) or b"")


def _loaded(
    content: bytes, sizes: Mapping[str, int] | None, constants: bytes, *, tap: bool
) -> tuple[Object, dict[str, str]]:
    """The programs in the kernel, and what each is called there. Raises BpfError."""
    names = {name: name for name in ("account_in", "account_out", "state", *(["tap"] if tap else []))}
    try:
        return _load(content, sizes, constants, names), names
    except BpfError:
        names = {name: FAR.get(name, name) for name in names}
        return _load(content, sizes, constants, names), names


def _load(
    content: bytes, sizes: Mapping[str, int] | None, constants: bytes, names: Mapping[str, str]
) -> Object:
    made = Object(content, sizes=sizes, accept=frozenset(names.values()).__contains__, constants=constants)
    try:
        made.load()
    except BpfError:
        made.close()
        raise
    return made
