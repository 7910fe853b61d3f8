"""Numbers as a user writes them, read exactly; never through a float.

'1,000', '010', '8:30', 'nan' and full-width digits are refused with what to write instead
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from sim.scenario.errors import BadValue

MAX_COUNT = 2**53  # a bare number beyond this is not the same in every tool that reads the file
MAX_DIGITS = 40
MAX_EXPONENT_DIGITS = 3

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(NUMBER)
_CLOCK = re.compile(r"[+-]?([0-9]+):([0-9]+)(:[0-9.]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[,_'][0-9]{3})+(?![0-9])")
_SEPARATED = re.compile(r"[+-]?[0-9]+(?:[,_'][0-9]+)+")
_LEADING_ZERO = re.compile(r"([+-]?)0+([0-9]+)(\.?)")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,14}")
_NOT_FINITE = re.compile(r"[+-]?\.?(?:nan|inf|infinity)", re.IGNORECASE)
_SMART_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\uff02\uff07"


def check_characters(text: str) -> None:
    """Raise BadValue for smart quotes, and digits or signs that only look like ASCII."""
    for offset, char in enumerate(text):
        if char in _SMART_QUOTES:
            raise BadValue(f"character U+{ord(char):04X} {char} is a typographic quote", "use plain quotes", offset)
        if ord(char) > 127 and unicodedata.category(char) == "Nd":
            raise BadValue(f"'{char}' is not a plain digit", f"digits must be ASCII: {unicodedata.digit(char)}", offset)
        if char in "\u2212\u2010\u2011\u2012\u2013\u2014":
            raise BadValue(f"character U+{ord(char):04X} {char} is not a minus sign", "write '-'", offset)


def check_finite(text: str) -> None:
    """Raise BadValue for nan and the infinities."""
    if _NOT_FINITE.fullmatch(text):
        raise BadValue(f"must be a finite number (got {text})")


def check_spelling(text: str) -> None:
    """Raise BadValue for spellings of numbers that two readers would read differently."""
    check_characters(text)
    if clock := _CLOCK.match(text):
        first, second = int(clock[1][:9]), int(clock[2][:9])
        raise BadValue(f"ambiguous time '{clock[0]}'", f"write '{first} min {second} s' or '{first} h {second} min'")
    if thousands := _THOUSANDS.match(text):
        plain = re.sub("[,_']", "", thousands[0])
        raise BadValue(f"'{thousands[0]}': write {plain}")
    if separated := _SEPARATED.match(text):
        raise BadValue(f"'{separated[0]}': write {re.sub('[,_]', '.', separated[0], count=1)}")
    if zero := _LEADING_ZERO.match(text):
        raise BadValue(f"leading zero in '{zero[0]}': octal?", f"write {zero[1]}{zero[2]}")


def split_number(text: str) -> tuple[str, str] | None:
    """The number a text begins with and the rest; None when it begins with no number. Raises BadValue."""
    match = _NUMBER.match(text)
    return (match[0], text[match.end() :].strip()) if match else None


def exact(number: str) -> Fraction:
    """The value of a decimal number. Raises BadValue where it is too long to be meant."""
    mantissa, _, exponent = number.lower().partition("e")
    digits = sum(c.isdigit() for c in mantissa)
    if digits > MAX_DIGITS:
        raise BadValue(f"number too large ({digits} digits; max 2^53)")
    if len(exponent.lstrip("+-0")) > MAX_EXPONENT_DIGITS:
        raise BadValue(f"number too {'small' if '-' in exponent else 'large'} (10 to the power of {exponent[:20]})")
    return Fraction(number)


def parse_number(text: str) -> Fraction:
    """A plain number such as 1.1 or 1e3. Raises BadValue."""
    text = text.strip()
    check_finite(text)
    check_spelling(text)
    parts = split_number(text)
    if parts is None:
        raise BadValue(f"expected a number (got '{text[:40]}')")
    if parts[1]:
        raise BadValue(f"expected a plain number (got '{text[:40]}')", f"a number without a unit: {parts[0]}")
    value = exact(parts[0])
    if abs(value) >= MAX_COUNT:
        raise BadValue(f"number too large ({text[:40]}; max 2^53)")
    return value


def parse_count(text: str) -> int:
    """A whole number such as 24, 1e3 or 0o10. Raises BadValue."""
    text = text.strip()
    if _OCTAL_OR_HEX.fullmatch(text):
        return int(text, 0)
    if leading := re.fullmatch(r"0+([0-9]{1,30})", text):
        octal = f" or 0o{leading[1]}" if set(leading[1]) <= set("01234567") else ""
        raise BadValue(f"leading zero in '{text}': octal?", f"write {leading[1]}{octal}")
    if split_number(text) is None and not _NOT_FINITE.fullmatch(text):
        check_characters(text)
        raise BadValue(f"expected a whole number (got '{text[:40]}')")
    value = parse_number(text)
    if value.denominator != 1:
        raise BadValue(f"expected a whole number (got {text})")
    return int(value)


def decimal_text(value: Fraction) -> str | None:
    """The exact decimal digits of a number; None when they never end."""
    scale, twos_and_fives = 0, value.denominator
    for prime in (2, 5):
        power = 0
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
            power += 1
        scale = max(scale, power)
    if twos_and_fives != 1:
        return None
    sign = "-" if value < 0 else ""
    digits = str(abs(value.numerator) * 10**scale // value.denominator).rjust(scale + 1, "0")
    return sign + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)


def format_number(value: Fraction | int) -> str:
    """A plain number; exact where decimals can be, else the nearest double."""
    return decimal_text(Fraction(value)) or repr(float(value))
