"""Who is there when: secondaries that join and leave, and data movers that replications move to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TypeAlias

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.rules.references import must_exist
from sim.scenario.timeline import Command, Entry, Join, Leave, Move, SetPolicy, Start, Stop, absolute_times
from sim.scenario.units import format_duration

OfSecondary: TypeAlias = Join | Leave | Stop | Start | SetPolicy


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
    """A secondary joins when it is not there; it leaves, stops, starts and changes when it is."""
    for name, moments in _by_secondary(draft).items():
        first = next((entry for _, _, entry in moments if isinstance(entry, (Join, Leave))), None)
        there, changed = not isinstance(first, Join), ""
        for time_ns, index, entry in moments:
            path = ("timeline", index, "secondary")
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
    for time_ns, index, entry in _in_order(draft):
        if isinstance(entry, (Join, Leave, Stop, Start, SetPolicy)):
            with suppress(NotUnderstood):
                if entry.secondary is not None and (group := _replication(draft, entry)):
                    found.setdefault((group, entry.secondary), []).append((time_ns, index, entry))
    return found


def _next_join(moments: list[tuple[int, int, OfSecondary]], time_ns: int) -> str:
    """When it joins for the first time."""
    joins = [(at, index) for at, index, entry in moments if isinstance(entry, Join) and at >= time_ns]
    return f" yet: it joins at {format_duration(joins[0][0])}, timeline[{joins[0][1]}]" if joins else ""


def moves(draft: Draft, report: Report) -> None:
    """A replication moves within a site that it has something at, to another data mover than the one it is on."""
    seats: dict[tuple[str, str], str] = {}
    for _, index, entry in _in_order(draft):
        if isinstance(entry, Move):
            attempt(_move, draft, report, ("timeline", index), entry, seats)


def _move(draft: Draft, report: Report, path: tuple[str, int], entry: Move, seats: dict[tuple[str, str], str]) -> None:
    site, movers, name = entry.site, draft.data_movers(entry.site), _replication(draft, entry)
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


def _replication(draft: Draft, entry: Command) -> str:
    """The replication that an entry speaks to; empty where nobody can tell."""
    known = draft.names("replication")
    return entry.replication or (known[0] if len(known) == 1 else "")


def _in_order(draft: Draft) -> Iterator[tuple[int, int, Entry]]:
    """The entries whose time is known, by time; those of one instant in the order that they are written in."""
    times_ns = absolute_times([entry for _, entry in draft.timeline])
    known = [(time_ns, index, entry) for time_ns, (index, entry) in zip(times_ns, draft.timeline, strict=True)]
    yield from sorted((moment for moment in known if moment[0] >= 0), key=lambda moment: moment[:2])
