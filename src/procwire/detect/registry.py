"""Every detector, and all of them together over what a pipeline tells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from procwire.detect.beacon import Beacon
from procwire.detect.contract import DetectError, Detector
from procwire.detect.drift import Drift
from procwire.detect.facts import Facts
from procwire.detect.flood import Flood
from procwire.detect.logins import Logins
from procwire.detect.neighbours import Neighbours, Servers
from procwire.detect.newcomers import Newcomers
from procwire.detect.programs import Programs
from procwire.detect.routers import Routers
from procwire.detect.ruleset import RuleSet
from procwire.detect.scan import Scan
from procwire.detect.spread import Spread
from procwire.detect.tunnel import Tunnel
from procwire.detect.upload import Upload
from procwire.egress.verdict import Judge
from procwire.model.finding import DetectorRow, Finding
from procwire.model.lives import LifeRow
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow

DETECTORS: tuple[type[Detector], ...] = (
    Scan, Flood, Beacon, Tunnel, Logins, Spread, Upload, Programs, Newcomers, Facts, Neighbours, Servers,
    Routers, Drift,
)  # fmt: skip
NAMES = tuple(detector.NAME for detector in DETECTORS)
MAX_DEFECTS = 3  # after so many errors of its own a detector is stopped, and that is said

Take = Callable[[Finding], None]


def settings_of(words: Iterable[str]) -> dict[str, dict[str, float]]:
    """``scan.ports=30`` and so on, as settings by detector. Raises DetectError."""
    found: dict[str, dict[str, float]] = {}
    for word in words:
        name, _, value = word.partition("=")
        detector, _, setting = name.partition(".")
        try:
            found.setdefault(detector, {})[setting] = float(value)
        except ValueError:
            raise DetectError(f"a setting is written detector.name=number: {word!r}") from None
    return found


def detectors() -> list[DetectorRow]:
    """What each detector is, for people."""
    return [
        DetectorRow(
            name=one.NAME,
            title=one.TITLE,
            severity=one.SEVERITY,
            attack=one.ATTACK,
            doc=_about(one),
            controls=one.CONTROLS,
            settings=tuple(f"{name}={value:g} {words}" for name, (value, words) in one.SETTINGS.items()),
        )
        for one in DETECTORS
    ]


def _about(one: type[Detector]) -> str:
    """The first sentence of its class, or of its module where the class points there."""
    said = one.__doc__ or ""
    if said.startswith("See the module"):
        said = sys.modules[one.__module__].__doc__ or ""
    return " ".join(said.partition("\n\n")[0].split())


class Detection:
    """All detectors, or those that are named; ``take`` gets each finding at once.

    A detector that fails is not tried on that event again; after MAX_DEFECTS it is stopped. ``stopped`` says
    which and why: what it would have found is not known then.
    """

    def __init__(
        self,
        take: Take,
        *,
        names: Sequence[str] = (),
        settings: Mapping[str, Mapping[str, float]] | None = None,
        rules: RuleSet | None = None,
    ) -> None:
        known = {detector.NAME: detector for detector in DETECTORS}
        for name in (*names, *(settings or {})):
            if name not in known:
                names_of = ", ".join(known)
                raise DetectError(
                    f"no detector is called {name!r} (files come before --findings); there are {names_of}"
                )
        self._take = take
        chosen = [known[name] for name in names] or list(DETECTORS)
        self._detectors = [made((settings or {}).get(made.NAME)) for made in chosen]
        self.rules = rules
        self._defects: dict[str, int] = {}
        self._stopped: dict[str, str] = {}
        self.findings = 0

    @property
    def stopped(self) -> dict[str, str]:
        """Detectors and rules that had to be stopped, and why."""
        return self._stopped | (self.rules.stopped if self.rules is not None else {})

    def police(self, judge: Judge | None) -> None:
        """The policy of egress that is in force from now on; none: nothing is held against one."""
        for detector in self._detectors:
            if isinstance(detector, Drift):
                detector.judge = judge

    def remember(self, programs: Iterable[tuple[str, str, str]], since: int) -> None:
        """What had flows before this began: (place, path, SHA-256 or nothing), known since that time."""
        for detector in self._detectors:
            if isinstance(detector, Newcomers):
                detector.remember(programs, since)

    def opened(self, row: FlowRow, now: int) -> None:
        """See Detector."""
        for detector in self._detectors:
            self._ask(detector, detector.opened, row, now)

    def observed(self, row: ObservationRow, now: int) -> None:
        """See Detector."""
        for detector in self._detectors:
            self._ask(detector, detector.observed, row, now)
        if self.rules is not None:
            self._tell(self.rules.observed(row, now))

    def ended(self, row: FlowRow, now: int) -> None:
        """See Detector."""
        for detector in self._detectors:
            self._ask(detector, detector.ended, row, now)
        if self.rules is not None:
            self._tell(self.rules.ended(row, now))

    def lived(self, row: LifeRow, now: int) -> None:
        """Something happened to a process: rules look at it."""
        if self.rules is not None:
            self._tell(self.rules.lived(row, now))

    def ticked(self, now: int) -> None:
        """See Detector."""
        for detector in self._detectors:
            self._ask(detector, detector.ticked, now)

    def finish(self, now: int) -> None:
        """See Detector."""
        for detector in self._detectors:
            self._ask(detector, detector.finish, now)

    def _ask(self, detector: Detector, heard: Callable[..., Iterable[Finding]], *given: object) -> None:
        if detector.NAME in self._stopped:
            return
        try:
            self._tell(heard(*given))
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            self._defects[detector.NAME] = count = self._defects.get(detector.NAME, 0) + 1
            if count >= MAX_DEFECTS:
                self._stopped[detector.NAME] = f"{type(error).__name__}: {error}"

    def _tell(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.findings += 1
            self._take(finding)
