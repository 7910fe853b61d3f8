"""What must always be true of roles, failovers, resyncs and failbacks (CORRECTNESS 1.6-1.8; F1-F11, R1-R14, B1-B8)."""

from __future__ import annotations

from collections import defaultdict

from sim.records import (
    CommandDone,
    CommandGiven,
    CommandRefused,
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    LossCounted,
    Promoted,
    Record,
    RecoveryPhase,
    ReplayBegan,
    ReplicationBegan,
    RestartPointTaken,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    RouteStood,
    RunEnded,
    SetReceived,
    SetReplayed,
    SnapshotDeleted,
    SnapshotTaken,
    UndoListStored,
    WritesLooked,
)

Who = tuple[str, str]  # a replication and a site, or a member
WRITABLE = "read_write"


class Mounts:
    """How each copy is mounted, as the facts tell it."""

    def __init__(self) -> None:
        self.mount: dict[Who, str] = {}
        self.role: dict[Who, str] = {}
        self.source: dict[tuple[str, int], str] = {}  # the site that is written in a generation

    def __call__(self, fact: Record) -> None:
        """Take note of a fact."""
        if isinstance(fact, ReplicationBegan):
            self.source[fact.replication, fact.generation] = fact.primary
            if fact.generation == 1:
                self.mount[fact.replication, fact.primary] = WRITABLE
                self.role[fact.replication, fact.primary] = "primary"
        if isinstance(fact, RoleChanged):
            self.mount[fact.replication, fact.site] = fact.mount
            self.role[fact.replication, fact.site] = fact.role

    def writable(self, replication: str) -> list[str]:
        """The sites where a replication's volume can be written by users who are not told that it is in vain."""
        return [
            site
            for (name, site), mount in self.mount.items()
            if name == replication and mount == WRITABLE and self.role[name, site] != "stale_primary"
        ]


class OneCopyIsWritable:
    """F5, B2: no two copies are writable that know of each other; users write only where it is writable."""

    def __init__(self) -> None:
        self._mounts = Mounts()

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a role, or with a write."""
        self._mounts(fact)
        if isinstance(fact, RoleChanged) and len(writable := self._mounts.writable(fact.replication)) > 1:
            return f"{' and '.join(sorted(writable))} are writable at once"
        if isinstance(fact, WritesLooked) and fact.writes and fact.since_ns < fact.time_ns:
            site = self._mounts.source[fact.replication, fact.generation]
            if self._mounts.mount.get((fact.replication, site)) in ("read_only", "raw"):
                return f"{fact.writes} writes were acknowledged at {site}, which is not writable"
        return None


class PhasesAreContiguous:
    """F10: the phases of a recovery follow one another without a gap: those up to the promotion sum up to its RTO."""

    def __init__(self) -> None:
        self._ended: dict[tuple[str, int], int] = {}
        self._began: dict[tuple[str, int], int] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a phase, or with the sum at a promotion."""
        if isinstance(fact, RecoveryPhase):
            key = (fact.replication, fact.recovery)
            before = self._ended.get(key)
            self._began.setdefault(key, fact.began_ns)
            self._ended[key] = fact.time_ns
            if fact.began_ns >= fact.time_ns or (before is not None and before != fact.began_ns):
                return f"phase {fact.phase} of recovery {fact.recovery} began at {fact.began_ns}, after {before} ns"
        if isinstance(fact, Promoted) and not fact.planned and fact.recovery:
            began = self._began.get((fact.replication, fact.recovery), fact.disaster_ns)
            if began != fact.disaster_ns:
                return f"recovery {fact.recovery} began at {began} ns, but the disaster was at {fact.disaster_ns} ns"
        return None


class RestartPointsAreWhatWasAskedFor:
    """F1, F2, V2: a restart point is a boundary that its site has replayed: in mode default all it had received."""

    def __init__(self) -> None:
        self._mode: dict[str, str] = {}
        self._site: dict[Who, str] = {}
        self._replayed: dict[Who, tuple[int, int]] = {}
        self._received: defaultdict[Who, set[tuple[int, int]]] = defaultdict(set)

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a restart point."""
        match fact:
            case ReplicationBegan():
                for secondary in fact.secondaries:
                    self._replayed[fact.replication, secondary] = (fact.generation, 0)
                self._replayed[fact.replication, fact.primary] = (fact.generation, 0)
            case RouteStood():
                self._site[fact.replication, fact.member] = fact.site
            case CommandGiven():
                self._mode[fact.replication] = fact.mode
            case SetReceived():
                self._received[fact.replication, fact.secondary].add((fact.generation, fact.number))
            case SetReplayed() | CopyFinished():
                self._replayed[fact.replication, fact.secondary] = (fact.generation, fact.number)
            case RestartPointTaken():
                return self._check(fact)
        return None

    def _check(self, fact: RestartPointTaken) -> str | None:
        here = [who for who, site in self._site.items() if who[0] == fact.replication and site == fact.site]
        point = (fact.generation, fact.number)
        if not any(self._replayed.get(who) == point for who in here):
            return f"the restart point at {fact.site} is g{fact.generation}.{fact.number}, which it has not replayed"
        left = (fact.generation, fact.number + 1)
        if self._mode.get(fact.replication) == "default" and any(left in self._received[who] for who in here):
            return f"{fact.site} had received g{left[0]}.{left[1]}, and the restart point leaves it out"
        return None


class LossIsExact:
    """F4, R14: what a failover lost are the writes after its restart point, no more and no fewer; doomed ones apart."""

    def __init__(self) -> None:
        self._looks: defaultdict[tuple[str, int], list[WritesLooked]] = defaultdict(list)
        self._counted: defaultdict[tuple[str, int], int] = defaultdict(int)  # how many looks were counted as lost

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a loss."""
        if isinstance(fact, WritesLooked):
            self._looks[fact.replication, fact.generation].append(fact)
        if not isinstance(fact, LossCounted):
            return None
        key = (fact.replication, fact.generation)
        first = self._counted[key]
        looks = [look for look in self._looks[key][first:] if look.number > fact.number]
        self._counted[key] = len(self._looks[key])
        writes, written_bytes = sum(look.writes for look in looks), sum(look.written_bytes for look in looks)
        if (fact.writes, fact.written_bytes) != (writes, written_bytes):
            return f"{fact.writes} writes are counted as lost at {fact.site}, but {writes} came after the restart point"
        if fact.kind == "failover" and (fact.rpo_ns == 0) != (fact.writes == 0):
            return f"{fact.writes} writes are lost, and the RPO is {fact.rpo_ns} ns"
        return None


class ResyncsSayWhatTheyDo:
    """R5, R6, R7: no copy is brought back silently; the undo list comes before new sets; merged is never dearest."""

    def __init__(self) -> None:
        self._planned: dict[Who, ResyncPlanned] = {}
        self._list: set[Who] = set()
        self._raw: set[Who] = set()

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a resync."""
        match fact:
            case ReplicationBegan():
                self._forget(fact.replication)
            case UndoListStored():
                self._list.add((fact.replication, fact.site))
            case RoleChanged(role="resyncing"):
                self._raw.add((fact.replication, fact.site))
            case ResyncPlanned():
                self._planned[fact.replication, fact.member] = fact
                return self._check_plan(fact)
            case CopyBegan(cause="resync"):
                if (fact.replication, fact.secondary) not in self._planned:
                    return f"{fact.secondary} is being resynchronised, and nobody said how"
            case ResyncFinished():
                return self._check_end(fact)
        return None

    def _check_plan(self, fact: ResyncPlanned) -> str | None:
        if (fact.way == "full") != bool(fact.cause):
            return f"the resync of {fact.site} is {fact.way}, and its cause is '{fact.cause}'"
        if fact.way == "incremental" and (fact.replication, fact.site) not in self._list:
            return f"{fact.site} is resynchronised by difference without a durable undo list"
        if max(fact.undo_bytes, fact.copy_bytes) > fact.merged_bytes and fact.transfer == "merged":
            return f"merged is {fact.merged_bytes} bytes, less than one of its parts"
        if fact.merged_bytes > min(fact.undo_bytes + fact.copy_bytes, max(fact.full_bytes, fact.merged_bytes)):
            return f"merged is {fact.merged_bytes} bytes, more than both parts one after the other"
        return None

    def _check_end(self, fact: ResyncFinished) -> str | None:
        who = (fact.replication, fact.member)
        planned = self._planned.pop(who, None)
        self._list.discard((fact.replication, fact.site))
        self._raw.discard((fact.replication, fact.site))
        if planned is None or fact.way not in (planned.way, "full"):
            return f"the resync of {fact.member} ended as {fact.way}, and was planned otherwise"
        return None

    def _forget(self, replication: str) -> None:
        self._planned = {who: plan for who, plan in self._planned.items() if who[0] != replication}
        self._raw = {who for who in self._raw if who[0] != replication}


class RawIsNotServed:
    """R9, R10: from the first undone block to the intermediate point nothing is replayed there, and nothing is read."""

    def __init__(self) -> None:
        self._site: dict[Who, str] = {}
        self._mounts = Mounts()

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a replay."""
        self._mounts(fact)
        if isinstance(fact, RouteStood):
            self._site[fact.replication, fact.member] = fact.site
        if isinstance(fact, ReplayBegan):
            site = self._site.get((fact.replication, fact.secondary), "")
            if self._mounts.mount.get((fact.replication, site)) == "raw":
                return f"{fact.secondary} replays g{fact.generation}.{fact.number} while it is raw"
        return None


class PlannedChangesLoseNothing:
    """B1, B3: at a failback or swap everything that was written is in the copy that takes over."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], int] = {}
        self._cut: dict[tuple[str, int], int] = {}
        self._replayed: dict[Who, tuple[int, int]] = {}
        self._site: dict[Who, str] = {}
        self._before: dict[str, tuple[int, set[str]]] = {}  # the last set of the generation before; who had it

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a change of direction."""
        match fact:
            case WritesLooked():
                key = (fact.replication, fact.generation)
                self._open[key] = self._open.get(key, 0) + fact.writes
            case DeltaSetCut():
                key = (fact.replication, fact.generation)
                self._open[key], self._cut[key] = 0, fact.number
            case ReplicationBegan():
                self._begin(fact)
            case RouteStood():
                self._site[fact.replication, fact.member] = fact.site
            case SetReplayed() | CopyFinished():
                self._replayed[fact.replication, fact.secondary] = (fact.generation, fact.number)
            case Promoted(planned=True):
                return self._check(fact)
        return None

    def _begin(self, fact: ReplicationBegan) -> None:
        before = fact.generation - 1
        last = (before, self._cut.get((fact.replication, before), 0))
        had = {
            site for who, site in self._site.items() if who[0] == fact.replication and self._replayed.get(who) == last
        }
        self._before[fact.replication] = (self._open.get((fact.replication, before), 0), had)
        self._cut[fact.replication, fact.generation] = 0
        for secondary in fact.secondaries:
            self._replayed[fact.replication, secondary] = (fact.generation, 0)

    def _check(self, fact: Promoted) -> str | None:
        left, had = self._before[fact.replication]
        if left:
            return f"{left} writes were in no set when {fact.site} took over"
        if fact.site not in had:
            return f"{fact.site} took over without the last set"
        return None


class CommandsComeToAnEnd:
    """F11: what is refused changed nothing in between, and each command is answered at most once."""

    def __init__(self) -> None:
        self._given: set[tuple[str, str, str]] = set()

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with an answer."""
        if isinstance(fact, CommandGiven):
            self._given.add((fact.replication, fact.command, fact.name))
        if isinstance(fact, CommandDone | CommandRefused):
            key = (fact.replication, fact.command, fact.name)
            if key not in self._given:
                return f"{fact.command} '{fact.name}' was answered, and nobody gave it"
            self._given.discard(key)
        return None


class RecoveriesLeaveNothing:
    """R11, B7: restart points and protective snapshots are gone once every copy is back on the history."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], str] = {}
        self._mounts = Mounts()

    def __call__(self, fact: Record) -> str | None:
        """What is left at the end of a run."""
        self._mounts(fact)
        match fact:
            case SnapshotTaken(cause="restart" | "protective"):
                self._kept[fact.volume, fact.site, fact.snapshot] = fact.cause
            case SnapshotDeleted():
                self._kept.pop((fact.volume, fact.site, fact.snapshot), None)
            case RunEnded():
                whole = all(role in ("primary", "secondary") for role in self._mounts.role.values())
                if whole and self._kept:
                    (_, site, snapshot), cause = next(iter(self._kept.items()))
                    return f"snapshot {snapshot} at {site} ({cause}) is left, though every copy is back"
        return None
