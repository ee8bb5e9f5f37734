"""Documents of extensions fail as extensions do."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.extensions.document import Document
from procwire.extensions.reason import ExtensionError


def test_what_is_wrong_is_an_error_of_this_room(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\na: 2\n")
    with pytest.raises(ExtensionError, match=r"a\.yaml:2: 'a' comes twice"):
        Document(tmp_path / "a.yaml")
    with pytest.raises(ExtensionError, match=r"none\.yaml:1"):
        Document(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_text("a: 1\n")
    assert isinstance(Document(tmp_path / "b.yaml").error(("a",), "what"), ExtensionError)
