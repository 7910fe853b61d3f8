"""What kernel TCP was measured to take, beside what the model says: ratios by cell, errors by group, and a picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.style import BLUE, GREEN, ORANGE, legend, title
from sim.transfers import Conditions, transfers

COLOURS = {"fresh": BLUE, "warm": ORANGE, "idle": GREEN}
NS_PER_S = 1e9


def cells(path: Path | str, draws: int = 25) -> pd.DataFrame:
    """Every measured cell with the model's median over `draws` (`modelled`, seconds) and the `ratio` of the two."""
    frame = pd.read_csv(path)
    rows: Iterable[pd.Series] = (row for _, row in frame.iterrows())
    frame["modelled"] = [float(np.median(_seconds(row, draws))) for row in rows]
    frame["ratio"] = frame["modelled"] / frame["seconds"]
    return frame


def distributions(path: Path | str, draws: int = 200) -> pd.DataFrame:
    """Every cell where luck matters with the model's mean, p10, median and p90, and the ratio of the means."""
    frame = pd.read_csv(path)
    drawn = [_seconds(row, draws) for _, row in frame.iterrows()]
    frame["modelled_mean"] = [float(seconds.mean()) for seconds in drawn]
    for name, share in (("p10", 10), ("median", 50), ("p90", 90)):
        frame[f"modelled_{name}"] = [float(np.percentile(seconds, share)) for seconds in drawn]
    frame["ratio"] = frame["modelled_mean"] / frame["mean"]
    return frame


def errors(frame: pd.DataFrame) -> pd.DataFrame:
    """By group of cells: how many, the median error, and what share of them lies within 10 and within 35 %."""
    groups = {
        "all": frame,
        **{state: frame[frame["conn"] == state] for state in COLOURS},
        "with loss": frame[frame["loss"] > 0],
        "without loss": frame[frame["loss"] == 0],
        "fresh without loss": frame[(frame["loss"] == 0) & (frame["conn"] == "fresh")],
    }
    return pd.DataFrame({name: _errors((group["ratio"] - 1).abs()) for name, group in groups.items()}).T


def ratios(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the ratio of each cell over the measured time; 1 is agreement, the band is 35 % either way."""
    ax.axhspan(0.65, 1.35, color="0.92", zorder=0)
    ax.axhline(1, color="0.4", linewidth=0.8)
    for state, colour in COLOURS.items():
        for lossy, marker in ((False, "o"), (True, "x")):
            some = frame[(frame["conn"] == state) & ((frame["loss"] > 0) == lossy)]
            label = f"{state}, {'with' if lossy else 'without'} loss"
            ax.scatter(some["seconds"], some["ratio"], s=14, marker=marker, color=colour, alpha=0.7, label=label)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_yticks([0.5, 0.65, 1, 1.35, 2], labels=["0.5", "0.65", "1", "1.35", "2"])
    ax.set_yticks([], minor=True)
    ax.set_xlabel("measured (s)", loc="right")
    ax.set_ylabel("modelled / measured")
    title(ax, "Transfers of kernel TCP, and of the model", f"{len(frame)} cells; band: 35 %")
    legend(ax)
    return ax


def _errors(error: pd.Series) -> dict[str, float]:
    return {
        "cells": len(error),
        "median_error": float(error.median()),
        "p90_error": float(error.quantile(0.9)),
        "within_10_percent": float((error <= 0.10).mean()),
        "within_35_percent": float((error <= 0.35).mean()),
    }


def _seconds(row: pd.Series, draws: int) -> np.ndarray:
    conditions = Conditions(
        int(row["size_bytes"]),
        round(row["rate_mbit"] * 1e6),
        float(row["rtt_ms"]) / 1e3,
        float(row["loss"]),
        float(row["queue_bdp"]),
        row["cc"],
        row["conn"],
    )
    return np.array([one.took_ns for one in transfers(conditions, draws)]) / NS_PER_S
