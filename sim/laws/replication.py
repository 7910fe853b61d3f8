"""What must always be true of writes, cuts, delta sets, copies and save volumes."""

from __future__ import annotations

from collections import defaultdict

from sim.records import (
    CopyBegan,
    CopyFinished,
    CopyOutFinished,
    CutSkipped,
    DeltaSetCut,
    PolicyChanged,
    Record,
    ReplayBegan,
    ReplicationBegan,
    SaveVolumeChanged,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    WritesLooked,
    WritesResumed,
    WritesSuspended,
)


class TimeNeverGoesBack:
    """M1: facts come in order of time, in integers."""

    def __init__(self) -> None:
        self._now = 0

    def __call__(self, fact: Record) -> str | None:
        if type(fact.time_ns) is not int or fact.time_ns < self._now:
            return f"{type(fact).__name__} at {fact.time_ns} ns comes after {self._now} ns"
        self._now = fact.time_ns
        return None


class SetsFollowWithoutHoles:
    """C9: numbers of delta sets grow by one in each generation; a new source begins a higher generation."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], int] = {}
        self._newest: dict[str, int] = {}

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, ReplicationBegan):
            newest = self._newest.get(fact.replication, 0)
            self._newest[fact.replication] = fact.generation
            self._last[fact.replication, fact.generation] = 0
            return f"generation {fact.generation} began after {newest}" if fact.generation <= newest else None
        if not isinstance(fact, DeltaSetCut):
            return None
        key = (fact.replication, fact.generation)
        number = self._last.get(key, -1)
        self._last[key] = fact.number
        if fact.number != number + 1:
            return f"set g{fact.generation}.{fact.number} was cut after g{fact.generation}.{number}"
        return None


class WritesAreInOneSet:
    """C2: the blocks that entered Open since the last cut are the blocks of the set."""

    def __init__(self) -> None:
        self._open: defaultdict[tuple[str, int], int] = defaultdict(int)

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, WritesLooked):
            self._open[fact.replication, fact.generation] += fact.new_blocks
        if not isinstance(fact, DeltaSetCut):
            return None
        expected = self._open.pop((fact.replication, fact.generation), 0)
        if fact.blocks != expected:
            return f"set {fact.number} has {fact.blocks} blocks, but {expected} were written since the cut before"
        return None


class CutsComeInTime:
    """C7: from one cut to the next it takes at most the timeout and the poll, unless the set says how late it was."""

    def __init__(self, poll_ns: int = 0) -> None:
        self._poll_ns = poll_ns
        self._last: dict[str, int] = {}
        self._last_allowed: dict[str, int] = {}  # after a change of policy
        self._timeout: dict[str, int] = {}
        self._generation: dict[str, int] = {}  # of now: a source that was replaced is nobody's concern

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, ReplicationBegan):
            self._last[fact.replication], self._timeout[fact.replication] = fact.time_ns, fact.timeout_ns
            self._generation[fact.replication] = fact.generation
            self._last_allowed.pop(fact.replication, None)
        if isinstance(fact, PolicyChanged) and not fact.secondary:
            self._change(fact)
        if not isinstance(fact, CutSkipped | DeltaSetCut) or fact.generation != self._generation[fact.replication]:
            return None
        if isinstance(fact, DeltaSetCut):
            return self._check(fact)
        self._last[fact.replication] = fact.time_ns
        return None

    def _change(self, fact: PolicyChanged) -> None:
        """The new timeout counts from the last cut, but never makes a cut due before it was known."""
        self._timeout[fact.replication] = fact.timeout_ns
        overdue = fact.time_ns - fact.timeout_ns
        self._last_allowed[fact.replication] = max(self._last[fact.replication], overdue)

    def _check(self, fact: DeltaSetCut) -> str | None:
        armed = max(self._last[fact.replication], self._last_allowed.pop(fact.replication, 0))
        self._last[fact.replication] = fact.time_ns
        gap = fact.time_ns - armed
        if gap > self._timeout[fact.replication] + self._poll_ns + fact.late_ns:
            return f"set {fact.number} was cut {gap} ns after the one before and does not say why"
        return None


class ReceivedAfterCopiedOut:
    """A secondary holds only sets that the primary's save volume held before (C1, T5)."""

    def __init__(self) -> None:
        self._copied: dict[tuple[str, int, int], int] = {}
        self._blocks: dict[tuple[str, int, int], int] = {}

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, DeltaSetCut):
            self._blocks[fact.replication, fact.generation, fact.number] = fact.blocks
        if isinstance(fact, CopyOutFinished):
            self._copied[fact.replication, fact.generation, fact.number] = fact.time_ns
        if not isinstance(fact, SetReceived):
            return None
        key = (fact.replication, fact.generation, fact.number)
        if key not in self._copied:
            return f"{fact.secondary} received set {fact.number} before it was copied out"
        if self._blocks[key] != fact.blocks:
            return f"{fact.secondary} received {fact.blocks} of the {self._blocks[key]} blocks of set {fact.number}"
        return None


class ViewIsAPrefix:
    """V1, V2: what a secondary serves never goes back, and only whole received sets without a gap become visible."""

    def __init__(self) -> None:
        self._visible: dict[tuple[str, str], tuple[int, int]] = {}
        self._received: defaultdict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, SetReceived):
            self._received[fact.replication, fact.secondary].add((fact.generation, fact.number))
        if isinstance(fact, CopyFinished):
            self._visible[fact.replication, fact.secondary] = (fact.generation, fact.number)
        if isinstance(fact, ReplicationBegan):
            for secondary in fact.secondaries:
                self._visible[fact.replication, secondary] = (fact.generation, 0)
        return self._check(fact) if isinstance(fact, ReplayBegan) else None

    def _check(self, fact: ReplayBegan) -> str | None:
        who = (fact.replication, fact.secondary)
        generation, number = self._visible[who]
        if (fact.generation, fact.first_number) != (generation, number + 1) or fact.number < fact.first_number:
            return f"{fact.secondary} shows sets {fact.first_number}..{fact.number} after {number}"
        for shown in range(fact.first_number, fact.number + 1):
            if (fact.generation, shown) not in self._received[who]:
                return f"{fact.secondary} shows set {shown}, which it did not receive"
            self._received[who].discard((fact.generation, shown))
        self._visible[who] = (fact.generation, fact.number)
        return None


class CopiesAreNotReadable:
    """V7: while a whole copy is on its way nothing is replayed, and it ends as it began or is given up."""

    def __init__(self) -> None:
        self._copying: set[tuple[str, str]] = set()

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, CopyBegan):
            self._copying.add((fact.replication, fact.secondary))
        elif isinstance(fact, ReplicationBegan):  # what was under way is given up
            self._copying = {who for who in self._copying if who[0] != fact.replication}
        elif isinstance(fact, CopyFinished):
            if (fact.replication, fact.secondary) not in self._copying:
                return f"a copy to {fact.secondary} ended that never began"
            self._copying.discard((fact.replication, fact.secondary))
        elif isinstance(fact, SecondaryDropped):
            self._copying.discard((fact.replication, fact.secondary))
        elif isinstance(fact, ReplayBegan | SetReplayed) and (fact.replication, fact.secondary) in self._copying:
            return f"{fact.secondary} replayed set {fact.number} while it was being copied"
        return None


class SaveVolumesHoldWhatFits:
    """C11: what lies in a save volume is between nothing and its capacity."""

    def __call__(self, fact: Record) -> str | None:
        if isinstance(fact, SaveVolumeChanged) and not 0 <= fact.used_bytes <= fact.capacity_bytes:
            return f"{fact.used_bytes} bytes in the save volume of {fact.capacity_bytes} bytes at {fact.site}"
        return None


class StallsHaveAnEnd:
    """C14, M8: writes are resumed once for each time they were suspended, and the time adds up."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, int], int] = {}

    def __call__(self, fact: Record) -> str | None:
        if not isinstance(fact, WritesSuspended | WritesResumed | WritesLooked):
            return None
        who = (fact.replication, fact.generation)
        if isinstance(fact, WritesSuspended):
            if who in self._since:
                return "writes were suspended twice"
            self._since[who] = fact.time_ns
        elif isinstance(fact, WritesResumed):
            since = self._since.pop(who, None)
            if since is None or fact.time_ns - since != fact.stalled_ns:
                return f"writes were resumed after {fact.stalled_ns} ns, but stood still since {since} ns"
        elif who in self._since and fact.writes:
            return f"{fact.writes} writes were acknowledged while writes stood still"
        return None
