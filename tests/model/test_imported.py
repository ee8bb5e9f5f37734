"""What became of a rule that was taken over."""

from __future__ import annotations

from procwire.model.imported import IMPORTED, IMPORTS, REFUSED, ImportRow


def test_what_is_not_known_is_not_said() -> None:
    row = ImportRow(file="x.yml", title="X", outcome=IMPORTED, rule="x", table="flow")
    read = {column.name: column.get(row) for column in IMPORTS}
    assert read == {
        "outcome": "imported", "file": "x.yml", "title": "X", "rule": "x", "table": "flow", "kind": None,
        "reason": None,
    }  # fmt: skip
    assert IMPORTS.column("outcome").get(ImportRow(file="y", outcome=REFUSED)) == "refused"
