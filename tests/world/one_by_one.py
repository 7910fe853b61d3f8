"""Random writes once more, one event each, with nothing of the code under test: what the bulk draw must agree with.

A Poisson process at the greatest rate, each write kept with probability factor(t) / greatest factor (thinning, while
the code under test inverts operational time), each then given a slot by its share. What is compared is read off it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

LOOKS = (370_000_000, 1_000_000_000)  # the second window begins in the middle of things
SECOND = 1_000_000_000

Steps = Callable[[np.random.Generator], Sequence[tuple[float, float]]]
"""(start_ns, factor) of a rate profile for one replication."""


def steady(_: np.random.Generator) -> Sequence[tuple[float, float]]:
    return [(0.0, 1.0)]


def one_by_one(
    rng: np.random.Generator, shares: np.ndarray, per_second: float, steps: Steps = steady
) -> list[tuple[float, int]]:
    """All the writes of (0, 1 s]: (time_ns, slot) in order of time."""
    profile = steps(rng)
    greatest = max(factor for _, factor in profile)
    starts = [start for start, _ in profile]
    cumulated = np.cumsum(shares)
    writes, now = [], 0.0
    while True:
        now += rng.exponential(SECOND / (per_second * greatest))
        if now > SECOND:
            return writes
        factor = profile[bisect_right(starts, now) - 1][1]
        if rng.random() * greatest < factor:
            slot = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
            writes.append((now, slot))


@dataclass
class Samples:
    """What replications measured: integers are compared by chi-square, times by Kolmogorov-Smirnov."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)

    def count(self, name: str, value: int) -> None:
        self.counts.setdefault(name, []).append(int(value))

    def time(self, name: str, value: float) -> None:
        self.times.setdefault(name, []).append(float(value))


def measure(samples: Samples, windows: Sequence[list[tuple[float, int]]], high_water: int, watched: int) -> None:
    """Everything that is compared, from the writes of the two windows."""
    firsts: list[dict[int, float]] = []
    for number, writes in enumerate(windows):
        first: dict[int, float] = {}
        last: dict[int, float] = {}
        for time, slot in writes:
            first.setdefault(slot, time)
            last[slot] = time
        firsts.append(first)
        end = LOOKS[number]
        samples.count(f"writes {number}", len(writes))
        samples.count(f"distinct {number}", len(first))
        samples.count(f"writes to the watched slot {number}", sum(slot == watched for _, slot in writes))
        samples.time(f"first write of the watched slot {number}", first.get(watched, end))
        samples.time(f"last write of the watched slot {number}", last.get(watched, 0.0))
        samples.time(f"last write {number}", writes[-1][0] if writes else 0.0)
        samples.time(f"high water {number}", crossing(first, (), high_water, end))
    samples.count("slots of both windows", len(firsts[0].keys() & firsts[1].keys()))
    samples.time("high water of new slots", crossing(firsts[1], firsts[0], high_water // 2, LOOKS[1]))


def crossing(first: dict[int, float], known: Sequence[int] | dict[int, float], k: int, end: float) -> float:
    """The k-th first touch of a slot that is not known, or the end of the window."""
    new = sorted(time for slot, time in first.items() if slot not in known)
    return new[k - 1] if len(new) >= k else end


def windows_of(writes: list[tuple[float, int]]) -> list[list[tuple[float, int]]]:
    return [[w for w in writes if low < w[0] <= high] for low, high in zip((0, *LOOKS), LOOKS, strict=False)]


def p_values(left: Samples, right: Samples) -> dict[str, float]:
    """How likely differences as great as these are when both come from the same law."""
    by_count = {name: chi_square(left.counts[name], right.counts[name]) for name in left.counts}
    ranks = {f"{name}, by rank": by_rank(left.counts[name], right.counts[name]) for name in left.counts}
    by_time = {name: stats.ks_2samp(left.times[name], right.times[name]).pvalue for name in left.times}
    return {**by_count, **ranks, **by_time}


def by_rank(left: list[int], right: list[int]) -> float:
    """What sees a shift better than classes do."""
    return 1.0 if left == right else float(stats.mannwhitneyu(left, right).pvalue)


def chi_square(left: list[int], right: list[int], least: int = 20) -> float:
    """Two samples of integers; neighbouring values are put together until each class holds `least` of both."""
    values, where = np.unique(np.concatenate([left, right]), return_inverse=True)
    table = np.zeros((2, values.size))
    np.add.at(table[0], where[: len(left)], 1)
    np.add.at(table[1], where[len(left) :], 1)
    classes: list[np.ndarray] = [np.zeros(2)]
    for column in table.T:
        classes[-1] = classes[-1] + column
        if classes[-1].sum() >= 2 * least:
            classes.append(np.zeros(2))
    if len(classes) > 1:
        rest = classes.pop()
        classes[-1] = classes[-1] + rest
    return 1.0 if len(classes) < 2 else float(stats.chi2_contingency(np.array(classes).T).pvalue)
