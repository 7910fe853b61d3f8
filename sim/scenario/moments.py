"""When an entry of the timeline happens: at an instant, some time after another entry, or as soon as something holds.

at: 2 h                          from the start of the run
at: fire + 20 min                after the entry `fire`
at: fire + operator + 5 min      with the time that people take in between: `operator`, `repair`
when: in-sync + 10 min           after the first instant at which the entries above have happened and this holds
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic import GetJsonSchemaHandler
from pydantic_core import core_schema

from sim.scenario.errors import BadValue
from sim.scenario.fields import refusal
from sim.scenario.scalars import described
from sim.scenario.units import format_duration, parse_duration

PEOPLE: Final = ("operator", "repair")  # what the section `operator` of a scenario gives times for
CONDITIONS: Final = (
    "in-sync", "promoted", "undoing", "copying", "resynced", "failing-back", "failed-back",
)  # fmt: skip

_ANCHORED: Final = re.compile(r"([^\W\d][\w-]*)\s*(\+.*)?", re.DOTALL)


class Instant(int):
    """Nanoseconds from the start, or from the entry named `after` where only the run can tell when that is.

    `people` say how long they take before it; `waits` is true where a condition decides. What is static once was
    counted from the entry `since`, and lies `lead_ns` after it.
    """

    after: str
    people: tuple[str, ...]
    waits: bool
    since: str
    lead_ns: int

    def __new__(
        cls, time_ns: int, after: str = "", people: tuple[str, ...] = (), *, waits: bool = False, since: str = "",
        lead_ns: int = 0,
    ) -> Instant:  # fmt: skip
        """An instant, or an offset to the entry `after`."""
        instant = super().__new__(cls, time_ns)
        instant.after, instant.people, instant.waits = after, people, waits
        instant.since, instant.lead_ns = since, lead_ns
        return instant

    @property
    def is_static(self) -> bool:
        """Whether it counts from the start of the run, so that it is known before."""
        return not (self.after or self.people or self.waits)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with all that it is counted from."""
        return _instant, (int(self), self.after, self.people, self.waits, self.since, self.lead_ns)

    def __str__(self) -> str:
        """As a file has it."""
        return _written(self)


def _instant(time_ns: int, after: str, people: tuple[str, ...], waits: bool, since: str, lead_ns: int) -> Instant:
    return Instant(time_ns, after, people, waits=waits, since=since, lead_ns=lead_ns)


class Condition(str):
    """What an entry waits for: one of CONDITIONS, and for how many nanoseconds more."""

    word: str
    delay: int

    def __new__(cls, word: str, delay: int = 0) -> Condition:
        """As a text it is what a file has."""
        condition = super().__new__(cls, f"{word} + {format_duration(delay)}" if delay else word)
        condition.word, condition.delay = word, delay
        return condition

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with its parts."""
        return Condition, (self.word, self.delay)


class _Term(NamedTuple):
    """What stands behind a `+`, and where it begins."""

    text: str
    offset: int


def parse_instant(text: str) -> Instant:
    """`2 h`, `fire`, `fire + 20 min` or `fire + operator + 5 min`. Raises BadValue."""
    anchor, terms = _parts(text)
    if not anchor and "+" in text:
        raise BadValue("what is added to needs a name", "write e.g. fire + operator, or one duration", text.index("+"))
    if not anchor:
        return Instant(parse_duration(text))
    if anchor in PEOPLE:
        raise BadValue(f"'{anchor}' is how long people take after something", f"write e.g. fire + {anchor}")
    people = tuple(term.text for term in terms if term.text in PEOPLE)
    if len(set(people)) < len(people):
        raise BadValue(f"'{people[-1]}' is counted twice", "keep one", text.rindex(people[-1]))
    return Instant(_duration(terms), anchor, tuple(word for word in PEOPLE if word in people))


def parse_condition(text: str) -> Condition:
    """`in-sync` or `in-sync + 10 min`. Raises BadValue."""
    word, terms = _parts(text)
    if word not in CONDITIONS:
        raise BadValue(f"unknown condition '{(word or text.strip())[:40]}'", _of_conditions(word or text.strip()))
    for term in terms:
        if term.text in PEOPLE:
            hint = f"give what waits an id, and count from that: at: ID + {term.text}"
            raise BadValue(f"'{term.text}' cannot follow a condition", hint, term.offset)
    return Condition(word, _duration(terms))


def _parts(text: str) -> tuple[str, list[_Term]]:
    """The name that a text begins with, and what is added to it; no name in a plain duration."""
    match = _ANCHORED.fullmatch(text.strip())
    if match is None:
        return "", []
    if match[2] is None:
        return match[1], []
    begin = len(text) - len(text.lstrip()) + match.start(2)
    terms: list[_Term] = []
    for part in match[2].split("+")[1:]:
        begin += 1
        terms.append(_Term(part.strip(), begin + len(part) - len(part.lstrip())))
        begin += len(part)
    return match[1], terms


def _duration(terms: Sequence[_Term]) -> int:
    """The one duration among what is added, 0 where there is none. Raises BadValue."""
    durations = [term for term in terms if term.text not in PEOPLE]
    if len(durations) > 1:
        raise BadValue("one duration is enough", "add them up", durations[1].offset)
    for text, offset in durations:
        try:
            return parse_duration(text)
        except BadValue as error:
            near = difflib.get_close_matches(text, PEOPLE, n=1, cutoff=0.6)
            if near:
                raise BadValue(f"unknown word '{text}'", f"did you mean '{near[0]}'?", offset) from None
            raise BadValue(error.message, error.hint, offset + error.offset) from None
    return 0


def _of_conditions(word: str) -> str:
    near = difflib.get_close_matches(word, CONDITIONS, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"one of {', '.join(CONDITIONS)}"


def _written(instant: Instant) -> str:
    anchor, offset = (instant.since, instant.lead_ns) if instant.since else (instant.after, int(instant))
    if not anchor:
        return format_duration(int(instant))
    return " + ".join([anchor, *instant.people, *([format_duration(offset)] if offset else [])])


class InstantField:
    """The value of `at`."""

    @staticmethod
    def _validate(value: Any) -> Instant:
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

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Validate by `parse_instant`, serialise to JSON as a file has it."""
        writer = core_schema.plain_serializer_function_ser_schema(_written, when_used="json")
        return core_schema.no_info_plain_validator_function(self._validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A time, or 0."""
        examples = ["2 h", "fire + 20 min", "fire + operator"]
        return {"anyOf": [{"type": "string", "examples": examples}, {"const": 0}]}


class ConditionField:
    """The value of `when`."""

    @staticmethod
    def _validate(value: Any) -> Condition:
        if isinstance(value, Condition):
            return value
        if not isinstance(value, str):
            raise refusal(f"expected a condition, e.g. in-sync (got {described(value)})")
        try:
            return parse_condition(value)
        except BadValue as error:
            raise refusal(error.message, error.hint, error.offset) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Validate by `parse_condition`."""
        writer = core_schema.to_string_ser_schema()
        return core_schema.no_info_plain_validator_function(self._validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One of the words, alone or with a delay."""
        return {
            "anyOf": [
                {"enum": list(CONDITIONS)},
                {"type": "string", "pattern": rf"^({'|'.join(CONDITIONS)})\s*\+", "examples": ["in-sync + 10 min"]},
            ]
        }
