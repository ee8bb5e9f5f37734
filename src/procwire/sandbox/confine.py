"""Carry out a plan: this process, from here on, for good. Before the first thread, before the first byte.

The order is forced: rulesets while paths can be opened; the network while there are rights to leave it; the
bounding set while there is CAP_SETPCAP; then the user, then every right; last the filter, which forbids the
calls that all of this was done with. What this kernel or a container does not give is named, never passed
over in silence; in strict mode it is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from procwire.sandbox import (
    assembler,
    capabilities,
    held,
    identity,
    isolation,
    landlock,
    limits,
    python_tree,
    seccomp,
)
from procwire.sandbox import plan as words
from procwire.sandbox.plan import Confinement, Measure, Plan
from procwire.sandbox.syscalls import SandboxError, architecture, numbers

EPERM = 1


def confine(plan: Plan) -> Confinement:
    """Raises SandboxError where the mode is strict and a measure cannot be taken: the process must end."""
    if plan.mode == words.OFF:
        return Confinement(words.OFF)
    done = Confinement(plan.mode, tuple(_Steps(plan).take()))
    if plan.mode == words.STRICT and done.missing:
        lacking = "; ".join(f"{each.name}: {each.detail}" for each in done.missing)
        raise SandboxError(0, f"sandbox: strict, and not to be had here: {lacking}")
    return done


class _Steps:
    """The measures of one plan, each tried once, in order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.who = identity.lesser()
        self.ruleset: landlock.Ruleset | None = None
        # Asked at once: behind locked securebits another user is asked with our rights.
        self.unread = self.who is not None and not identity.can_read(self.who, plan.files)

    def take(self) -> list[Measure]:
        """What came of each."""
        limits.rename(self.plan.name)
        self._fetch_late()
        threads = _tried(words.THREADS, _only_thread)
        stays = self.plan.stays
        prepared = _tried(words.FILES, self._prepare) if words.FILES not in stays else _STAYS
        found = [
            threads,
            _tried(words.LIMITS, self._limit),
            self._unless(words.NETWORK, isolation.isolate, hint=_NO_NAMESPACES),
            *self._rights(),
            _tried(words.HIDDEN, limits.hide),
            _tried(words.NO_NEW_PRIVS, limits.renounce),
            prepared if self.ruleset is None else _tried(words.FILES, self._enforce),
        ]
        found += [self._since(name, first) for name, first in _YOUNGER.items()]
        found.append(_tried(words.SECCOMP, self._filter))
        return [each for each in found if each.name not in stays]

    def _fetch_late(self) -> None:
        """What the user we become could not import later: find a way for it, or import it now."""
        if self.who is None or words.IDENTITY in self.plan.stays or self.plan.late is tuple:
            return
        if identity.can_read(self.who, self.plan.trees) or held.hold(self.plan.trees, self.who):
            return
        python_tree.fetch(self.plan.late())

    def _limit(self) -> None:
        limits.restrain(descriptors=self.plan.descriptors, memory=self.plan.memory)

    def _prepare(self) -> None:
        self.ruleset = landlock.Ruleset()
        self.ruleset.allow_all(self.plan.readable, landlock.READ)
        self.ruleset.allow_all(self.plan.writable, landlock.WRITE)
        self.ruleset.allow_all(self.plan.devices, landlock.READ_FILE | landlock.WRITE_FILE)
        for port in self.plan.ports:
            self.ruleset.allow_port(port)

    def _enforce(self) -> None:
        if self.ruleset is not None:
            with self.ruleset as ruleset:
                ruleset.enforce(quiet=self.plan.quiet)

    def _since(self, name: str, version: int) -> Measure:
        """A part of Landlock that came with a later kernel."""
        if self.ruleset is None:
            return Measure(name, words.MISSING, landlock.why_none() or "no ruleset")
        if self.ruleset.version >= version:
            return Measure(name, words.ENFORCED)
        return Measure(
            name, words.MISSING, f"Linux {landlock.LINUX_OF[version]} has it, this is {_release()}"
        )

    def _rights(self) -> list[Measure]:
        keeps = self.plan.keeps
        lock = not self.plan.forks
        bounded = _tried(
            words.CAPABILITIES, lambda: capabilities.bound(keeps, lock=lock), hint="no CAP_SETPCAP"
        )
        who = self._unless(words.IDENTITY, self._become)
        kept = _tried(words.CAPABILITIES, lambda: capabilities.keep(keeps))
        if kept.state == words.ENFORCED and bounded.state != words.ENFORCED and os.geteuid() == 0:
            # Root would get them back by executing a program; no_new_privs and seccomp forbid it.
            kept = Measure(words.CAPABILITIES, words.PARTIAL, f"the bounding set stays: {bounded.detail}")
        return [who, kept]

    def _unless(self, name: str, step: Callable[[], None], *, hint: str = "") -> Measure:
        return Measure(name, words.MISSING) if name in self.plan.stays else _tried(name, step, hint=hint)

    def _become(self) -> None:
        if self.who is not None:
            if self.unread:
                raise SandboxError(0, f"too many files to open at once, and not all for {self.who.name}")
            identity.become(self.who)
        elif os.geteuid() == 0:
            raise SandboxError(0, "runs as root, and there is no other user")

    def _filter(self) -> None:
        machine = architecture()
        known = numbers(machine)
        if not known:
            raise SandboxError(0, f"system calls of {os.uname().machine} are not known here")
        lacking = seccomp.missing(assembler.KILL)
        if lacking:
            raise SandboxError(0, lacking)
        rules = self.plan.rules
        default = assembler.ALLOW if self.plan.forks or self.plan.permits else assembler.refusal(EPERM)
        seccomp.install(assembler.assemble(rules, known, machine, default=default))


_NO_NAMESPACES = "a container or a setting forbids namespaces"
_STAYS = Measure(words.FILES, words.MISSING)
_YOUNGER = {words.TCP: landlock.TCP_SINCE, words.SCOPES: landlock.SCOPES_SINCE}


def _tried(name: str, step: Callable[[], None], *, hint: str = "") -> Measure:
    try:
        step()
    except (OSError, ValueError) as error:
        detail = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return Measure(name, words.MISSING, f"{detail} ({hint})" if hint else detail)
    return Measure(name, words.ENFORCED)


def _only_thread() -> None:
    count = sum(1 for _ in Path("/proc/self/task").iterdir())
    if count > 1:
        raise SandboxError(0, f"{count} threads run already: Landlock holds for one of them")


def _release() -> str:
    return os.uname().release.partition("-")[0]
