"""Queries of rules, before they are taken."""

from __future__ import annotations

import pytest

from procwire.hunting.wall import Wall
from tests.detect.test_rule import TABLES


def test_both_walls_and_rows() -> None:
    with Wall(TABLES) as wall:
        wall.check("SELECT src FROM flow WHERE bytes_out > octets('1MB')")
        with pytest.raises(ValueError, match="no such column"):
            wall.check("SELECT nonsense FROM flow")
        with pytest.raises(ValueError, match="only SELECT"):
            wall.check("DROP TABLE flow")
        question = "SELECT count(*) AS n FROM flow JOIN dns ON dns.flow_id = flow.flow_id HAVING n > 0"
        both = {"flow": [{"flow_id": "a"}], "dns": [{"flow_id": "a"}]}
        assert wall.answers(question, both) == 1
        assert wall.answers(question, {"flow": [{"flow_id": "a"}]}) == 0
        assert wall.answers("SELECT time FROM dns WHERE time > 0", {"dns": [{}, {}]}) == 2
        with pytest.raises(ValueError, match="GLOB"):
            wall.answers("SELECT src FROM flow WHERE src GLOB 'x'", {})
