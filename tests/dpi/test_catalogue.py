from __future__ import annotations

import pytest

from procwire.dpi import catalogue


def test_what_the_modules_say_is_there() -> None:
    assert {row.name for row in catalogue.protocols()} >= {"dns", "tls"}
    told = catalogue.explain("dns")
    assert "dns" in " ".join(told.tables)
    assert told.limits
    assert any(risk.protocols for risk in catalogue.risks())
    with pytest.raises(KeyError):
        catalogue.explain("nothing")
