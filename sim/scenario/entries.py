"""What all entries of the timeline have, and the instants at which they happen as far as a file tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from sim.scenario.fields import Model, Name, refusal
from sim.scenario.moments import PEOPLE, Condition, ConditionField, Instant, InstantField, parse_instant

__all__ = ["Command", "Condition", "Entry", "Instant", "absolute_times", "earliest_times", "parse_instant"]

UNKNOWN: Final = -1
WAITING: Final = Instant(0, waits=True)  # of an entry that a condition decides on


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


def absolute_times(entries: Sequence[Entry]) -> list[int]:
    """The time of every entry from the start of the run; -1 where only the run can tell, or where nobody can."""
    return _counted(entries, dict.fromkeys(PEOPLE, UNKNOWN), [UNKNOWN] * len(entries))


def earliest_times(entries: Sequence[Entry], people_ns: Mapping[str, int]) -> list[int]:
    """Before when no entry can happen, with the least that people take by their word; -1 where nobody can tell."""
    least, floors = -1, []
    for entry, time_ns in zip(entries, absolute_times(entries), strict=True):
        floors.append(max(least, 0) + (entry.when.delay if entry.when is not None else 0))
        least = max(least, time_ns)
    return _counted(entries, people_ns, floors)


def _counted(entries: Sequence[Entry], people_ns: Mapping[str, int], waiting_ns: Sequence[int]) -> list[int]:
    """What every entry comes to along those that it is counted from; `waiting_ns`: of those that wait."""
    by_id = {entry.id: index for index, entry in enumerate(entries) if entry.id}
    known: dict[int, int] = {}
    for index in range(len(entries)):
        chain: dict[int, None] = {}
        here: int | None = index
        while here is not None and here not in known and here not in chain:
            chain[here] = None
            here = by_id.get(entries[here].at.after)
        total = known.get(here, UNKNOWN) if here is not None else UNKNOWN
        for one in reversed(chain):
            at = entries[one].at
            if at.waits:
                total = waiting_ns[one]
            elif at.is_static:
                total = int(at)
            else:
                terms = [total, int(at), *(people_ns[word] for word in at.people)]
                total = UNKNOWN if min(terms) < 0 else sum(terms)
            known[one] = total
    return [known[index] for index in range(len(entries))]
