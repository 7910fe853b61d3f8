"""The network of a run as tidy tables: what lay between the sites, what led where, and what it carried.

sites    site, role                                         primary before forwarder before secondary before nothing
links    link, source, destination, bits_per_s, carried_bytes, utilisation, retransmitted_share, down_seconds
         one row a direction; bits_per_s 0 is unlimited, and then nobody knows a utilisation
routes   replication, member, role, feeder, sites, links, since_ns, payload_bytes
         one row for each way that a member was ever fed by; sites along it, and links between them
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from sim.records import LinkStood
from sim.summary import Story, star, traffic
from sim.summary.distribution import Distribution
from sim.summary.faults import Cuts
from sim.summary.mirror import Mirror
from sim.summary.routes import Hop, ends_of
from sim.summary.sample import SECOND
from sim.summary.traffic import RETRANSMISSION

ROLES: Final = ("primary", "forwarder", "secondary", "")
SITES: Final = ["site", "role"]
LINKS: Final = [
    "link", "source", "destination", "bits_per_s", "carried_bytes", "utilisation", "retransmitted_share",
    "down_seconds",
]  # fmt: skip
ROUTES: Final = ["replication", "member", "role", "feeder", "sites", "links", "since_ns", "payload_bytes"]


def sites(story: Story) -> pd.DataFrame:
    """Every site that a link or a route touches, in order of their names, with the first of its roles."""
    roles = {site: "" for link in story.facts.of(LinkStood) for site in link.ends if site}
    found = [(mirror.began.primary, "primary") for mirror in story.mirrors]
    for mirror in story.mirrors:
        routes = mirror.generations[0].routes
        hops = (routes.hop(member, 0) for member in routes.members)
        found += [(hop.site, hop.role) for hop in hops if hop is not None]
    for site, role in found:
        roles[site] = min(role, roles.get(site, ""), key=ROLES.index)
    return pd.DataFrame(sorted(roles.items()), columns=SITES)


def links(story: Story) -> pd.DataFrame:
    """Every link whose ends are known, each direction for itself."""
    cuts = Cuts(story.facts)
    rows = [row for link in story.facts.of(LinkStood) if all(link.ends) for row in _directions(story, link, cuts)]
    return pd.DataFrame(rows, columns=LINKS)


def routes(story: Story) -> pd.DataFrame:
    """Every way that a member was ever fed by."""
    ends = ends_of(story.facts)
    rows = [row for mirror in story.mirrors for row in _ways(mirror, ends)]
    return pd.DataFrame(rows, columns=ROUTES)


def _directions(story: Story, link: LinkStood, cuts: Cuts) -> Iterator[tuple[Any, ...]]:
    ways = story.traffic.by_direction(link.link)
    for way in (link.ends, link.ends[::-1]):
        own = ways.get(way, [])
        carried = sum(transfer.carried_bytes for transfer in own)
        again = sum(transfer.carried_bytes for transfer in own if transfer.cause == RETRANSMISSION)
        limit = traffic.capacity(link, way)
        mean = Distribution(story.traffic.load(link.link, way)).mean() if limit else None
        busy = None if mean is None else float(mean) / limit
        down = cuts.of_direction(link.link, *way).length_ns / SECOND
        yield (link.link, *way, limit, carried, busy, again / carried if carried else None, down)


def _ways(mirror: Mirror, ends: dict[str, tuple[str, str]]) -> Iterator[tuple[Any, ...]]:
    got: dict[Hop, int] = {}
    for one in star.deliveries(mirror):
        for hop in one.came_over:
            got[hop] = got.get(hop, 0) + one.payload_bytes
    steps = [
        (one, hop) for one in mirror.generations for member in one.routes.members for hop in one.routes.hops(member)
    ]
    for generation, hop in steps:
        along = tuple(generation.routes.sites(hop, ends, hop.since_ns))
        feeder = hop.feeder or generation.began.primary
        yield mirror.name, hop.member, hop.role, feeder, along, hop.links, hop.since_ns, got.get(hop, 0)
