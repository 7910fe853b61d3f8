"""Interleaved rounds: what is compared takes turns, so that a busy neighbour slows all of it, and medians are kept.

In one process the processor's time is measured (user and system), which a neighbour does not lengthen by waiting for a
core; of another program it is the time on the wall unless said otherwise.
"""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median

ROUNDS = 3

Clock = Callable[[], float]
ON_THE_WALL: Clock = time.perf_counter
IN_THIS_PROCESS: Clock = time.process_time


def with_programs() -> float:
    """Processor time of this process and of the programs that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def interleaved(
    acts: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, clock: Clock = IN_THIS_PROCESS
) -> dict[str, float]:
    """Median seconds of each act: A B C A B C ..., a round at a time."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            began = clock()
            act()
            taken[name].append(clock() - began)
    return {name: median(some) for name, some in taken.items()}


def program(command: Sequence[str]) -> Callable[[], object]:
    """An act that runs a program to its end; what it prints goes nowhere. Raises when it fails."""
    return partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
