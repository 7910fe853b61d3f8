"""What a timeline can wait for (`when: in-sync`): told by the facts, so that waiting changes no luck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sim.engine.roles import Role
from sim.records import (
    Promoted,
    Record,
    RecoveryPhase,
    ResyncFinished,
    RoleChanged,
    UndoListStored,
)
from sim.world.recovery.succession import Succession

Holds = Callable[[Record, Succession], bool]


def _in_sync(fact: Record, succession: Succession) -> bool:
    """All copies are on the history, whole, and at most one set behind."""
    mirror, source = succession.mirror, succession.source
    if source.role is not Role.PRIMARY:
        return False
    for held in succession.others():
        arm = mirror.arms.get(held.name)
        if held.role is not Role.SECONDARY or held.generation != succession.generation or arm is None:
            return False
        if not arm.member.present or not arm.secondary.in_sync or not arm.secondary.playback.readable:
            return False
        if mirror.primary.last_cut.number - arm.secondary.playback.boundary.number > 1:
            return False
    return True


CONDITIONS: Final[dict[str, Holds]] = {
    "in-sync": _in_sync,
    "promoted": lambda fact, _: isinstance(fact, Promoted) and not fact.planned,
    "failed-back": lambda fact, of: isinstance(fact, Promoted) and fact.planned and fact.site == of.spec.primary,
    "undoing": lambda fact, _: isinstance(fact, UndoListStored),
    "copying": lambda fact, _: isinstance(fact, RecoveryPhase) and fact.phase == "undo",
    "resynced": lambda fact, _: isinstance(fact, ResyncFinished),
    "failing-back": lambda fact, of: (
        isinstance(fact, RoleChanged)
        and fact.role == Role.DEMOTED.value
        and of.switching
        and fact.site == of.source.site
    ),
}
STATES: Final = ("in-sync",)  # these may hold already when somebody begins to wait

__all__ = ["CONDITIONS", "STATES", "Holds"]
