"""Wrong ways to fail over and to come back (CORRECTNESS.md, 1.6-1.8, findings 1-4): each must die.

A mutant is a line of the engine changed, or a wrong protocol of two sites. It names what the search starts from, the
words that it may use, the invariant that speaks up, and the shortest history after which it does.
"""

import pickle
from dataclasses import dataclass, field

from sim.engine import delta as delta_module
from sim.engine import lineage, resync, resync_legs
from sim.engine.roles import Role, Step
from tests.engine.mutants_replication import Mutant
from tests.engine.recovery_sites import Sites


@dataclass(frozen=True)
class Wrong:
    """`edit` a function of the engine (function, old, new), or take other `sites`; and where that shows."""

    name: str
    rule: str
    trace: str
    start: str = ""
    words: str = "w0 w1 W0 c s x u fd un R"
    edit: tuple = ()
    sites: type = Sites
    options: dict = field(default_factory=dict)

    def __str__(self):
        return self.name.replace(" ", "_")

    @property
    def depth(self):
        """How many words the search goes on after `start`."""
        return len(self.trace.split()) - len(self.start.split())

    def apply(self, monkeypatch):
        """Change the engine until the end of the test."""
        if self.edit:
            Mutant(self.name, *self.edit, proof=None).apply(monkeypatch)


class ReadLive(Sites):
    def read(self, snapshot, addresses):
        return self.source.volume.read(addresses)


class FreeOnReceipt(Sites):
    def on_receipt(self, set_id):
        self.source.ring.release(set_id)


class VolatileUndoList(Sites):
    def step_plan(self, site, what):
        super().step_plan(site, what)
        site.undo = None


class NowPlaysEverything(Sites):
    def _drain(self, site, mode):
        super()._drain(site, "d")


class DefaultStopsAtOnce(Sites):
    def _drain(self, site, mode):
        super()._drain(site, "n")


class NowTearsTheGroup(Sites):
    def _drain(self, site, mode):
        if mode == "n":
            site.playback.stop_reading()
            site.playback.start(self.truth.replayed)
        super()._drain(site, mode)


class SyncForgetsTheLastCut(Sites):
    def _close(self, site):
        """Nothing."""


class UnplayedSetsAreReplayedLater(Sites):
    def _become_source(self, site, boundary):
        playback, site.empty_ring = site.playback, lambda: None
        super()._become_source(site, boundary)
        del site.empty_ring
        site.playback = playback


class SnapshotAfterTheFirstWrite(Sites):
    """473 after 474."""

    def do(self, word):
        super().do(word)
        if word.startswith("w") and self.restart is not None:
            snapshot, stamp = self.restart
            self.source.queue.delete(snapshot)
            self.restart = self.source.queue.create(stamp=stamp), stamp


class ReadAtTheDisaster(Sites):
    """E12: what was found when it was replaced."""

    early = b""

    def key(self):
        return super().key(), self.early

    def failover(self, mode, told):
        super().failover(mode, told)
        self.early = pickle.dumps(self.other.evidence())

    def make_plan(self, site):
        site.evidence = lambda: pickle.loads(self.early)
        made = super().make_plan(site)
        del site.evidence
        return made


class PlaysBeforeItIsThere(Sites):
    def step_meet(self, site, what):
        super().step_meet(site, what)
        site.playback.start(self.source.log.stamp)


class KeepsTheRestartSnapshot(Sites):
    def _forget_restart(self):
        self.restart = self.intermediate = None


class KeepsTheProtectiveSnapshot(Sites):
    def step_finish(self, site, stamp):
        site.protective, kept = None, site.protective
        super().step_finish(site, stamp)
        site.protective = kept


class ReadWriteThereFirst(Sites):
    """E39: the new source is mounted before the old one is read-only."""

    def at_the_switch(self, old, new):
        super().at_the_switch(old, new)
        old.step(Step.REINSTATE)


class FailsBackWithoutTheLastSet(Sites):
    def _settle(self, old, new):
        old.step(Step.DEMOTE)


class PromotesWhatIsRaw(Sites):
    """F7 not asked: a copy in mid-resync takes over."""

    def possible(self):
        raw = self.other.role is Role.RESYNCING and self.other.playback is not None and not self.source.up
        return super().possible() + (["fd"] if raw else [])

    def _drain(self, site, mode):
        if not site.playback.readable:
            site.playback.start(self.truth.replayed)
        super()._drain(site, mode)


class SendsOnlyTheRest(Sites):
    """D12: begun again, at a newer intermediate point, it does not send what it sent before."""

    sent = frozenset()

    def key(self):
        return super().key(), self.sent

    def step_send(self, site, what):
        super().step_send(site, what)
        self.sent |= {what[1]}

    def step_meet(self, site, what):
        super().step_meet(site, what)
        self.todo = [(word, what) for word, what in self.todo if word != "send" or what[1] not in self.sent]


MUTANTS = (
    # -- the four findings
    Wrong("finding 1 open writes are forgotten", "R1", "w0 fd R",
          edit=(resync._unfinished, "evidence.log.old_addresses(), evidence.log.open_addresses()",
                "evidence.log.old_addresses()")),
    Wrong("finding 2 nothing to undo is taken for not found", "R5: a needless full copy", "fd R",
          edit=(resync._Search._collect, "{*needed.own, *needed.others}",
                "{*needed.own, *needed.others, self._restart.next()}")),
    Wrong("finding 3 a number without its generation", "R1", "fd w0 c x ff u R", start="fd w0 c",
          words="w0 w1 c x u ff R",
          edit=(lineage.parting, "shared = next((generation for generation in ours if generation in theirs), None)",
                "shared, theirs = here.generation, {here.generation: there.number}")),
    Wrong("finding 4 free on receipt", "C12", "c s", words="w0 w1 c s fn R", sites=FreeOnReceipt),
    # -- failover
    Wrong("F1 the snapshot comes after the first write", "F1, F6", "fd w0", sites=SnapshotAfterTheFirstWrite),
    Wrong("F2 now plays everything", "F2", "c s fn", words="w0 w1 c s p b fd fn fs", sites=NowPlaysEverything),
    Wrong("F2 default stops at once", "F2", "c s fd", words="w0 w1 c s p b fd fn fs", sites=DefaultStopsAtOnce),
    Wrong("F2 now tears the group that was begun (E5)", "F2", "c s b fn", words="w0 w1 c s p b fn",
          sites=NowTearsTheGroup),
    Wrong("F3 sync without the last cut", "F3: sync lost a write", "w0 fs", words="w0 w1 c s p b fd fn fs",
          sites=SyncForgetsTheLastCut),
    Wrong("F7 what is raw takes over", "a user's write", "w0 fd r r x fd", start="w0 fd", words="w0 w1 r x fd",
          sites=PromotesWhatIsRaw),
    Wrong("F8 unplayed sets are replayed later", "a user's write", "w0 c s fn p", words="w0 w1 c s p b fd fn",
          sites=UnplayedSetsAreReplayedLater),
    # -- resync
    Wrong("R1 only the first set is looked up (E12)", "R1", "w1 c w0 c fd R", start="w1 c",
          edit=(lineage._after, "ancestry[generation] + 1)", "min(first, ancestry[generation]) + 1)")),
    Wrong("R1 the log is read at the disaster (E12)", "R1", "ud W0 R", words="w0 w1 W0 c C s x u fd ud R",
          sites=ReadAtTheDisaster),
    Wrong("R3 the bit map of one snapshot only (E8)", "R3", "fd n w0 R", words="w0 n c fd R",
          edit=(delta_module.delta, "queue.entries(older, younger)[:-1]", "queue.entries(older, younger)[:1]")),
    Wrong("R3 newly used blocks have no before-image (E8)", "R3", "fd w1 R",
          edit=(delta_module.delta, "union(target.n_blocks, [_imaged(scanned, target),"
                " difference(wanted, _always_in_use(asked, target))])", "_imaged(scanned, target)")),
    Wrong("R3 what is in use is forgotten", "R3", "w1 fd R",
          edit=(Sites.step_finish, "site.volume.restore_use(", "id(")),
    Wrong("R4 read from the live copy", "R3", "fd w0 r r w0 R", start="fd w0", words="w0 w1 c s r R", sites=ReadLive),
    Wrong("R4 a literal undo from the live copy", "R2", "w0 fd w0 R", words="w0 w1 c s fd R", sites=ReadLive,
          options={"transfer": "literal"}),
    Wrong("R6 the merged leg reads the restart point", "R3", "w0 fd w0 R",
          edit=(resync_legs.legs, 'return Leg("undo", intermediate, undo)',
                'return Leg("undo", restart_snapshot, undo)')),
    Wrong("R6 merged leaves out what was undone and changed as well", "R3", "w0 fd w0 R",
          edit=(resync_legs._merged, "return undo, changed[~undone.test(changed)]",
                "return undo[~Bitmap.of(undone.n_bits, changed).test(undo)], changed[~undone.test(changed)]")),
    Wrong("R7 the undo list is not durable", "R5: a needless full copy", "w0 w1 c ud r r r w0 c s y u R",
          start="w0 w1 c ud r r r w0 c", words="w0 w1 c s y u R", sites=VolatileUndoList, options={"capacity": 2}),
    Wrong("R8 begun again it sends only the rest (case 49)", "R3", "w0 fd r r r w0 y u R", start="w0 fd r r r",
          words="w0 y u r R", sites=SendsOnlyTheRest),
    Wrong("R9 playback starts before the end", "R10: raw", "fd r r", words="w0 w1 c s fd r",
          sites=PlaysBeforeItIsThere),
    Wrong("R11 the restart snapshot stays", "B7", "fd R", sites=KeepsTheRestartSnapshot),
    Wrong("B7 the protective snapshot stays", "B7", "fd R", sites=KeepsTheProtectiveSnapshot,
          options={"protect": True}),
    # -- failback
    Wrong("B1 the last set is left behind", "B1", "w0 k", words="w0 w1 c s p fd R k", sites=FailsBackWithoutTheLastSet),
    Wrong("B2 two can write at the switch", "B2", "k", words="w0 w1 c s p fd R k", sites=ReadWriteThereFirst),
)  # fmt: skip
