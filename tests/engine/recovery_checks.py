"""What must hold of two sites after every act, and when two states of them are one to a search."""

import numpy as np

from sim.engine import resync
from sim.engine.evidence import FullCopyCause
from sim.engine.identity import SetId
from sim.engine.roles import Mount, Role, mount_of
from sim.engine.savevolume import Found


class Checked:
    """What `Sites` checks of itself."""

    # -- what must hold -----------------------------------------------------------------------------------------------

    def check(self):
        """After every act."""
        assert len([site for site in (self.a, self.b) if site.role is Role.PRIMARY]) <= 1, "F5: two primaries"
        assert not (self.source.up and self.source.role is not Role.PRIMARY), "nobody is the source"
        for site in (self.a, self.b):
            if mount_of(site.role) is Mount.READ_WRITE:
                assert site.holds(self.truth.live[site.name]), f"{site.name} lost a user's write"
            if site.role is Role.SECONDARY:
                self._check_view(site)
            assert site.role is not Role.RESYNCING or site.playback is None or not site.playback.readable, "R10: raw"
            site.queue.audit()
        for site, snapshot, contents, used in self.user_snapshots:
            held = site.queue.read(snapshot, np.array(sorted(used), dtype=np.int64)).tolist()
            assert held == [contents[block] for block in sorted(used)], "S1: a user's snapshot changed"
        if self.restart is not None:
            self._check_restart_point()
        if self.source.role is Role.PRIMARY and self.other.role is Role.SECONDARY:
            self._check_status()

    def _check_view(self, site):
        every = site.every
        seen = site.playback.read(every).tolist(), set(every[site.playback.in_use(every)].tolist())
        contents, used = self.truth.boundaries[site.playback.view]
        assert seen[1] == used, "V1: other blocks are in use than at the boundary"
        assert all(seen[0][block] == contents[block] for block in used), f"V1: the view is not {site.playback.view}"

    def _check_restart_point(self):
        snapshot, stamp = self.restart
        if not self.source.queue.is_live(snapshot):
            return
        assert self.source.queue.stamp(snapshot) == stamp, "F1"
        contents, used = self.truth.boundaries[stamp]
        held = self.source.queue.read(snapshot, self.every).tolist()
        in_use = self.source.queue.in_use(snapshot, self.every)
        assert set(self.every[in_use].tolist()) == used, "F1: use at the restart point"
        assert all(held[block] == contents[block] for block in used), f"F1, F6: the restart point is not {stamp}"

    def _check_status(self):
        """R13: at least the true difference, and none only where there is none."""
        source, view = self.source, self.other.playback.boundary
        unsafe = [set_id for set_id in self._since(view) if source.ring.find(set_id) is not Found.HELD]
        assert not unsafe, f"C12: {unsafe} were not replayed, and are given back"
        counted = set(resync.may_differ(source.log, source.ring, view).tolist())
        contents, _ = self.truth.boundaries[view]
        here, used = self.truth.live[source.name]
        different = {block for block in used if here[block] != contents[block]}
        assert different <= counted, f"R13: {different} differ, and {counted} are counted"

    def _since(self, view):
        return [SetId(view.generation, n) for n in range(view.number + 1, self.source.log.stamp.number + 1)]

    def check_plan(self, site):
        """R1, R5, R14: exactly what was written there since, and by difference whenever that can be known."""
        if not self.plan.incremental:
            assert self.may_need_full_copy(site), f"R5: a needless full copy, because of {self.plan.cause}"
            self.reached[self.plan.cause] += 1
            return
        self.reached["incremental"] += 1
        self.reached["nothing to undo"] += self.plan.undo.size == 0
        _, stamp = self.restart
        contents, used = self.truth.boundaries[stamp]
        mine, undo = site.contents(), set(self.plan.undo.tolist())
        wrong = {block for block in used if mine[block] != contents[block]}
        assert wrong <= undo, f"R1: blocks {wrong} differ from {stamp}, and {undo} are undone"
        if site.log is not None and self.intermediate is None and site.log.stamp.generation == stamp.generation:
            lost = self.truth.lost_blocks(site.name, stamp.generation, stamp.number)
            assert undo == lost, f"R14: {lost} were lost, and {undo} are undone"

    def may_need_full_copy(self, site):
        """Whether a set that somebody would need is gone, by nobody's fault."""
        return self.plan.cause in self.excused(site)

    def excused(self, site):
        destroyed = {
            FullCopyCause.VOLUME_LOST: site.volume_lost,
            FullCopyCause.SAVE_VOLUME_LOST: site.ring_lost,
            FullCopyCause.MODIFICATION_LOG_LOST: site.log_lost,
            FullCopyCause.RESTART_SNAPSHOT_LOST: not self._restart_is_live(),
        }
        if destroyed.get(self.plan.cause):
            return {self.plan.cause}
        if site.log is None and not (site.playback is not None and site.playback.readable) and site.undo is None:
            return {FullCopyCause.NEVER_SEEDED}  # a full copy that did not come to its end
        if self.restart is not None and self.restart[1].generation != site.evidence().position.generation:
            return {FullCopyCause.SAVE_VOLUME_OVERWRITTEN} if self._an_old_set_is_gone(site) else set()
        return set()

    def _an_old_set_is_gone(self, site):
        """Sets of an ended history are kept as long as nobody needs their room."""
        here = (Found.HELD, Found.RELEASED)
        return any(
            site.ring.find(set_id) not in here and self.source.ring.find(set_id) not in here
            for set_id in self.truth.boundaries
            if set_id.number
        )

    def step_look(self, site, _):
        """R2: after a literal undo the copy is the restart point."""
        contents, used = self.truth.boundaries[self.restart[1]]
        mine = site.contents()
        assert all(mine[block] == contents[block] for block in used), "R2: not the restart point after the undo"

    def check_nothing_is_left(self):
        """R11, B7."""
        for site in (self.a, self.b):
            mine = [snapshot for where, snapshot, *_ in self.user_snapshots if where is site]
            assert list(site.queue.snapshots) == mine, "B7: a snapshot of the recovery is left"
            assert mine or site.queue.store.used == 0, "B7: before-images are left"
            assert site.undo is None, "B7: an undo list is left"

    # -- the state, for a search --------------------------------------------------------------------------------------

    def key(self):
        """Equal for histories that cannot be told apart from now on: contents count only by which of them are equal."""
        names = {}

        def named(contents):
            return tuple([names.setdefault(content, len(names)) for content in contents])

        sites = self._site_key(self.source, named), self._site_key(self.other, named)
        shots = [(site.name, shot, named(held), tuple(used)) for site, shot, held, used in self.user_snapshots]
        progress = self.restart, self.intermediate, tuple(self.todo or ()), self.todo is None
        return sites, self.generation, tuple(self.began_at.items()), progress, self._truth_key(named), tuple(shots)

    def _truth_key(self, named):
        truth = self.truth
        stamps = sorted(truth.stamp.items())
        lost = tuple(
            tuple(sorted(truth.lost_blocks(site, stamp.generation, number)))
            for site, stamp in stamps
            for number in range(stamp.number + 1)
        )
        states = [truth.boundaries[stamp] for _, stamp in stamps]
        states += [truth.boundaries[self.restart[1]]] if self.restart else []
        held = tuple([(named(contents), tuple(used)) for contents, used in states])
        return truth.received, truth.replayed, truth.begun, held, lost

    def _site_key(self, site, named):
        log, ring, copy, every = site.log, site.ring, site.playback, site.every
        sets = [ring.stored(set_id) for set_id in ring.kept()]
        held = [(s.id, s.released, s.complete, s.start, s.addresses.tobytes(), named(s.rows.tolist())) for s in sets]
        return (
            site.name,
            site.role,
            site.was if site.role is Role.LOST else None,
            named(site.contents()),
            site.volume.in_use(every).tobytes(),
            log and (log.stamp, log.not_in_open(every).tobytes(), log.in_old(every).tobytes()),
            ring._head % ring.capacity_blocks,
            tuple(held),
            tuple([self._snapshot_key(site, snapshot, named) for snapshot in site.queue.snapshots]),
            copy and (copy.readable and (copy.boundary, copy.view), copy.remaining),
            site.undo and (site.undo.after, site.undo.addresses.tobytes()),
            site.protective is not None,
            (site.volume_lost, site.ring_lost, site.log_lost),
        )

    @staticmethod
    def _snapshot_key(site, snapshot, named):
        entry = site.queue.entry(snapshot)
        images = entry.block_map.items()
        held = named(site.queue.store.read(images.saves).tolist())
        return images.blocks.tobytes(), held, entry.use.test(site.every).tobytes()
