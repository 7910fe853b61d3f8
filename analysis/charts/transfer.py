"""The rate of one transfer over its time, and what that time was spent on."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from analysis.rates import Bin, bins, payload_bits_per_s
from analysis.style import BLACK, BLUE, GREY, ORANGE, PURPLE, SKY, legend, tick_times, time_unit, title
from sim.transfers import Conditions, Transfer

LABELS = {
    "handshake": (GREY, "handshake"),
    "opening": (SKY, "slow start, waits for windows"),
    "losses": (ORANGE, "after losses"),
    "full": (BLUE, "pipe full"),
    "propagation": (PURPLE, "propagation"),
}
SILENT = ("handshake", "propagation")  # nothing leaves the bottleneck: the background tells
UNITS = (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0))
POINTS = 400


def transfer_rate(conditions: Conditions, shown: Transfer, ax: Axes, *, heading: str, note: str = "") -> Axes:
    """Draw payload a second as it leaves the bottleneck, filled by phase, and what the line carries at most."""
    rates, line = bins(conditions, shown, POINTS), payload_bits_per_s(conditions)
    until_s = rates[-1].end_s
    unit, length = time_unit(until_s)
    rate_unit, per_unit = next((name, size) for name, size in UNITS if line >= size or size == 1.0)
    entries: dict[str, Any] = {}
    for phase, (colour, label) in LABELS.items():
        if own := [one for one in rates if one.phase == phase]:
            entries[label] = _phase(ax, own, length, per_unit, colour)
    edges = [one.begin_s / length for one in rates] + [until_s / length]
    ax.stairs([one.bits_per_s / per_unit for one in rates], edges, color=BLACK, linewidth=0.8)
    entries["the line, less headers"] = ax.axhline(line / per_unit, color=BLACK, linestyle="--", linewidth=1.0)
    ax.set_xlim(0, until_s / length)
    ax.set_ylim(0, 1.08 * max(line, *(one.bits_per_s for one in rates)) / per_unit)
    tick_times(ax.xaxis, unit, until_s / length)
    ax.set_xlabel(f"since the begin ({unit})", loc="right")
    ax.set_ylabel(f"rate ({rate_unit})")
    title(ax, heading, note)
    legend(ax, entries)
    return ax


def _phase(ax: Axes, own: list[Bin], length: float, per_unit: float, colour: str) -> Any:
    """All bins of one phase: bars that touch, or a band where nothing is sent."""
    if own[0].phase in SILENT:
        return ax.axvspan(own[0].begin_s / length, own[-1].end_s / length, color=colour, alpha=0.3, linewidth=0)
    heights = [one.bits_per_s / per_unit for one in own]
    widths = [(one.end_s - one.begin_s) / length for one in own]
    return ax.bar([one.begin_s / length for one in own], heights, widths, align="edge", color=colour, linewidth=0)
