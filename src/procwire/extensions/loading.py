"""What comes from outside, taken into the registry: first descriptions, then modules of packages.

Nothing of it takes a name of ours, of a protocol or of a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from procwire.dpi.registry import extend, registry
from procwire.extensions import directory, packages

OURS = "procwire itself"


def learn(directories: Sequence[str]) -> list[str]:
    """Extend the registry; returns a line for each module that is left out. Raises ExtensionError."""
    paths = list(directory.files(directories or directory.usual()))
    extend(())
    if not paths and not packages.announced():
        return []
    taken = _taken()
    described = directory.modules(paths, taken)
    taken.update({module.NAME: str(module.__name__) for module in described})
    found, left = packages.modules(taken)
    extend((*described, *found))
    return left


def _taken() -> dict[str, str]:
    from procwire.model.observed import OBSERVED
    from procwire.model.tables import CORE

    tables = (*registry().tables(), *CORE, OBSERVED)
    return dict.fromkeys((*registry().by_name, *(table.name for table in tables), "unknown"), OURS)
