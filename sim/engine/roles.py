"""What a copy is in its replication, how it is mounted, and which step leads where (FIG 21-23, 28-33; L1778-2029).

users write where the mount is read-write: to the primary, and to a stale one that could not be told (F5)
raw -> read-only at the end of a resync -> read-write at a failback: never two of these at once (E43)
the old source is read-only before the new one is read-write (B2, E39): no step leads from primary to secondary
what a site was before a disaster its caller remembers; `come_back` says what it is now
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Mount(StrEnum):
    """What users can do with a copy."""

    READ_WRITE = "read_write"
    READ_ONLY = "read_only"
    RAW = "raw"
    NONE = "none"


class Role(StrEnum):
    """What a copy is in its replication."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    STALE_PRIMARY = "stale_primary"  # another one was promoted, and word did not get here
    DEMOTED = "demoted"  # told; holds a history that goes on elsewhere without what came last here
    AWAITING = "awaiting"  # never seeded, or its volume is gone
    RESYNCING = "resyncing"
    LOST = "lost"  # its site is down


class Step(StrEnum):
    """What can happen to a copy's role."""

    PROMOTE = "promote"
    FORCE = "force"  # promote what is no boundary of the history, because somebody insists (F7)
    DEMOTE = "demote"
    REINSTATE = "reinstate"  # a command that had demoted the source failed: as if it had not been given (F3, B5)
    GO_ON_UNAWARE = "go_on_unaware"
    FOLLOW = "follow"  # it is at the boundary at which the new generation begins: nothing to undo
    LEAVE = "leave"  # the history went on from a boundary at which this copy is not (F9)
    JOIN = "join"  # it gets a first copy
    BEGIN_RESYNC = "begin_resync"
    FINISH_RESYNC = "finish_resync"
    LOSE_VOLUME = "lose_volume"
    GO_DOWN = "go_down"
    RETURN_AS_PRIMARY = "return_as_primary"
    RETURN_AS_SECONDARY = "return_as_secondary"
    RETURN_UNAWARE = "return_unaware"
    RETURN_DEMOTED = "return_demoted"
    RETURN_RESYNCING = "return_resyncing"
    RETURN_EMPTY = "return_empty"


class NotAllowed(Exception):
    """A role does not change in this way; nothing was changed."""

    def __init__(self, role: Role, step: str) -> None:
        super().__init__(role, step)
        self.role, self.step = role, step

    def __str__(self) -> str:
        return f"a copy that is {_words(self.role)} cannot {_words(self.step)}"


ROLES: Final[Mapping[Role, Mount]] = {
    Role.PRIMARY: Mount.READ_WRITE,
    Role.SECONDARY: Mount.READ_ONLY,
    Role.STALE_PRIMARY: Mount.READ_WRITE,
    Role.DEMOTED: Mount.READ_ONLY,
    Role.AWAITING: Mount.NONE,
    Role.RESYNCING: Mount.RAW,
    Role.LOST: Mount.NONE,
}

_UP: Final = tuple(role for role in Role if role is not Role.LOST)

# which roles a step may begin in, and the one that it leads to
STEPS: Final[Mapping[Step, tuple[tuple[Role, ...], Role]]] = {
    Step.PROMOTE: ((Role.SECONDARY,), Role.PRIMARY),
    Step.FORCE: ((Role.DEMOTED, Role.RESYNCING), Role.PRIMARY),
    Step.DEMOTE: ((Role.PRIMARY, Role.STALE_PRIMARY), Role.DEMOTED),
    Step.REINSTATE: ((Role.DEMOTED,), Role.PRIMARY),
    Step.GO_ON_UNAWARE: ((Role.PRIMARY,), Role.STALE_PRIMARY),
    Step.FOLLOW: ((Role.DEMOTED,), Role.SECONDARY),
    Step.LEAVE: ((Role.SECONDARY,), Role.DEMOTED),
    Step.JOIN: ((Role.AWAITING,), Role.SECONDARY),
    Step.BEGIN_RESYNC: ((Role.SECONDARY, Role.DEMOTED, Role.AWAITING), Role.RESYNCING),
    Step.FINISH_RESYNC: ((Role.RESYNCING,), Role.SECONDARY),
    Step.LOSE_VOLUME: (tuple(role for role in _UP if role is not Role.AWAITING), Role.AWAITING),
    Step.GO_DOWN: (_UP, Role.LOST),
    Step.RETURN_AS_PRIMARY: ((Role.LOST,), Role.PRIMARY),
    Step.RETURN_AS_SECONDARY: ((Role.LOST,), Role.SECONDARY),
    Step.RETURN_UNAWARE: ((Role.LOST,), Role.STALE_PRIMARY),
    Step.RETURN_DEMOTED: ((Role.LOST,), Role.DEMOTED),
    Step.RETURN_RESYNCING: ((Role.LOST,), Role.RESYNCING),
    Step.RETURN_EMPTY: ((Role.LOST,), Role.AWAITING),
}


def mount_of(role: Role) -> Mount:
    """How a copy is mounted in a role."""
    return ROLES[role]


def step(role: Role, name: Step | str) -> Role:
    """The role that a step leads to. Raises NotAllowed, and ValueError for a word that is no step."""
    begins, ends = STEPS[Step(name)]
    if role not in begins:
        raise NotAllowed(role, Step(name))
    return ends


def allowed(before: Role, after: Role) -> bool:
    """Whether one step leads from one role to the other."""
    return any(before in begins and after is ends for begins, ends in STEPS.values())


def come_back(was: Role, *, superseded: bool = False, told: bool = True, volume_lost: bool = False) -> Step:
    """Which step a site takes that was lost in the role `was` and has power again.

    `superseded`: the history went on without it meanwhile; `told`: word of that gets there. Raises NotAllowed for LOST.
    """
    if was is Role.LOST:
        raise NotAllowed(was, "come back as such")
    if volume_lost or was is Role.AWAITING:
        return Step.RETURN_EMPTY
    if was is Role.RESYNCING:
        return Step.RETURN_RESYNCING
    if was is Role.DEMOTED:
        return Step.RETURN_DEMOTED
    if was is Role.SECONDARY:
        return Step.RETURN_DEMOTED if superseded else Step.RETURN_AS_SECONDARY
    if was is Role.PRIMARY and not superseded:
        return Step.RETURN_AS_PRIMARY
    return Step.RETURN_DEMOTED if told else Step.RETURN_UNAWARE


def picture() -> str:
    """The tables as text: roles, their mounts, and where each step leads (ARCHITECTURE.md shows it)."""
    lines = [f"{'role':<15}{'mount':<12}what can happen"]
    for role in Role:
        ways: dict[Role, list[str]] = {}
        for name, (begins, ends) in STEPS.items():
            if role in begins:
                ways.setdefault(ends, []).append(_words(name))
        margin = f"{_words(role):<15}{_words(ROLES[role]):<12}"
        for ends, names in ways.items():
            lines.append(f"{margin}{' | '.join(names)} -> {_words(ends)}")
            margin = " " * len(margin)
    return "\n".join(lines)


def _words(name: str) -> str:
    return str(name).replace("_", " ")
