"""What all entries of the timeline have, and the instants at which they happen as far as a file tells."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from sim.scenario.fields import Model, Name, refusal
from sim.scenario.moments import Condition, ConditionField, Instant, InstantField, parse_instant

__all__ = ["Command", "Condition", "Entry", "Instant", "absolute_times", "parse_instant"]

WAITING = Instant(0, waits=True)  # of an entry that a condition decides on


class Entry(Model):
    """What all entries have."""

    at: Annotated[Instant, InstantField()] = Field(
        default_factory=lambda: WAITING,
        description="From the start, or from another entry: fire + 20 min, fire + operator.",
    )
    when: Annotated[Condition | None, ConditionField()] = Field(
        default=None, description="Instead of at: as soon as this holds, once the entries above have happened."
    )
    id: Name | None = Field(default=None, description="So that others can refer to it.")

    @model_validator(mode="after")
    def _one_moment(self) -> Entry:
        said = self.model_fields_set & {"at", "when"}
        if self.when is not None and "at" in said and self.at is not WAITING:
            raise refusal("'at' and 'when' exclude each other", "keep one", below=("when",))
        if not said:
            raise refusal("key 'at' is missing", "or when: in-sync")
        return self

    @property
    def has_moment(self) -> bool:
        """Whether it says, once, when it happens."""
        return len(self.model_fields_set & {"at", "when"}) == 1

    @model_serializer(mode="wrap")
    def _with_one_moment(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        left_out = "at" if self.when is not None else "when"
        return {key: value for key, value in handler(self).items() if key != left_out}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A map that has one of `at` and `when`."""
        schema = handler.resolve_ref_schema(handler(core))
        for key in ("at", "when"):
            schema["properties"][key].pop("default", None)
        schema["oneOf"] = [{"required": ["at"]}, {"required": ["when"]}]
        return schema


class Command(Entry):
    """An entry that speaks to one replication; loading fills the only one in."""

    replication: Name = Field(default="", description="Which one; the only one if absent.")


def absolute_times(entries: tuple[Entry, ...] | list[Entry]) -> list[int]:
    """The time of every entry from the start of the run; -1 where only the run can tell, or where nobody can."""
    by_id = {entry.id: index for index, entry in enumerate(entries) if entry.id}
    return [_absolute(index, entries, by_id) for index in range(len(entries))]


def _absolute(index: int, entries: tuple[Entry, ...] | list[Entry], by_id: dict[str, int]) -> int:
    total = 0
    for _ in range(len(entries)):
        at = entries[index].at
        total += int(at)
        if at.is_static:
            return total
        if at.people or at.after not in by_id:
            return -1
        index = by_id[at.after]
    return -1
