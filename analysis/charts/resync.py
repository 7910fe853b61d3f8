"""What it took to bring a copy back, beside what the other ways would have sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from analysis.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    legend,
    size_unit,
    tick_times,
    time_unit,
    title,
)
from sim.summary import amount

UNDO, COPY, MERGED, FULL, SENT = PURPLE, SKY, GREEN, GREY, BLUE
COPIED: Final = "full"


def resync_bytes(rows: pd.DataFrame, ax: Axes, *, note: str = "") -> Axes:
    """Draw what the resyncs of a run sent, and what each way would have, as bars.

    `rows` is the table of `analysis.recovering.resyncs`; of several resyncs the sums are drawn.
    """
    total = rows[["undo_bytes", "copy_bytes", "merged_bytes", "full_bytes", "sent_bytes"]].sum()
    unit, length = size_unit(max(float(total.max()), 1.0))
    took, instead = float(rows["took_seconds"].sum()), rows["full_copy_seconds"].sum(min_count=1)
    copied = rows["way"].eq(COPIED).all()
    bars: list[tuple[str, Sequence[tuple[str, str, float]], str]] = [
        ("sent", [("sent", SENT, total["sent_bytes"])], f" in {amount(took, 's')}"),
    ]
    if not copied:
        bars += [
            ("undo, then copy", [("undo", UNDO, total["undo_bytes"]), ("copy", COPY, total["copy_bytes"])], ""),
            ("merged", [("each block once", MERGED, total["merged_bytes"])], ""),
        ]
    hours = "" if pd.isna(instead) else f" in {amount(float(instead), 's')} on the same link"
    bars.append(("a full copy", [("a full copy", FULL, total["full_bytes"])], "" if copied else hours))
    widest = max(float(total.max()), 1.0) / length
    for level, (_, parts, after) in enumerate(bars):
        _bar(ax, level, [(name, colour, size / length) for name, colour, size in parts], widest, _told(parts) + after)
    ax.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    ax.set_ylim(len(bars) - 0.45, -0.55)
    ax.set_xlim(0, 1.02 * widest)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"bytes ({unit})", loc="right")
    title(ax, "What was copied again" if copied else "What the resync sent, and what other ways would have", note)
    return ax


def _told(parts: Sequence[tuple[str, str, float]]) -> str:
    if len(parts) == 1:
        return amount(parts[0][2], "B")
    return " + ".join(f"{name} {amount(size, 'B')}" for name, _, size in parts)


def _bar(ax: Axes, level: int, parts: Sequence[tuple[str, str, float]], widest: float, told: str) -> None:
    """One bar of several parts, with its words in it where it is long, else behind it."""
    end = 0.0
    for _, colour, size in parts:
        ax.barh(level, size, left=end, height=0.6, color=colour, linewidth=0)
        end += size
    inside = end > 0.55 * widest
    ax.annotate(
        told, (end, level), xytext=(-5 if inside else 5, 0), textcoords="offset points", va="center", fontsize=8.5,
        ha="right" if inside else "left", fontweight="bold", color="white" if inside and len(parts) == 1 else BLACK,
    )  # fmt: skip


def resync_cost(rows: pd.DataFrame, ax: Axes, *, note: str = "") -> Axes:
    """Draw what each way of bringing a copy back sends, against the time that it was away (R5, R6).

    `rows` is the table of `analysis.recovering.resyncs` over several runs. What had to be a full copy is marked on its
    line: there was no choice.
    """
    rows = rows.sort_values("time_away_ns")
    time_name, second = time_unit(max(float(rows["time_away_ns"].max()) / 1e9, 1.0))
    away = rows["time_away_ns"].to_numpy() / 1e9 / second
    literal = (rows["undo_bytes"] + rows["copy_bytes"]).to_numpy()
    highest = max(float(literal.max()), float(rows["full_bytes"].max()), 1.0)
    unit, length = size_unit(highest)
    possible = rows["way"].ne(COPIED).to_numpy()
    undo = rows["undo_bytes"].to_numpy() / length
    ax.fill_between(away, 0, undo, where=possible, color=UNDO, alpha=0.35, linewidth=0, label="undo")
    ax.fill_between(away, undo, literal / length, where=possible, color=COPY, alpha=0.35, linewidth=0, label="copy")
    ax.plot(away[possible], literal[possible] / length, "o-", color=ORANGE, markersize=3.5, label="undo, then copy")
    merged = rows["merged_bytes"].to_numpy()
    ax.plot(
        away[possible], merged[possible] / length, "o-", color=MERGED, markersize=3.5, label="merged: each block once"
    )
    ax.plot(away, rows["full_bytes"] / length, "--", color="#222222", label="full copy")
    if not possible.all():
        ax.plot(away[~possible], rows["full_bytes"].to_numpy()[~possible] / length, "X", color="#D55E00", markersize=7,
                label="had to be a full copy", zorder=4)  # fmt: skip
    ax.set_xlim(0, max(float(away.max()), 1e-9) * 1.02)
    ax.set_ylim(0, 1.08 * highest / length)
    tick_times(ax.xaxis, time_name, float(away.max()))
    ax.set_xlabel(f"time away ({time_name})", loc="right")
    ax.set_ylabel(f"sent ({unit})")
    title(ax, "What it takes to come back, by the time away", note)
    legend(ax)
    return ax
