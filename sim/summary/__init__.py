"""Ledger to metrics, with numpy only.

summarise(run)                  every metric, flat, ready for summary.json
evaluate(check, *runs)          the verdict of an expectation: measure(check, run) in each run,
                                    then judge(check, measured) over all of them
Story(run)                      a run read once; give it to several of these in place of the run
"""

from sim.summary.amounts import amount
from sim.summary.measuring import Measured, measure
from sim.summary.story import RunLike, Story
from sim.summary.summarising import summarise
from sim.summary.verdict import Verdict, evaluate, judge

__all__ = ["Measured", "RunLike", "Story", "Verdict", "amount", "evaluate", "judge", "measure", "summarise"]
