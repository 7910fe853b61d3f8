"""Where two histories part: the sets on either side, against a tree of boundaries in which each knows its parent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.identity import SetId
from sim.engine.lineage import Parting, UnknownLineage, parting
from tests.engine.situations import boundary

BEGAN = {2: SetId(1, 3), 3: SetId(2, 2), 4: SetId(1, 5)}


def sets(text):
    return tuple(boundary(word) for word in text.split())


@pytest.mark.parametrize(
    ("here", "there", "own", "others"),
    [
        ("1.3", "1.3", "", ""),
        ("1.5", "1.3", "1.4 1.5", ""),
        ("1.3", "1.5", "", "1.4 1.5"),
        ("1.3", "2.0", "", ""),  # the same state
        ("2.0", "1.3", "", ""),
        ("1.5", "2.1", "1.4 1.5", "2.1"),
        ("1.2", "2.1", "", "1.3 2.1"),
        ("2.1", "1.2", "1.3 2.1", ""),
        ("1.5", "3.1", "1.4 1.5", "2.1 2.2 3.1"),
        ("2.4", "3.0", "2.3 2.4", ""),
        ("3.1", "4.1", "2.1 2.2 3.1", "1.4 1.5 4.1"),
        ("2.1", "4.0", "2.1", "1.4 1.5"),
    ],
)
def test_the_sets_on_either_side_of_where_they_part(here, there, own, others):
    assert parting(boundary(here), boundary(there), BEGAN) == Parting(sets(own), sets(others))


@pytest.mark.parametrize(
    ("here", "begun", "there", "own"),
    [
        ("1.3", "1.5", "1.3", "1.4 1.5"),
        ("1.3", "1.5", "1.4", "1.4 1.5"),
        ("1.3", "1.4", "1.5", "1.4"),
        ("1.3", "1.3", "1.3", ""),
        ("2.0", "2.1", "1.3", "2.1"),
        ("2.0", "1.9", "1.3", ""),  # of another generation: it was given up when this one began
    ],
)
def test_a_group_that_was_begun_is_on_the_own_side(here, begun, there, own):
    assert parting(boundary(here), boundary(there), BEGAN, boundary(begun)).own == sets(own)


def test_finding_3_an_equal_number_of_another_generation_is_no_relation():
    with pytest.raises(UnknownLineage, match=r"it is not known where the histories of g1\.4 and g5\.4 parted"):
        parting(SetId(1, 4), SetId(5, 4), BEGAN)


def test_a_generation_that_claims_to_begin_in_a_later_one_ends_the_search():
    with pytest.raises(UnknownLineage):
        parting(SetId(2, 1), SetId(1, 1), {2: SetId(3, 1), 3: SetId(2, 1)})


@st.composite
def trees(draw):
    """Up to six generations: how many sets each has, and at which boundary of an earlier one it began."""
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    began = {}
    for generation in range(2, len(lengths) + 1):
        parent = draw(st.integers(1, generation - 1))
        began[generation] = SetId(parent, draw(st.integers(0, lengths[parent - 1])))
    chosen = [draw(st.integers(1, len(lengths))) for _ in range(2)]
    return began, [SetId(one, draw(st.integers(0, lengths[one - 1]))) for one in chosen]


def ancestors(began, one):
    """The sets whose contents are in a boundary, walked back one by one."""
    found = set()
    while one.number or one.generation in began:
        if one.number == 0:
            one = began[one.generation]
            continue
        found.add(one)
        one = SetId(one.generation, one.number - 1)
    return found


@given(trees())
def test_the_sets_that_only_one_side_has(tree):
    began, (here, there) = tree
    mine, theirs = ancestors(began, here), ancestors(began, there)
    found = parting(here, there, began)
    assert set(found.own) == mine - theirs
    assert set(found.others) == theirs - mine
    assert list(found.own) == sorted(found.own)
