"""Routes: who is fed by whom is a tree, and over links that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import ListNode, Node, Path, ScalarNode, node_at
from sim.scenario.replication import Replication
from sim.scenario.roads import Leg, Roads
from sim.scenario.routes import feeder_of, waypoints_of
from sim.scenario.rules.references import must_exist
from sim.scenario.rules.topology import of_usual_size
from sim.scenario.scalars import sort_of

MAX_LINKS: Final = 64  # a packet's time to live
SHOWN: Final = 20  # members of a circle


def vias(draft: Draft, report: Report) -> None:
    """`via` names a member that feeds, then links or sites; read off the tree, for the rest may be wrong."""
    for replication in draft.names("replication") if of_usual_size(draft) else ():
        for section in ("secondaries", "forwarders"):
            for member in draft.names("replication", replication, section):
                path = ("replication", replication, section, member, "via")
                for place, (index, name) in _written(node_at(draft.root, path), path):
                    _via(draft, report, place, replication, member, name, first=index == 0)


def _written(node: Node | None, path: Path) -> Iterator[tuple[Path, tuple[int, str]]]:
    """The names of a `via`, each with its place and number."""
    items = node.items if isinstance(node, ListNode) else [] if node is None else [node]
    for index, item in enumerate(items):
        if isinstance(item, ScalarNode) and (not item.plain or sort_of(item.text) == "text"):
            yield ((*path, index) if isinstance(node, ListNode) else path), (index, item.text)


def _via(draft: Draft, report: Report, path: Path, replication: str, member: str, name: str, *, first: bool) -> None:
    members, links, sites = draft.members(replication), draft.names("links"), draft.known("sites")
    if first and name in members:
        if name == member:
            report(path, f"'{member}' would feed itself", "name another member, or leave it out: the primary feeds it")
    elif sites is not None and name in sites and name in links:
        report(path, f"'{name}' is both a link and a site", "give one of them another name")
    elif name in members and name not in links and sites is not None and name not in sites:
        report(path, f"'{name}' is a member: one feeds '{member}', and it stands first", "links or sites come after it")
    elif sites is not None:
        known = [one for one in (*members, *links, *sites) if one != member] if first else [*links, *sites]
        must_exist(report, path, "member, link or site" if first else "link or site", name, list(dict.fromkeys(known)))


def circles(draft: Draft, report: Report) -> None:
    """Nobody feeds, over others, himself."""
    for name, group in of_usual_size(draft).items():
        for circle in _circles(_feeders(group)):
            if len(circle) > 1:
                shown = " -> ".join([*reversed(circle[:SHOWN]), *(["..."] if len(circle) > SHOWN else []), circle[-1]])
                path = (*_member(group, name, circle[0]), "via")
                report(path, f"fed in a circle: {shown}", "let the primary feed one of them: without via:")


def _circles(feeders: dict[str, str | None]) -> Iterator[list[str]]:
    """Members that feed one another, each fed by the next, the last by the first."""
    seen: set[str] = set()
    for member in feeders:
        chain: dict[str, int] = {}
        here: str | None = member
        while here is not None and here in feeders and here not in seen and here not in chain:
            chain[here] = len(chain)
            here = feeders[here]
        if here in chain:
            yield list(chain)[chain[str(here)] :]
        seen.update(chain)


def local_copies(draft: Draft, report: Report) -> None:
    """At its feeder's own site a member is a copy that shares the feeder's save volume: it feeds nobody."""
    for name, group in of_usual_size(draft).items():
        for member in group.members:
            attempt(_local, report, name, group, member)


def _local(report: Report, name: str, group: Replication, member: str) -> None:
    path, feeder = _member(group, name, member), feeder_of(group, member)
    if feeder in group.secondaries and feeder is not None and feeder != member and _is_local(group, feeder):
        report((*path, "via"), f"'{feeder}' shares its feeder's save volume and feeds nobody", "name its feeder")
    elif _is_local(group, member) and member in group.forwarders and member != group.primary:
        report(
            path, f"a forwarder at its feeder's own site '{group.site_of(member)}' has nothing to pass on",
            "leave it out, or give it another site:", at_key=True,
        )  # fmt: skip
    elif _is_local(group, member) and waypoints_of(group, member):
        report(
            (*path, "via"), f"'{member}' is at its feeder's own site: nothing is passed on the way", "leave that out"
        )


def sites(draft: Draft, report: Report) -> None:
    """At each site at most one member is fed over links; at the primary's there is none."""
    for name, group in of_usual_size(draft).items():
        taken: dict[str, str] = {}
        for member in group.members:
            attempt(_site, report, name, group, member, taken)


def _site(report: Report, name: str, group: Replication, member: str, taken: dict[str, str]) -> None:
    if _is_local(group, member):
        return
    path, site = _member(group, name, member), group.site_of(member)
    if site == group.primary:
        report(
            path, f"'{member}' is at the primary's site '{site}', but fed by '{feeder_of(group, member)}'",
            "leave out via: the primary feeds a local copy", at_key=True,
        )  # fmt: skip
        return
    first = taken.setdefault(site, member)
    if first != member:
        report(
            path, f"'{first}' and '{member}' are both at site '{site}'",
            f"one member a site is fed over links; copies beside it share its save volume: via: {first}", at_key=True,
        )  # fmt: skip


def reached(draft: Draft, report: Report) -> None:
    """Links lead to every member, past what is to be passed."""
    roads = _roads(draft)
    if roads is None:
        return
    for name, group in of_usual_size(draft).items():
        for member in group.members:
            attempt(_reached, draft, report, name, group, member, roads)


def _roads(draft: Draft) -> Roads | None:
    """All ways; None where a link is wrong in itself, and gets the benefit of the doubt."""
    known, joined = set(draft.names("sites")), {}
    for name, link in draft.links.items():
        with suppress(NotUnderstood):
            if known.issuperset(link.between) and link.between[0] != link.between[1]:
                joined[name] = link.between
    return Roads(joined) if len(joined) == len(draft.names("links")) else None


def _reached(draft: Draft, report: Report, name: str, group: Replication, member: str, roads: Roads) -> None:
    feeder, waypoints = feeder_of(group, member), waypoints_of(group, member)
    source = group.primary if feeder is None else group.site_of(feeder)
    site, known = group.site_of(member), draft.names("sites")
    passed = {*known, *draft.names("links")}
    if source == site or source not in known or site not in known or not passed.issuperset(waypoints):
        return
    path = _member(group, name, member)
    way = roads.way(source, site, waypoints)
    if way is None:
        past = f" past {', '.join(waypoints)}" if waypoints else ""
        hint = "add a link, or let another member feed it: via:"
        report(path, f"no path of links leads from '{source}' to '{site}'{past}", hint, at_key=True)
    elif twice := _twice(way):
        links = ", ".join(link for link, _, _ in way[:20])
        report((*path, "via"), f"the way passes '{twice}' twice: {links}", "name what is passed in another order")
    elif len(way) > MAX_LINKS:
        report(path, f"the way has {len(way)} links; at most {MAX_LINKS}", "let another member feed it", at_key=True)


def _twice(way: tuple[Leg, ...]) -> str | None:
    stops = [way[0][1], *(to for _, _, to in way)]
    return next((site for index, site in enumerate(stops) if site in stops[:index]), None)


def _is_local(group: Replication, member: str) -> bool:
    """Whether a member is at its feeder's own site."""
    feeder = feeder_of(group, member)
    return feeder != member and group.site_of(member) == (group.primary if feeder is None else group.site_of(feeder))


def _member(group: Replication, name: str, member: str) -> Path:
    return ("replication", name, "secondaries" if member in group.secondaries else "forwarders", member)


def _feeders(group: Replication) -> dict[str, str | None]:
    """The feeder of each member; who is wrong in this gets the benefit of the doubt."""
    found: dict[str, str | None] = {}
    for member in group.members:
        with suppress(NotUnderstood):
            found[member] = feeder_of(group, member)
    return found
