"""How a loss in slow start or a burst is found and repaired (RFC 6675, 6937, 8985).

found    one packet, told by those after it: proportional rate reduction, then a round of recovery
repair   many packets: as many go as are acknowledged, then two for each, up to the threshold
refill   what was dropped unnoticed is made up for: a small queue overflows once more
probe    nothing was acknowledged after the loss: one packet asks
timeout  not even that: a window of one packet, after a timer that doubles
"""

from __future__ import annotations

from typing import Final

from sim.world.tcp.path import Pipe
from sim.world.tcp.sender import NOTHING, Sender, Waits

DUPLICATES: Final = 3  # acknowledgements of later packets that prove a loss (RFC 6675)
LONE_PROBE_S: Final = 0.2  # RFC 8985, 7.2: a probe after a lone packet allows for a delayed acknowledgement


def found(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """Acknowledgements of what came before the lost packet bring more; then the loss is known."""
    send = min(s.flight, pipe.window, s.unsent)
    s.enqueue(send, s.losses(send, pipe, luck), pipe)
    s.cut(s.window)
    s.window = s.threshold
    s.step, s.part, s.next_s = "recovery", 1.0, s.time_s


def repair(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """The round in which the losses begin to be known."""
    s.cut(s.window)
    send = _send(s, min(s.flight, pipe.full), pipe, luck)
    standing = max(0.0, s.threshold - pipe.pipe)
    if s.doubling and 0 < s.unknown < s.threshold and s.unknown + standing > pipe.queue + NOTHING:
        s.window, s.step = s.threshold, "refill"
    else:
        s.window = min(s.threshold, (2 if s.doubling else 1) * max(1.0, send))
        s.step, s.unknown = "round", 0.0


def refill(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """A round without what was dropped unnoticed, then one that makes up for it, and loses again."""
    if s.unknown:
        _send(s, s.window - s.unknown, pipe, luck)
        s.unknown = 0.0
        return
    _send(s, min(s.window, pipe.full), pipe, luck)
    s.cut(s.window)
    s.window = s.threshold
    s.step, s.part, s.resent = "recovery", 1.0, 0.0


def resend(s: Sender) -> None:
    """Only lost packets are left, and known to be lost when the next step is due."""
    s.cut(s.window)
    s.window = s.acks = s.threshold
    s.step = "round"


def silence(s: Sender, pipe: Pipe) -> None:
    """Nothing is acknowledged after the lost packets: a probe asks, or the timer runs out again."""
    heard_s = s.time_s + pipe.rtt_s + s.backlog * pipe.gap_s
    if s.backoffs:
        timeout(s, heard_s, pipe)
        return
    lone_s = LONE_PROBE_S if s.backlog <= 1 + NOTHING else 0.0
    s.cut(s.window)
    s.step, s.next_s = "probe", heard_s + 2 * s.smoothed_s(pipe) + lone_s


def probe(s: Sender, pipe: Pipe, luck: Waits) -> None:
    """One packet asks for an answer: recovery begins with it, or the timer runs out."""
    if s.losses(1.0, pipe, luck):
        timeout(s, s.time_s, pipe)
        return
    s.enqueue(min(1.0, s.unsent), 0.0, pipe)
    s.window = s.acks = 1.0
    s.step, s.next_s = "round", s.time_s + pipe.round_s


def timeout(s: Sender, began_s: float, pipe: Pipe) -> None:
    """The timer that began then runs out: one packet goes, then slow start."""
    s.next_s = began_s + s.timeout_s(pipe)
    s.backoffs += 1
    s.window, s.acks, s.step = 1.0, 0.0, "round"


def _send(s: Sender, packets: float, pipe: Pipe, luck: Waits) -> float:
    """Send a round of so many packets, or what there is."""
    send = min(packets, pipe.window, s.unsent)
    s.next_s = s.time_s + pipe.round_s + s.backlog * pipe.gap_s
    s.enqueue(send, s.losses(send, pipe, luck), pipe)
    s.acks = send
    return send
