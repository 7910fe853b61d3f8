"""A third site: the source is lost while it brings a copy back, and whoever is next knows less than the copy got (E53).

a wrote what was never cut; b took over, wrote, and c follows as far as set g2.1; a is on its way to g2.2 when b is lost
as well; c takes over at g2.1. Every combination of who wrote which of two blocks, and of how far the copy had come.
"""

from itertools import chain, combinations, product

import numpy as np
import pytest

from sim.engine.evidence import UndoList
from sim.engine.identity import START, SetId
from sim.engine.resync import legs, plan
from sim.engine.roles import Role
from tests.engine.recovery_sites import Site

WRITTEN = list(chain.from_iterable(combinations((0, 1), size) for size in range(3)))
BEGAN = {2: START, 3: SetId(2, 1)}


class Three:
    """The sites, and the values that users write."""

    def __init__(self):
        self.a, self.b, self.c = (Site(name, 8, Role.SECONDARY, 2) for name in "abc")
        self.a.serve(START)
        self.b.listen(START, START)
        self.c.listen(START, START)
        self._value = 10

    def write(self, site, addresses):
        for address in addresses:
            self._value += 1
            site.source.write(np.array([address]), np.array([self._value], dtype=np.uint64))

    def cut(self, site, addresses):
        self.write(site, addresses)
        site.source.cut()
        return site.source.copy_out_all().id

    def promote(self, site, restart, generation):
        snapshot = site.queue.create(restart)
        site.empty_ring()
        site.serve(SetId(generation, 0))
        return snapshot

    def send(self, source, copy, some_legs, limit=None):
        """The first blocks of the legs, in order."""
        every = [(leg, block) for leg in some_legs for block in leg.addresses.tolist()]
        for leg, block in every[:limit]:
            copy.volume.write(np.array([block]), source.queue.read(leg.snapshot, np.array([block])))
        return len(every)


def bring_back(three, copy, source, restart_snapshot, restart, intermediate):
    """By difference, and to the end."""
    found = plan(copy.evidence(), restart, True, source.ring, BEGAN)
    assert found.incremental, found.cause
    three.send(source, copy, legs(found, source.queue, restart_snapshot, intermediate, "merged"))
    entry = source.queue.entry(intermediate)
    copy.volume.restore_use(entry.allocation)
    used = entry.allocation.allocated.indices()
    assert np.array_equal(copy.volume.read(used), source.queue.read(intermediate, used)), "R3"


def episode(branch, shared, ahead, after, how_far, remember):
    """The whole story; whether the copy had come as far as `how_far` blocks."""
    three = Three()
    a, b, c = three.a, three.b, three.c
    three.write(a, branch)
    at_b = three.promote(b, START, 2)
    c.listen(SetId(2, 0), SetId(2, 0))
    stored = b.ring.stored(three.cut(b, shared))
    c.receiver.receive_header(stored.header)
    if stored.blocks:
        c.receiver.receive(stored.chunk_range(0, stored.shape.chunks))
    c.playback.begin(SetId(2, 1))
    c.playback.at_boundary()
    three.cut(b, ahead)
    intermediate = b.queue.create(SetId(2, 2))
    found = plan(a.evidence(), START, True, b.ring, BEGAN)
    on_the_way = legs(found, b.queue, at_b, intermediate, "merged")
    a.undo = UndoList(START, found.undo)
    a.undo = a.undo.with_legs(on_the_way) if remember else a.undo
    there = three.send(b, a, on_the_way, how_far) >= how_far

    at_c = three.promote(c, SetId(2, 1), 3)
    three.cut(c, after)
    goal = c.queue.create(SetId(3, 1))
    bring_back(three, a, c, at_c, SetId(2, 1), goal)
    bring_back(three, b, c, at_c, SetId(2, 1), goal)
    return there


@pytest.mark.parametrize("branch", WRITTEN, ids=str)
def test_case_51_E53_R3_R8_whoever_is_next_brings_both_back_by_difference(branch):
    met = [
        episode(branch, shared, ahead, after, how_far, remember=True)
        for shared, ahead, after in product(WRITTEN, repeat=3)
        for how_far in (1, 2)
    ]
    assert any(met[1::2]), "some copies had come all the way"


def test_R8_a_list_without_what_was_on_its_way_is_not_enough():
    """b sent block 0 of g2.2 to a, and c never had that: nothing that c knows of says that a holds it."""
    with pytest.raises(AssertionError, match="R3"):
        episode(branch=(), shared=(), ahead=(0,), after=(), how_far=1, remember=False)
    assert episode(branch=(), shared=(), ahead=(0,), after=(), how_far=1, remember=True)
