"""A third site (E53, F9): every combination of who wrote which of two blocks, and of how far each copy had come.

two disasters   a wrote what was never cut; b took over, wrote, and c follows as far as set g2.1; a is on its way to
                g2.2 when b is lost as well; c takes over at g2.1, and knows less than a got
two copies      b takes over from a at one boundary, while c stands at another, or half-way between two
"""

from itertools import chain, combinations, product

import numpy as np
import pytest

from sim.engine.evidence import UndoList
from sim.engine.identity import START, SetId
from sim.engine.resync import legs, plan
from sim.engine.roles import Role
from tests.engine.recovery_site import Site

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

    def ship(self, source, copy, set_id):
        """A whole set arrives."""
        stored = source.ring.stored(set_id)
        copy.receiver.receive_header(stored.header)
        if stored.blocks:
            copy.receiver.receive(stored.chunk_range(0, stored.shape.chunks))

    def send(self, source, copy, some_legs, limit=None):
        """The first blocks of the legs, in order."""
        every = [(leg, block) for leg in some_legs for block in leg.addresses.tolist()]
        for leg, block in every[:limit]:
            copy.volume.write(np.array([block]), source.queue.read(leg.snapshot, np.array([block])))
        return len(every)


def bring_back(three, copy, source, restart_snapshot, restart, intermediate, began=BEGAN):
    """By difference, and to the end."""
    found = plan(copy.evidence(), restart, True, source.ring, began)
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
    three.ship(b, c, three.cut(b, shared))
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


PROGRESS = ("nothing", "received", "half of the first", "the first", "half of the second", "both")


def bring(three, copy, progress):
    """Replay of the two sets of a, as far as that; a copy in mid-group sees the end of it already."""
    if progress == "nothing":
        return
    for number in (1, 2):
        three.ship(three.a, copy, SetId(1, number))
    for number, name in ((1, "first"), (2, "second")):
        if progress == f"half of the {name}":
            copy.playback.begin(SetId(1, number))
            copy.playback.integrate(1)
            return
        if progress == "received":
            return
        copy.playback.begin(SetId(1, number))
        copy.ring.release_through(copy.playback.at_boundary()[-1])
        if progress == f"the {name}":
            return


@pytest.mark.parametrize("first", WRITTEN, ids=str)
@pytest.mark.parametrize("there", ["nothing", "the first", "both"])
def test_F9_R3_copies_ahead_of_the_promoted_one_behind_it_and_half_way_are_brought_to_it(there, first):
    """What a copy replayed too much lies in its own save volume, what it lacks in its own or the promoted one's."""
    undone = 0
    for second, after, progress in product(WRITTEN[1:], WRITTEN[::3], PROGRESS):
        three = Three()
        a, b, c = three.a, three.b, three.c
        for written in (first, second):
            three.cut(a, written)
        bring(three, b, there)
        bring(three, c, progress)
        restart = b.playback.boundary
        at_b = three.promote(b, restart, 2)
        three.cut(b, after)
        goal = b.queue.create(SetId(2, 1))
        for copy in (a, c):
            found = plan(copy.evidence(), restart, True, b.ring, {2: restart})
            undone += copy is c and found.undo.size > 0
            bring_back(three, copy, b, at_b, restart, goal, {2: restart})
    assert undone > 10, "this test is about copies that stand elsewhere"
