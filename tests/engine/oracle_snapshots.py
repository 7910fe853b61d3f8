"""Naive oracles of the snapshot facility: full copies, sets and dictionaries, one block at a time (O2, O3).

`NaiveQueue` knows no bit map, block map or meta map. `Twin` runs one history on it and on the engine, and compares.
A history is text, for instance "w0 s w01 f1 s d0":

    w01  write blocks 0 and 1 in one batch        a1  put block 1 in use without writing it
    s    take a snapshot                          f1  free block 1
    d0   delete the oldest live snapshot          r1  restore production from the second oldest
    x4   extend the volume to 4 blocks            b0  drop the bit map of the oldest snapshot
"""

from dataclasses import dataclass, field

import numpy as np

from sim.engine.delta import delta
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume

PAYLOAD = 16


@dataclass
class Shot:
    """What the volume was, and when."""

    contents: list
    allocated: list
    at: int
    changed: set = field(default_factory=set)  # blocks written since
    images: set = field(default_factory=set)  # blocks whose before-image its entry should hold


class NaiveQueue:
    """The truth: every snapshot is a full copy."""

    def __init__(self, n_blocks, granularity, meta_maps=True):
        self.contents, self.allocated = [0] * n_blocks, [False] * n_blocks
        self.granularity, self.meta_maps = granularity, meta_maps
        self.shots: dict[int, Shot] = {}
        self.last = self.clock = 0
        self.writes: list[tuple[int, int]] = []  # (clock, block)

    @property
    def live(self):
        return list(self.shots)

    def group_in_use(self, allocated, block):
        first = block - block % self.granularity
        return any(allocated[first : first + self.granularity])

    def in_use(self, snapshot, block):
        shot = self.shots[snapshot]
        if block >= len(shot.contents):
            return False
        return not self.meta_maps or self.group_in_use(shot.allocated, block)

    def use(self, snapshot):
        return [b for b in range(len(self.shots[snapshot].contents)) if self.in_use(snapshot, b)]

    def use_now(self):
        return [b for b in range(len(self.contents)) if self.group_in_use(self.allocated, b)]

    def needed(self, block):
        """S9, told from the copies: some snapshot has it in use and nobody wrote it since."""
        return any(self.in_use(s, block) and block not in shot.changed for s, shot in self.shots.items())

    def write(self, blocks, values):
        """How many before-images this must save."""
        self.clock += 1
        saved = [b for b in blocks if self.needed(b)]
        if saved:
            self.shots[self.live[-1]].images.update(saved)
        for block, value in zip(blocks, values, strict=True):
            self.contents[block], self.allocated[block] = value, True
            self.writes.append((self.clock, block))
            for shot in self.shots.values():
                shot.changed.add(block)
        return len(saved)

    def allocate(self, block):
        self.allocated[block] = True

    def free(self, block):
        self.allocated[block] = False

    def extend(self, n_blocks):
        more = n_blocks - len(self.contents)
        self.contents += [0] * more
        self.allocated += [False] * more

    def create(self):
        self.clock += 1
        self.last += 1
        self.shots[self.last] = Shot(list(self.contents), list(self.allocated), self.clock)
        return self.last

    def delete(self, snapshot):
        """S11: an image moves to the older neighbour where an older snapshot would read it there."""
        place, gone = self.live.index(snapshot), self.shots[snapshot]
        older = self.live[:place]
        for block in sorted(gone.images):
            for back, s in enumerate(reversed(older)):
                between = older[len(older) - 1 - back :]
                if self.in_use(s, block) and not any(block in self.shots[t].images for t in between):
                    self.shots[older[-1]].images.add(block)
                    break
        del self.shots[snapshot]

    def to_restore(self, snapshot):
        shot = self.shots[snapshot]
        return [b for b in self.use(snapshot) if b in shot.changed]

    def restore(self, snapshot):
        shot = self.shots[snapshot]
        blocks = self.to_restore(snapshot)
        saved = self.write(blocks, [shot.contents[b] for b in blocks])
        self.allocated = list(shot.allocated) + [False] * (len(self.contents) - len(shot.contents))
        return saved

    def needed_delta(self, older, younger):
        """O3: what must be sent, by comparing the copies."""
        base, target = self.shots[older], self.shots[younger]
        return {b for b in self.use(younger) if not self.in_use(older, b) or base.contents[b] != target.contents[b]}

    def ruled_delta(self, older, younger, only_base=False):
        """FIG 40, told from the copies: in use in the younger, and written since the older or unused somewhere."""
        first, last = self.live.index(older), self.live.index(younger)
        asked = self.live[first:last][: 1 if only_base else None]
        start, stop = self.shots[older].at, self.shots[younger].at
        written = {b for clock, b in self.writes if start < clock < stop}
        return [b for b in self.use(younger) if b in written or not all(self.in_use(s, b) for s in asked)]

    @property
    def images(self):
        return sum(len(shot.images) for shot in self.shots.values())

    def key(self):
        """The state up to the names of contents and snapshots."""
        names: dict[int, int] = {}

        def named(contents):
            return tuple(names.setdefault(value, len(names)) for value in contents)

        shots = [(named(s.contents), tuple(s.allocated), tuple(sorted(s.images))) for s in self.shots.values()]
        return named(self.contents), tuple(self.allocated), tuple(shots)


# -- the three row types ----------------------------------------------------------------------------------------------


def id_rows(n_rows):
    return np.zeros(n_rows, dtype=np.uint64)


def payload_rows(n_rows):
    return np.zeros((n_rows, PAYLOAD), dtype=np.uint8)


def mapped_rows(folder):
    """Rows in files: each call makes the next one."""
    count = iter(range(1 << 20))

    def rows(n_rows):
        shape = (max(n_rows, 1), PAYLOAD)  # no file of zero bytes can be mapped
        return np.memmap(folder / f"{next(count)}.img", dtype=np.uint8, mode="w+", shape=shape)[:n_rows]

    return rows


def encode(values, like):
    """Rows that hold these ids, of the row type of `like`."""
    ids = np.asarray(values, dtype=np.uint64)
    if like.ndim == 1:
        return ids
    return np.tile(ids.view(np.uint8).reshape(-1, 8), (1, PAYLOAD // 8))


def decode(rows):
    """The ids that rows hold; each row must be whole."""
    if rows.ndim == 1:
        return [int(value) for value in rows]
    words = np.ascontiguousarray(rows).view(np.uint64).reshape(rows.shape[0], PAYLOAD // 8)
    assert (words == words[:, :1]).all(), "a torn row"
    return [int(value) for value in words[:, 0]]


def at(*blocks):
    return np.array(blocks, dtype=np.int64)


class Twin:
    """One history on the engine and on the oracle."""

    def __init__(self, n_blocks=2, granularity=1, capacity=64, rows=id_rows, **options):
        self.rows = rows
        self.queue = SnapshotQueue(Volume(rows(n_blocks), granularity), SnapshotStore(rows(capacity)), **options)
        self.queue.between = lambda: None  # where a mutant lets others in
        self.naive = NaiveQueue(n_blocks, granularity, options.get("meta_maps", True))
        self.value = 0

    def run(self, history):
        """Every step of the history; what the engine says of each write is compared with S9."""
        for step in history.split():
            self.do(step)
        return self

    def do(self, step):
        getattr(self, f"_{step[0]}")(*(int(digit) for digit in step[1:]))

    def write(self, blocks, values):
        outcome = self.queue.write(at(*blocks), encode(values, self.queue.volume.contents))
        for gone in outcome.invalidated:
            self.naive.delete(gone)
        expected = self.naive.write(blocks, values)
        assert outcome.saved_blocks == expected, f"S9/S10: {outcome.saved_blocks} images saved, {expected} needed"

    def _w(self, *blocks):
        values = [self.value + 1 + place for place in range(len(blocks))]
        self.value += len(blocks)
        self.write(blocks, values)

    def _a(self, *blocks):
        self.queue.allocate(at(*blocks))
        for block in blocks:
            self.naive.allocate(block)

    def _f(self, *blocks):
        self.queue.free(at(*blocks))
        for block in blocks:
            self.naive.free(block)

    def _s(self):
        assert self.queue.create() == self.naive.create()

    def _d(self, place):
        snapshot = self.naive.live[place]
        self.queue.delete(snapshot)
        self.naive.delete(snapshot)

    def _r(self, place):
        snapshot = self.naive.live[place]
        assert list(self.queue.changed_since(snapshot)) == self.naive.to_restore(snapshot)
        outcome = self.queue.restore(snapshot)
        for gone in outcome.invalidated:
            self.naive.delete(gone)
        assert outcome.saved_blocks == self.naive.restore(snapshot), "S16: images saved by a restore"

    def _x(self, n_blocks):
        grown = self.rows(n_blocks)
        grown[: self.queue.volume.n_blocks] = self.queue.volume.contents
        self.queue.extend(grown)
        self.naive.extend(n_blocks)

    def _b(self, place):
        self.queue.drop_bitmap(self.naive.live[place])

    # -- comparing ---------------------------------------------------------------------------------------------------

    def check(self):
        """Everything that must hold now."""
        self.check_volume()
        self.check_books()
        self.check_snapshots()
        self.check_deltas()
        return self

    def check_volume(self):
        assert decode(self.queue.volume.contents) == self.naive.contents, "S16: production"
        assert list(self.queue.volume.blocks_in_use()) == self.naive.use_now(), "S16: meta map of production"

    def check_books(self):
        self.queue.audit()
        assert list(self.queue.snapshots) == self.naive.live
        saved = [list(self.queue.entry(s).bits.indices()) for s in self.naive.live]
        assert saved == [sorted(shot.images) for shot in self.naive.shots.values()], "S9/S11: images kept"
        assert self.queue.store.used == self.naive.images, "S14: places in use"

    def check_snapshots(self):
        for snapshot, shot in self.naive.shots.items():
            read = decode(self.queue.read(snapshot, np.arange(len(shot.contents))))
            use = self.naive.use(snapshot)
            assert [read[b] for b in use] == [shot.contents[b] for b in use], f"S1: snapshot {snapshot}"
            assert list(self.queue.blocks_in_use(snapshot)) == use, f"S12/S13: meta map of snapshot {snapshot}"

    def check_deltas(self, lean=True):
        sent = {}
        for place, older in enumerate(self.naive.live):
            for younger in self.naive.live[place + 1 :]:
                sent[older, younger] = self.delta(older, younger)
                if lean:
                    self.delta(older, younger, rule="fig40-lean", only_base=True)
                if not self.queue.meta_maps:
                    self.delta(older, younger, rule="fig34")
        self.check_chains(sent)

    def delta(self, older, younger, rule="fig40", only_base=False):
        """D1-D6 for one pair: exactly what the rule says, covering what must be sent, with the younger's contents."""
        answer = delta(self.queue, older, younger, rule=rule)
        blocks, target = list(answer.addresses), self.naive.shots[younger]
        assert blocks == self.naive.ruled_delta(older, younger, only_base), f"D2/D3/D5/D6: {rule} {older}-{younger}"
        assert self.naive.needed_delta(older, younger) <= {int(b) for b in blocks}, f"D1: {rule} {older}-{younger}"
        values = decode(answer.rows())
        assert values == [target.contents[b] for b in blocks], f"D4: {rule} {older}-{younger}"
        return dict(zip((int(b) for b in blocks), values, strict=True))

    def check_chains(self, sent):
        """D1 and D7: onto a copy of each snapshot, one delta after another, with garbage in unused blocks."""
        live = self.naive.live
        for place, first in enumerate(live):
            base = self.naive.shots[first]
            copy = {b: base.contents[b] if self.naive.in_use(first, b) else -1 for b in range(len(self.naive.contents))}
            direct = copy
            for older, younger in zip(live[place:], live[place + 1 :], strict=False):
                copy = copy | sent[older, younger]
                for result in (copy, direct | sent[first, younger]):
                    wrong = [b for b in self.naive.use(younger) if result[b] != self.naive.shots[younger].contents[b]]
                    assert not wrong, f"D1/D7: {first} to {younger} is wrong on {wrong}"
