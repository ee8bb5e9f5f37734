"""Write dpi/_declared_names.py from the modules in dpi/protocols: ``python -m tools.declarations``."""

from __future__ import annotations

from pathlib import Path

from procwire.dpi.declared import declaration, written
from procwire.dpi.registry import PROTOCOLS, modules

PAGE = Path(__file__).parents[1] / "src" / "procwire" / "dpi" / "_declared_names.py"
HEAD = '''"""What every module in dpi/protocols declares, in the registry's order: data only (see declared).

Made from the modules by ``make docs``; do not edit.
"""

# ruff: noqa: E501

from __future__ import annotations

DECLARED = r"""\
'''


def page() -> str:
    """The whole file."""
    found = [declaration(name, module) for name, module in zip(PROTOCOLS, modules(), strict=True)]
    return f'{HEAD}{written(found)}"""\n'


def main() -> None:
    """Write it where it is not so already."""
    text = page()
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
