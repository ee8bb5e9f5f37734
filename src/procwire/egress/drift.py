"""What a policy does not let pass, added up as the lines that would; and what of it was never used."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from procwire.egress.contact import Contact, Who
from procwire.egress.learning import Key, Learner
from procwire.egress.policy import Entry, Line
from procwire.egress.verdict import ALLOWED, UNUSED, Judge, Verdict
from procwire.model import digests
from procwire.model.egress_tables import EgressRow

ID_DIGITS = 8


def named(who: Who, key: Key) -> str:
    """The same name for the same drift, whenever it is looked for."""
    told = msgspec.json.encode([msgspec.structs.astuple(who), key])
    return digests.sha256(told).hexdigest()[:ID_DIGITS]


class Drift:
    """Contacts against a policy. ``allowed``: contacts that it lets pass."""

    def __init__(self, judge: Judge, *, by: str = "exe", broad: bool = False) -> None:
        self._judge = judge
        self.outside = Learner(by=by, broad=broad)
        self._inside = Learner(by=by, broad=broad)
        self._words: dict[tuple[Who, Key], str] = {}
        self._used: set[int] = set()
        self.allowed = 0

    def see(self, contact: Contact) -> Verdict:
        """One more contact."""
        verdict = self._judge.verdict(contact)
        if verdict.line is not None:
            self._used.add(id(verdict.line))
        if verdict.allowed:
            self.allowed += 1
            self._inside.see(contact)
        elif (place := self.outside.see(contact)) is not None:
            self._words[place] = verdict.word
        return verdict

    @property
    def found(self) -> int:
        """Contacts that it does not let pass."""
        return self.outside.contacts

    @property
    def dropped(self) -> int:
        """Contacts that there was no room to tell apart."""
        return self.outside.dropped + self._inside.dropped

    def rows(self, *, all_of_it: bool = False) -> list[EgressRow]:
        """What drifted, as rows; ``all_of_it``: what passed, too."""
        found = [row_of(self._words[who, key], who, line) for who, key, line in _lines(self.outside)]
        if all_of_it:
            found += [row_of(ALLOWED, who, line) for who, _, line in _lines(self._inside)]
        return found

    def unused(self) -> list[EgressRow]:
        """Lines of the policy that nothing went by."""
        return [
            row_of(UNUSED, entry.who, line)
            for entry in self._judge.policy.entries
            for line in entry.to
            if id(line) not in self._used
        ]

    def chosen(self, names: set[str]) -> tuple[list[Entry], set[str]]:
        """(lines that drift by these names would have needed, names that are none); all for no names."""
        entries: dict[Who, Entry] = {}
        missing = set(names)
        for who, key, line in _lines(self.outside):
            name = named(who, key)
            if not names or name in names:
                missing.discard(name)
                entries.setdefault(who, Entry(who=who, to=[])).to.append(line)
        return list(entries.values()), missing


def _lines(learner: Learner) -> Iterator[tuple[Who, Key, Line]]:
    for who, lines in learner.programs():
        for key, line in lines:
            yield who, key, line


def row_of(word: str, who: Who, line: Line) -> EgressRow:
    """A line as a row."""
    return EgressRow(
        id=named(who, (line.dest, line.proto, line.port)), verdict=word, exe=who.exe, process=who.process,
        unit=who.unit, container=who.container, host=who.host, to=line.dest, proto=line.proto, port=line.port,
        flows=line.flows, bytes_out=line.bytes_out, first=line.first, last=line.last, program=str(who),
        sha256=who.sha256, note=line.note,
    )  # fmt: skip
