"""A plan in the making: a sender's steps become knots, and where it was at each step is kept.

Whole nanoseconds and bytes: instants are rounded up, so that no slope exceeds the share. Long transfers with losses go
in blocks: after some losses, as many more are played with evenly spread luck, and what came of them is repeated once,
four times, sixteen times and so on. So the knots of a plan are bounded however large the transfer.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from math import ceil
from typing import Final, Literal, NamedTuple

from sim.world.tcp import epochs, repairs, rounds
from sim.world.tcp.cycles import Cycle, cycle_of
from sim.world.tcp.epochs import FLUID
from sim.world.tcp.luck import EvenLuck, Luck
from sim.world.tcp.path import NS_PER_S, PAYLOAD_BYTES, Pipe
from sim.world.tcp.plan import Plan
from sim.world.tcp.sender import FIELDS, LONGEST_TIMEOUT_S, NOTHING, Sender, State, Waits

BLOCK: Final = 8  # losses played one by one, and in each block
FACTOR: Final = 4
HOPELESS: Final = 600  # losses after which a block that brought nothing is given up
CURVED_ROUNDS: Final = 3  # an epoch that lasts longer gets knots in between
CURVED_KNOTS: Final = 100
HAIR: Final = 0.01  # of a byte: what is missing by rounding is not missing

STEPS: Final = {
    "handshake": rounds.handshake,
    "round": rounds.send_round,
    "found": repairs.found,
    "repair": repairs.repair,
    "refill": repairs.refill,
    "probe": repairs.probe,
}
LOSSES: Final = frozenset({"found", "repair", "probe", "detection"})


class Block(NamedTuple):
    """Many losses at once."""

    lasts_s: float
    lost: float
    epoch_s: float  # from one loss to the next, on average


Stretch = Literal["fluid", "draining"] | Cycle | Block
Mark = tuple[State, Stretch]  # where the sender was before fluid steps or a block, or while the bottleneck sends on


class Planner:
    """Plans one transfer from an origin on."""

    __slots__ = ("_blocks", "_marks", "_origin_ns", "_pipe", "_plan", "_size_bytes")

    def __init__(self, plan: Plan, size_bytes: int, pipe: Pipe, origin_ns: int) -> None:
        self._plan, self._size_bytes, self._origin_ns = plan, size_bytes, origin_ns
        self._pipe = pipe
        self._marks: list[Mark] = []
        self._blocks: list[tuple[float, float, float]] = []  # how long each lasted, what it sent and lost

    @property
    def pipe(self) -> Pipe:
        """The path in the terms of a sender."""
        return self._pipe

    def carry(self, s: Sender, luck: Luck) -> None:
        """Plan until everything is sent; where nothing passes, to no end."""
        self._plan.end_ns = None
        if self._pipe.hazard == math.inf:
            self._marks.append((s.state(), "draining"))
            return
        losses, repeats, blocks, even = 0, 1, True, EvenLuck(luck)
        done = s.next_s > s.time_s and self._rest(s)
        while not done:
            if s.step in FLUID and s.backlog > NOTHING and self._pipe.gap_s:
                s.next_s = s.time_s + s.backlog * self._pipe.gap_s
                done = self._rest(s)
                s.backlog = s.dead = 0.0  # also what a rounded instant left of it
                continue
            if blocks and losses >= BLOCK and s.backlog <= NOTHING:
                blocks = self._block(s, even, repeats)
                repeats *= FACTOR
                done = s.unsent <= NOTHING
                continue
            if s.step == "epoch" and self._cycles(s):
                continue
            losses += s.step in LOSSES or s.backoffs > 0
            done = self._step(s, luck)
        self._plan.end_ns = self._plan.times_ns[-1]
        s.unsent = s.backlog = s.dead = 0.0

    def state_at(self, now_ns: int, luck: Luck) -> Sender:
        """The sender as it is at an instant of this plan, whose origin that becomes."""
        now_s = (now_ns - self._origin_ns) / NS_PER_S
        state, stretch = self._marks[max(0, bisect_right(self._marks, now_s, key=_began_s) - 1)]
        s, due_s = Sender(*state), now_s
        elapsed_s = max(0.0, now_s - s.time_s)
        if stretch == "draining":
            s.drain(now_s, self._pipe)
            due_s = s.next_s
        elif stretch == "fluid":
            epochs.in_part(s, elapsed_s, self._pipe, luck)
        elif isinstance(stretch, Cycle):
            stretch.go_into(s, elapsed_s, self._pipe, luck)
        else:
            self._look_into(stretch, s, elapsed_s, luck)
        s.time_s, s.next_s = 0.0, max(0.0, due_s - now_s)
        left = (self._size_bytes - self._plan.served_bytes(now_ns)) / PAYLOAD_BYTES
        s.backlog = min(s.backlog, left + s.dead)
        s.unsent = max(0.0, left - s.backlog + s.dead)
        return s

    def _look_into(self, block: Block, s: Sender, elapsed_s: float, luck: Luck) -> None:
        """Somewhere in a block a sender is anywhere between two losses, not just after one."""
        s.lost += block.lost * min(1.0, elapsed_s / block.lasts_s)
        if s.step in ("recovery", "epoch"):
            s.step, s.window = "epoch", s.threshold
            epochs.in_part(s, luck.draw() * block.epoch_s, self._pipe, luck)

    def let_go(self, s: Sender, now_ns: int) -> None:
        """Only what is on its way to the bottleneck still leaves it; of a fluid step what is queued there."""
        if s.step in FLUID and s.backlog <= NOTHING and self._pipe.gap_s:
            s.backlog = min(s.unsent, max(0.0, min(s.window, self._pipe.window) - self._pipe.pipe))
            s.unsent -= s.backlog
        self._origin_ns, s.time_s = now_ns, 0.0
        s.drain(s.backlog * self._pipe.gap_s, self._pipe)
        self._knot(s.time_s, s.unsent, s.lost)
        if s.unsent <= NOTHING:
            self._plan.end_ns = self._plan.times_ns[-1]

    def _step(self, s: Sender, luck: Waits) -> bool:
        """One step, and whether it was the last."""
        if s.step not in FLUID:
            STEPS[s.step](s, self._pipe, luck)
            return s.step != "epoch" and self._rest(s)  # a round that became an epoch has sent nothing
        before = s.state()
        if not FLUID[s.step](s, self._pipe, luck):
            return self._rest(s)
        self._marks.append((before, "fluid"))
        if before[_STEP] == "epoch" and before[_WINDOW] < self._pipe.pipe:
            self._curve(s, before)
        s.time_s = s.next_s
        is_last = s.unsent <= NOTHING
        if is_last or not self._is_busy(before, s):
            self._knot(s.time_s, s.unsent, s.lost)
        return is_last

    def _cycles(self, s: Sender) -> bool:
        """Go through as many whole cycles as come now; False for none."""
        cycle = cycle_of(s.congestion, self._pipe)
        if cycle is None or not (times := cycle.times(s)):
            return False
        self._marks.append((s.state(), cycle))
        cycle.go(s, times)
        self._knot(s.time_s, s.unsent, s.lost)
        return True

    def _rest(self, s: Sender) -> bool:
        """The bottleneck sends what it has until the next step, and whether that was all."""
        self._marks.append((s.state(), "draining"))
        empty_s = s.time_s + s.backlog * self._pipe.gap_s
        if s.unsent <= NOTHING:
            s.time_s = empty_s
            self._knot(empty_s, 0.0, s.lost)
            return True
        if s.backlog > NOTHING and empty_s < s.next_s:
            self._knot(empty_s, s.unsent, s.lost)
        s.drain(s.next_s, self._pipe)
        self._knot(s.time_s, s.unsent + s.backlog - s.dead, s.lost)
        return False

    def _curve(self, s: Sender, before: State) -> None:
        """Knots within a long epoch below the pipe, where the rate grows."""
        begun = Sender(*before)
        lasts_s = s.next_s - begun.time_s
        if begun.window >= min(self._pipe.pipe, self._pipe.window) or lasts_s < CURVED_ROUNDS * self._pipe.round_s:
            return
        if len(self._marks) > CURVED_KNOTS or not lasts_s:
            return
        growth = begun.growth(self._pipe)
        for quarter in (1, 2, 3):
            passed = growth.at(lasts_s * quarter / 4)[0]
            left = begun.unsent - min(passed, begun.unsent - s.unsent)
            self._knot(begun.time_s + lasts_s * quarter / 4, left, s.lost)

    def _block(self, s: Sender, luck: Waits, repeats: int) -> bool:
        """Play some losses, and repeat what blocks brought on average; False where too little is left for that."""
        before, losses = s.state(), 0
        while losses < BLOCK or (s.unsent > before[_UNSENT] - 1 and losses < HOPELESS):
            losses += s.step in LOSSES or s.backoffs > 0
            if not self._play(s, luck):
                s.restore(before)
                return False
        brought = (s.time_s - before[_TIME_S], before[_UNSENT] - s.unsent, s.lost - before[_LOST])
        if losses >= HOPELESS:
            brought = (LONGEST_TIMEOUT_S, math.exp(-self._pipe.hazard), 1.0)
            repeats = max(repeats, ceil(1 / brought[1]))
        self._blocks.append(brought)
        usual = self._blocks[len(self._blocks) // 2 :]  # the first ones still come down from slow start
        lasts_s, sent, lost = (math.fsum(column) / len(usual) for column in zip(*usual, strict=True))
        times = min(repeats - 1.0, math.floor(s.unsent / sent))
        s.time_s += times * lasts_s
        s.unsent, s.lost, s.next_s = s.unsent - times * sent, s.lost + times * lost, s.time_s
        block = Block(s.time_s - before[_TIME_S], s.lost - before[_LOST], brought[0] / losses)
        self._marks.append((before, block))
        self._knot(s.time_s, s.unsent, s.lost)
        return s.unsent > NOTHING

    def _play(self, s: Sender, luck: Waits) -> bool:
        """One step without knots, until the bottleneck is idle again; False once everything is sent."""
        fluid = s.step in FLUID
        if fluid and s.backlog > NOTHING and self._pipe.gap_s:
            s.time_s += s.backlog * self._pipe.gap_s
            s.backlog = s.dead = 0.0
        elif fluid and FLUID[s.step](s, self._pipe, luck):
            s.time_s = s.next_s
        else:
            if not fluid:
                STEPS[s.step](s, self._pipe, luck)
            s.drain(s.next_s, self._pipe)
        return s.unsent > NOTHING

    def _knot(self, time_s: float, left: float, lost: float) -> None:
        """At an instant so many packets had not left the bottleneck."""
        plan, resent = self._plan, 0
        last_ns, last = plan.times_ns[-1], plan.payload_bytes[-1]
        time_ns = self._origin_ns + ceil(time_s * NS_PER_S)
        payload = self._size_bytes - ceil(left * PAYLOAD_BYTES - HAIR)
        if payload <= last:
            payload = last
        else:
            takes_ns, sends = self._pipe.takes
            if sends and (due_ns := last_ns - (last - payload) * takes_ns // sends) > time_ns:
                time_ns = due_ns
        if lost or plan.resent_bytes[-1]:
            resent = max(plan.resent_bytes[-1], int(lost * PAYLOAD_BYTES))
        plan.add(time_ns, payload, resent)

    def _is_busy(self, before: State, s: Sender) -> bool:
        """Whether the bottleneck was never idle in a fluid step, nor will be in the next; then no knot is needed.

        A step in which packets are lost gets one all the same.
        """
        pipe = self._pipe.pipe
        return before[_WINDOW] >= pipe and s.window >= pipe and before[_STEP] != "detection"


def _began_s(mark: Mark) -> float:
    began_s: float = mark[0][_TIME_S]
    return began_s


_STEP, _WINDOW, _UNSENT, _TIME_S, _LOST = (
    FIELDS.index(name) for name in ("step", "window", "unsent", "time_s", "lost")
)
