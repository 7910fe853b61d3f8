"""Routes of replication groups: a tree, known as a whole, and served past who fails."""

import itertools

import pytest

from sim.engine.routing import NotATree, RoutingTable, UnknownGroup


@pytest.fixture
def table():
    """FIG 16: the primary feeds cel2 and cel9, cel2 feeds cel3 and cel7, cel3 feeds cel4 and cel5."""
    made = RoutingTable()
    for node, child in (("p", "cel2"), ("p", "cel9"), ("cel2", "cel3"), ("cel2", "cel7"), ("cel3", "cel4"),
                        ("cel3", "cel5")):  # fmt: skip
        made.add("g1", node, child)
    return made


def test_next_hops_are_those_of_the_group(table):
    assert table.next_hops("g1", "cel2") == ("cel3", "cel7")
    assert table.next_hops("g1", "cel5") == ()
    assert table.below("g1", "cel2") == ("cel3", "cel7", "cel4", "cel5")
    assert [table.depth("g1", node) for node in ("p", "cel9", "cel5")] == [0, 1, 3]


def test_T11_an_unknown_group_is_an_error_and_nothing_is_passed_on(table):
    with pytest.raises(UnknownGroup, match="no replication group 'g2'"):
        table.next_hops("g2", "cel2")
    with pytest.raises(UnknownGroup):
        table.below("g2", "p")
    with pytest.raises(UnknownGroup):
        table.remove("g2", "cel2")


def test_who_fails_is_served_past(table):
    assert table.served_past("g1", "cel2", frozenset({"cel3"})) == ("cel4", "cel5", "cel7")
    assert table.served_past("g1", "p", frozenset({"cel2", "cel3"})) == ("cel4", "cel5", "cel7", "cel9")
    assert table.served_past("g1", "p", frozenset()) == table.next_hops("g1", "p")


@pytest.mark.parametrize(
    ("node", "child", "told"),
    [
        ("cel5", "p", "cel5 -> p -> cel2 -> cel3 -> cel5"),
        ("cel9", "cel3", "cel2 -> cel3 -> cel9"),
        ("cel9", "cel9", "cel9 -> cel9"),
    ],
)
def test_routes_that_are_no_tree_are_refused_and_change_nothing(table, node, child, told):
    before = table.below("g1", "p")
    with pytest.raises(NotATree) as caught:
        table.add("g1", node, child)
    assert set(told.split(" -> ")) == set(caught.value.path)
    assert table.below("g1", "p") == before


def test_a_route_that_goes_takes_its_subtree_along(table):
    table.remove("g1", "cel3")
    assert table.below("g1", "p") == ("cel2", "cel9", "cel7")


def test_T10_every_sequence_of_commands_leaves_a_tree():
    """All sequences of three routes over three nodes: each member has one way to the source, without loops."""
    routes = [(a, b) for a in "abc" for b in "abc"]
    refused = 0
    for sequence in itertools.product(routes, repeat=3):
        made = RoutingTable()
        for node, child in sequence:
            try:
                made.add("g", node, child)
            except NotATree:
                refused += 1
        for node in "abc":
            below = made.below("g", node) if sequence else ()
            assert len(set(below)) == len(below)
            assert node not in below
    assert refused > 0, "this test is about routes that are no tree"
