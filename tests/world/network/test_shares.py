"""Weighted max-min shares: textbook cases, and the properties that define them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.network.shares import Demand, shares
from tests.world.network.nets import MS, S, Scene, line, link
from tests.world.network.ragged import Ragged


def demands(*crosses: str, weights: tuple[int, ...] = (), caps: dict[int, int] | None = None) -> list[Demand[str]]:
    caps = caps or {}
    return [
        Demand(
            Fraction(weights[n] if weights else 1), tuple(letters), Fraction(caps[n]) if n in caps else None
        )
        for n, letters in enumerate(crosses)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("crosses", "capacities", "rates"),
    [
        (["a"] * 4, {"a": 10}, [Fraction(5, 2)] * 4),  # NUMBERS.md 1.2: B / k each
        (["ab", "a", "b"], {"a": 1, "b": 1}, [Fraction(1, 2)] * 3),
        (["ab", "a", "b", "b"], {"a": 3, "b": 3}, [1, 2, 1, 1]),
        (["abc", "a", "b", "c"], {"a": 2, "b": 4, "c": 8}, [1, 1, 3, 7]),
        (["a", "b"], {"a": 3, "b": 5}, [3, 5]),
        (["ab"], {"a": 3, "b": 5}, [3]),
    ],
)  # fmt: skip
def test_textbook_cases(crosses: list[str], capacities: dict[str, int], rates: list[Fraction | int]) -> None:
    # Bertsekas and Gallager, Data Networks, 6.5.2
    assert shares(demands(*crosses), capacities) == rates


def test_weights_share_in_proportion() -> None:
    assert shares(demands("a", "a", weights=(3, 1)), {"a": 8}) == [6, 2]


def test_who_can_use_less_than_his_share_leaves_the_rest_to_others() -> None:
    assert shares(demands("a", "a", "a", caps={0: 1}), {"a": 9}) == [1, 4, 4]


def test_what_nobody_else_wants_goes_to_those_with_a_cap_too() -> None:
    assert shares(demands("a", "a", caps={0: 1, 1: 3}), {"a": 10}) == [4, 6]


def test_a_flow_that_crosses_nothing_has_no_share() -> None:
    with pytest.raises(ValueError, match="nothing limited"):
        shares(demands("a", ""), {"a": 1})


def test_fractions_stay_short_however_many_links() -> None:
    flows = demands(
        *[f"{chr(98 + n)}{chr(97 + n)}" for n in range(20)], weights=tuple(10**6 + n * n for n in range(20))
    )
    capacities = {chr(97 + n): 10**9 + n for n in range(21)}
    assert max(rate.denominator for rate in shares(flows, capacities)) < 1 << 48


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Demand[str]], dict[str, int]]:
    capacities = {name: draw(st.integers(1, 10**10)) for name in "abcd"}
    flows = draw(
        st.lists(
            st.builds(
                Demand,
                st.integers(1, 10**7).map(lambda grains: Fraction(grains, 10**6)),
                st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True).map(tuple),
                st.one_of(st.none(), st.integers(1, 10**10).map(Fraction)),
            ),
            min_size=1,
            max_size=12,
        )
    )
    return flows, capacities


@given(problems())
def test_no_direction_is_overfull_and_everybody_has_a_full_one(
    problem: tuple[list[Demand[str]], dict[str, int]],
) -> None:
    flows, capacities = problem
    rates = shares(flows, capacities)
    used = {
        name: sum((rate for flow, rate in zip(flows, rates, strict=True) if name in flow.crosses), Fraction(0))
        for name in capacities
    }
    assert all(used[name] <= capacities[name] for name in capacities)
    grain = Fraction(1)  # bits per second: fractions that became long are rounded down
    assert all(any(capacities[name] - used[name] < grain for name in flow.crosses) for flow in flows)


@given(problems())
def test_without_caps_each_is_among_the_best_off_on_a_full_direction(
    problem: tuple[list[Demand[str]], dict[str, int]],
) -> None:
    # the bottleneck property, which holds for max-min shares and no others
    flows, capacities = [Demand(flow.weight, flow.crosses) for flow in problem[0]], problem[1]
    rates = shares(flows, capacities)
    levels = [rate / flow.weight for flow, rate in zip(flows, rates, strict=True)]
    for flow, level in zip(flows, levels, strict=True):
        best = []
        for name in flow.crosses:
            there = [n for n, other in enumerate(flows) if name in other.crosses]
            full = capacities[name] - sum((rates[n] for n in there), Fraction(0)) < 1
            best.append(full and level >= max(levels[n] for n in there) - Fraction(1, 1000))
        assert any(best)


def test_who_is_held_back_by_losses_does_not_plan_anew_whenever_others_come_and_go() -> None:
    spec = line(bits_per_s=1000 * 10**6, delay_ns=50 * MS, loss=0.02)
    scene = Scene(link("l", "a", "b", there=spec, congestion="reno"), link("m", "b", "c", there=line(bits_per_s=10**9)))
    carrier = Ragged(1)
    for name, way in (("lossy", scene.way("a", "c")), ("other", scene.way("b", "c"))):
        scene.session(name, way)
    scene.sessions["lossy"].connection = carrier
    scene.send("lossy", 10**9)
    for n in range(20):
        scene.send(f"other{n}", 10**6, at_ns=(10 + 100 * n) * MS, session="other")
    scene.run(5 * S)
    assert len(scene.ended_ns) == 20
    assert len([what for what, _ in carrier.calls if what == "go_on"]) <= 1  # and not 40
