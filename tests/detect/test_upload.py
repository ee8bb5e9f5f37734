from __future__ import annotations

from typing import Any

from procwire.detect.upload import Upload
from tests.detect.made import flow, lived, process

MB = 1_000_000


def sent(*megabytes: float, every: float = 700, back: int = 1000, **more: Any) -> list[Any]:
    return [
        flow(at=at * every, payload_out=round(size * MB), payload_in=back, **more)
        for at, size in enumerate(megabytes)
    ]


def test_far_more_than_ever_before() -> None:
    flows = sent(1, 2, 1, 2, 500, owner=process("/usr/bin/rclone"), server_name="files.example.net")
    (found,) = lived(Upload(), flows)
    assert (found.target, found.process, found.complete) == ("files.example.net", "rclone", "complete")
    assert found.detail == "500 MB went to files.example.net, 1.0 kB came back; before, 2.0 MB went at most"


def test_many_pieces_are_added_up() -> None:
    (found,) = lived(Upload(), sent(*[5.0] * 60, every=1))
    assert found.count == 20


def test_without_a_measure_of_its_own_it_says_so() -> None:
    (found,) = lived(Upload(), sent(500))
    assert found.complete == "degraded"


def test_what_is_harmless_is_left_alone() -> None:
    for flows in (
        sent(400, 500, 450, 600)[1:] and sent(1, 2, 3, 50),
        sent(500, back=400 * MB),
        sent(500, dst="10.0.0.7"),
        [*sent(60, 60, 60, 60, 60, 60), *sent(500)[:0]],
    ):
        assert lived(Upload(), flows) == []


def test_a_daily_backup_is_its_own_measure() -> None:
    found = lived(Upload(), sent(*[300.0] * 20))
    assert len(found) == 1  # the first, which nothing was known before
    assert found[0].complete == "degraded"
