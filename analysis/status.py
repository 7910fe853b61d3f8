"""The replication status table at an instant, as plain text (L2137-2196).

times are those of the simulation, h:mm:ss since its start, the same at every site: where the seed prints the clocks of
two sites an hour apart in one table (CORRECTNESS.md, E51), there is one clock here
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.grids import Grid, Row, glued
from analysis.terminal import WIDTH, printed
from sim.summary import amount
from sim.summary.amounts import bandwidth, digits
from sim.summary.linkstate import UP, LinkStatus
from sim.summary.standing import SetName
from sim.summary.stands import CutSet, Destination, Policy, ReplicationStatus, SaveVolume, Status

MOST_TABLES: Final = 3  # destinations that get a table without being asked for
MOST_ROWS: Final = 40
MOST_LINKS: Final = 6  # of more, only those that are not up
FINE_NS: Final = 600 * 10**9  # before this instant times have milliseconds
NONE: Final = "–"


def table(status: Status, *, only: Sequence[str] = (), colour: bool = False, width: int = WIDTH) -> str:
    """The whole status as text without a line end; `only` names the secondaries to tell of, all if empty."""
    parts: list[RenderableType] = []
    for replication in status.replications:
        parts += [*_replication(replication, status.time_ns, only, width), ""]
    parts += _network(status, width)
    return printed(parts, colour=colour, width=width).rstrip()


def clock(time_ns: int, *, fine: bool = False) -> str:
    """`20:11:56`, `1 d 20:11:56`; with milliseconds where that is wanted. Rounded down."""
    seconds, rest = divmod(time_ns, 10**9)
    days, seconds = divmod(seconds, 86_400)
    told = f"{seconds // 3600:d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" + (
        f".{rest // 10**6:03d}" if fine else ""
    )
    return f"{days} d {told}" if days else told


# -- one replication ---------------------------------------------------------------------------------------------------


def _replication(one: ReplicationStatus, now_ns: int, only: Sequence[str], width: int) -> Iterator[RenderableType]:
    shown = [destination for destination in one.destinations if not only or destination.name in only]
    yield Text(f"{one.name} at {clock(now_ns, fine=now_ns < FINE_NS)}", "bold")
    yield _labelled(_source(one, now_ns))
    for destination in shown:
        yield ""
        yield Text(destination.name, "bold" if destination.state == "in step" else "bold yellow")
        yield _labelled(_about(destination))
    yield ""
    yield from _outstanding(one, shown, now_ns, width)
    tables = shown if only else shown[:MOST_TABLES]
    for destination in tables:
        yield ""
        yield _history(one, destination, now_ns, width)
    if len(tables) < len(shown):
        left_out = ", ".join(destination.name for destination in shown[len(tables) :])
        yield Text(glued(f"(delta sets of {left_out}: --to NAME)"), "dim")


def _source(one: ReplicationStatus, now_ns: int) -> Iterator[tuple[str, str]]:
    size = amount(one.current_blocks * one.block_bytes, "B")
    counted = "" if one.current_looked_ns == now_ns else f", counted at {clock(one.current_looked_ns)}"
    age = amount((now_ns - one.current_since_ns) / 1e9, "s")
    yield "source", f"{one.volume} at {one.primary}"
    yield "current delta set", f"{one.current}: open for {age}, {_blocks(one.current_blocks)} ({size}) so far{counted}"
    yield "cut", _policy(one.policy, "every", "of changed blocks")
    yield "save volume", _save_volume(one.save_volume)


def _about(one: Destination) -> Iterator[tuple[str, str]]:
    yield "destination", f"{one.site}, fed by {one.feeder}" + (f" over {', '.join(one.way)}" if one.way else "")
    yield "state", _state(one)
    yield "received, replayed", f"up to {_name(one.received)}, up to {_name(one.replayed)}"
    yield "transfer", _speed(one)
    yield "playback", _policy(one.policy, "at least every", "received", at_once="each set as it comes")
    yield "save volume", _save_volume(one.save_volume)


def _state(one: Destination) -> str:
    lag = "nothing to serve" if one.lag_ns is None else f"{amount(one.lag_ns / 1e9, 's')} behind"
    sets = "1 set" if one.backlog_sets == 1 else f"{one.backlog_sets:,} sets"
    waiting = f"{sets} ({amount(one.backlog_bytes, 'B')}) to be replayed" if one.backlog_sets else ""
    eta = [
        f"{amount(told / 1e9, 's')} ({how})"
        for told, how in ((one.eta_linear_ns, "backlog over bandwidth"), (one.eta_drain_ns, "at the observed rates"))
        if told is not None
    ]
    once = "once it can be reached, " if one.cut_off else ""
    arrival = f"{once}all of them there in {' or '.join(eta)}" if eta else ""
    return ", ".join(part for part in (one.state, lag, waiting, arrival) if part)


def _speed(one: Destination) -> str:
    if one.blocks_per_s is None or one.mean_blocks_per_s is None:
        return ""
    return f"{_rate(one.blocks_per_s)} blocks/s for the last set, {_rate(one.mean_blocks_per_s)} on average"


def _rate(value: float) -> str:
    return f"{value:.4f}" if value < 1000 else digits(value)


def _policy(policy: Policy, every: str, what: str, at_once: str = "") -> str:
    parts = [f"{every} {amount(policy.timeout_ns / 1e9, 's')}"] if policy.timeout_ns else []
    if policy.high_water_mark_bytes:
        parts.append(f"at {amount(policy.high_water_mark_bytes, 'B')} {what}")
    return " or ".join(parts) or (at_once if policy.timeout_ns == 0 else "")


def _save_volume(found: SaveVolume | None) -> str:
    if found is None:
        return ""
    if not found.capacity_bytes:
        return amount(found.used_bytes, "B")
    share = amount(found.used_bytes / found.capacity_bytes, "share")
    return f"{amount(found.used_bytes, 'B')} of {amount(found.capacity_bytes, 'B')} ({share})"


def _name(name: SetName | None) -> str:
    return "nothing" if name is None else "the start" if name == (1, 0) else str(name)


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count:,} blocks"


# -- tables of sets ----------------------------------------------------------------------------------------------------


def _outstanding(
    one: ReplicationStatus, shown: Sequence[Destination], now_ns: int, width: int
) -> Iterator[RenderableType]:
    """The sets that somebody has not replayed, oldest last, and who."""
    rows = [
        Row(str(cut.name), (clock(cut.created_ns, fine=now_ns < FINE_NS), f"{cut.blocks:,}", ", ".join(who)))
        for cut in one.sets
        if (who := [destination.name for destination in shown if cut.name in destination.outstanding])
    ]
    if not rows:
        yield Text("no outstanding delta sets")
        return
    yield Text("outstanding delta sets")
    yield Grid("delta", ("created", "blocks", "not replayed at"), rows[:MOST_ROWS]).fitting(width)
    if len(rows) > MOST_ROWS:
        yield Text(f"and {len(rows) - MOST_ROWS:,} older ones", "dim")


def _history(one: ReplicationStatus, destination: Destination, now_ns: int, width: int) -> RenderableType:
    """Source and destination side by side, set by set, newest first."""
    columns = ("created", "dur", "blocks", "received", "replayed", "dur", "blocks", "sets in group")
    rows = [_row(cut, destination, now_ns) for cut in one.sets[:MOST_ROWS]]
    title = f"{one.primary} -> {destination.name}"
    return Grid(title, columns, rows, ("received",)).fitting(width)


def _row(cut: CutSet, destination: Destination, now_ns: int) -> Row:
    fine = now_ns < FINE_NS
    arrived, replay = destination.arrived.get(cut.name), destination.replays.get(cut.name)
    source = (clock(cut.created_ns, fine=fine), _took(cut.copying_ns), f"{cut.blocks:,}")
    there = "" if arrived is None else clock(arrived, fine=fine)
    if replay is None:
        return Row(str(cut.name), (*source, there, "", "", "", ""))
    told = (clock(replay.ended_ns, fine=fine), _took(replay.took_ns), f"{replay.blocks:,}", f"{replay.sets}")
    return Row(str(cut.name), (*source, there, *told))


def _took(lasted_ns: int | None) -> str:
    """Whole seconds, as in the seed's table."""
    return NONE if lasted_ns is None else f"{lasted_ns // 10**9}"


# -- the network -------------------------------------------------------------------------------------------------------


def _network(status: Status, width: int) -> Iterator[RenderableType]:
    told = [link for link in status.links if link.state != UP or len(status.links) <= MOST_LINKS]
    if told:
        rows = [_link_row(link, status.time_ns) for link in told]
        yield Grid("link", ("between", "bandwidth", "state", ""), rows).fitting(width)
    if more := len(status.links) - len(told):
        yield Text(f"{'the other' if told else 'all'} {more} links are up")
    for node in status.nodes:
        since = clock(node.down_since_ns, fine=status.time_ns < FINE_NS)
        yield Text(glued(f"the data mover at {node.site} is down since {since}"), "yellow")


def _link_row(link: LinkStatus, now_ns: int) -> Row:
    since = [
        " ".join(part for part in (fault.kind, fault.detail, fault.direction) if part)
        + f" since {clock(fault.since_ns, fine=now_ns < FINE_NS)}"
        for fault in link.faults
    ]
    there, back = (bandwidth(rate) if rate else "unlimited" for rate in (link.bits_per_s, link.back_bits_per_s))
    rate = there if there == back else f"{there}, back {back}"
    return Row(
        link.link, (" – ".join(end for end in link.ends if end), rate, link.state, "; ".join(since)),
        "" if link.state == UP else "yellow",
    )  # fmt: skip


def _labelled(lines: Iterator[tuple[str, str]]) -> RenderableType:
    found = Table.grid(padding=(0, 2))
    found.add_column(style="dim", no_wrap=True)
    for label, text in lines:
        if text:
            found.add_row(label, glued(text))
    return Padding(found, (0, 0, 0, 2))
