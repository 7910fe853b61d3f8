"""One wide-area world: safety while it runs, then what adds up, then rest: whatever went wrong, all is well (M5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sim.records import (
    BytesCarried,
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    LinkStood,
    MemberReachable,
    MemberUnreachable,
    NodeCameUp,
    NodeWentDown,
    RouteChanged,
    RouteStood,
    SecondaryDropped,
    SetForwarded,
    SetReceived,
    SetReplayed,
    WritesResumed,
    WritesSuspended,
)
from sim.simulation import Run
from sim.world.build import World
from sim.world.member import Member
from sim.world.mirror import Mirror
from tests.swarm import conservation
from tests.swarm.conservation import SETS, of
from tests.swarm.draw import Plan
from tests.swarm.world import Fault, lived, same_otherwise

TIMES_COMPRESSED = 4  # at most, as it is drawn


def check(plan: Plan) -> Run:
    """Run a world under full checking. Raises Fault."""
    run, world = lived(plan)
    found = [*adds_up(run)]
    if plan.quiet:
        found += _rest(run, world, plan.calm_ns)
    if plan.seed % 4 == 0:
        found += same_otherwise(plan, run)
    if found:
        raise Fault(plan, "; ".join(found))
    return run


# -- what adds up -----------------------------------------------------------------------------------------------------


def adds_up(run: Run) -> Iterator[str]:
    """Everything that does not."""
    yield from conservation.blocks(run)
    yield from conservation.save_volumes(run)
    yield from conservation.stalls(run)
    yield from conservation.even_writes(run)
    yield from _lines(run)
    yield from _received_was_carried(run)
    yield from _nobody_acts_while_down(run)


def _lines(run: Run) -> Iterator[str]:
    """No way over a line carries more than it can."""
    links = run.scenario.links
    carried: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for fact in of(run, BytesCarried):
        if fact.cause != "retransmission":
            carried[fact.link, fact.source, fact.destination] += fact.carried_bytes
    for (link, source, destination), size in carried.items():
        way = links[link].direction_from(source)
        if way.bandwidth and way.profile is None and size * 8 * 10**9 > way.bandwidth * run.ledger[-1].time_ns:
            yield f"{size} bytes from {source} to {destination} are more than {link} can carry"
    stood = {fact.link for fact in of(run, LinkStood)}
    if stood != set(links):
        yield f"lines stood {sorted(stood)}"


def _received_was_carried(run: Run) -> Iterator[str]:
    """What a member took in came over the lines to its site."""
    mirror, block = run.scenario.replication["mirror"], run.scenario.volumes["vol"].block
    stood = {fact.member: fact for fact in of(run, RouteStood)}
    for name in mirror.members:
        if not stood[name].links:
            continue
        facts = [*of(run, SetReceived, secondary=name), *of(run, SetForwarded, forwarder=name)]
        received = sum(fact.blocks for fact in facts) * block
        to = mirror.site_of(name)
        carried = sum(fact.carried_bytes for fact in of(run, BytesCarried, destination=to) if fact.cause in SETS)
        if received > TIMES_COMPRESSED * carried:
            yield f"carried: {name} took in {received} bytes, {carried} came to {to}"


def _nobody_acts_while_down(run: Run) -> Iterator[str]:
    """Nothing is cut, received or replayed at a site all of whose data movers are down."""
    mirror = run.scenario.replication["mirror"]
    movers = {site: len(run.scenario.data_movers(site)) for site in run.scenario.sites}
    down: defaultdict[str, int] = defaultdict(int)
    for fact in run.ledger:
        match fact:
            case NodeWentDown():
                down[fact.site] += 1
            case NodeCameUp():
                down[fact.site] -= 1
            case SetReceived() | SetReplayed() | CopyFinished():
                site = mirror.site_of(fact.secondary)
                if down[site] == movers[site]:
                    yield f"acts: {fact} while {site} is down"
            case SetForwarded():
                site = mirror.site_of(fact.forwarder)
                if down[site] == movers[site]:
                    yield f"acts: {fact} while {site} is down"
            case DeltaSetCut() if down["near"] == movers["near"]:
                yield f"acts: {fact} while near is down"


# -- rest -------------------------------------------------------------------------------------------------------------


def _rest(run: Run, world: World, calm_ns: int) -> list[str]:
    """What did not come to rest by the end of the calm."""
    until = run.ledger[-1].time_ns
    settled = until - (until - calm_ns) // 8
    found = []
    if len(list(of(run, WritesSuspended))) > len(list(of(run, WritesResumed))):
        found.append("still: writes stand still")
    late = sum(fact.blocks for fact in of(run, DeltaSetCut) if fact.time_ns > settled)
    if late:
        found.append(f"late: {late} blocks were cut only after {settled}")
    last = max((fact.number for fact in of(run, DeltaSetCut) if fact.time_ns <= settled), default=0)
    for mirror in world.mirrors.values():
        found += _held(mirror.primary.node.site, mirror.primary.save_volume.used_blocks)
        for member in mirror.tree.members.values():
            found += [*_member(run, mirror, member), *_kept(mirror, member), *_copy(run, mirror, member, last)]
    return found


def _held(where: str, blocks: int) -> Iterator[str]:
    if blocks:
        yield f"held: {blocks} blocks are still held at {where}"


def _member(run: Run, mirror: Mirror, member: Member) -> Iterator[str]:
    """Somebody who cannot be reached, is not fed by whom he should be, or holds what nobody needs."""
    if member.inbox is not None:
        yield from _held(member.name, member.inbox.save_volume.used_blocks)
    marks = [fact for fact in run.ledger if isinstance(fact, MemberUnreachable | MemberReachable | RouteChanged)]
    mine = [fact for fact in marks if fact.member == member.name and member.present]
    if mine and isinstance(mine[-1], MemberUnreachable):
        yield f"mark: {member.name} is marked at the end"
    concerned = (one for one in mirror.tree.members.values() if one is member or member in one.at_home_above())
    if not member.feed.serves or not any(one.secondary is not None and _serves(run, one) for one in concerned):
        return
    serving = (one for one in member.at_home_above() if _serves(run, one))
    nearest = next(serving, None)
    name = "near" if nearest is None else nearest.name
    if member.inbox is not None and member.fed_by is not nearest:
        yield f"route: {member.name} is still fed by {member.fed_by.name if member.fed_by else 'near'}, not by {name}"
    told = [
        fact.feeder for fact in [*of(run, RouteStood, member=member.name), *of(run, RouteChanged, member=member.name)]
    ]
    if member.inbox is not None and told[-1] != name:
        yield f"route: by the facts {member.name} is still fed by {told[-1]}, not by {name}"


def _serves(run: Run, member: Member) -> bool:
    """Whether it can be expected to feed others when all is well."""
    return member.secondary is None or (member.present and not given_up(run, member.name))


def given_up(run: Run, name: str) -> bool:
    """Whether the last that is known of a copy is that it cannot be made."""
    told = [fact for fact in run.ledger if isinstance(fact, SecondaryDropped | CopyBegan) and fact.secondary == name]
    return bool(told) and isinstance(told[-1], SecondaryDropped) and told[-1].cause == "copies_failed"


def _kept(mirror: Mirror, member: Member) -> Iterator[str]:
    """Sets are kept for those who are below, and for nobody else."""
    if member.inbox is None:
        return
    kept = set(member.inbox.relay.kept_for())
    wanted = {
        one.name
        for one in mirror.tree.members.values()
        if one.secondary is not None and one.present and one.secondary.in_sync
        and (one is member or member in one.above())
    }  # fmt: skip
    kept = {name for name in kept if name in mirror.arms}
    if member.secondary is not None and not member.secondary.in_sync:
        kept.discard(member.name)
    if not wanted <= kept:
        yield f"kept: nothing is kept at {member.name} for {sorted(wanted - kept)}"
    if not kept <= wanted:
        yield f"kept: sets are kept at {member.name} for {sorted(kept - wanted)}"


def _copy(run: Run, mirror: Mirror, member: Member, last: int) -> Iterator[str]:
    if member.secondary is None or not member.present or given_up(run, member.name):
        return
    if not mirror.primary.distribution.position(member.name).in_sync:
        yield f"sync: {member.name} is not in sync at the end"
    shown = [fact.number for fact in of(run, SetReplayed, secondary=member.name)]
    shown += [fact.number for fact in of(run, CopyFinished, secondary=member.name)]
    newest = max(shown, default=0)
    if newest < last:
        yield f"behind: {member.name} shows set {newest}, the last that was cut in time is {last}"
