"""One certificate for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.courier.servers import certificate


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    return certificate(tmp_path_factory.mktemp("tls"))
