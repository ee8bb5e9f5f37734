"""What is known of places: the databases that were named or found, asked once for each address.

Files are opened and mapped when they are learned, before a process shuts itself in; what is read of them is
read when an address is asked for. Of several files the first that knows an answer gives it.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from procwire.geo.mmdb import Database
from procwire.geo.ranges import label
from procwire.geo.reason import GeoError
from procwire.model.rows import NOWHERE, Place

USUAL = ("/var/lib/procwire/geoip", "/etc/procwire/geoip", "/usr/share/GeoIP", "/var/lib/GeoIP")
MAX_ANSWERS = 65_536  # addresses whose answer is remembered
MAX_FILES = 16
MAX_TEXT = 200
LANGUAGE = "en"


class Book:
    """``labels``: special ranges are named, with databases or without."""

    def __init__(self, databases: Sequence[tuple[str, Database]] = (), *, labels: bool = False) -> None:
        self.names = tuple(name for name, _ in databases)
        self.spoiled: dict[str, str] = {}  # file -> what was wrong with a record of it
        self._databases = list(databases)
        self.labels = labels or bool(databases)
        self.place = lru_cache(maxsize=MAX_ANSWERS)(self._place)

    def _place(self, address: str) -> Place:
        """What is known of an address; NOWHERE where nothing is, or nobody asked for it."""
        if not self.labels:
            return NOWHERE
        found: dict[str, Any] = {"range": label(address)}
        for name, database in self._databases:
            try:
                record = database.find(address)
            except GeoError as error:
                self.spoiled[name] = str(error)
                continue
            if isinstance(record, dict):
                found = _told(record) | {key: value for key, value in found.items() if value}
        return Place(**found)


def _told(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says, in the words of MaxMind's and of DB-IP's databases."""
    country = _part(record, "country") or _part(record, "registered_country")
    number = record.get("autonomous_system_number")
    found = {
        "country": _text(country.get("iso_code")),
        "city": _text(_part(_part(record, "city"), "names").get(LANGUAGE)),
        "asn": number if isinstance(number, int) and not isinstance(number, bool) else None,
        "as_name": _text(record.get("autonomous_system_organization")),
    }
    return {name: value for name, value in found.items() if value}


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


_book = Book()


def book() -> Book:
    """What was learned last."""
    return _book


def learn(paths: Sequence[str], *, labels: bool = False) -> Book:
    """Open these files; where none is named, those at the usual places. Raises GeoError for a named one."""
    global _book
    found = [(path, opened(Path(path))) for path in paths] if paths else _usual()
    _book = Book(found, labels=labels)
    return _book


def _usual() -> list[tuple[str, Database]]:
    found: list[tuple[str, Database]] = []
    for folder in USUAL:
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone
        except OSError:
            continue
        for name in names:
            path = Path(folder, name)
            if name.endswith(".mmdb") and len(found) < MAX_FILES:
                try:
                    found.append((str(path), opened(path)))
                except GeoError:
                    continue  # not named by anybody: what is no database is passed over
    return found


def opened(path: Path) -> Database:
    """The database in a file, mapped. Raises GeoError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise GeoError(f"{path}: not a regular file")
            data = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(fd)
    except (OSError, ValueError) as error:
        raise GeoError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        return Database(data)
    except GeoError as error:
        raise GeoError(f"{path}: {error}") from None
