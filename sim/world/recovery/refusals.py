"""Why a command cannot be carried out now, in words; nothing is changed by asking (F7; cases 39, 59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.resync import may_differ
from sim.engine.roles import Role

if TYPE_CHECKING:
    from sim.world.holding import Holding
    from sim.world.recovery.succession import Succession


class Refused(Exception):
    """A command cannot be carried out."""


def why_not_promotable(succession: Succession, held: Holding) -> str:
    """Why a copy cannot be the source; empty where it can (F7)."""
    if held.role is Role.LOST or not held.seat.up:
        return f"{held.site} is down"
    if held.role in (Role.STALE_PRIMARY, Role.DEMOTED):
        return f"{held.name} is off the history: it has to be resynchronised first"
    if held.role is Role.RESYNCING:
        return f"{held.name} is being resynchronised: it is no consistent copy"
    arm = succession.mirror.arms.get(held.name)
    if held.volume_lost or arm is None or not arm.member.present or not arm.secondary.playback.readable:
        return f"{held.name} has no whole copy that it could serve"
    if arm.secondary.shares_save_volume and held.site == succession.source.site:
        return f"{held.name} is at the primary's own site"
    return ""


def why_not_in_step(succession: Succession, held: Holding) -> str:
    """Why the source and a copy cannot be made equal; empty where they can."""
    arm = succession.arm(held)
    if not succession.source.seat.up:
        return f"{succession.source.site} is down: nothing can be made equal to it"
    if succession.source.volume_lost:
        return f"the volume at {succession.source.site} is lost: nothing can be made equal to it"
    if not arm.secondary.in_sync:
        return f"{held.name} waits for a new copy"
    if arm.member.feed.stopped or not arm.secondary.playing:
        return f"replication to {held.name} is stopped"
    if not succession.reaches(held):
        return f"no word gets from {succession.source.site} to {held.site}"
    return ""


def why_no_resync(succession: Succession, held: Holding) -> str:
    """Why a copy cannot be brought back to the history now; empty where it can, or is on its way."""
    if held is succession.source:
        return f"{held.site} is the primary"
    if held.out:
        return f"{held.name} is no member of the replication: it has to join"
    if held.role is Role.LOST:
        return f"{held.site} is down"
    if held.role is Role.STALE_PRIMARY:
        return f"{held.site} does not know that it was replaced: no word gets there"
    if held.role is Role.SECONDARY and held.generation == succession.generation:
        return f"{held.name} is on the history already"
    return ""


def different_blocks(succession: Succession, held: Holding) -> int | None:
    """At most so many blocks differ between the source and a copy; None where nobody can tell (L2129; R13)."""
    primary, arm = succession.mirror.primary, succession.mirror.arms.get(held.name)
    nothing = succession.source.volume_lost or not primary.node.up
    if arm is None or nothing or held.role not in (Role.SECONDARY, Role.RESYNCING, Role.DEMOTED):
        return None
    if not arm.secondary.playback.readable:
        restart = succession.restart
        live = restart is not None and restart.snapshot in succession.source.snapshots.queue.snapshots
        if restart is None or not live:
            return None
        changed = succession.source.snapshots.queue.changed_since(restart.snapshot).size
        return int(changed) + (0 if held.undo is None else int(held.undo.addresses.size))
    try:
        return int(may_differ(primary.source.log, primary.save_volume, arm.secondary.playback.boundary).size)
    except KeyError:
        return None  # not all sets are kept for it any more: a whole copy is on its way
