"""Quantities with their units written: text to exact integers and fractions, and back.

parse(format(x)) == x for every value that a user can write
a bare number is refused, except 0; what two readers would read differently is refused with both readings
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from sim.scenario.errors import BadValue
from sim.scenario.misread_units import misread
from sim.scenario.numbers import (
    NUMBER,
    check_finite,
    check_spelling,
    decimal_text,
    exact,
    format_number,
    split_number,
)

MAX_BASE: Final = 2**62  # nanoseconds (146 years), bytes (4 EiB) or bits per second: all fit a signed 64-bit integer


@dataclass(frozen=True, eq=False)
class Kind:
    """One sort of quantity: its units in base units, and how a message calls it."""

    noun: str
    example_unit: str
    base: str
    units: MappingProxyType[str, int | Fraction]

    def too_fine(self, got: str) -> BadValue:
        """The refusal of a value that is no whole number of base units."""
        return BadValue(f"'{got}' is not a whole number of {self.base}", f"a {self.noun} is counted in {self.base}")


DURATION: Final = Kind(
    "duration", "ms", "nanoseconds",
    MappingProxyType({
        "w": 604_800 * 10**9, "d": 86_400 * 10**9, "h": 3_600 * 10**9, "min": 60 * 10**9, "s": 10**9,
        "ms": 10**6, "us": 10**3, "ns": 1,
    }),
)  # fmt: skip
SIZE: Final = Kind(
    "size", "MiB", "bytes",
    MappingProxyType({
        "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
        "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
    }),
)  # fmt: skip
_BIT_RATES: Final = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9, "Tbit/s": 10**12}
BITS_PER_S: Final = Kind(
    "rate", "Mbit/s", "bits per second",
    MappingProxyType({**_BIT_RATES, **{f"{unit}/s": 8 * factor for unit, factor in SIZE.units.items()}}),
)  # fmt: skip
BYTES_PER_S: Final = Kind(
    "rate", "MB/s", "bytes per second",
    MappingProxyType({unit: Fraction(factor, 8) for unit, factor in BITS_PER_S.units.items()}),
)  # fmt: skip
PER_S: Final = Kind(
    "rate", "/s", "events per second",
    MappingProxyType({
        "/s": 1, "/min": Fraction(1, 60), "/h": Fraction(1, 3_600), "/d": Fraction(1, 86_400),
        "/ms": 10**3, "/us": 10**6,
    }),
)  # fmt: skip
PERCENT: Final = Kind("share", "%", "percent", MappingProxyType({"%": Fraction(1, 100)}))

_TERM = re.compile(rf"\s*({NUMBER})\s*([^\s0-9.+-]*)")


def parse_duration(text: str, *, positive: bool = False) -> int:
    """`10 min`, `1 h 30 min` or `0` in nanoseconds. Raises BadValue."""
    text = text.strip()
    _check_start(text, DURATION)
    terms = _terms(text)
    if len(terms) < 2:
        return _whole(text, DURATION, positive=positive)
    units = [unit for _, unit in terms]
    if len(set(units)) < len(units):
        raise BadValue(f"'{text}' gives a unit twice")
    if any(number.startswith(("+", "-")) for number, _ in terms[1:]):
        raise BadValue(f"expected a duration such as 1 h 30 min (got '{text[:40]}')")
    total = sum((_scaled(number, unit, DURATION) for number, unit in terms), Fraction(0))
    return _checked_whole(total, text, DURATION, positive=positive)


def parse_size(text: str, *, positive: bool = False) -> int:
    """`600 MiB`, `600 MB` or `0` in bytes. Raises BadValue."""
    return _whole(text, SIZE, positive=positive)


def parse_bits_per_s(text: str, *, positive: bool = False) -> int:
    """`100 Mbit/s` or `12 MB/s` in bits per second. Raises BadValue."""
    return _whole(text, BITS_PER_S, positive=positive)


def parse_bytes_per_s(text: str, *, positive: bool = False) -> int:
    """`400 MB/s` or `3.2 Gbit/s` in bytes per second. Raises BadValue."""
    return _whole(text, BYTES_PER_S, positive=positive)


def parse_rate(text: str, *, positive: bool = False) -> Fraction:
    """`300 /s` or `10 /min` in events per second. Raises BadValue."""
    return _checked(_quantity(text, PER_S), text, PER_S, positive=positive)


def parse_percent(text: str, *, positive: bool = False, at_most: int | None = 100) -> Fraction:
    """`60 %` as 3/5. Raises BadValue."""
    value = _checked(_quantity(text, PERCENT), text, PERCENT, positive=positive)
    if at_most is not None and value * 100 > at_most:
        raise BadValue(f"must be at most {at_most} % (got {text.strip()})")
    return value


def format_duration(duration_ns: int) -> str:
    """Nanoseconds as the largest unit that divides them, or as several where that reads better."""
    if duration_ns == 0:
        return "0 s"
    unit, factor = next(item for item in DURATION.units.items() if duration_ns % item[1] == 0)
    if abs(duration_ns) <= 100 * factor:
        return f"{duration_ns // int(factor)} {unit}"
    return _compound(duration_ns)


def format_size(size_bytes: int) -> str:
    """Bytes in the largest unit that divides them."""
    return _largest(size_bytes, SIZE, "B")


def format_bits_per_s(bits_per_s: int) -> str:
    """Bits per second in the largest bit unit that divides them."""
    units = [(unit, BITS_PER_S.units[unit]) for unit in reversed(_BIT_RATES)]
    unit, factor = next((u, f) for u, f in units if bits_per_s % f == 0)
    return f"{bits_per_s // factor if bits_per_s else 0} {unit if bits_per_s else 'bit/s'}"


def format_bytes_per_s(bytes_per_s: int) -> str:
    """Bytes per second in the largest byte unit that divides them."""
    return f"{_largest(bytes_per_s, SIZE, 'B')}/s"


def format_rate(per_second: Fraction | int) -> str:
    """Events per second, or per minute, hour or day where that is a whole or a short number."""
    amounts = [(Fraction(per_second) / PER_S.units[unit], unit) for unit in ("/s", "/min", "/h", "/d")]
    whole = [(amount, unit) for amount, unit in amounts if amount.denominator == 1]
    exactly = [(amount, unit) for amount, unit in amounts if decimal_text(amount)]
    amount, unit = (whole or exactly or amounts)[0]
    return f"{format_number(amount)} {unit}"


def format_percent(share: Fraction | int) -> str:
    """A share of one as percent."""
    return f"{format_number(Fraction(share) * 100)} %"


def _largest(value: int, kind: Kind, smallest: str) -> str:
    if value == 0:
        return f"0 {smallest}"
    unit = max((unit for unit, factor in kind.units.items() if value % factor == 0), key=lambda u: kind.units[u])
    return f"{value // int(kind.units[unit])} {unit}"


def _compound(duration_ns: int) -> str:
    parts, rest = [], abs(duration_ns)
    for unit, factor in DURATION.units.items():
        count, rest = divmod(rest, int(factor))
        if count:
            parts.append(f"{count} {unit}")
    return ("-" if duration_ns < 0 else "") + " ".join(parts)


def _terms(text: str) -> list[tuple[str, str]]:
    """Every (number, unit) of `1 h 30 min`; empty when the text is not of that form."""
    terms, position = [], 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or not match[2]:
            return []
        terms.append((match[1], match[2]))
        position = match.end()
    return terms


def _check_start(text: str, kind: Kind) -> None:
    if not text:
        raise BadValue("value missing", f"a {kind.noun}, e.g. 100 {kind.example_unit}")
    if kind is BITS_PER_S:
        check_finite_or_unlimited(text)
    check_finite(text)
    check_spelling(text)


def check_finite_or_unlimited(text: str) -> None:
    """Raise BadValue for an infinity where the word `unlimited` says the same."""
    if text.lower().lstrip("+.") in {"inf", "infinity", "infinite"}:
        raise BadValue(f"must be a finite number (got {text})", "or the word 'unlimited'")


def _quantity(text: str, kind: Kind) -> Fraction:
    text = text.strip()
    _check_start(text, kind)
    parts = split_number(text)
    if parts is None:
        raise BadValue(f"expected a {kind.noun} such as 100 {kind.example_unit} (got '{text[:40]}')")
    return _scaled(parts[0], re.sub(r"\s*/\s*", "/", parts[1]), kind)


def _scaled(number: str, unit: str, kind: Kind) -> Fraction:
    value = exact(number)
    if unit in kind.units:
        return value * kind.units[unit]
    if not unit and value == 0:
        return Fraction(0)
    raise misread(kind.noun, kind.example_unit, tuple(kind.units), number, unit)


def _whole(text: str, kind: Kind, *, positive: bool) -> int:
    return _checked_whole(_quantity(text, kind), text, kind, positive=positive)


def _checked_whole(value: Fraction, text: str, kind: Kind, *, positive: bool) -> int:
    value = _checked(value, text, kind, positive=positive)
    if value.denominator != 1:
        raise kind.too_fine(text.strip())
    return int(value)


def _checked(value: Fraction, text: str, kind: Kind, *, positive: bool) -> Fraction:
    if value < 0 or (positive and value == 0):
        raise BadValue(f"must be {'> 0' if positive else '>= 0'} (got {_spaced(text)})")
    if value >= MAX_BASE:
        raise BadValue(f"'{text.strip()[:40]}' is too large (at most 2^62 {kind.base})")
    return value


def _spaced(text: str) -> str:
    """`-10MB` as `-10 MB`."""
    return re.sub(r"([0-9.])\s*([A-Za-z/%])", r"\1 \2", text.strip(), count=1)
