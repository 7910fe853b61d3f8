"""One world of disasters: safety while it runs, and in the calm everything comes back to where it belongs.

what may stay open at the end: users whose last whole copy was destroyed, copies that were given up, with a fact each
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.engine.roles import Role
from sim.records import (
    CommandGiven,
    CommandRefused,
    CopyFinished,
    DeltaSetCut,
    NodeCameUp,
    NodeWentDown,
    ReplayBegan,
    ReplicationStopped,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    SiteLost,
    WritesLooked,
)
from sim.simulation import Run
from sim.world.build import World
from sim.world.recovery.succession import Succession
from tests.swarm.conservation import links, of, site_of
from tests.swarm.draw import Plan
from tests.swarm.world import Fault, lived, perform


def check(plan: Plan) -> Run:
    """Run a world under full checking; a share of them with rows of bytes. Raises Fault."""
    row_type = "payload" if plan.seed % 3 == 0 else "ids"
    run, world = lived(plan, row_type=row_type)
    found = [f"links: {fault}" for fault in links(run)]
    found += [f"blocks: {fault}" for fault in blocks(run)]
    found += [f"down: {fault}" for fault in at_sites_that_are_down(run)]
    found += rest(run, world, plan)
    if plan.seed % 5 == 0 and perform(plan, checking="off", row_type=row_type).digest != run.digest:
        found.append("other digest without checking")
    if (
        plan.seed % 7 == 0
        and perform(plan, row_type="ids" if row_type == "payload" else "payload").ledger != run.ledger
    ):
        found.append("other ledger with other rows")
    if found:
        raise Fault(plan, "; ".join(found))
    return run


def blocks(run: Run) -> Iterator[str]:
    """Within each generation new blocks are in a set, or pending."""
    pending: dict[int, int] = {}
    for fact in run.ledger:
        if isinstance(fact, WritesLooked):
            pending[fact.generation] = pending.get(fact.generation, 0) + fact.new_blocks
        if isinstance(fact, DeltaSetCut):
            if fact.blocks != pending.get(fact.generation, 0):
                yield f"set g{fact.generation}.{fact.number} has {fact.blocks} blocks, {pending} were pending"
            pending[fact.generation] = 0


def at_sites_that_are_down(run: Run) -> Iterator[str]:
    """A site that is down receives and replays nothing."""
    down: set[str] = set()
    for fact in run.ledger:
        if isinstance(fact, NodeWentDown):
            down.add(fact.site)
        elif isinstance(fact, NodeCameUp):
            down.discard(fact.site)
        elif isinstance(fact, SetReceived | ReplayBegan | SetReplayed | CopyFinished):
            site = "near" if fact.secondary == "near" else site_of(run, fact.secondary)
            if site in down:
                yield f"{fact} at {site}, which is down"


def rest(run: Run, world: World, plan: Plan) -> list[str]:
    """What is not as it was before, though everything has been there since the calm began, and people asked for it."""
    late = [fact for fact in run.ledger if fact.time_ns >= plan.calm_ns]
    disturbed = any(isinstance(fact, SiteLost | NodeWentDown | ReplicationStopped) for fact in late)
    disturbed |= any(isinstance(fact, CommandGiven) and "calm" not in fact.name for fact in late)
    succession = world.successions["mirror"]
    if disturbed or nothing_is_whole(succession):
        return []
    found = [*_source(run, succession)]
    for held in succession.others():
        if not given_up(run, held.name):
            found += _copy(succession, held.name)
    waits_for = () if succession.restart is None else succession.restart.awaited
    if not found and succession.restart is not None and not any(given_up(run, name) for name in waits_for):
        found.append("restart: the restart point is kept for nobody")
    if len(succession.replaced):
        found.append("stale: somebody writes in vain at the end")
    if not found:
        left = {held.name: held.protective for held in succession.holdings.values() if held.protective is not None}
        if left:
            found.append(f"protective: snapshots are left: {left}")
    why = [f"{fact.command} {fact.name}: {fact.why}" for fact in of(run, CommandRefused) if "calm" in fact.name]
    return [f"{fault} (refused: {why})" for fault in found]


def nothing_is_whole(succession: Succession) -> bool:
    """Whether the source's volume was destroyed and nobody was told to take over, or could."""
    return succession.source.role is Role.AWAITING


def given_up(run: Run, name: str) -> bool:
    """Whether the snapshot store was too small to copy at all."""
    return any(fact.secondary == name for fact in of(run, SecondaryDropped, cause="copies_failed"))


def _source(run: Run, succession: Succession) -> Iterator[str]:
    source = succession.source
    if source.role is not Role.PRIMARY:
        yield f"source: {source.name} is {source.role.value}"
    elif source.name != "near" and not given_up(run, "near"):
        yield f"home: users are still at {source.name}"


def _copy(succession: Succession, name: str) -> Iterator[str]:
    held, arm = succession.holdings[name], succession.mirror.arms[name]
    primary = succession.mirror.primary
    waits = (arm.secondary.triggers.timeout_ns or 0) // (primary.schedule.triggers.timeout or 1)  # sets, for playback
    if held.role is not Role.SECONDARY or held.generation != succession.generation:
        yield f"copy: {name} is {held.role.value} of generation {held.generation}, not {succession.generation}"
    elif not arm.secondary.in_sync or not arm.secondary.playback.readable:
        yield f"sync: {name} is not in sync"
    elif arm.secondary.playback.boundary.number < primary.last_cut.number - 2 - waits:
        yield f"behind: {name} is at {arm.secondary.playback.boundary}, cut is {primary.last_cut}"
