"""Numbers for people: three digits and a unit of a fitting size."""

from __future__ import annotations

from typing import Final, Literal

Unit = Literal["s", "B", "share", "1"]

_TIMES: Final = (
    ("d", 86_400.0, 2.0), ("h", 3_600.0, 2.0), ("min", 60.0, 2.0), ("s", 1.0, 1.0), ("ms", 1e-3, 1.0),
)  # fmt: skip
_SIZES: Final = tuple((unit, 1024.0**power) for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")))
_DECIMALS: Final = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))

SHORTEST: Final = 0.005e-9  # seconds: less reads as nothing


def amount(value: float | None, unit: Unit) -> str:
    """A value with its unit: `12.4 min`, `1.50 GiB`, `84.1 %`, `1,234`; a dash for none."""
    if value is None:
        return "–"
    match unit:
        case "s":
            return duration(value)
        case "B":
            return size(value)
        case "share":
            return f"{digits(value * 100)} %"
    return digits(value)


def plain(value: float, unit: Unit) -> str:
    """A value with all of its digits, in its base unit."""
    return f"{value * 100:.12g} %" if unit == "share" else f"{value:.12g} {'' if unit == '1' else unit}".rstrip()


def duration(seconds: float) -> str:
    """A time in the largest unit that leaves at least two of it."""
    for unit, length, least in _TIMES:
        if abs(seconds) >= length * least:
            return f"{digits(seconds / length)} {unit}"
    if abs(seconds) >= 1e-6:
        return f"{digits(seconds * 1e6)} µs"
    return f"{digits(seconds * 1e9)} ns" if abs(seconds) >= SHORTEST else "0 s"


def part_of(seconds: float, whole: float) -> str:
    """A part of a time in the unit that fits the part: `2 of 120 min`, `60 s of 24 h`, `all of 4 h`."""
    if seconds >= whole:
        return f"all of {duration(whole)}"
    unit, length = next(((unit, length) for unit, length, least in _TIMES if seconds >= length * least), ("s", 1.0))
    if whole >= 1000 * length:
        return f"{digits(seconds / length)} {unit} of {duration(whole)}"
    return f"{digits(seconds / length)} of {digits(whole / length)} {unit}"


def size(size_bytes: float) -> str:
    """Bytes in units of 1024."""
    for unit, length in _SIZES:
        if abs(size_bytes) >= length:
            return f"{digits(size_bytes / length)} {unit}"
    return f"{digits(size_bytes)} B"


def decimal(size_bytes: float) -> str:
    """Bytes in units of 1000, as links and disks are sold."""
    for unit, length in _DECIMALS:
        if abs(size_bytes) >= length:
            return f"{digits(size_bytes / length)} {unit}"
    return f"{digits(size_bytes)} B"


def bandwidth(bits_per_s: float) -> str:
    """Bits a second in units of 1000."""
    for unit, length in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if abs(bits_per_s) >= length:
            return f"{digits(bits_per_s / length)} {unit}"
    return f"{digits(bits_per_s)} bit/s"


def digits(value: float) -> str:
    """Three digits, or all of an integer."""
    if value == int(value):
        return f"{int(value):,}"
    for decimals, below in ((2, 9.995), (1, 99.95)):
        if abs(value) < below:
            return f"{value:.{decimals}f}"
    return f"{value:,.0f}"
