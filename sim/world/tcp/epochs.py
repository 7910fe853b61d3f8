"""Beyond slow start, an epoch at a time: from one loss to the next in closed form (Padhye et al. 1998; RFC 9438).

    epoch      the window grows until a packet is lost, or the queue overflows
    detection  a round trip passes until the sender hears of it; what is lost meanwhile belongs to the same loss
    recovery   a round at the new threshold, in which nothing grows

Here packets are spread over their round; the queue of `sender.backlog` is empty. A step that ends with packets on their
way to the bottleneck (the last ones of a transfer) answers False.
"""

from __future__ import annotations

import math
from typing import Final

from sim.world.tcp.path import Pipe
from sim.world.tcp.repairs import resend, silence, timeout
from sim.world.tcp.sender import NOTHING, Sender, Waits

FAR: Final = 1.01  # times the packets until a window is reached it surely is passed


def epoch(s: Sender, pipe: Pipe, luck: Waits) -> bool:
    """Grow until something is lost or everything is sent."""
    ahead = s.until_loss(pipe, luck)
    passes = min(ahead, s.unsent)
    s.overflow = False
    s.window = min(s.window, pipe.window)
    if s.window >= pipe.window:
        seconds = passes * s.round_s(pipe) / s.window
    else:
        passes, seconds, s.window, s.overflow = _grown(s, passes, pipe)
    if s.epoch_s >= 0:
        s.epoch_s += seconds
    s.passed(passes, pipe)
    s.unsent -= passes
    if s.unsent <= NOTHING:
        seconds -= _idle_end_s(s, seconds, pipe)
    s.next_s = s.time_s + seconds
    s.backoffs, s.part = 0, 1.0
    s.step = "detection" if s.overflow or ahead - passes < 1 else "epoch"
    return True


def _grown(s: Sender, passes: float, pipe: Pipe) -> tuple[float, float, float, bool]:
    """How many of these packets pass until the window is as large as it gets, in how long, the window then, and
    whether the queue overflows."""
    growth, begun, limit = s.growth(pipe), s.window, min(pipe.full, pipe.window)
    is_reached = pipe.round_s > 0 and limit < math.inf
    room = growth.reach(limit) if is_reached and begun < limit else 0.0
    is_far_beyond = is_reached and passes > FAR * room + 1
    seconds, window = (math.inf, math.inf) if is_far_beyond else growth.after(passes)
    overflow = window > limit >= pipe.full and room + 1 < passes
    if overflow or pipe.full > limit < window:
        passes = min(passes, room)
        return passes, growth.after(passes)[0], max(begun, limit), overflow
    return passes, seconds, window, overflow


def _idle_end_s(s: Sender, seconds: float, pipe: Pipe) -> float:
    """What the last round saves: its packets leave at the bottleneck's rate, not spread over the round."""
    if s.window >= pipe.pipe or not pipe.round_s:
        return 0.0
    return math.fmod(seconds / pipe.round_s, 1.0) * (pipe.round_s - s.window * pipe.gap_s)


def detection(s: Sender, pipe: Pipe, luck: Waits) -> bool:
    """The round until the loss is known."""
    round_s = s.round_s(pipe)
    send = s.window * s.part
    if s.unsent <= send:
        _lose_the_last(s, round_s, pipe, luck)
        return False
    lost = s.losses(send, pipe, luck)
    if lost >= send - NOTHING:
        s.enqueue(send, lost, pipe)
        silence(s, pipe)
        return False
    if s.overflow:
        lost += 1.0
    s.unsent -= send - lost * (1.0 if s.overflow else pipe.really_lost)
    s.lost += lost
    s.next_s = s.time_s + round_s * s.part
    grown = s.window
    if s.window < min(pipe.window, pipe.full):
        grown = min(pipe.full, s.growth(pipe).window_at(round_s * s.part))
    s.cut(grown)
    s.window = s.threshold
    s.step, s.part, s.resent = "recovery", 1.0, 0.0 if s.overflow else lost
    return True


def _lose_the_last(s: Sender, round_s: float, pipe: Pipe, luck: Waits) -> None:
    """Everything is sent before the loss is known: only lost packets are left then."""
    rest = s.unsent
    lost = min(rest, s.losses(rest, pipe, luck) + (1.0 if s.overflow else 0.0))
    s.enqueue(rest, lost, pipe)
    if lost >= rest - NOTHING:
        silence(s, pipe)
        return
    s.next_s = s.time_s + round_s
    resend(s)


def recovery(s: Sender, pipe: Pipe, luck: Waits) -> bool:
    """One round at the threshold. A retransmission that is lost as well is left to the timer (RFC 6675, 5.1)."""
    s.window = s.threshold
    window = min(s.window, pipe.window)
    if s.part >= 1.0 and s.until_loss(pipe, luck) < s.resent:
        send = min(window, s.unsent)
        s.enqueue(send, min(send, s.losses(send, pipe, luck)), pipe)
        timeout(s, s.time_s, pipe)
        return False
    send = min(window * s.part, s.unsent, s.until_loss(pipe, luck))
    s.passed(send, pipe)
    s.unsent -= send
    last = s.unsent <= NOTHING
    s.next_s = s.time_s + send * (pipe.gap_s if last else max(pipe.gap_s, pipe.round_s / window))
    s.step, s.part = "epoch", 1.0
    return True


def in_part(s: Sender, elapsed_s: float, pipe: Pipe, luck: Waits) -> None:
    """Go `elapsed_s` into the step that is due, which is one of these and lasts longer than that."""
    if s.step == "epoch":
        _epoch_in_part(s, elapsed_s, pipe, luck)
        return
    window = min(s.threshold if s.step == "recovery" else s.window, pipe.window)
    lasts_s = max(pipe.round_s, window * pipe.gap_s)
    done = min(s.part, elapsed_s / lasts_s) if lasts_s else s.part
    lost = s.losses(min(window * done, s.unsent), pipe, luck)
    s.lost += lost
    s.unsent += lost * pipe.really_lost
    s.unsent -= min(window * done, s.unsent)
    s.part -= done
    s.resent = 0.0


def _epoch_in_part(s: Sender, elapsed_s: float, pipe: Pipe, luck: Waits) -> None:
    s.window = min(s.window, pipe.window)
    if s.window >= pipe.window:
        packets = elapsed_s * s.window / s.round_s(pipe)
    else:
        packets, window = s.growth(pipe).at(elapsed_s)
        s.window = min(window, pipe.window)
        s.epoch_s += elapsed_s
    packets = min(packets, s.unsent, s.until_loss(pipe, luck))
    s.passed(packets, pipe)
    s.unsent -= packets


FLUID: Final = {"epoch": epoch, "detection": detection, "recovery": recovery}
