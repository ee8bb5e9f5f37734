from __future__ import annotations

from pathlib import Path

import pytest

from procwire.configuration.document import MAX_FILE_BYTES, Document
from procwire.configuration.reason import ConfigurationError


def write(path: Path, text: str | bytes) -> Path:
    file = path / "a.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_values_and_their_lines(tmp_path: Path) -> None:
    document = Document(write(tmp_path, "name: box\nfields:\n  - {at: 3,\n     size: 0x10}\n  - on: true\n"))
    assert document.values == {"name": "box", "fields": [{"at": 3, "size": 16}, {"on": True}]}
    assert str(document.error(("fields", 0, "size"), "what")) == f"{tmp_path}/a.yaml:4: what"
    assert str(document.error(("fields", 0, "missing"), "what")) == f"{tmp_path}/a.yaml:3: what"
    assert Document(write(tmp_path, "")).values is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1,\n", 3, "expected"),
        ("a: 1\na: 2\n", 2, "'a' comes twice"),
        ("a: 1\n? [x]\n: 1\n", 2, "key must be text"),
        ("a: 1\nb: 1.5\n", 2, "quote"),
        ("a: 1\nb: 2020-01-01\n", 2, "quote"),
        ("a: 1\nb: 2020-99-99\n", 2, "month"),
        ("a: !!python/object/apply:os.system [x]\nb: !!python/name:os.system x\n", 2, "could not determine"),
        ("a: &x [1]\nb: [*x, *y]\n", 2, "undefined alias"),
        ("a: &x [*x]\n", 1, "too deep"),
        (b"a: 1\nb: \xff\n", 2, "UTF-8"),
        ("a: \x01\n", 1, "not YAML"),
        ("[" * 5000, 1, "too deep"),
        ("x" * (MAX_FILE_BYTES + 1), 1, "larger"),
        ("a: [" + "1," * 5000 + "]", 1, "too many"),
        ("--- a\n--- b\n", 2, "another document"),
    ],
)
def test_what_is_no_such_document_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        Document(write(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path}/a.yaml:{line}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="regular file"):
        Document(tmp_path)
