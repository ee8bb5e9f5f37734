"""Packets of a capture file: the list, the layers of one, and its bytes with the layer lit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.tui.dissected import Dissected
from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.absent import WaitingView
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY


class PacketsView(WaitingView):
    """The table ``packet``; below it the packet under the cursor."""

    NAME = "packets"
    TITLE = "Packets"
    TABLE = "packet"
    KEY = ("number",)
    WITH = ("number",)
    FIRST = ("number", "time", "src", "src_port", "dst", "dst_port", "proto", "length", "tcp_flags", "info")
    ORDER = "number"
    RANKS: ClassVar[Mapping[str, int]] = {
        "tcp_flags": 2,
        "length": 3,
        "src_port": 4,
        "info": 1,
        "dst_port": 5,
    }
    DESCENDING = False
    NEEDS = "this host keeps no packets: each is counted and then let go"
    REMEDY = "procwire top FILE, or live as root"
    ALSO = "procwire watch --write FILE keeps every packet for that"
    EMPTY = "no packet yet: they are looked at from now on, while this screen is"
    DOC = (
        "Packets of a capture file, or live the latest from the moment on in which this screen was opened; "
        "the layers of the one under the cursor, and its bytes. J and K go from field to field, L from layer "
        "to layer, and what is chosen is lit in the bytes; a click chooses a field, or the one that a byte "
        "belongs to. x shows the packet or hides it, z gives it the whole screen, m marks a packet, n goes "
        "to the next one, W writes the marked ones to a pcapng, or the one under the cursor. On the last "
        "line the newest are followed; space holds."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("J",), action="field(1)", words="light the next field of the packet", short="field"),
        Key(keys=("K",), action="field(-1)", words="light the field before"),
        Key(keys=("L",), action="layer", words="light the next layer", short="layer"),
        Key(keys=("x",), action="hex", words="show the packet, or hide it", short="bytes"),
        Key(keys=("z",), action="large", words="the packet on the whole screen, or the list again"),
        Key(keys=("m",), action="mark", words="mark the packet, or take the mark away", short="mark"),
        Key(keys=("n",), action="next_mark", words="to the next mark on this page"),
        Key(keys=("W",), action="write", words="write the marked packets to a pcapng", short="write"),
        Key(keys=("F",), action="flow", words="the flow of this packet's ends", short="flow"),
    )
    DEFAULT_CSS = """
    PacketsView.large > Grid { height: 3; }
    PacketsView.large > #frame { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.frame_shown = Dissected(id="frame")
        self.marks: set[int] = set()
        self.following = True  # live: the newest are shown until the cursor goes elsewhere

    def compose(self) -> ComposeResult:
        """The list, and one packet below it."""
        yield from super().compose()
        yield self.frame_shown

    async def load(self) -> None:
        """See View."""
        self.frame_shown.display = self.table() is not None and self.frame_shown.has_class("shown")
        await super().load()
        if self.following and self.app.host.live:
            self.grid.action_bottom()
        await self._show_frame()

    def on_mount(self) -> None:
        """The bytes are shown at first."""
        self.frame_shown.add_class("shown")

    def line(self, values: Mapping[str, Any]) -> Line:
        """A packet with its mark."""
        number = values.get("number")
        return Line(key=number, values=values, gutter="*" if number in self.marks else " ",
                    role="warn" if values.get("fault") else "")  # fmt: skip

    async def _show_frame(self) -> None:
        line = self.grid.line
        if line is None or not self.frame_shown.display:
            return
        number = int(line.values.get("number") or 0)
        if self.frame_shown.frame is None or self.frame_shown.frame.number != number:
            try:
                self.frame_shown.take(await self.app.ask(self.app.host.packet, number))
            except HostError as error:
                self.frame_shown.frame = None
                self.frame_shown.draw([((f" {error}", "dim"),)])

    def on_grid_moved(self) -> None:
        """Another packet is under the cursor."""
        self.following = self.grid.cursor >= self.grid.page.total - 1
        self.app.run_worker(self._show_frame(), group="frame", exclusive=True)

    def action_layer(self) -> None:
        """Light the next layer."""
        self.frame_shown.next_layer()

    def action_field(self, lines: int) -> None:
        """Light the next field, or the one before."""
        self.frame_shown.step(lines)

    def action_large(self) -> None:
        """Give the packet the screen."""
        self.frame_shown.add_class("shown")
        self.toggle_class("large")
        self.reload()

    def action_hex(self) -> None:
        """Show the packet, or hide it."""
        self.remove_class("large")
        self.frame_shown.toggle_class("shown")
        self.frame_shown.display = self.frame_shown.has_class("shown")
        self.reload()

    def action_mark(self) -> None:
        """Mark the packet under the cursor."""
        if self.grid.line is not None:
            self.marks ^= {int(self.grid.line.values.get("number") or 0)}
            self.reload()

    def action_next_mark(self) -> None:
        """To the next mark."""
        line = self.grid.line
        here = int(line.values.get("number") or 0) if line is not None else 0
        ahead = sorted(mark for mark in self.marks if mark > here) or sorted(self.marks)
        if not ahead or not self.grid.place_cursor(ahead[0]):
            self.app.say("no mark on this page" if self.marks else "nothing is marked: m marks", "dim")

    async def action_write(self) -> None:
        """Write what is marked, or the packet under the cursor."""
        here = self.subject().get("number")
        numbers = sorted(self.marks) or ([int(here)] if here else [])
        try:
            done = await self.app.ask(self.app.host.act, "export", {"numbers": numbers})
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "bad")
            return
        self.app.say(done, "good")

    def action_flow(self) -> None:
        """The flow between this packet's ends."""
        row = self.subject()
        ends = [f"{name} == {row[name]}" for name in ("proto",) if row.get(name)]
        for side in ("src", "dst"):
            if row.get(side):
                ends.append(f"addr == {row[side]}")
            if row.get(f"{side}_port") is not None:
                ends.append(f"port == {row[f'{side}_port']}")
        if ends:
            self.app.only(" and ".join(ends))
