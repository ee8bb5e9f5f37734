from __future__ import annotations

from pathlib import Path

import pytest

from procwire.extensions.directory import MAX_FILES, files, modules, usual
from procwire.extensions.reason import ExtensionError
from tests.dpi.user.example import EXAMPLE


def test_the_usual_places_are_those_that_exist(tmp_path: Path) -> None:
    assert str(tmp_path) not in "".join(usual({"XDG_CONFIG_HOME": str(tmp_path)}))
    place = tmp_path / "procwire" / "protocols"
    place.mkdir(parents=True)
    assert usual({"XDG_CONFIG_HOME": str(tmp_path)})[0] == str(place)


def test_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in files([str(tmp_path)])] == ["a.yaml", "b.yml"]
    for number in range(MAX_FILES):
        (tmp_path / f"{number}.yaml").touch()
    with pytest.raises(ExtensionError, match="more than"):
        list(files([str(tmp_path)]))
    with pytest.raises(ExtensionError, match="No such file"):
        list(files([str(tmp_path / "none")]))


def test_a_name_is_had_once(tmp_path: Path) -> None:
    again = tmp_path / "again.yaml"
    again.write_text("# twice\n" + EXAMPLE.read_text())
    assert [one.NAME for one in modules([EXAMPLE], {})] == ["acme"]
    with pytest.raises(ExtensionError, match=r"again.yaml:2: the name 'acme' is taken by .*acme.yaml"):
        modules([EXAMPLE, again], {})
    with pytest.raises(ExtensionError, match="taken by us"):
        modules([EXAMPLE], {"acme": "us"})


def test_what_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(EXAMPLE.read_text().replace("type: hex", "type: hexa"))
    with pytest.raises(ExtensionError, match=r"bad.yaml:11: 'hexa' is none of uint, text, hex"):
        modules([file], {})
