"""A seat looks like the data mover that sits on it: at once, and no longer than that sits there."""

from __future__ import annotations

from sim.world.clock import Clock
from sim.world.disk import Disk
from sim.world.node import Node, Seat


def _nodes(clock: Clock, *names: str) -> list[Node]:
    disk = Disk(clock, 0, 0)
    return [Node(clock, "madrid", disk, name, alone=False) for name in names]


def test_a_seat_is_up_when_its_node_is_and_lives_as_often() -> None:
    clock = Clock()
    (node,) = _nodes(clock, "one")
    seat, seen = Seat(clock, node), []
    node.changed.calls(lambda: seen.append((seat.up, seat.life)))
    born = seat.life
    assert seat.up
    node.go_down()
    assert not seat.up
    assert seat.life != born
    node.come_up()
    assert seat.up
    assert seat.life != born
    assert [up for up, _ in seen] == [False, True], "who hears of the node sees the seat as it is by then"


def test_a_seat_that_moved_is_what_it_moved_to_only() -> None:
    clock = Clock()
    one, other = _nodes(clock, "one", "other")
    other.go_down()
    seat, neighbour = Seat(clock, one), Seat(clock, one)
    born = seat.life
    seat.sit_on(other)
    assert (seat.up, neighbour.up) == (False, True)
    assert seat.life != born
    assert neighbour.life == born
    other.come_up()
    lived = seat.life
    one.go_down()
    assert (seat.up, neighbour.up) == (True, False)
    assert seat.life == lived
    assert seat.node is other


def test_a_seat_taken_while_its_node_is_down_is_down() -> None:
    clock = Clock()
    (node,) = _nodes(clock, "one")
    node.go_down()
    assert not Seat(clock, node).up


def test_a_seat_that_comes_back_has_another_life_than_before() -> None:
    clock = Clock()
    one, other = _nodes(clock, "one", "other")
    seat = Seat(clock, one)
    lives = [seat.life]
    for node in (other, one, other):
        seat.sit_on(node)
        lives.append(seat.life)
    assert len(set(lives)) == 4
