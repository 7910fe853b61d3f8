"""Durations that vary, named by what people can estimate.

{exponential: 36 h}   {lognormal: {median: 20 s, p95: 4 min}}   {uniform: [1 s, 5 s]}
{weibull: {shape: 1.5, scale: 20 h}}   {choice: {1 s: 70 %, 5 s: 30 %}}   or a plain duration, always the same
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Final

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, model_serializer, model_validator
from pydantic_core import CoreSchema

from sim.scenario.errors import BadValue
from sim.scenario.fields import Model, PositiveDuration, PositiveShare, Real, refusal
from sim.scenario.scalars import described
from sim.scenario.units import format_duration, format_percent, parse_duration, parse_percent

UP: Final = ".."  # in a refusal: beside the word, not below it


class Wrapped(Model):
    """A model that stands in the file under one word that says which it is: `{word: value}`."""

    word: ClassVar[str]
    beside: ClassVar[tuple[str, ...]] = ()  # keys that may stand next to the word

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or cls.word not in data:
            return data
        outer = {key: value for key, value in data.items() if key != cls.word}
        for key in outer:
            if key not in cls.beside:
                raise refusal(f"unknown key '{key}' beside '{cls.word}'", below=(UP, key))
        return {**outer, **cls.inside(data[cls.word])}

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """The fields that stand below the word. Raises a refusal."""
        if isinstance(value, Mapping):
            for key in cls.beside:
                if key in value:
                    raise refusal(f"'{key}' stands beside '{cls.word}', not in it", below=(cls.word, key))
            return dict(value)
        keys = ", ".join(key for key in cls.model_fields if key not in ("over", "start"))
        raise refusal(f"expected a map of {keys} (got {described(value)})", below=(cls.word,))

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """What an editor checks below the word, made of the schemas of the fields."""
        inner = {key: value for key, value in fields.items() if key not in cls.beside}
        return {"type": "object", "properties": inner, "required": list(inner), "additionalProperties": False}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The form in the file: a map with the word."""
        schema = handler.resolve_ref_schema(handler(core))
        fields = schema.get("properties", {})
        words = {cls.word: {"description": cls.__doc__, **cls.inside_schema(fields)}}
        schema["properties"] = {**words, **{key: fields[key] for key in cls.beside}}
        schema["required"] = [cls.word]
        return schema


def sole_word(words: tuple[str, ...]) -> Callable[[Any], str | None]:
    """A discriminator: which of `words` a map has, if exactly one."""

    def choose(value: Any) -> str | None:
        if isinstance(value, Wrapped):
            return value.word
        if not isinstance(value, Mapping):
            return None
        found = [word for word in words if word in value]
        return found[0] if len(found) == 1 else None

    return choose


class Constant(Model):
    """Always the same."""

    value: PositiveDuration

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        return data if isinstance(data, Mapping) else {"value": data}

    @model_serializer
    def _written(self) -> Any:
        return format_duration(self.value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A plain duration."""
        fields: dict[str, Any] = handler.resolve_ref_schema(handler(core))["properties"]
        return dict(fields["value"])


class Exponential(Wrapped):
    """Memoryless, with this mean."""

    word: ClassVar[str] = "exponential"
    mean: PositiveDuration

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """The mean."""
        return {"mean": value}

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """The mean."""
        return dict(fields["mean"])

    @model_serializer
    def _written(self) -> Any:
        return {self.word: format_duration(self.mean)}


class Lognormal(Wrapped):
    """Half of the values below the median, 95 % below p95."""

    word: ClassVar[str] = "lognormal"
    median: PositiveDuration
    p95: PositiveDuration

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.p95 <= self.median:
            raise refusal("p95 must be greater than the median", below=(self.word,))
        return self

    @model_serializer
    def _written(self) -> Any:
        return {self.word: {"median": format_duration(self.median), "p95": format_duration(self.p95)}}


class UniformRange(Wrapped):
    """Every value between two bounds alike."""

    word: ClassVar[str] = "uniform"
    low: PositiveDuration
    high: PositiveDuration

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """A list of two bounds."""
        if isinstance(value, (list, tuple)) and len(value) == 2:
            return {"low": value[0], "high": value[1]}
        raise refusal(f"expected two durations, e.g. [1 s, 5 s] (got {described(value)})", below=(cls.word,))

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """A list of two durations."""
        return {"type": "array", "items": fields["low"], "minItems": 2, "maxItems": 2}

    @model_validator(mode="after")
    def _ordered(self) -> UniformRange:
        if self.high <= self.low:
            raise refusal("the second bound must be greater than the first", below=(self.word,))
        return self

    @model_serializer
    def _written(self) -> Any:
        return {self.word: [format_duration(self.low), format_duration(self.high)]}


class Weibull(Wrapped):
    """Hazard that grows (shape > 1) or falls (shape < 1) with age."""

    word: ClassVar[str] = "weibull"
    shape: Real
    scale: PositiveDuration

    @model_validator(mode="after")
    def _usual(self) -> Weibull:
        if not 0.1 <= self.shape <= 100:
            raise refusal(f"must be between 0.1 and 100 (got {self.shape:g})", below=(self.word, "shape"))
        return self

    @model_serializer
    def _written(self) -> Any:
        return {self.word: {"shape": self.shape, "scale": format_duration(self.scale)}}


class Choice(Wrapped):
    """One of a few values, each with its share; the shares add up to 100 %."""

    word: ClassVar[str] = "choice"
    values: tuple[PositiveDuration, ...]
    shares: tuple[PositiveShare, ...]

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """A map from value to share."""
        if not isinstance(value, Mapping) or not value:
            raise refusal(
                f"expected a map such as {{1 s: 70 %, 5 s: 30 %}} (got {described(value)})", below=(cls.word,)
            )
        return {
            "values": tuple(cls._each(parse_duration, key, key) for key in value),
            "shares": tuple(cls._each(parse_percent, share, key) for key, share in value.items()),
        }

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """A map of shares."""
        return {"type": "object", "additionalProperties": fields["shares"]["items"], "minProperties": 1}

    @classmethod
    def _each(cls, parse: Any, value: Any, key: str) -> Any:
        if not isinstance(value, str):
            raise refusal(f"expected a share, e.g. 70 % (got {described(value)})", below=(cls.word, key))
        try:
            return parse(value, positive=True)
        except BadValue as error:
            raise refusal(error.message, error.hint, below=(cls.word, key)) from None

    @model_validator(mode="after")
    def _whole(self) -> Choice:
        total = sum(self.shares, Fraction(0))
        if total != 1:
            raise refusal(f"the shares add up to {format_percent(total)}, not 100 %", below=(self.word,))
        return self

    @model_serializer
    def _written(self) -> Any:
        pairs = zip(self.values, self.shares, strict=True)
        return {self.word: {format_duration(value): format_percent(share) for value, share in pairs}}


DISTRIBUTIONS = ("exponential", "lognormal", "uniform", "weibull", "choice")
_sole = sole_word(DISTRIBUTIONS)


def which_distribution(value: Any) -> str | None:
    """A discriminator: which distribution a value is, or names."""
    if isinstance(value, (str, int, Constant)):
        return "<constant>"
    return _sole(value)


Distribution = Annotated[
    Annotated[Constant, Tag("<constant>")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[UniformRange, Tag("uniform")]
    | Annotated[Weibull, Tag("weibull")]
    | Annotated[Choice, Tag("choice")],
    Discriminator(which_distribution, custom_error_type="which", custom_error_message="distribution"),
    Field(description="A duration, or how durations vary: exponential, lognormal, uniform, weibull or choice."),
]


def least_ns(distribution: Distribution) -> int:
    """The shortest duration that can be drawn, in nanoseconds."""
    match distribution:
        case Constant():
            return distribution.value
        case UniformRange():
            return distribution.low
        case Choice():
            return min(distribution.values)
    return 0
