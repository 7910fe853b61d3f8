"""Two sites with the real engine and no clock: written to, cut, sent, replayed, lost, failed over, resynced, swapped.

A history is a line of words; each is one atomic act. Plain lists beside it say what every boundary held (O1), what was
received and replayed, which writes a failover lost. `check` compares after each act.

    w0 w01 f0   users write block 0, blocks 0 and 1, free block 0, at the primary    W0   write at a stale one
    c h         cut: copied out whole, or as far as half (c goes on)         C       at a stale one
    s p b       send all sets; replay all; begin to replay, one block
    x y u       the source's site goes down; the other's; all are up again
    fd fn fs    failover: default, now, sync; the source is told             ud un   it is up and cannot be told
    ff          failover by force to a copy on a history that ended
    n N         a user's snapshot at the source; the oldest one is deleted
    r R         the next step of a resync; all that are left
    k           swap or failback: whoever has nothing to catch up with is the source
    ev er el    while the old source is down: its volume, its save volume, its modification log are destroyed
    es          the snapshot store overflows: the restart snapshot is gone
"""

from collections import Counter

import numpy as np

from sim.engine import resync
from sim.engine.evidence import UndoList
from sim.engine.identity import START, SetId
from sim.engine.receiver import SetReceiver
from sim.engine.roles import Mount, Role, Step, come_back, mount_of
from tests.engine.recovery_checks import Checked
from tests.engine.recovery_site import N_BLOCKS, Site, Truth


class Sites(Checked):
    """Site a is the primary, b the secondary, both at the same boundary; one block is in use."""

    def __init__(self, capacity=4, transfer="merged", protect=False, n_blocks=N_BLOCKS, disasters=False):
        self.transfer, self.protect, self.every = transfer, protect, np.arange(n_blocks)
        self.disasters = disasters
        self.a, self.b = Site("a", capacity, Role.PRIMARY, n_blocks), Site("b", capacity, Role.SECONDARY, n_blocks)
        self.a.serve(START)
        self.b.listen(START, START)
        self.source, self.other = self.a, self.b
        self.truth = Truth(n_blocks)
        self.generation, self.began_at = 1, {}
        self.restart = None  # (snapshot, stamp), at the source
        self.todo = None
        self.plan = self.intermediate = None
        self.user_snapshots = []  # (site, snapshot, contents, used)
        self.reached = Counter()
        self._value = 1

    # -- a history ----------------------------------------------------------------------------------------------------

    def run(self, history, check=True):
        """Do what the words say. Raises ValueError for one that is not possible now."""
        for word in history.split():
            self.do(word)
            if check:
                self.check()
        return self

    def do(self, word):
        """One word. Raises ValueError when it makes no sense now."""
        if word[:1] in "wWf" and word[1:].isdigit():
            for digit in word[1:]:
                self._users(word[0], int(digit))
            return None
        if word not in self.possible():
            raise ValueError(f"{word} is not possible now")
        if word in ("fd", "fn", "fs", "ud", "un"):
            return self.failover(word[1], told=word[0] == "f")
        return getattr(self, f"do_{word}")()

    def possible(self):
        """The words that make sense now."""
        source, other = self.source, self.other
        words = []
        serving = source.up and source.role is Role.PRIMARY
        if serving:
            words += ["w0", "w1"]
            words += ["f0"] if 0 in self.truth.live[source.name][1] else []
            words += ["c"] if self._can_cut(source) else []
            words += ["h"] if self._can_cut(source) and source.source.builder is None and source.log.open_count else []
            words += ["n"] if len(self.user_snapshots) < 2 else []
            words += ["N"] if self.user_snapshots else []
            words += ["s"] if other.receiver is not None and other.up and self._unsent() else []
        if other.role is Role.STALE_PRIMARY:
            words += ["W0", "W1"] + (["C"] if self._can_cut(other) else [])
        if any(self._can_play(site) for site in (self.a, self.b)):
            words += ["p"]
            words += ["b"] if self._can_play(other) and not other.playback.remaining else []
        words += ["x"] if source.up else []
        words += ["y"] if other.up else []
        words += [] if source.up and other.up else ["u"]
        if self.disasters and not other.up and other.was in (Role.PRIMARY, Role.DEMOTED, Role.RESYNCING):
            words += ["ev", "er", "el"]
        words += ["es"] if self.disasters and self._restart_is_live() and self.todo is None else []
        words += self._possible_commands(serving)
        return words

    def _possible_commands(self, serving):
        words, other = [], self.other
        if other.role is Role.SECONDARY:
            words += ["fd", "fn"] + (["ud", "un", "fs", "k"] if serving else [])
            if serving and not self._can_settle():
                words = [word for word in words if word not in ("fs", "k")]
        if other.role is Role.DEMOTED and not self.source.up:
            words += ["ff"] if self._can_close(other) else []
        if serving and other.role in (Role.STALE_PRIMARY, Role.DEMOTED, Role.AWAITING, Role.RESYNCING):
            words += ["r", "R"]
        return words

    def _can_cut(self, site):
        return site.source.builder is not None or site.log.open_count <= site.ring.free_blocks

    def _can_close(self, site):
        return site.log.open_count <= site.ring.free_blocks

    def _can_settle(self):
        return self._can_close(self.source) and (
            sum(self.source.ring.stored(set_id).blocks for set_id in self._unsent()) + self.source.log.open_count
            <= self.other.ring.free_blocks
        )

    def _can_play(self, site):
        return site.up and site.playback is not None and bool(site.playback.remaining or site.playback.playable())

    # -- users, cuts, the way, playback -------------------------------------------------------------------------------

    def _users(self, word, block):
        site = self.other if word == "W" else self.source
        if word == "f":
            site.source.free(np.array([block]))
            return self.truth.free(site.name, block)
        self._value += 1
        site.source.write(np.array([block]), np.array([self._value], dtype=np.uint64))
        return self.truth.write(site.name, block, self._value)

    def do_c(self):
        self._cut(self.source)

    def do_C(self):
        self._cut(self.other)

    def _cut(self, site):
        if site.source.builder is None:
            site.source.cut()
            self.truth.cut(site.name)
        site.source.copy_out_all()
        if site is self.source and self.other.receiver is None:
            site.ring.release_through(site.log.stamp)  # there is nobody to keep it for

    def do_h(self):
        builder = self.source.source.cut()
        self.truth.cut(self.source.name)
        self.source.source.copy_out(builder.blocks // 2)

    def _unsent(self):
        ring, receiver = self.source.ring, self.other.receiver
        return [
            set_id
            for set_id in ring.held()
            if set_id.generation == self.generation and ring.is_complete(set_id) and not receiver.complete(set_id)
        ]

    def do_s(self):
        other = self.other
        for set_id in self._unsent():
            stored = self.source.ring.stored(set_id)
            if stored.blocks > other.ring.free_blocks:
                self.reached["no room at the other site"] += 1
                return
            other.receiver.receive_header(stored.header)
            if stored.blocks:
                other.receiver.receive(stored.chunk_range(0, stored.shape.chunks))
            self.truth.received = max(self.truth.received, set_id)
            self.on_receipt(set_id)

    def on_receipt(self, set_id):
        """Receipt frees nothing (finding 4)."""

    def do_p(self):
        for site in (self.a, self.b):
            if self._can_play(site):
                self._replay(site)

    def _replay(self, site):
        """Finish what was begun, then everything that was received."""
        site.playback.at_boundary()
        playable = site.playback.playable()
        if playable:
            site.playback.begin(playable[-1])
            site.playback.at_boundary()
        self._replayed(site)
        self.truth.replayed, self.truth.begun = self.truth.received, None

    def do_b(self):
        playable = self.other.playback.playable()
        self.other.playback.begin(playable[-1])
        self.other.playback.integrate(1)
        self.truth.begun = self.truth.received

    def _replayed(self, site):
        """The acknowledgement of replay: both save volumes give the sets back."""
        last = site.playback.boundary
        site.ring.release_through(last)
        if self.source.up:
            self.source.ring.release_through(last)

    # -- disasters ----------------------------------------------------------------------------------------------------

    def do_x(self):
        self._goes_down(self.source)

    def do_y(self):
        self._goes_down(self.other)

    def _goes_down(self, site):
        site.was = site.role
        site.step(Step.GO_DOWN)
        self.todo = None

    def do_ev(self):
        site = self.other
        site.volume_lost = True
        for snapshot in site.queue.snapshots:
            site.queue.delete(snapshot)
        site.protective = None
        self.user_snapshots = [shot for shot in self.user_snapshots if shot[0] is not site]
        site.volume.contents[:] = 0
        site.volume.free(site.every)

    def do_er(self):
        self.other.ring_lost = True

    def do_el(self):
        self.other.log_lost = True

    def do_es(self):
        self.source.queue.delete(self.restart[0])

    def _restart_is_live(self):
        return self.restart is not None and self.source.queue.is_live(self.restart[0])

    def do_u(self):
        """What is on the disks comes back; a source that was lost when it was replaced hears of it."""
        for site in (self.a, self.b):
            if site.up:
                continue
            superseded = site is self.other and site.was in (Role.PRIMARY, Role.STALE_PRIMARY)
            told = site.was is Role.PRIMARY
            site.step(come_back(site.was, superseded=superseded, told=told, volume_lost=site.volume_lost))
            if site.source is not None:
                site.source.recover()
            if site.playback is not None:
                site.playback.recover()
                site.receiver = SetReceiver(site.ring, site.receiver._stamp)

    # -- failover -----------------------------------------------------------------------------------------------------

    def failover(self, mode, told):
        """Fence, drain, snapshot, promote (FIG 23, 32, 33)."""
        old, new = self.source, self.other
        if mode == "s":
            self._settle(old, new)
        expected = self.expected_restart(mode)
        if old.up:
            if told and old.role is Role.PRIMARY:
                old.step(Step.DEMOTE)
            elif old.role is Role.PRIMARY:
                old.step(Step.GO_ON_UNAWARE)
        self._drain(new, mode)
        restart = new.playback.boundary
        assert restart == expected, f"F2: {mode} ends at {restart} instead of {expected}"
        if mode == "s":
            assert not self.truth.lost_blocks(old.name, self.generation, restart.number), "F3: sync lost a write"
            assert new.holds((old.contents(), old.used())), "F3: sync ends in two different copies"
        self._promote(new, restart)
        self.source, self.other = new, old

    def expected_restart(self, mode):
        """F2, from what the plain history says was received and replayed."""
        truth = self.truth
        if mode == "s":
            return truth.stamp[self.source.name]
        return truth.received if mode == "d" else truth.begun or truth.replayed

    def _settle(self, old, new):
        """Nobody writes; the last set is cut, sent and replayed."""
        old.step(Step.DEMOTE)
        self._close(old)
        self.do_s()
        self._replay(new)

    def _drain(self, site, mode):
        site.playback.at_boundary()
        if mode != "n":
            self._replay(site)

    def _promote(self, site, restart):
        """Restart point, then the new generation: tracked from before the first write (F1, F6)."""
        self._forget_restart()
        if site.protective is not None:
            site.queue.delete(site.protective)
            site.protective = None
        self.restart = site.queue.create(stamp=restart), restart
        self._become_source(site, restart)
        site.step(Step.PROMOTE if site.role is Role.SECONDARY else Step.FORCE)

    def _become_source(self, site, boundary):
        self.generation += 1
        self.began_at[self.generation] = boundary
        site.undo = None
        site.empty_ring()
        self.truth.begin(site.name, self.generation, boundary)
        site.serve(SetId(self.generation, 0))
        self.todo = self.plan = self.intermediate = None

    def do_ff(self):
        """The copy whose history ended is all that is left: what is in its volume becomes a boundary (F7)."""
        old, new = self.source, self.other
        new.source.recover()
        self._close(new)
        self._promote(new, new.log.stamp)
        self.source, self.other = new, old

    def _close(self, site):
        """Make what is in the volume a boundary, whatever was under way."""
        if site.source.builder is not None:
            self._cut(site)
        self._cut(site)

    def do_k(self):
        """Read-only here, settle, another generation, read-write there (FIG 30; B1-B3)."""
        old, new = self.source, self.other
        self._settle(old, new)
        self.at_the_switch(old, new)
        assert not self._writable(), "B2: somebody can write at the switch"
        boundary = new.playback.boundary
        self._forget_restart()
        self._become_source(new, boundary)
        old.log = None
        old.empty_ring()
        old.listen(SetId(self.generation, 0), SetId(self.generation, 0))  # B3: before the new source takes a write
        old.step(Step.FOLLOW)
        new.step(Step.PROMOTE)
        self.source, self.other = new, old
        assert self._writable() == [new.name], "B2"

    def at_the_switch(self, old, new):
        assert new.holds((old.contents(), old.used())), "B1: the copies differ at the switch"
        assert new.holds(self.truth.live[old.name]), "B1: a write is lost by a failback"

    def _writable(self):
        return [site.name for site in (self.a, self.b) if mount_of(site.role) is Mount.READ_WRITE]

    # -- snapshots of users -------------------------------------------------------------------------------------------

    def do_n(self):
        contents, used = self.truth.live[self.source.name]
        self.user_snapshots.append((self.source, self.source.queue.create(), contents, used))

    def do_N(self):
        site, snapshot, *_ = self.user_snapshots.pop(0)
        site.queue.delete(snapshot)

    # -- resync -------------------------------------------------------------------------------------------------------

    def do_r(self):
        """One atomic step; a crash on either side forgets how far it came."""
        if self.todo is None:
            first = ["tell"] if self.other.role is Role.STALE_PRIMARY else []
            self.todo = [*((word, None) for word in first), ("plan", None), ("protect", None), ("meet", None)]
        word, what = self.todo.pop(0)
        getattr(self, f"step_{word}")(self.other, what)

    def do_R(self):
        self.do_r()
        for _ in range(40):
            if self.other.role is Role.SECONDARY:
                return
            self.check()
            self.do_r()
        raise AssertionError("a resync does not come to its end")

    def step_tell(self, site, _):
        site.step(Step.DEMOTE)

    def step_plan(self, site, _):
        """Step 531; the undo list is durable from here on, and only now its save volume is free for others (R7)."""
        self.plan = self.make_plan(site)
        self.check_plan(site)
        self.store_undo(site)
        site.empty_ring()
        if site.role is not Role.RESYNCING:
            site.step(Step.BEGIN_RESYNC)
        if not (self.protect and site.protective is None and self.plan.incremental and site.playback is None):
            self.todo.pop(0)

    def step_protect(self, site, _):
        """R10: what is there is kept, consistent, until the new copy is."""
        site.protective = site.queue.create()

    def step_meet(self, site, _):
        """Step 533: replication starts, at the intermediate point; what is sent is known."""
        source = self.source
        source.ring.release_through(source.log.stamp)  # nobody needs them: the copy will include them
        self._close(source)
        stamp = source.log.stamp
        if self.intermediate is not None:
            source.queue.delete(self.intermediate)
        self.intermediate = source.queue.create(stamp=stamp)
        legs = self.legs()
        self.widen_undo(site, legs)
        source.ring.release_through(stamp)
        site.listen(stamp, None)
        self.truth.received = self.truth.replayed = stamp
        for leg in legs:
            self.todo += [("send", (leg.snapshot, block)) for block in leg.addresses.tolist()]
            self.todo += [("look", leg.name)] if self.transfer == "literal" and leg.name == "undo" else []
        self.todo.append(("finish", stamp))

    def make_plan(self, site):
        stamp, live = self.restart[1], self._restart_is_live()
        return resync.plan(site.evidence(), stamp, live, self.source.ring, self.began_at)

    def legs(self):
        return resync.legs(self.plan, self.source.queue, self.restart[0], self.intermediate, self.transfer)

    def store_undo(self, site):
        site.undo = UndoList(self.restart[1], self.plan.undo) if self.plan.incremental else None
        if not self.plan.incremental:
            site.log = site.source = None
            site.log_lost = site.ring_lost = site.volume_lost = False  # there is nothing left to tell from
            site.listen(SetId(self.generation, 0), None)

    def widen_undo(self, site, legs):
        if site.undo is not None:
            site.undo = site.undo.with_legs(legs)

    def step_send(self, site, what):
        """Steps 532, 534, 536: a block."""
        snapshot, block = what
        site.queue.write(np.array([block]), self.read(snapshot, np.array([block])))

    def read(self, snapshot, addresses):
        """R4: from the snapshot."""
        return self.source.queue.read(snapshot, addresses)

    def step_finish(self, site, stamp):
        """Step 535: what is in use is what is in use there; read-only; playback starts; snapshots go."""
        site.volume.restore_use(self.source.queue.entry(self.intermediate).allocation)
        assert site.holds(self.truth.boundaries[stamp]), f"R3: {site.contents()} after the resync is not {stamp}"
        site.playback.start(stamp)
        site.undo = site.log = site.source = None
        site.volume_lost = site.log_lost = site.ring_lost = False
        site.step(Step.FINISH_RESYNC)
        self.source.queue.delete(self.intermediate)
        self.intermediate = self.todo = None
        if site.protective is not None:
            site.queue.delete(site.protective)
            site.protective = None
        self._forget_restart()
        self.check_nothing_is_left()

    def _forget_restart(self):
        if self.restart is not None and self.source.queue.is_live(self.restart[0]):
            self.source.queue.delete(self.restart[0])
        if self.intermediate is not None and self.source.queue.is_live(self.intermediate):
            self.source.queue.delete(self.intermediate)
        self.restart = self.intermediate = None
