"""Without luck, an epoch that begins like the one before ends like it: as many as fit are gone through at once.

    epoch until the queue overflows -> detection -> recovery at the threshold -> the next epoch begins at that window

Only where the threshold still fills the pipe: then the bottleneck is never idle, and all of it is one straight line.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sim.world.tcp import epochs
from sim.world.tcp.path import Pipe
from sim.world.tcp.sender import Sender, Waits


class Cycle(NamedTuple):
    """From one overflow to the next. One packet is lost in each."""

    window: float  # with which its epoch begins
    w_max: float
    sent: float  # packets
    lasts_s: float
    margin: float  # packets that must be left after it, or its end would be the transfer's

    def times(self, s: Sender) -> float:
        """How many of it come now: whole ones, 0 where the sender does not stand at its beginning."""
        begins = s.epoch_s < 0 and s.window == s.threshold == self.window and s.w_max == self.w_max
        return max(0.0, (s.unsent - self.margin) // self.sent) if begins else 0.0

    def go(self, s: Sender, times: float) -> None:
        """So many of it pass."""
        s.time_s += times * self.lasts_s
        s.next_s = s.time_s
        s.unsent -= times * self.sent
        s.lost += times
        s.backoffs = 0

    def go_into(self, s: Sender, elapsed_s: float, pipe: Pipe, luck: Waits) -> None:
        """Go as far as this, from the beginning of one on."""
        times = elapsed_s // self.lasts_s
        self.go(s, times)
        left_s, before = elapsed_s - times * self.lasts_s, s.state()
        while epochs.FLUID[s.step](s, pipe, luck) and s.next_s - s.time_s <= left_s:
            left_s -= s.next_s - s.time_s
            s.time_s, before = s.next_s, s.state()
        s.restore(before)
        epochs.in_part(s, left_s, pipe, luck)


@lru_cache(maxsize=1024)
def cycle_of(congestion: str, pipe: Pipe) -> Cycle | None:
    """What a long transfer over this path settles into; None where luck or a window decides, or the pipe runs dry."""
    if pipe.hazard or not pipe.gap_s or pipe.full > pipe.window:
        return None
    s = Sender(congestion)
    s.cut(pipe.full)
    s.window = s.threshold
    if not pipe.pipe <= s.window < pipe.full:
        return None
    growth = s.growth(pipe)
    grows = growth.reach(pipe.full)
    sent = grows + (pipe.full - 1) + s.window  # detection sends a window, without the packet that is lost
    lasts_s = growth.after(grows)[0] + (pipe.full + s.window) * pipe.gap_s
    return Cycle(s.window, s.w_max, sent, lasts_s, 1 + (epochs.FAR - 1) * grows)
