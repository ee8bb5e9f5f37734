from __future__ import annotations

import pytest

from procwire.dpi import catalogue
from procwire.dpi._also_names import ALSO


def test_what_the_modules_say_is_there() -> None:
    assert {row.name for row in catalogue.protocols()} >= {"dns", "tls"}
    told = catalogue.explain("dns")
    assert "dns" in " ".join(told.tables)
    assert told.limits
    assert any(risk.protocols for risk in catalogue.risks())
    with pytest.raises(KeyError):
        catalogue.explain("nothing")


@pytest.mark.parametrize(
    ("word", "name"),
    [("DNS", "dns"), ("grpc", "http2"), ("ndp", "icmp6"), ("igmp", "igmp"), ("https", "tls"), ("?", "")],
)
def test_what_somebody_means(word: str, name: str) -> None:
    assert catalogue.meant(word) == name


def test_every_other_name_leads_to_a_protocol() -> None:
    names = {row.name for row in catalogue.protocols()}
    assert set(ALSO.values()) <= names
    assert not names & set(ALSO)


def test_a_slip_of_the_pen_is_noticed() -> None:
    with pytest.raises(KeyError, match=r"did you mean postgresql"):
        catalogue.explain("postgersql")
    with pytest.raises(KeyError, match=r"'xyzzy'; `procwire protocols` lists"):
        catalogue.explain("xyzzy")
