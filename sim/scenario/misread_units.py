"""Units that are not ours, and what the writer may have meant by them.

each refusal names the unit, says why it is refused, and spells the value out again
"""

from __future__ import annotations

import difflib
import re
from typing import Final

from sim.scenario.errors import BadValue

_TIME_WORDS: Final = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "S": "s",
    "mins": "min", "minute": "min", "minutes": "min", "Min": "min", "MIN": "min", "mn": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "H": "h", "D": "d", "day": "d", "days": "d", "W": "w",
    "week": "w", "weeks": "w", "msec": "ms", "millis": "ms", "MS": "ms", "usec": "us", "micros": "us",
    "\u00b5s": "us", "\u03bcs": "us", "nsec": "ns", "NS": "ns", "US": "us",
}  # fmt: skip
_TIME_UNITS: Final = ("ns", "us", "ms", "s", "min", "h", "d", "w")
_BIT_UNIT: Final = re.compile(r"([kKMGT]?)(b|bits?|Bits?)")
_BIT_RATE: Final = re.compile(r"([kKmMgGtT]?)(?:bps|b/s|bits?/s|bit/sec)")
_AMBIGUOUS_SIZE: Final = re.compile(r"([kKmMgGtT])(b|B|o|)")
_PREFIXES: Final = {"k": "kilo", "m": "mega", "g": "giga", "t": "tera"}


def misread(noun: str, example: str, units: tuple[str, ...], number: str, unit: str) -> BadValue:
    """Why `unit` is refused for a `noun` (duration, size, rate, share), and what to write instead."""
    amount = number.lstrip("+")
    if not unit:
        return _missing(noun, example, amount)
    if noun == "duration":
        return _misread_time(amount, unit, units)
    if noun == "size":
        return _misread_size(amount, unit, units)
    if noun == "rate":
        return _misread_events(amount, unit, units) if "/s" in units else _misread_rate(amount, unit, units)
    return _unknown(noun, amount, unit, units)


def _missing(noun: str, example: str, amount: str) -> BadValue:
    if noun == "share":
        return BadValue("unit missing", f"a share is written with %, e.g. {amount} % or {float(amount) * 100:g} %")
    return BadValue("unit missing", f"e.g. {amount} {example}")


def _misread_time(amount: str, unit: str, units: tuple[str, ...]) -> BadValue:
    if unit == "m":
        return BadValue("'m': minute or metre or milli?", f"write {amount} min / {amount} ms")
    if unit == "M":
        return BadValue("'M': minute or month?", f"write {amount} min")
    if unit in _TIME_WORDS:
        return _did_you_mean(amount, unit, _TIME_WORDS[unit])
    if unit in {"y", "yr", "year", "years", "a", "month", "months", "mo"}:
        return BadValue(f"'{unit}' is not always equally long", "write days, e.g. 365 d")
    return _unknown("duration", amount, unit, units)


def _misread_size(amount: str, unit: str, units: tuple[str, ...]) -> BadValue:
    if unit in _TIME_UNITS:
        return BadValue(f"'{unit}' is a time; a size needs bytes", f"e.g. {amount} MiB")
    if unit.removesuffix("/s") in units:
        return BadValue(f"'{unit}' is a rate; a size is an amount", f"did you mean {amount} {unit[:-2]}?")
    if unit == "KB":
        return BadValue("unit 'KB' is not used", f"did you mean {amount} kB (1000 bytes) or {amount} KiB (1024)?")
    if bits := _BIT_UNIT.fullmatch(unit):
        prefix = bits[1].replace("K", "k")
        return BadValue(
            f"'{unit}' is {_PREFIXES.get(prefix.lower(), '')}bit; a size needs bytes",
            f"did you mean {amount} {prefix}B (= {float(amount) * 8:g} {prefix}bit)?",
        )
    if ambiguous := _AMBIGUOUS_SIZE.fullmatch(unit):
        return _ambiguous(amount, unit, ambiguous[1])
    return _unknown("size", amount, unit, units)


def _ambiguous(amount: str, unit: str, prefix: str) -> BadValue:
    word = _PREFIXES[prefix.lower()]
    binary, decimal = f"{prefix.upper()}iB", f"{prefix.upper().replace('K', 'k')}B"
    readings = f"{word}bit, {word}byte" + (", millibit" if unit in {"mb", "mB"} else "")
    return BadValue(
        f"unit '{unit}' is ambiguous ({readings})",
        f"write {amount} {decimal} (powers of 1000) or {amount} {binary} (powers of 1024)",
    )


def _misread_rate(amount: str, unit: str, units: tuple[str, ...]) -> BadValue:
    if f"{unit}/s" in units:
        return BadValue(f"'{unit}' is an amount; a rate needs a time", f"did you mean {amount} {unit}/s?")
    if bits := _BIT_RATE.fullmatch(unit):
        prefix = "k" if bits[1] in {"k", "K"} else bits[1].upper()
        return BadValue(f"unit '{unit}' is not used", f"did you mean {amount} {prefix}bit/s or {amount} {prefix}B/s?")
    if ambiguous := _AMBIGUOUS_SIZE.fullmatch(re.sub(r"/s(ec)?$|ps$", "", unit)):
        prefix = "k" if ambiguous[1] in {"k", "K"} else ambiguous[1].upper()
        return BadValue(
            f"unit '{unit}' is ambiguous (bits or bytes)", f"write {amount} {prefix}bit/s or {amount} {prefix}B/s"
        )
    return _unknown("rate", amount, unit, units)


def _misread_events(amount: str, unit: str, units: tuple[str, ...]) -> BadValue:
    if unit.lower() in {"iops", "hz", "ops", "wps", "w/s", "writes/s", "ops/s", "io/s", "req/s", "/sec", "/second"}:
        return _did_you_mean(amount, unit, "/s")
    if unit in _TIME_UNITS:
        return BadValue(f"'{unit}' is a time; a rate is events per time", f"did you mean {amount} /{unit}?")
    return _unknown("rate", amount, unit, units)


def _did_you_mean(amount: str, unit: str, right: str) -> BadValue:
    return BadValue(f"unknown unit '{unit}'", f"did you mean {amount} {right}?")


def _unknown(noun: str, amount: str, unit: str, units: tuple[str, ...]) -> BadValue:
    same = [right for right in units if right.lower() == unit.lower()]
    near = same or difflib.get_close_matches(unit, units, n=1, cutoff=0.75)
    if near:
        return _did_you_mean(amount, unit[:40], near[0])
    return BadValue(f"unknown unit '{unit[:40]}'", f"a {noun} is written in {', '.join(units)}")
