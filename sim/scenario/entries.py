"""When something happens: `at` counts from the start of the run, or from another entry: `at: fire + 20 min`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import core_schema

from sim.scenario.errors import BadValue
from sim.scenario.fields import Model, Name, refusal
from sim.scenario.scalars import described
from sim.scenario.units import format_duration, parse_duration

_AFTER: Final = re.compile(r"([^\W\d][\w-]*)\s*(?:\+\s*(.*))?", re.DOTALL)


class Instant(int):
    """Nanoseconds from the start; while loading, from the entry named `after`."""

    after: str

    def __new__(cls, time_ns: int, after: str = "") -> Instant:
        """An instant, or an offset to the entry `after`."""
        instant = super().__new__(cls, time_ns)
        instant.after = after
        return instant

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        return (int(self), self.after)


def parse_instant(text: str) -> Instant:
    """`2 h`, `fire` or `fire + 20 min`. Raises BadValue."""
    match = _AFTER.fullmatch(text.strip())
    if match is None:
        return Instant(parse_duration(text))
    if match[2] is None:
        return Instant(0, match[1])
    if "operator" in (match[1], match[2].strip()):
        raise BadValue("'operator' is not in this version yet", "write a duration")
    try:
        return Instant(parse_duration(match[2]), match[1])
    except BadValue as error:
        raise BadValue(error.message, error.hint, text.index(match[2], match.end(1)) + error.offset) from None


class _InstantField:
    @staticmethod
    def validate(value: Any) -> Instant:
        if isinstance(value, Instant):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return Instant(value)
        if not isinstance(value, str):
            raise refusal(f"expected a time, e.g. 2 h or fire + 20 min (got {described(value)})")
        try:
            return parse_instant(value)
        except BadValue as error:
            raise refusal(error.message, error.hint, error.offset) from None

    @staticmethod
    def write(value: Instant) -> str:
        if not value.after:
            return format_duration(value)
        return f"{value.after} + {format_duration(value)}" if value else value.after

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.no_info_plain_validator_function(self.validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "examples": ["2 h", "fire + 20 min"]}, {"const": 0}]}


class Entry(Model):
    """What all entries have."""

    at: Annotated[Instant, _InstantField()] = Field(description="From the start, or from another entry: fire + 20 min.")
    id: Name | None = Field(default=None, description="So that others can refer to it.")


class Command(Entry):
    """An entry that speaks to one replication; loading fills the only one in."""

    replication: Name = Field(default="", description="Which one; the only one if absent.")


def absolute_times(entries: tuple[Entry, ...] | list[Entry]) -> list[int]:
    """The time of every entry from the start of the run; references are followed. Cycles and gaps give -1."""
    by_id = {entry.id: index for index, entry in enumerate(entries) if entry.id}
    return [_absolute(index, entries, by_id) for index in range(len(entries))]


def _absolute(index: int, entries: tuple[Entry, ...] | list[Entry], by_id: dict[str, int]) -> int:
    total = 0
    for _ in range(len(entries)):
        at = entries[index].at
        total += int(at)
        if not at.after:
            return total
        if at.after not in by_id:
            return -1
        index = by_id[at.after]
    return -1
