"""Ctrl-C as a wish: the first asks to stop, wherever it falls; only the second breaks in.

A KeyboardInterrupt may come between any two lines, also between a run's end and its place among the results. Whoever
must lose nothing therefore asks at a place of his own choice whether somebody wants to stop.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Stop:
    """Whether somebody has asked to stop."""

    asked: bool = False


@contextmanager
def first_ctrl_c_asks() -> Iterator[Stop]:
    """Within, the first Ctrl-C only sets `asked`; the second raises KeyboardInterrupt. Other threads hear none."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def hear(_signal: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
