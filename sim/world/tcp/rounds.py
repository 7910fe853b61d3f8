"""Slow start and bursts, a round at a time: what is sent, what the queue drops, when the next round begins.

    handshake -> round -> round -> ... -> epoch      (`epochs.py`)
                   v
                 a loss: found or repaired a round later      (`repairs.py`)

In a round w packets leave at the bottleneck's rate; the rest of the round is idle while the pipe is not full. The first
round after a pause is a burst; later ones are clocked by acknowledgements, two packets for each in slow start.
"""

from __future__ import annotations

import math
from typing import Final

from sim.world.tcp.path import Pipe
from sim.world.tcp.repairs import DUPLICATES, resend, silence
from sim.world.tcp.sender import BETA, NOTHING, Sender, Waits

LINE_GAP_S: Final = 12_000 / 1e9  # a burst leaves a host at 1 Gbit/s, or as fast as the bottleneck takes it
SYN_TIMEOUT_S: Final = 1.0  # RFC 6298, 2.1; Linux repeats it at first
SYN_TRIES: Final = 10
HYSTART_LEAST: Final = 16.0  # packets (Ha and Rhee 2011, "Taming the elephants: new TCP slow start"; as in Linux)
HYSTART_GAP_S: Final = 0.002  # between acknowledgements of one train
HYSTART_DELAY_S: Final = (0.004, 0.016)  # an eighth of the round trip, within these limits
HYSTART_SAMPLES: Final = 8


def handshake(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """Connect: one round trip, more when the first packet is lost."""
    tries = 0
    while tries < SYN_TRIES and s.losses(1.0, pipe, luck):
        tries += 1
    s.next_s = s.time_s + pipe.rtt_s + tries * SYN_TIMEOUT_S
    s.step = "round"


def send_round(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """Send a window: at once where the pipe was idle, else as acknowledgements come."""
    s.connected = True
    window = s.window if s.window < pipe.window else pipe.window  # here and below cheaper than min and max
    if (window >= s.threshold or window >= pipe.window) and s.acks >= window - NOTHING:
        s.step, s.next_s = "epoch", s.time_s
        return
    send = window if window < s.unsent else s.unsent
    dropped = _dropped(s, send, window, pipe)
    s.next_s = s.time_s + pipe.round_s + s.backlog * pipe.gap_s
    ahead = s.until_loss(pipe, luck)
    if dropped:
        (_full_while_clocked if s.acks else _full_in_a_burst)(s, send - dropped, dropped, pipe, luck)
    elif ahead < send:
        _lose(s, send, ahead, pipe, luck)
    else:
        s.passed(send, pipe)
        s.enqueue(send, 0.0, pipe)
        if s.window < s.threshold:
            s.window = _grown(s, send, pipe)
        s.acks, s.backoffs = send, 0


def _dropped(s: Sender, send: float, window: float, pipe: Pipe) -> float:
    """What the queue cannot hold of a burst, or of two packets for each acknowledgement: whole packets."""
    if not pipe.gap_s:
        return 0.0
    leaves = send * min(1.0, s.acks / window) if s.acks else 1.0 + send * min(1.0, LINE_GAP_S / pipe.gap_s)
    beyond = s.backlog + send - leaves - pipe.queue
    return 0.0 if beyond < 0 else float(math.floor(min(send, beyond) + NOTHING))


def _grown(s: Sender, acked: float, pipe: Pipe) -> float:
    """The window after these acknowledgements in slow start."""
    if s.congestion == "cubic" and s.threshold == math.inf:
        s.threshold = _hystart(s, acked, pipe)
    return max(s.window, min(s.window + acked, s.threshold, pipe.window))


def _hystart(s: Sender, acked: float, pipe: Pipe) -> float:
    """Where slow start ends early: acknowledgements come for half a round trip, or a round begins with delay."""
    least, most = HYSTART_DELAY_S
    ends = math.inf
    if acked > (train := _train(pipe)):
        ends = s.window + train
    if s.backlog_at(s.next_s, pipe) * pipe.gap_s > min(most, max(least, pipe.rtt_s / 8)):
        ends = min(ends, s.window + HYSTART_SAMPLES)
    ends = max(ends, HYSTART_LEAST)
    return ends if ends < s.window + acked else math.inf


def _train(pipe: Pipe) -> float:
    """Packets whose acknowledgements come in half a round trip, without a gap between them."""
    return pipe.rtt_s / 2 / pipe.gap_s if 0 < pipe.gap_s <= HYSTART_GAP_S else math.inf


def _full_in_a_burst(s: Sender, passes: float, dropped: float, pipe: Pipe, luck: Waits) -> None:
    """The queue drops the end of a burst, but for one whenever another leaves."""
    s.lost += dropped
    s.enqueue(passes, s.losses(passes, pipe, luck), pipe)
    first = min(passes, (1 + pipe.queue) / (1 - min(0.99, LINE_GAP_S / pipe.gap_s)))  # until it is full
    later = float(math.floor(passes - first))
    fresh = max(0.0, min(first, s.unsent - dropped))  # sent as the first ones are acknowledged
    if later + fresh < DUPLICATES:
        silence(s, pipe)
        return
    if fresh < 1:
        s.next_s += first * pipe.gap_s
    s.step, s.flight, s.doubling, s.unknown = "repair", later + fresh, False, 0.0


def _full_while_clocked(s: Sender, passes: float, dropped: float, pipe: Pipe, luck: Waits) -> None:
    """Once the queue is full it drops every second packet, until the first loss is found a round later."""
    room = max(0.0, pipe.queue - s.backlog)  # acknowledgements until it is full
    s.lost += dropped
    s.enqueue(passes, s.losses(passes, pipe, luck), pipe)
    more = min(2 * room, s.unsent / 2)
    through = min(more, max(0.0, pipe.queue - s.backlog_at(s.next_s, pipe)))
    grows = min(2 * room, _train(pipe)) if s.congestion == "cubic" else 2 * room
    s.window = min(s.window + grows, max(s.window, s.threshold))
    told = max(0.0, passes - 2 * room)  # acknowledgements in recovery: of packets sent after the first loss
    beta = BETA[s.congestion]
    s.flight = more + through + told * (beta if more + through + told > beta * s.window else 1.0)
    s.step, s.doubling, s.unknown = "repair", True, more - through


def _lose(s: Sender, send: float, ahead: float, pipe: Pipe, luck: Waits) -> None:
    """A packet of this round is lost; the acknowledgements of those after it tell so a round later."""
    lost = s.losses(send, pipe, luck)
    s.enqueue(send, lost, pipe)
    nothing_else = s.unsent <= lost + NOTHING
    if lost > send - 1 + NOTHING or (nothing_else and ahead >= send - 1 - NOTHING):
        silence(s, pipe)
    elif nothing_else:
        s.next_s += ahead * pipe.gap_s
        resend(s)
    else:
        s.step, s.resent, s.flight = "found", lost, ahead
        if s.window < s.threshold:
            s.flight, s.window = 2 * ahead, min(s.window + ahead, max(pipe.full, s.window))
