"""Who may see which row."""

from __future__ import annotations

from procwire.api.offers import Offer, Viewer
from procwire.model.tables import FLOWS


def test_rows_are_for_who_sees_all_or_owns_them() -> None:
    offer = Offer(table=FLOWS, rows=tuple, owned=lambda row, uid: row == uid)
    assert offer.visible(Viewer(0, all=True)) is None
    mine = offer.visible(Viewer(7))
    assert mine is not None
    assert [mine(7), mine(8)] == [True, False]
    assert Offer(table=FLOWS, rows=tuple).visible(Viewer(7)) is None


def test_what_is_seen_is_told() -> None:
    assert (Viewer(0, all=True).sees, Viewer(7).sees) == ("all", "own")
