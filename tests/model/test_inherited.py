"""What is taken over from the ancestor."""

from __future__ import annotations

from procwire.model.inherited import INHERITED, SETTINGS, InheritedRow, SettingRow


def test_what_is_not_known_is_not_said() -> None:
    read = {column.name: column.get(InheritedRow(pid=7, there=False)) for column in INHERITED}
    known = {name: value for name, value in read.items() if value is not None}
    assert known == {"pid": 7, "exe_there": False}
    row = SettingRow(setting="GENERAL.x", reason="none")
    assert [column.get(row) for column in SETTINGS] == ["GENERAL.x", None, "none"]
