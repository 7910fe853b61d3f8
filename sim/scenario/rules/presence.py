"""Who is there when: secondaries that join and leave, and data movers that replications move to."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeAlias

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.rules.order import in_order, replication_of
from sim.scenario.rules.references import must_exist
from sim.scenario.timeline import Failover, Join, Leave, Move, SetPolicy, Start, Stop, Swap
from sim.scenario.units import format_duration

OfSecondary: TypeAlias = Join | Leave | Stop | Start | SetPolicy | Failover | Swap


def data_movers(draft: Draft, report: Report) -> None:
    """No two data movers have one name, and none is called like another site."""
    at: dict[str, str] = {}
    for site in draft.names("sites"):
        for index, mover in enumerate(draft.data_movers(site)):
            path = ("sites", site, "data_movers", index)
            if mover != site and mover in draft.names("sites"):
                report(path, f"data mover '{mover}' is called like a site", "choose another name")
            elif (first := at.setdefault(mover, site)) != site or mover in draft.data_movers(site)[:index]:
                where = f"at '{first}' and '{site}'" if first != site else f"twice at '{site}'"
                report(path, f"data mover '{mover}' is {where}", "each has a name of its own")


def secondaries(draft: Draft, report: Report) -> None:
    """A secondary joins when it is not there; it leaves, stops, starts, changes and takes over when it is."""
    for name, moments in _by_secondary(draft).items():
        first = next((entry for _, _, entry in moments if isinstance(entry, (Join, Leave))), None)
        there, changed = not isinstance(first, Join), ""
        for time_ns, index, entry in moments:
            path = ("timeline", index, "to" if isinstance(entry, (Failover, Swap)) else "secondary")
            if there and isinstance(entry, Join):
                report(path, f"'{name[1]}' is there already{changed}", "one that left can join again")
            elif not there and not isinstance(entry, Join):
                joins = _next_join(moments, time_ns)
                report(path, f"'{name[1]}' is not there{changed or joins}", "nothing can be asked of it")
            elif isinstance(entry, (Join, Leave)):
                there = not there
                word = "joined" if there else "left"
                changed = f": it {word} at {format_duration(time_ns)}, timeline[{index}]"


def _by_secondary(draft: Draft) -> dict[tuple[str, str], list[tuple[int, int, OfSecondary]]]:
    """The moments of every secondary that is named, in order of time."""
    found: dict[tuple[str, str], list[tuple[int, int, OfSecondary]]] = {}
    for time_ns, index, entry in in_order(draft):
        if isinstance(entry, OfSecondary):
            with suppress(NotUnderstood):
                secondary = entry.to if isinstance(entry, Failover | Swap) else entry.secondary
                if secondary is not None and (group := replication_of(draft, entry)):
                    found.setdefault((group, secondary), []).append((time_ns, index, entry))
    return found


def _next_join(moments: list[tuple[int, int, OfSecondary]], time_ns: int) -> str:
    """When it joins for the first time."""
    joins = [(at, index) for at, index, entry in moments if isinstance(entry, Join) and at >= time_ns]
    return f" yet: it joins at {format_duration(joins[0][0])}, timeline[{joins[0][1]}]" if joins else ""


def moves(draft: Draft, report: Report) -> None:
    """A replication moves within a site that it has something at, to another data mover than the one it is on."""
    seats: dict[tuple[str, str], str] = {}
    for _, index, entry in in_order(draft):
        if isinstance(entry, Move):
            attempt(_move, draft, report, ("timeline", index), entry, seats)


def _move(draft: Draft, report: Report, path: tuple[str, int], entry: Move, seats: dict[tuple[str, str], str]) -> None:
    site, movers, name = entry.site, draft.data_movers(entry.site), replication_of(draft, entry)
    group = draft.replication.get(name)
    if not movers or group is None:
        return
    if site != group.primary and site not in [group.site_of(member) for member in group.members]:
        report((*path, "site"), f"replication '{name}' has nothing at '{site}'", "a site of its primary or of a member")
    elif must_exist(report, (*path, "data_mover"), f"data mover at '{site}' called", entry.data_mover, movers):
        if seats.get((name, site), movers[0]) == entry.data_mover:
            others = ", ".join(mover for mover in movers if mover != entry.data_mover)
            hint = (
                f"there is also {others}" if others else f"give '{site}' another one: data_movers: [{movers[0]}, ...]"
            )
            report((*path, "data_mover"), f"'{name}' is on '{entry.data_mover}' already", hint)
        seats[name, site] = entry.data_mover
