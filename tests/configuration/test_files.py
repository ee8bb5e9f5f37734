"""TOML files: values with their lines, and every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.configuration.files import MAX_FILE_BYTES, read_file


def written(path: Path, text: str | bytes) -> Path:
    file = path / "config.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_values_know_where_they_stand(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '# a comment\n[watch]\ninterfaces = [\n  "eth0",\n]\nring = "64MB"\n\n[flows]\ntimeouts.udp = "60s"\n'
        "[store]\nage = 60\n",
    )
    found, faults = read_file(file)
    assert faults == []
    assert {name: setting.origin.rpartition(":")[2] for name, setting in found.items()} == {
        "watch.interfaces": "3", "watch.ring": "6", "flows.timeouts": "8", "store.age": "11",
    }  # fmt: skip
    assert found["watch.ring"].value == 64_000_000
    assert found["watch.ring"].written == "64MB"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[watch]\nsnaplne = 100\n", 2, "did you mean snaplen"),
        ("[wach]\nring = 1\n", 2, "did you mean watch"),
        ("ring = 1\n", 1, "stands in no section"),
        ("[watch]\nring = {a = 1}\n", 2, "no key watch.ring.a"),
        ("[watch]\n\nring = 'x'\n", 3, "a size"),
        ("[watch]\nring = \n", 2, "not TOML"),
        ("[watch]\nfanout = 1\nfanout = 2\n", 3, "not TOML"),
        ("a = " + "[" * 5000 + "\n", 1, "not TOML"),
        (b"[watch]\nx = '\xff'\n", 2, "not UTF-8"),
        ("#" * (MAX_FILE_BYTES + 1), 1, "larger than"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, text: str | bytes, line: int, said: str) -> None:
    file = written(tmp_path, text)
    (fault,) = read_file(file)[1]
    assert fault.startswith(f"{file}:{line}: ")
    assert said in fault


def test_every_fault_is_found_and_what_is_right_is_kept(tmp_path: Path) -> None:
    found, faults = read_file(written(tmp_path, "[watch]\nfanout = 2\nx = 1\ndepth = 'deep'\n"))
    assert found["watch.fanout"].value == 2
    assert [fault.split(":")[1] for fault in faults] == ["3", "4"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in read_file(tmp_path / "none.toml")[1][0]
    assert "directory" in read_file(tmp_path)[1][0]
