"""What one transfer takes and why, in words, with its rate over time in a line of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from analysis.grids import Grid, Row, glued
from analysis.rates import bins
from analysis.terminal import WIDTH, printed
from sim.scenario.units import format_bits_per_s, format_size
from sim.summary import amount
from sim.summary.amounts import bandwidth, digits
from sim.transfers import Conditions, Explained, Transfer

BLOCKS: Final = "▁▂▃▄▅▆▇█"
PLAIN: Final = ".:-=+*#@"  # where a terminal knows only ASCII
WIDEST: Final = 72
LIMITS: Final = {
    "pipe": "the pipe: most of the time the line is full",
    "slow start": "slow start: most of the time the line waits for the window to open",
    "loss": "loss: most of the time the window is smaller than the pipe, because packets were lost",
    "round trip": "the round trip: most of the time is the way there and back, not sending",
}


def told(
    conditions: Conditions, found: Explained, shown: Transfer, *, drawn: bool = False, colour: bool = False,
    width: int = WIDTH, ascii_only: bool = False,
) -> str:  # fmt: skip
    """Text of several lines without a line end; `drawn`: it is about one draw of luck, not the median."""
    parts: list[RenderableType] = [Text(glued(f"{headline(conditions)}, {circumstances(conditions)}"), "bold"), ""]
    parts += [Text(glued(line)) for line in _answer(conditions, found, drawn)]
    parts += ["", _parts(found).fitting(width), "", *_rate(conditions, shown, width, PLAIN if ascii_only else BLOCKS)]
    return printed(parts, colour=colour, width=width)


def headline(conditions: Conditions) -> str:
    """What is transferred over what."""
    return f"{format_size(conditions.size_bytes)} over {format_bits_per_s(conditions.bandwidth_bits_per_s)}"


def circumstances(conditions: Conditions) -> str:
    """The rest of the link, and the sender."""
    loss = f"{conditions.loss * 100:.6g} % loss" if conditions.loss else "no loss"
    trip = f"round trip {amount(conditions.rtt_seconds, 's')}"
    return f"{trip}, {loss}, {conditions.congestion}, {conditions.connection} connection"


def slowdown(found: Explained) -> str:
    """How many times as long as over the line alone."""
    if found.slowdown < 1.005:
        return "as fast as the line alone"
    return f"{digits(found.slowdown)} times as long as the line alone"


def _answer(conditions: Conditions, found: Explained, drawn: bool) -> Iterator[str]:
    yield f"takes {amount(found.seconds, 's')}, {slowdown(found)} ({amount(found.ideal_seconds, 's')})"
    yield f"limited by {LIMITS[found.limited_by]}"
    lucky = conditions.loss > 0 and conditions.congestion != "ideal"
    if lucky and not drawn:
        low, high = amount(found.p10_seconds, "s"), amount(found.p90_seconds, "s")
        spread = f"by luck {low} to {high} (p10 to p90)" if low != high else "luck changes little (p10 to p90)"
        yield f"{spread}; the rest is about the median"
    mean = f"mean rate {bandwidth(found.mean_bits_per_s)}"
    again = f"{amount(found.resent_bytes, 'B')} sent again" if found.resent_bytes else "nothing sent again"
    yield f"{mean} of {bandwidth(conditions.bandwidth_bits_per_s)}; {again}"


def _parts(found: Explained) -> Grid:
    parts = {
        "handshake": found.handshake_seconds,
        "slow start and waits for windows": found.slow_start_seconds,
        "after losses": found.loss_seconds,
        "pipe full": found.sending_seconds,
        "propagation": found.propagation_seconds,
    }
    whole = max(found.seconds, 1e-9)
    rows = [Row(name, (_time(value), f"{100 * value / whole:.1f} %")) for name, value in parts.items()]
    return Grid("where the time goes", ("time", "share"), rows)


def _time(seconds: float) -> str:
    """Less than a nanosecond is a rounding."""
    return amount(seconds if seconds >= 1e-9 else 0.0, "s")


def _rate(conditions: Conditions, shown: Transfer, width: int, blocks: str) -> Iterator[Text]:
    rates = [one.bits_per_s for one in bins(conditions, shown, max(8, min(WIDEST, width)))]
    highest = max(rates)
    if highest <= 0:
        return
    yield Text(glued(f"rate over time, up to {bandwidth(highest)}"), "bold")
    yield Text("".join(_block(rate / highest, blocks) for rate in rates), "cyan")
    end = amount(shown.took_ns / 1e9, "s")
    yield Text(f"{'0 s':<{max(4, len(rates) - len(end))}}{end}", "dim")


def _block(share: float, blocks: str) -> str:
    return " " if share <= 0 else blocks[min(len(blocks) - 1, int(share * len(blocks)))]
