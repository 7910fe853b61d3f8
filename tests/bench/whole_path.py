"""The whole path, draw to ledger, per distinct block and cut; and the same with the naive model, per write.

A set of 65,536 blocks is 512 MiB, about the seed's high-water mark. With one write a block on average, 103,676 blocks
are written 103,676 times between cuts, which touches 63.2 % of them (NUMBERS.md 1.5); with a hundred, 65,536 blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.records import CopyOutFinished, DeltaSetCut, WritesLooked
from sim.scenario.schema import Scenario
from sim.simulation import simulate
from tests.bench import naive
from tests.bench.rows import Row, at_least, at_most
from tests.bench.scenes import uniform
from tests.bench.timing import interleaved


@dataclass(frozen=True, slots=True)
class Case:
    """A workload: how it is called, and the scenario for so many cuts."""

    name: str
    blocks: int
    writes_a_cut: int
    cuts: int
    naive_cuts: int = 0

    def scenario(self, cuts: int) -> Scenario:
        """Uniform writes."""
        return uniform(self.blocks, self.writes_a_cut, cuts)


ONCE = Case("1 write a block", 103_676, 103_676, 40, naive_cuts=4)
OFTEN = Case("100 writes a block", 65_536, 6_553_600, 40, naive_cuts=1)
MORE = (
    Case("8 GiB sets, 1 write a block", 1_658_825, 1_658_825, 4),
    Case("8 GiB sets, 100 writes a block", 1_048_576, 104_857_600, 4),
    Case("8 GiB sets, every block once, 128 GiB volume", 16_777_216, 1_082_393, 4),
)
TINY = (Case("tiny, once", 500, 500, 2, 1), Case("tiny, often", 300, 3000, 2, 1), (Case("tiny", 400, 400, 2),))


def measure(tiny: bool = False) -> list[Row]:
    """Benchmarks 1 and 2."""
    once, often, more = TINY if tiny else (ONCE, OFTEN, MORE)
    timed = [Timed(case) for case in (once, often, *more)]
    acts: dict[str, Callable[[], object]] = {}
    for one in timed:
        acts[one.case.name] = one.run
        if one.case.naive_cuts:
            acts[f"naive, {one.case.name}"] = one.run_naive
    taken = interleaved(acts)
    per_block = {one.case.name: taken[one.case.name] / one.blocks * 1e9 for one in timed}
    rows = [
        at_most(f"whole path, {one.case.name}", per_block[one.case.name], 400, "{:.0f} ns a block and cut", one.note())
        for one in timed
    ]
    ratio = per_block[often.name] / per_block[once.name]
    rows.insert(2, Row("the same, 100 writes a block against 1", f"{ratio:.2f} times", "about 1", ratio <= 1.5))
    for one, limit in zip(timed[:2], (8, 400), strict=True):
        rows.append(_against_naive(one, taken[one.case.name], taken[f"naive, {one.case.name}"], limit))
    return rows


def _against_naive(one: Timed, ours_s: float, naive_s: float, limit: float) -> Row:
    ours, theirs = ours_s / one.writes * 1e9, naive_s / one.naive_writes * 1e9
    what = f"naive model (an event a write, dictionaries), {one.case.name}"
    return at_least(
        what, theirs / ours, limit, "{:.0f} times the cost", f": {theirs:.0f} against {ours:.1f} ns a write"
    )


class Timed:
    """A case with what its runs counted."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._scenario, self._short = case.scenario(case.cuts), case.scenario(max(case.naive_cuts, 1))
        self.blocks = self.writes = self.early = self.naive_writes = 0

    def run(self) -> None:
        """The simulator, laws off."""
        ledger = simulate(self._scenario, checking="off").ledger
        self.blocks = sum(fact.blocks for fact in ledger if isinstance(fact, DeltaSetCut))
        self.writes = sum(fact.writes for fact in ledger if isinstance(fact, WritesLooked))
        self.early = sum(fact.blocks_before_write for fact in ledger if isinstance(fact, CopyOutFinished))

    def run_naive(self) -> None:
        """The naive model on the same workload, fewer cuts."""
        self.naive_writes = naive.simulate(self._short).writes

    def note(self) -> str:
        """How much of it was copied before a write."""
        return f" ({self.early / self.blocks:.1%} copied before a write)"
