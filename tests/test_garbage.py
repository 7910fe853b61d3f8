"""Garbage is sought less often while a run goes on, and as before when it is over."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from sim.garbage import sought_seldom


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield before
    gc.set_threshold(*before)


def test_garbage_is_sought_less_often_and_then_as_before() -> None:
    with sought_seldom():
        assert gc.get_threshold()[0] > 700
        assert gc.isenabled()
    assert gc.get_threshold() == (700, 10, 10)


def test_a_run_that_fails_takes_it_back_too() -> None:
    with pytest.raises(ZeroDivisionError), sought_seldom():
        assert gc.get_threshold() != (700, 10, 10)
        raise ZeroDivisionError
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("chosen", [(0, 10, 10), (100_000, 5, 5)], ids=["never", "more seldom"])
def test_who_has_chosen_to_seek_even_less_keeps_his_choice(chosen: tuple[int, int, int]) -> None:
    gc.set_threshold(*chosen)
    with sought_seldom():
        assert gc.get_threshold() == chosen
    assert gc.get_threshold() == chosen
