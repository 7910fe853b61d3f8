"""The types of a scenario's values: text with units on the outside, exact numbers on the inside.

a Python builder may give the inner value (integers of nanoseconds and bytes, fractions); a file always gives text
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from sim.scenario import units
from sim.scenario.errors import BadValue
from sim.scenario.numbers import (
    MAX_COUNT,
    NUMBER,
    check_characters,
    format_number,
    parse_count,
    parse_number,
)
from sim.scenario.scalars import described, sort_of

MAX_NAME = 64


class NotUnderstood(Exception):
    """What was written for a value is wrong, and was reported: nothing can be said that depends on it."""


class Model(BaseModel):
    """What every part of a scenario is: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field that a part of a wrong scenario does not have (sim/scenario/partial.py)."""
            if name in type(self).model_fields:
                raise NotUnderstood(name)
            return super().__getattr__(name)


def refusal(message: str, hint: str = "", offset: int = 0, below: tuple[str, ...] = ()) -> PydanticCustomError:
    """A refusal that the loader turns into a fault; `below` names the key within the value that is meant."""
    facts = {"message": message, "hint": hint, "offset": offset, "below": below}
    return PydanticCustomError("scenario", "{message}", facts)


class Written:
    """How a value is read from text, checked when Python gives it, and written again."""

    def __init__(
        self,
        read: Callable[[str], Any],
        write: Callable[[Any], Any],
        inner: type | tuple[type, ...],
        expected: str,
        schema: dict[str, Any],
        least: int = 0,
    ) -> None:
        self._read, self._write, self._inner = read, write, inner
        self._expected, self._schema, self._least = expected, schema, least

    def _validate(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return self._read(value)
            except BadValue as error:
                raise refusal(error.message, error.hint, error.offset) from None
        if isinstance(value, bool) or not isinstance(value, self._inner):
            raise refusal(f"expected {self._expected} (got {described(value)})")
        return self._not_too_small(value)

    def _not_too_small(self, value: Any) -> Any:
        if value < self._least:
            raise refusal(f"must be >= {self._least} (got {value})")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Validate by `read`, serialise to JSON by `write`."""
        writer = core_schema.plain_serializer_function_ser_schema(self._write, when_used="json")
        return core_schema.no_info_plain_validator_function(self._validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The pattern that an editor checks."""
        return dict(self._schema)


def _quantity(kind: units.Kind, parse: Callable[..., Any], write: Callable[[Any], str], *, positive: bool) -> Written:
    unit = "|".join(re.escape(unit) for unit in kind.units)
    term = rf"{NUMBER}\s*({unit})"
    pattern = rf"^{term}(\s*{term})*$" if kind is units.DURATION else rf"^{term}$"
    example = f"100 {kind.example_unit}"
    schema: dict[str, Any] = {"type": "string", "pattern": pattern, "examples": [example]}
    if not positive:
        schema = {"anyOf": [schema, {"const": 0}]}
    exact = (int, Fraction) if kind in {units.PER_S, units.PERCENT} else int
    least = 1 if positive and exact is int else 0
    return Written(
        lambda text: parse(text, positive=positive), write, exact, f"a {kind.noun}, e.g. {example}", schema, least
    )


def _bandwidth(text: str) -> int:
    if text.strip() == "unlimited":
        return 0
    return units.parse_bits_per_s(text, positive=True)


def _write_bandwidth(bits_per_s: int) -> str:
    return units.format_bits_per_s(bits_per_s) if bits_per_s else "unlimited"


def _plain(text: str, expected: str) -> None:
    if not getattr(text, "plain", True):
        raise BadValue(f"expected {expected} without quotes (got the text '{text[:40]}')")


def _count(least: int, most: int = MAX_COUNT - 1) -> Written:
    def read(text: str) -> int:
        _plain(text, "a whole number")
        value = parse_count(text)
        if not least <= value <= most:
            limit = f"must be >= {least}" if value < least else f"must be <= {most}"
            raise BadValue(f"{limit} (got {text.strip()})")
        return value

    return Written(read, int, int, "a whole number", {"type": "integer", "minimum": least, "maximum": most}, least)


def _positive_number(text: str) -> Fraction:
    _plain(text, "a number")
    value = parse_number(text)
    if value <= 0:
        raise BadValue(f"must be > 0 (got {text.strip()})")
    return value


def flag(value: Any) -> Any:
    """True or false without quotes. Raises a refusal."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        words = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
        if getattr(value, "plain", False) and value in words:
            return words[value]
        if value.lower() in {"true", "false"}:
            raise refusal(f"expected true/false without quotes (got the text '{value}')")
    raise refusal(f"expected true or false (got {described(value)})")


def _text(value: Any) -> str:
    if not isinstance(value, str) or (getattr(value, "plain", False) and sort_of(value) != "text"):
        hint = f'write "{value}"' if isinstance(value, str) else ""
        raise refusal(f"expected a text (got {described(value)})" if value is not None else "value missing", hint)
    return str(value)


def _word(value: Any) -> str:
    return _spelt(_text(value))


def _spelt(text: str) -> str:
    try:
        check_characters(text)
    except BadValue as error:
        raise refusal(error.message, error.hint, error.offset) from None
    return text


_NAME: Final = re.compile(r"\w[\w-]*")


def check_name(text: str) -> str:
    """A name as it may be used in paths, labels and file names. Raises a refusal."""
    if not text.strip():
        raise refusal("a name cannot be empty")
    if text != text.strip():
        raise refusal(f"the name '{text}' begins or ends with a space", f"write {text.strip()}")
    _spelt(text)
    if unicodedata.normalize("NFC", text) != text:
        raise refusal(f"the name '{text}' is not in composed Unicode form (NFC)", "type it again on a keyboard")
    if len(text) > MAX_NAME:
        raise refusal(f"a name has at most {MAX_NAME} characters (got {len(text)})")
    if not _NAME.fullmatch(text):
        near = re.sub(r"[^\w-]+", "-", text).strip("-")
        raise refusal(f"the name '{text}' may hold letters, digits, '_' and '-' only", f"write {near}" if near else "")
    return text


def _name(value: Any) -> str:
    return check_name(_text(value))


_TEXT_SCHEMA: Final = {"type": "string"}
_NAME_SCHEMA: Final = {
    "type": "string",
    "pattern": r"^(?!x-)[^\s.,:;'\"(){}\[\]/\\=+*?!<>|&%#@`~^$-][^\s.,:;'\"(){}\[\]/\\=+*?!<>|&%#@`~^$]*$",
    "maxLength": MAX_NAME,
}  # editors take \w for ASCII, we do not


class _Text:
    """A text that `read` checks."""

    def __init__(self, read: Callable[[Any], str], schema: dict[str, Any]) -> None:
        self._read, self._schema = read, schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self._schema)


class OneOrMore:
    """Of a tuple: a file may give its only item without brackets."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    @staticmethod
    def _listed(value: Any) -> Any:
        return value if value is None or isinstance(value, (list, tuple)) else (value,)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The item, or the list of them."""
        listed = handler(core)
        return {"anyOf": [listed["items"], listed]}


def _shortest(value: Fraction) -> int | float:
    """A number as JSON has it: whole where it is."""
    number = float(format_number(value))
    return int(number) if number.is_integer() and math.fabs(number) < MAX_COUNT else number


def _part(text: str, *, positive: bool) -> Fraction:
    """A share that leaves something."""
    share = units.parse_percent(text, positive=positive)
    if share == 1:
        raise BadValue("100 % lets nothing through: such a link is down", "write less, or kind: link-down")
    return share


def _number_from_one(text: str) -> Fraction:
    value = _positive_number(text)
    if value < 1:
        raise BadValue(f"must be >= 1 (got {text.strip()})", "3 means: a third of the bytes travels")
    return value


def _positive_real(text: str) -> float:
    return float(_positive_number(text))


def _time(*, positive: bool) -> Written:
    return _quantity(units.DURATION, units.parse_duration, units.format_duration, positive=positive)


def _size(*, positive: bool) -> Written:
    return _quantity(units.SIZE, units.parse_size, units.format_size, positive=positive)


_BANDWIDTH_SCHEMA: Final = {
    "anyOf": [{"const": "unlimited"}, {"type": "string", "pattern": rf"^{NUMBER}\s*[kMGT]?i?(bit|B)/s$"}]
}
_POSITIVE_NUMBER: Final = {"type": "number", "exclusiveMinimum": 0}
_RATIO: Final = {"type": "number", "minimum": 1}

Duration = Annotated[int, _time(positive=False)]  # nanoseconds
PositiveDuration = Annotated[int, _time(positive=True)]  # nanoseconds
Size = Annotated[int, _size(positive=False)]  # bytes
PositiveSize = Annotated[int, _size(positive=True)]  # bytes
LimitedBandwidth = Annotated[
    int, _quantity(units.BITS_PER_S, units.parse_bits_per_s, units.format_bits_per_s, positive=True)
]  # bits per second
Bandwidth = Annotated[int, Written(_bandwidth, _write_bandwidth, int, "a rate or 'unlimited'", _BANDWIDTH_SCHEMA)]
DiskRate = Annotated[
    int, _quantity(units.BYTES_PER_S, units.parse_bytes_per_s, units.format_bytes_per_s, positive=True)
]  # bytes per second
Rate = Annotated[Fraction, _quantity(units.PER_S, units.parse_rate, units.format_rate, positive=True)]  # per second
Share = Annotated[Fraction, _quantity(units.PERCENT, units.parse_percent, units.format_percent, positive=False)]
PositiveShare = Annotated[Fraction, _quantity(units.PERCENT, units.parse_percent, units.format_percent, positive=True)]
PartShare = Annotated[Fraction, _quantity(units.PERCENT, _part, units.format_percent, positive=False)]  # < 100 %
PositivePartShare = Annotated[Fraction, _quantity(units.PERCENT, _part, units.format_percent, positive=True)]
Ratio = Annotated[Fraction, Written(_number_from_one, _shortest, (int, Fraction), "a number", _RATIO, 1)]
Number = Annotated[Fraction, Written(_positive_number, _shortest, (int, Fraction), "a number", _POSITIVE_NUMBER)]
Real = Annotated[float, Written(_positive_real, float, (int, float), "a number", _POSITIVE_NUMBER)]
Count = Annotated[int, _count(0)]
PositiveCount = Annotated[int, _count(1)]
Replications = Annotated[int, _count(1, 1_000_000)]
Flag = Annotated[bool, BeforeValidator(flag)]
Text = Annotated[str, _Text(_text, _TEXT_SCHEMA)]
Name = Annotated[str, _Text(_name, _NAME_SCHEMA)]
Names = Annotated[tuple[Name, ...], OneOrMore()]
SomeNames = Annotated[tuple[Name, ...], Field(min_length=1), OneOrMore()]
Word = BeforeValidator(_word)  # before a Literal
