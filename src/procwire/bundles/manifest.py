"""What a bundle holds: every file with its size and hash, under paths that lead nowhere else. Pure.

A bundle is: the length of a note (8 bytes, big endian); the note, which signs the manifest's hash and size
(C2SP signed note, Ed25519); the manifest; the files' bytes, one after the other, in its order. So there are
no links, no modes, no owners and no second names for anything, and nothing that is not signed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import msgspec

from procwire.bundles.reason import BundleError

FORMAT = "procwire-bundle/1"
MAX_FILES = 5_000
MAX_MANIFEST_BYTES = 2 << 20
MAX_FILE_BYTES = 512 << 20
MAX_TOTAL_BYTES = 1 << 30
MAX_DEPTH = 4
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_YAML, _MMDB, _TOML = (".yaml", ".yml"), (".mmdb",), (".toml",)
# What may be brought, as it lies beneath /etc/procwire.
FOLDERS = {"rules": _YAML, "protocols": _YAML, "geoip": _MMDB}
FILES = {"config.toml": _TOML, "fingerprints.yaml": _YAML, "filters.yaml": _YAML}


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them, by path."""

    format: str
    name: str
    created: str
    files: tuple[Entry, ...]


def allowed(path: str) -> bool:
    """Whether a bundle may bring a file under this path."""
    parts = path.split("/")
    if len(parts) > MAX_DEPTH or not all(_PART.fullmatch(part) for part in parts):
        return False
    if len(parts) == 1:
        return path in FILES
    return parts[0] in FOLDERS and path.endswith(FOLDERS[parts[0]])


def manifest(name: str, created: str, files: Mapping[str, bytes]) -> Manifest:
    """Of these files. Raises BundleError."""
    entries = [
        Entry(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in sorted(files.items())
    ]
    return checked(Manifest(format=FORMAT, name=name, created=created, files=tuple(entries)))


def checked(made: Manifest) -> Manifest:
    """The same, where all of it is as it must be. Raises BundleError."""
    if made.format != FORMAT:
        raise BundleError(f"a bundle of another format: {made.format[:40]}")
    if not made.name.isprintable() or not 1 <= len(made.name) <= 100 or not made.created.isprintable():
        raise BundleError("a bundle has a name of up to 100 characters")
    if not 0 < len(made.files) <= MAX_FILES:
        raise BundleError(f"a bundle holds 1 to {MAX_FILES} files")
    paths = [entry.path for entry in made.files]
    if paths != sorted(set(paths)):
        raise BundleError("its files are not in order, or one comes twice")
    for entry in made.files:
        if not allowed(entry.path):
            raise BundleError(f"a bundle may not bring {entry.path[:200]!r}")
        if not 0 <= entry.size <= MAX_FILE_BYTES or not re.fullmatch(r"[0-9a-f]{64}", entry.sha256):
            raise BundleError(f"{entry.path}: too large, or no hash")
    if sum(entry.size for entry in made.files) > MAX_TOTAL_BYTES:
        raise BundleError(f"its files are larger than {MAX_TOTAL_BYTES} bytes together")
    return made


def packed(made: Manifest) -> bytes:
    """The bytes that are signed for: one line of JSON, its keys in order."""
    return msgspec.json.encode(made, order="sorted") + b"\n"


def read(data: bytes) -> Manifest:
    """Raises BundleError."""
    try:
        return checked(msgspec.json.decode(data, type=Manifest))
    except msgspec.MsgspecError as error:
        raise BundleError(f"its manifest cannot be read: {error}") from None


def statement(data: bytes) -> str:
    """The text of the note: which manifest is meant."""
    return f"{FORMAT}\n{hashlib.sha256(data).hexdigest()}\n{len(data)}\n"


def stated(text: str) -> tuple[str, int]:
    """Hash and size of the manifest that a note speaks of. Raises BundleError."""
    found = re.fullmatch(rf"{re.escape(FORMAT)}\n([0-9a-f]{{64}})\n([1-9][0-9]{{0,8}})\n", text)
    if found is None or int(found[2]) > MAX_MANIFEST_BYTES:
        raise BundleError("its note speaks of no manifest")
    return found[1], int(found[2])
