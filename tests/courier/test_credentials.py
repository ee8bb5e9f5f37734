"""Secrets are read from where the configuration says, and from nowhere that others can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.courier.contract import CourierError
from procwire.courier.credentials import secret_of, url_of
from procwire.model.sink import Sink


def sink(**fields: str) -> Sink:
    return Sink(name="x", kind="webhook", **fields)  # type: ignore[arg-type]


def test_from_a_file_or_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    path.chmod(0o600)
    assert secret_of(sink(secret_file=str(path))) == "s3cret"
    assert secret_of(sink(secret_env="TOKEN"), {"TOKEN": "t"}) == "t"
    assert secret_of(sink()) == ""
    assert url_of(sink(url="http://a/")) == "http://a/"
    assert url_of(sink(url_file=str(path))) == "s3cret"


def test_what_is_wrong_is_said_without_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret")
    path.chmod(0o644)
    with pytest.raises(CourierError, match="others can neither read nor write"):
        secret_of(sink(secret_file=str(path)))
    path.chmod(0o600)
    path.write_text("")
    for fields, reason in (
        ({"secret_file": str(path)}, "is empty"),
        ({"secret_file": str(tmp_path / "none")}, "No such file"),
        ({"secret_file": str(tmp_path)}, "sink x: "),
        ({"secret_env": "TOKEN"}, "TOKEN is not in the environment"),
    ):
        with pytest.raises(CourierError, match=reason):
            secret_of(sink(**fields), {})
