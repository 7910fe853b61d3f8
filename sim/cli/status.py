"""Exit statuses, and which one counts where several hold (DESIGN.md section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sim.performing.one import Failure
    from sim.summary import Verdict

OK: Final = 0
FELL_SHORT: Final = 1  # an expectation or an invariant
BAD_INPUT: Final = 2
UNKNOWN: Final = 3  # a verdict that could not be reached
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141

PRECEDENCE: Final = (INTERRUPTED, BAD_INPUT, FELL_SHORT, UNKNOWN, OK)


def worst(statuses: Iterable[int]) -> int:
    """The status that counts: 2 before 1 before 3; all well when there are none."""
    return min(statuses, key=PRECEDENCE.index, default=OK)


def of(failures: Iterable[Failure], verdicts: Iterable[Verdict]) -> int:
    """The status of a scenario: of what stopped its runs, and of its expectations that are not soft."""
    stopped = [{"bad_input": BAD_INPUT, "broken": FELL_SHORT, "lost": UNKNOWN}[one.kind] for one in failures]
    judged = [
        {"pass": OK, "fail": FELL_SHORT, "unknown": UNKNOWN}[one.outcome] for one in verdicts if not one.check.soft
    ]
    return worst(stopped + judged)
