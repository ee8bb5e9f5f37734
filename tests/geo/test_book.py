"""What is known of places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.geo import book
from procwire.geo.book import Book, learn
from procwire.geo.reason import GeoError
from procwire.model.rows import NOWHERE, Place
from tests.geo.written import CITY, NETWORKS, database


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(book, "USUAL", ())
    yield
    learn([])


def test_nothing_where_nobody_asks() -> None:
    assert learn([]).place("10.0.0.1") is NOWHERE
    assert learn([], labels=True).place("10.0.0.1") == Place(range="private")


def test_several_databases_say_one_thing(tmp_path: Path) -> None:
    first, second = tmp_path / "city.mmdb", tmp_path / "asn.mmdb"
    first.write_bytes(database({"89.160.20.0/24": CITY}))
    second.write_bytes(database({
        "89.160.0.0/16": {"autonomous_system_number": 29518, "autonomous_system_organization": "Bredband2",
                          "country": {"iso_code": "NO"}},
    }))  # fmt: skip
    found = learn([str(first), str(second)])
    wanted = Place(country="SE", city="Linköping", asn=29518, as_name="Bredband2")
    assert found.place("89.160.20.112") == wanted
    assert found.place("192.168.0.1").range == "private"
    assert book.book() is found


def test_files_at_the_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mmdb").write_bytes(database(NETWORKS))
    (tmp_path / "b.mmdb").write_bytes(b"junk")
    monkeypatch.setattr(book, "USUAL", (str(tmp_path / "none"), str(tmp_path)))
    found = learn([])
    assert found.names == (str(tmp_path / "a.mmdb"),)
    assert found.place("2001:218::1").country == "JP"


def test_a_named_file_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "b.mmdb").write_bytes(b"junk")
    (tmp_path / "empty.mmdb").touch()
    wrong = {"b.mmdb": "not a MaxMind", "none": "No such", "empty.mmdb": "empty", ".": "not a regular file"}
    for name, reason in wrong.items():
        with pytest.raises(GeoError, match=reason):
            learn([str(tmp_path / name)])


def test_a_spoiled_record_is_noted_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = database(NETWORKS)
    spoiled = good.replace(b"\x42SE", b"\xff\xff\xff")
    assert spoiled != good
    (tmp_path / "x.mmdb").write_bytes(spoiled)
    found = learn([str(tmp_path / "x.mmdb")])
    assert found.place("89.160.20.1") == Place()
    assert list(found.spoiled) == [str(tmp_path / "x.mmdb")]
    assert found.place("81.2.69.161").country == "GB"


def test_answers_are_bounded() -> None:
    made = Book(labels=True)
    for n in range(300):
        made.place(f"10.0.{n // 256}.{n % 256}")
    assert made.place.cache_info().maxsize == book.MAX_ANSWERS
