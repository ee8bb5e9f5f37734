"""Overview: what moves, who moves it, what was found, and whether procwire itself can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.model.values import human_size, human_time
from procwire.tui import grouping
from procwire.tui.canvas import Canvas, Ink, Piece, Piece3, rule
from procwire.tui.cells import SEVERITY, fit
from procwire.tui.charts import spark
from procwire.tui.history import History
from procwire.tui.host import GROUP, Health, HostError, Rows, Want
from procwire.tui.keys import Key
from procwire.tui.view import View, refusal

MAX_ALERTS = 2000
MAX_HELD = 2000  # groups whose largest sum is remembered
TOP = 20  # groups that are fetched
FOUND = ("time", "severity", "detector", "process", "source", "target", "detail")
IDENTITY = ("interface", "direction", "packets", "attributed", "no_socket", "other_ip", "fragments",
            "tunnels", "not_ip", "unexplained", "dropped_interface", "dropped_ring")  # fmt: skip
ABSENT = {"accounting": "not told by this engine: procwire doctor --accounting 10s tries it"}
RECORDED = "of a recording nobody counted: interfaces do, live"
MOST_IDENTITIES = 4  # interfaces, the busiest; the others stand on their own screen
WIDE, NARROW = 120, 60  # from these widths on, three or two blocks stand beside each other


class Seen:
    """What the screen shows, as it was fetched last."""

    def __init__(self) -> None:
        self.processes: list[dict[str, Any]] = []
        self.peers: list[dict[str, Any]] = []
        self.protocols: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.identity: list[dict[str, Any]] = []
        self.reasons: dict[str, str] = {}  # block -> why it has nothing to show


class OverviewView(View):
    """Painted anew from what the host answers; nothing is drawn where nothing changed."""

    NAME = "overview"
    TITLE = "Overview"
    DOC = (
        "Rates of each interface with their last minutes, the busiest processes, peers and protocols, what "
        "detectors found, and whether all packets are accounted for: each that an interface counted is "
        "attributed to a socket, belongs to none, is not IP, or is unexplained. Losses are named by place."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("enter",), action="flows", words="all flows", short="flows"),
        Key(keys=("z",), action="grouped", words="flows grouped by process", short="by process"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.canvas = Canvas()
        self.seen = Seen()
        self.rates = History()
        self.most: dict[tuple[str, str], int] = {}  # the largest sum that a group had

    def compose(self) -> ComposeResult:
        """One painted text."""
        yield self.canvas

    def target(self) -> Canvas:
        """See View."""
        return self.canvas

    async def load(self) -> None:
        """See View."""
        self.seen.processes = await self._groups("process")
        self.seen.peers = await self._groups("remote")
        self.seen.protocols = await self._groups("protocol")
        self.seen.findings = await self._rows("finding", FOUND, order="time", limit=TOP)
        self.seen.alerts = await self._rows("alert", ("state",), limit=MAX_ALERTS)
        self.seen.identity = await self._rows("accounting", (*IDENTITY, "seconds"), limit=TOP)
        self._paint()

    async def _groups(self, by: str) -> list[dict[str, Any]]:
        want = Want(table=GROUP, columns=grouping.COLUMNS, by=by, order="bytes", descending=True, limit=TOP,
                    at=self.app.at)  # fmt: skip
        rows = await self.app.ask(self.app.host.rows, want)
        found = grouping.named(_dicts(want, rows), by)
        if self.app.host.live:
            self._hold(by, found)
        self.rates.feed(self.app.clock, {(by, row["group"]): row["bytes"] for row in found})
        for row in found:
            row["rate"] = self.rates.rate((by, row["group"])) if self.app.host.live else None
        if self.app.host.live:
            found.sort(key=lambda row: (-(row["rate"] or 0), -row["bytes"], row["group"]))
        return found

    def _hold(self, by: str, found: list[dict[str, Any]]) -> None:
        """A sum since the engine began never falls: flows between their end and their last word are out."""
        if len(self.most) > MAX_HELD:
            self.most.clear()
        for row in found:
            key = (by, row["group"])
            row["bytes"] = self.most[key] = max(row["bytes"], self.most.get(key, 0))

    async def _rows(self, table: str, columns: tuple[str, ...], **words: Any) -> list[dict[str, Any]]:
        if self.app.table(table) is None:
            self.seen.reasons[table] = (
                ABSENT.get(table, "not told by this host") if self.app.host.live else RECORDED
            )
            return []
        known = {column.name for column in self.app.table(table) or ()}
        names = tuple(name for name in columns if name in known)
        want = Want(table=table, columns=names, descending=True, at=self.app.at, **words)
        try:
            rows = await self.app.ask(self.app.host.rows, want)
        except HostError as error:
            self.seen.reasons[table] = str(error)
            return []
        self.seen.reasons.pop(table, None)
        if rows.notes and not rows.rows:
            self.seen.reasons[table] = "; ".join(rows.notes)
        return _dicts(want, rows)

    def refuse(self, error: HostError) -> None:
        """See View."""
        self.canvas.draw([((line, "dim"),) for line in refusal(error).splitlines()])

    def _paint(self) -> None:
        size = self.canvas.size
        if self.app.health is not None and size.width:
            self.canvas.draw(
                painted(self.app.health, self.app.history, self.seen, (size.width, size.height),
                        ascii_only=self.app.ascii_only)
            )  # fmt: skip

    async def action_flows(self) -> None:
        """All flows."""
        await self.app.action_go("flows")

    async def action_grouped(self) -> None:
        """Flows by process."""
        self.app.settings.view("flows").by = "process"
        await self.app.action_go("flows")


def _dicts(want: Want, rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(want.columns, row, strict=True)) for row in rows.rows]


def painted(
    health: Health, history: History, seen: Seen, size: tuple[int, int], *, ascii_only: bool
) -> list[Ink]:
    """The whole screen as lines."""
    width, height = size
    lines = [*links(health, history, width, ascii_only=ascii_only)]
    tail = [
        *accounted(seen, health, width, ascii_only=ascii_only),
        *itself(health, width, ascii_only=ascii_only),
    ]
    room = height - len(lines) - len(tail) - 2
    found = findings(seen, width, max(1, min(5, room // 3)), ascii_only=ascii_only)
    high = max(3, room - len(found) + 1)
    blocks = [
        ("busiest processes", seen.processes, "process"),
        ("busiest peers", seen.peers, "remote"),
        ("protocols", seen.protocols, "protocol"),
    ]
    if all(row["group"] == grouping.NOBODY for row in seen.processes):
        blocks.append(blocks.pop(0))  # a recording that names no owners says more with the other two
    beside = 3 if width >= WIDE else 2 if width >= NARROW else 1
    lines += side_by_side(blocks[:beside], width, high, ascii_only=ascii_only)
    return [*lines, *found, *tail]


def links(health: Health, history: History, width: int, *, ascii_only: bool) -> list[Ink]:
    """A line for each interface: rates, their history, drops."""
    lines: list[Ink] = [rule("interfaces", width, ascii_only=ascii_only)]
    wide = max(4, min(60, (width - 64) // 2))
    for link in health.links[:8]:
        into, out = history.rates((link.name, "in")), history.rates((link.name, "out"))
        packets = history.rate((link.name, "packets"))
        lost = (f" {link.dropped:,} dropped", "bad") if link.dropped else ("", "text")
        lines.append((
            (f" {fit(link.name, 10)}", "title"),
            (f"in {per_second(into[-1] if into else None):>9} ", "in"),
            (spark(into, wide, ascii_only=ascii_only), "in"),
            (f"  out {per_second(out[-1] if out else None):>9} ", "out"),
            (spark(out, wide, ascii_only=ascii_only), "out"),
            (f" {packets:,.0f} pkt/s" if packets is not None else "", "dim"),
            lost,
        ))  # fmt: skip
    if len(health.links) > 8:
        lines.append(((f" and {len(health.links) - 8} more: 6", "dim"),))
    if not health.links:
        lines.append(((" no interface is watched", "warn"),))
    return lines


def per_second(rate: float | None) -> str:
    """A rate of bytes; a dash where it is not known yet."""
    return "-" if rate is None else f"{human_size(round(rate))}/s"


def side_by_side(
    blocks: Sequence[tuple[str, Sequence[Mapping[str, Any]], str]], width: int, high: int, *, ascii_only: bool
) -> list[Ink]:
    """Lists of groups beside each other."""
    each = (width - 2 * (len(blocks) - 1)) // len(blocks)
    columns = [_block(block, each, high, ascii_only=ascii_only) for block in blocks]
    lines: list[Ink] = []
    for number in range(high):
        pieces: list[Piece | Piece3] = []
        for place, column in enumerate(columns):
            if place:
                pieces.append(("  ", "text"))
            pieces += column[number]
        lines.append(tuple(pieces))
    return lines


def _block(
    block: tuple[str, Sequence[Mapping[str, Any]], str], width: int, high: int, *, ascii_only: bool
) -> list[Ink]:
    title, rows, by = block
    lines: list[Ink] = [rule(title, width, ascii_only=ascii_only)]
    for row in rows[: high - 1]:
        amount = human_size(row["bytes"])
        rate = f"{per_second(row['rate']):>10}" if row.get("rate") is not None else ""
        tail = f"{rate} {amount:>8} {row['flows']:>5} fl"
        name = fit(f" {row['group']}", max(4, width - len(tail)))
        role = "dim" if row["group"] == grouping.NOBODY else "text"
        lines.append(((name, role, f"app.only('{by}', {str(row['group'])!r})"), (tail, "dim")))
    if not rows:
        lines.append(((fit(" nothing yet", width), "dim"),))
    lines += [((" " * width, "text"),)] * (high - len(lines))
    return lines


def findings(seen: Seen, width: int, most: int, *, ascii_only: bool) -> list[Ink]:
    """The last findings."""
    states = Counter(str(row.get("state")) for row in seen.alerts)
    told = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    title = f"findings; alerts: {told}" if told else "findings"
    lines: list[Ink] = [rule(title, width, ascii_only=ascii_only)]
    if "finding" in seen.reasons:
        return [*lines, ((f" {seen.reasons['finding']}", "dim"),)]
    for row in seen.findings[:most]:
        head = f" {human_time(row['time'])[:8] if row.get('time') else '':8} "
        role = SEVERITY.get(str(row.get("severity")), "text")
        who = row.get("process") or row.get("source") or ""
        rest = f" {row.get('detector') or ''}  {who}  {row.get('detail') or ''}"
        lines.append(((head, "dim"), (fit(str(row.get("severity") or ""), 8), role),
                      (fit(rest, max(10, width - 18)), "text")))  # fmt: skip
    return lines if len(lines) > 1 else [*lines, ((" none", "good"),)]


def accounted(seen: Seen, health: Health, width: int, *, ascii_only: bool) -> list[Ink]:
    """Whether every packet is accounted for, and what was lost where."""
    lines: list[Ink] = [rule("accounting", width, ascii_only=ascii_only)]
    if seen.identity:
        lines += [_identity(row, width) for row in _by_interface(seen.identity)[:MOST_IDENTITIES]]
    else:
        why = seen.reasons.get("accounting", "packets are being counted")
        lines.append(((fit(f" identity: {why}", width), "dim"),))
    lost = [f"{place} {count:,}" for place, count in health.drops.items()]
    role = "bad" if any(health.drops.values()) else "good"
    lines.append(((fit(f" lost: {', '.join(lost) or 'nothing'}", width), role),))
    return lines


def _by_interface(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Both directions of an interface together, the busiest first."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        mine = sums.setdefault(str(row.get("interface")), {"interface": row.get("interface")})
        mine["seconds"] = row.get("seconds")
        for name in IDENTITY[2:]:
            mine[name] = mine.get(name, 0) + (row.get(name) or 0)
    return sorted(sums.values(), key=lambda row: -row["packets"])


def _identity(row: Mapping[str, Any], width: int) -> Ink:
    """Packets that the interface counted, and who answers for them; dropped ones are beside the sum."""
    parts = [f"{row[name]:,} {name.replace('_', ' ')}" for name in IDENTITY[3:9] if row.get(name)]
    odd = f"{row['unexplained']:,} unexplained" if row.get("unexplained") else "all explained"
    lost = [f"{row[name]:,} {name.replace('_', ' ')}" for name in IDENTITY[10:] if row.get(name)]
    span = f" in {row['seconds']:.0f} s" if row.get("seconds") else ""
    words = f" {row['interface']}: {row['packets']:,} packets{span}, {odd}: {' + '.join(parts) or 'none'}"
    role = "warn" if row.get("unexplained") else "text"
    return ((fit(words + (f"; {', '.join(lost)}" if lost else ""), width), role),)


def itself(health: Health, width: int, *, ascii_only: bool) -> list[Ink]:
    """procwire's own processes, and what is not as it should be."""
    parts = [
        f"{part.name} {part.pid}" + (f" {human_size(part.resident)}" if part.resident else "")
        + (f" ({part.sandbox})" if part.sandbox else "")
        for part in health.parts
    ]  # fmt: skip
    title = "procwire itself"
    lines: list[Ink] = [rule(title, width, ascii_only=ascii_only)]
    lines.append(((fit(f" source: {health.source or 'not told'}   {'   '.join(parts)}", width), "dim"),))
    lines += [((fit(f" {note}", width), "warn"),) for note in health.notes[:3]]
    return lines
