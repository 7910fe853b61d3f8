"""The clock: integers only, an order within each instant, and no hang (M1, M4, corner cases 71-76)."""

from __future__ import annotations

import pytest

from sim.world.clock import Clock, Order, Process, Signal
from sim.world.errors import Livelock, ModelBroken


def no_tick(_time_ns: int) -> None:
    """Nobody looks."""


@pytest.mark.parametrize("time", [1.0, float("nan"), float("inf"), True, "1"])
def test_M1_case_72_only_integers_are_times(time: object) -> None:
    with pytest.raises(TypeError):
        Clock().at(time, Order.CUT)  # type: ignore[arg-type]


def test_M1_the_past_is_refused() -> None:
    clock = Clock()
    clock.call_at(10, Order.CUT, lambda: None)
    clock.run(10, no_tick)
    with pytest.raises(ValueError, match="past"):
        clock.at(9, Order.CUT)


def test_case_71_what_falls_on_the_end_happens() -> None:
    clock, seen = Clock(), []
    clock.call_at(100, Order.DISASTER, lambda: seen.append(clock.now_ns))
    clock.call_at(101, Order.DISASTER, lambda: seen.append(clock.now_ns))
    clock.run(100, no_tick)
    assert seen == [100]


def test_order_within_an_instant_does_not_depend_on_who_asked_first() -> None:
    clock, seen = Clock(), []
    for order in sorted(Order, reverse=True):
        clock.call_at(5, order, lambda order=order: seen.append(order))
    clock.run(5, no_tick)
    assert seen == sorted(Order)


def test_livelock_is_an_error_and_not_a_hang() -> None:
    clock = Clock()

    def spin() -> Process:
        while True:
            yield clock.at(clock.now_ns, Order.CUT)

    clock.start(spin())
    with pytest.raises(Livelock):
        clock.run(10, no_tick)


def test_case_76_an_exception_comes_out_as_it_was_raised() -> None:
    clock = Clock()

    class Awkward(Exception):
        def __init__(self, one: int, *, two: int) -> None:
            super().__init__("made up")
            self.one, self.two = one, two

    def fail() -> Process:
        yield clock.at(1, Order.CUT)
        raise Awkward(1, two=2)

    clock.start(fail())
    with pytest.raises(Awkward) as caught:
        clock.run(10, no_tick)
    assert caught.value.two == 2


def test_our_errors_survive_being_rebuilt_from_their_arguments() -> None:
    for error in (ModelBroken("L", "w", 1, 2, 3), Livelock(1, 2)):
        assert str(type(error)(*error.args)) == str(error)


def test_signal_wakes_everybody_who_waits_once_and_passes_it_on() -> None:
    clock = Clock()
    first, second, seen = Signal(clock, Order.CUT), Signal(clock, Order.CUT), []
    first.wakes(second)

    def wait(name: str, signal: Signal) -> Process:
        yield signal.wait()
        seen.append(name)

    for name, signal in (("a", first), ("b", first), ("c", second)):
        clock.start(wait(name, signal))
    clock.call_at(3, Order.CUT, first.fire)
    clock.call_at(4, Order.CUT, first.fire)
    clock.run(10, no_tick)
    assert seen == ["a", "b", "c"]
