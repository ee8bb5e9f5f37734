"""Rules in directories: one YAML document a file, the later directory going before the earlier for one id.

First the rules that come with procwire, then ``/etc/procwire/rules``, then the user's own, then those that
are named. A file that is wrong is told of with its line, and the others are taken; what a broken file would
have replaced stays in force.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from procwire.detect.fields import RuleError
from procwire.detect.rule import Rule, described
from procwire.detect.windowed import Wall as Asks
from procwire.extensions import states
from procwire.extensions.reason import ExtensionError
from procwire.model.columns import Table
from procwire.store.contents import contents

OURS = Path(__file__).parents[1] / "detect" / "rules"
SYSTEM = "/etc/procwire/rules"
MAX_RULES = 10_000


def usual(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Where rules are looked for, the last going before the others; only what exists."""
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/root'}/.config"
    return [place for place in (str(OURS), SYSTEM, f"{home}/procwire/rules") if Path(place).is_dir()]


def own(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the user who runs this keeps rules: root for the system, others for themselves."""
    if os.geteuid() == 0:
        return Path(SYSTEM)
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/'}/.config"
    return Path(home, "procwire", "rules")


def load(
    directories: Sequence[str], tables: Mapping[str, Table], wall: Asks | None = None
) -> tuple[dict[str, Rule], list[ExtensionError]]:
    """(rules by id, what is wrong with files). ``wall``: for queries; without it one is made.

    Raises ExtensionError for a directory that cannot be read.
    """
    if wall is None:
        from procwire.hunting.wall import Wall  # with the first rules alone: SQL costs 30 ms

        with Wall(tables) as made:
            return load(directories, tables, made)
    rules: dict[str, Rule] = {}
    wrong: list[ExtensionError] = []
    for directory in directories:
        here: dict[str, Path] = {}
        for path in files(directory):
            try:
                rule = of_file(path, tables, wall)
                if rule.id in here:
                    raise ExtensionError(f"{path}:1: the id {rule.id!r} is that of {here[rule.id].name} too")
            except ExtensionError as error:
                wrong.append(error)
                continue
            here[rule.id] = path
            rules[rule.id] = rule
    if len(rules) > MAX_RULES:
        raise ExtensionError(f"{len(rules)} rules, at most {MAX_RULES} are taken")
    return rules, wrong


def gather(
    directories: Sequence[str], *, before: Sequence[str] | None = None
) -> tuple[list[Rule], list[str], dict[str, Table]]:
    """(rules, what is wrong with files, tables) of the usual directories and those that are named.

    ``before``: in the place of the usual ones, which a process in its cell cannot look for any more. Raises
    ExtensionError for a directory that cannot be read.
    """
    from procwire.dpi.registry import registry

    known = {table.name: table for table in contents(registry().tables())}
    places = [*(usual() if before is None else before), *directories]
    found, wrong = load(places, known)
    for place in places:
        try:
            for name, state in states.read(Path(place)).items():
                if name in found:
                    found[name] = msgspec.structs.replace(found[name], state=state)
        except ExtensionError as error:
            wrong.append(error)
    return list(found.values()), [str(error) for error in wrong], known


def files(directory: str) -> Iterator[Path]:
    """The rule files of a directory and those below it, or the one file that is named."""
    path = Path(directory)
    try:
        if path.is_file():
            yield path
            return
        if not path.is_dir():
            raise ExtensionError(f"{directory}: no such directory")
        found: Iterable[Path] = sorted(one for one in path.rglob("*") if one.suffix in {".yaml", ".yml"})
    except OSError as error:
        raise ExtensionError(f"{directory}: {error.strerror or error}") from None
    yield from found


def of_file(path: Path, tables: Mapping[str, Table], wall: Asks) -> Rule:
    """The rule of one file. Raises ExtensionError with file and line."""
    from procwire.extensions.document import Document

    document = Document(path)
    try:
        return described(document.values, tables, source=str(path), wall=wall)
    except RuleError as error:
        raise document.error(error.place, str(error)) from None
