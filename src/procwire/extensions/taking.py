"""What commands do to rules: take over those of others, switch them on and off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from procwire.extensions import states
from procwire.extensions.rules import own
from procwire.model.imported import ImportRow

SIGMA = "sigma"


def take_sigma(
    paths: Sequence[str], *, into: str = "", dry: bool = False, placeholders: str = ""
) -> tuple[list[ImportRow], Path, int]:
    """(a row for each rule, where they are written, how many were). Raises ExtensionError."""
    from procwire.dpi.registry import registry
    from procwire.extensions.sigma.importing import imported, placeholders_of, write
    from procwire.store.contents import contents

    tables = {table.name: table for table in contents(registry().tables())}
    found = imported(paths, tables, placeholders_of(Path(placeholders)) if placeholders else {})
    place = Path(into) if into else own() / SIGMA
    return [one.row for one in found], place, 0 if dry else write(found, place)


def switch(names: Sequence[str], state: str) -> Path:
    """Set rules to a state, for who runs this; the file that says so. Raises ExtensionError."""
    return states.change(own(), list(names), state)
