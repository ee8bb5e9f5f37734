"""What is to be given up, as a value; and what then was, measure by measure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from procwire.sandbox.assembler import Rule

STRICT, BEST_EFFORT, OFF = "strict", "best-effort", "off"
MODES = (STRICT, BEST_EFFORT, OFF)
ENFORCED, PARTIAL, MISSING = "enforced", "partial", "missing"

LIMITS, FILES, TCP, SCOPES = "limits", "landlock-files", "landlock-tcp", "landlock-scopes"
NETWORK, IDENTITY, CAPABILITIES = "network-namespace", "identity", "capabilities"
HIDDEN, NO_NEW_PRIVS, SECCOMP, THREADS = "not-dumpable", "no-new-privs", "seccomp", "single-thread"

# Boundary -> sets of measures; it stands where all of one set do.
WALLS: dict[str, tuple[frozenset[str], ...]] = {
    "files": (frozenset({FILES, THREADS}),),
    "network": (frozenset({NETWORK}), frozenset({SECCOMP})),
    "other processes": (frozenset({SECCOMP}), frozenset({SCOPES, HIDDEN, THREADS})),
    "system calls": (frozenset({SECCOMP}),),
    "rights": (frozenset({IDENTITY, CAPABILITIES, NO_NEW_PRIVS}),),
    "memory and processes": (frozenset({LIMITS, SECCOMP}),),
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One process's cell. Paths that do not exist are passed over."""

    name: str  # what ps(1) calls it, 15 bytes
    mode: str = BEST_EFFORT
    readable: tuple[str, ...] = ()  # files, and directories with what lies beneath
    files: tuple[str, ...] = ()  # of ``readable``, what will be opened yet: the lesser user must be able to
    writable: tuple[str, ...] = ()  # directories in which files come and go
    devices: tuple[str, ...] = ("/dev/null",)  # read and written
    ports: tuple[int, ...] = ()  # TCP ports that may be connected to, at any address
    rules: tuple[Rule, ...] = ()  # what becomes of system calls
    forks: bool = (
        False  # it makes processes with cells of their own: calls without a rule stay, as they need them
    )
    permits: bool = False  # calls without a rule stay, as it does much
    trees: tuple[str, ...] = ()  # of ``readable``, those that hold modules which may be imported later
    late: Callable[[], Iterable[str]] = tuple  # these: imported first where the lesser user cannot read them
    keeps: tuple[int, ...] = ()  # capabilities
    stays: frozenset[str] = frozenset()  # measures that are not taken, as its work would end with them
    descriptors: int = 1024
    memory: int | None = None  # None: a share of the machine's
    quiet: bool = False  # what is denied is not logged: a trial of the cell


class Measure(msgspec.Struct, frozen=True):
    """One measure, and how far it is in force."""

    name: str
    state: str
    detail: str = ""


def _nearest(fallen: list[frozenset[str]]) -> frozenset[str]:
    return min(fallen, key=len)


class Confinement(msgspec.Struct, frozen=True):
    """What became of a plan."""

    mode: str
    measures: tuple[Measure, ...] = ()

    @property
    def missing(self) -> tuple[Measure, ...]:
        """Measures that are not in force, or not wholly."""
        return tuple(each for each in self.measures if each.state != ENFORCED)

    @property
    def open(self) -> dict[str, str]:
        """Boundaries behind which no wall stands, and why the nearest does not."""
        if self.mode == OFF:
            return dict.fromkeys(WALLS, "off")
        standing = {each.name for each in self.measures if each.state == ENFORCED}
        return {
            boundary: self._why(sorted(_nearest([wall - standing for wall in walls])))
            for boundary, walls in WALLS.items()
            if not any(wall <= standing for wall in walls)
        }

    def _why(self, fallen: Iterable[str]) -> str:
        found = {each.name: each.detail for each in self.measures}
        return "; ".join(f"{name}: {found.get(name) or 'not tried'}" for name in fallen)
