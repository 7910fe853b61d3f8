"""What writes to a volume: random writes with a locality, a real trace, or extents that come and go.

which of `writes:`, `trace:` and `churn:` is there says which it is
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, model_serializer, model_validator
from pydantic_core import CoreSchema

from sim.scenario.distributions import Distribution, Wrapped, sole_word
from sim.scenario.fields import (
    Flag,
    Model,
    Number,
    PositiveDuration,
    PositiveShare,
    PositiveSize,
    Rate,
    Real,
    Share,
    Size,
    Text,
    Word,
    refusal,
)
from sim.scenario.units import format_percent, format_size


class Locality(Wrapped):
    """Where in the volume random writes fall; `over` and `at` bound the part of it."""

    beside: ClassVar[tuple[str, ...]] = ("over", "at")
    over: PositiveSize | None = Field(
        default=None, description="How much of the volume is written; all of it if absent."
    )
    start: Size | None = Field(default=None, alias="at", description="Where in the volume that part begins.")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        """`locality: uniform` is `locality: {uniform: true}`."""
        return cls.inside(True) if isinstance(data, str) else data

    def _shape(self) -> Any:
        return True

    @model_serializer
    def _written(self) -> Any:
        bounds = {"over": self.over, "at": self.start}
        return {
            self.word: self._shape(),
            **{key: format_size(size) for key, size in bounds.items() if size is not None},
        }


class BareWord(Locality):
    """A locality without numbers: `uniform` is as good as `{uniform: true}`."""

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """The word `true`."""
        if value is True or (isinstance(value, str) and value.lower() == "true"):
            return {}
        raise refusal(f"expected true: {cls.word}: true", below=(cls.word,))

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """The word `true`."""
        return {"const": True}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The bare word, or the map."""
        return {"anyOf": [{"const": cls.word}, super().__get_pydantic_json_schema__(core, handler)]}


class Uniform(BareWord):
    """Every block alike."""

    word: ClassVar[str] = "uniform"


class Sequential(BareWord):
    """One block after the other, round and round."""

    word: ClassVar[str] = "sequential"


class Zipf(Locality):
    """The k-th most popular block gets a share that falls as 1 / k^exponent."""

    word: ClassVar[str] = "zipf"
    exponent: Real = Field(description="1 is the classic; 0.8 to 1.2 is what storage traces show.")

    @classmethod
    def inside(cls, value: Any) -> dict[str, Any]:
        """The exponent."""
        return {"exponent": value}

    @classmethod
    def inside_schema(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """The exponent."""
        return dict(fields["exponent"])

    def _shape(self) -> Any:
        return self.exponent


class Hot(Locality):
    """A share of the space gets a share of the writes; within each, every block alike."""

    word: ClassVar[str] = "hot"
    space: PositiveShare = Field(description="How much of the space is hot.")
    writes: Share = Field(description="How many of the writes fall there.")

    def _shape(self) -> Any:
        return {"space": format_percent(self.space), "writes": format_percent(self.writes)}


LOCALITIES = ("uniform", "sequential", "zipf", "hot")
_sole = sole_word(LOCALITIES)


def _locality(value: Any) -> str | None:
    if isinstance(value, str):
        return str(value) if value in {"uniform", "sequential"} else None
    return _sole(value)


AnyLocality = Annotated[
    Annotated[Uniform, Tag("uniform")]
    | Annotated[Sequential, Tag("sequential")]
    | Annotated[Zipf, Tag("zipf")]
    | Annotated[Hot, Tag("hot")],
    Discriminator(_locality, custom_error_type="which", custom_error_message="locality"),
]


class Profile(Model):
    """A rate that follows the clock, from a file of steps."""

    file: Text = Field(description="CSV of time and factor (or rate, the highest as in writes), beside the scenario.")
    loop: PositiveDuration | None = Field(
        default=None, description="Begin again after this long; absent: the last step stays."
    )


class Bursts(Model):
    """Times at which the rate is multiplied."""

    every: Distribution = Field(description="From the end of one burst to the begin of the next.")
    duration: Distribution = Field(alias="for", description="How long a burst lasts.")
    factor: Number = Field(description="How many times the rate while it lasts.")


class RandomWrites(Model):
    """Independent writes at a rate."""

    writes: Rate = Field(description="Writes per time, e.g. 300 /s.")
    write_size: PositiveSize | None = Field(default=None, description="Bytes of one write; a block if absent.")
    locality: AnyLocality = Field(default=Uniform(), description="Where the writes fall.")
    over: PositiveSize | None = Field(
        default=None, description="How much of the volume is written; all of it if absent."
    )
    start: Size = Field(default=0, alias="at", description="Where in the volume that part begins.")
    profile: Profile | None = Field(default=None, description="A rate that follows the clock.")
    bursts: Bursts | None = Field(default=None, description="Times at which the rate is multiplied.")
    rewrite: Share = Field(default=Fraction(0), description="Probability that a write restores what the block held.")
    arrivals: Annotated[Literal["poisson", "even"], Word] = Field(
        default="poisson", description="Poisson, or evenly spaced (sequential only)."
    )

    @model_validator(mode="after")
    def _bounds_from_locality(self) -> RandomWrites:
        """`over` and `at` may stand in the locality; they are kept here."""
        inner = self.locality
        if inner.over is None and inner.start is None:
            return self
        if (inner.over is not None and self.over is not None) or (inner.start is not None and self.start):
            raise refusal("'over' and 'at' are given both here and in the locality", "keep one", below=("locality",))
        bare = inner.model_copy(update={"over": None, "start": None})
        object.__setattr__(self, "over", inner.over if self.over is None else self.over)
        object.__setattr__(self, "start", inner.start or self.start)
        object.__setattr__(self, "locality", bare)
        return self


TimeUnit = Literal["s", "ms", "us", "ns", "filetime"]
SpaceUnit = Literal["B", "KiB", "sectors"]


class Columns(Model):
    """Which columns of a CSV trace hold what, and in which units."""

    time: Text = Field(description="Name of the column of times.")
    op: Text = Field(description="Name of the column of operations.")
    offset: Text = Field(description="Name of the column of offsets.")
    length: Text = Field(description="Name of the column of lengths.")
    time_unit: Annotated[TimeUnit, Word] = Field(description="s, ms, us, ns, or filetime (100 ns since 1601).")
    offset_unit: Annotated[SpaceUnit, Word] = Field(default="B", description="B, KiB, or sectors of 512 bytes.")
    length_unit: Annotated[SpaceUnit, Word] = Field(default="B", description="B, KiB, or sectors of 512 bytes.")
    writes: tuple[Text, ...] = Field(default=("W", "w", "Write", "write"), description="Operations that are writes.")


TraceFormat = Literal["fio-iolog", "msr", "blkparse", "cloudphysics", "csv"]


class TraceReplay(Model):
    """The writes of a real block trace, at their own times."""

    trace: Text = Field(description="The trace file, plain or gzip, relative to the scenario file.")
    format: Annotated[TraceFormat, Word] = Field(description="How the file is to be read.")
    columns: Columns | None = Field(default=None, description="For csv: which columns hold what.")
    repeat: Annotated[Literal["once", "loop"], Word] = Field(default="once", description="What follows its end.")
    time_scale: Number = Field(default=Fraction(1), description="Times are multiplied by this; 2 is half as fast.")
    size_scale: Number = Field(default=Fraction(1), description="Offsets are multiplied by this.")
    over: PositiveSize | None = Field(default=None, description="How much of the volume it may touch; all if absent.")
    start: Size = Field(default=0, alias="at", description="Offset in the volume that is added to every address.")
    wrap: Flag = Field(default=False, description="Fold addresses beyond the end back to the beginning.")
    wait_unit: Annotated[Literal["us", "ms"], Word] | None = Field(
        default=None, description="Needed for waits of fio iolog version 2: the manual says us, fio's reader takes ms."
    )
    device: Text | None = Field(default=None, description="Which one, where a trace has several: 8,0 or a file name.")
    event: Text = Field(default="Q", description="blkparse: the letter of the event that counts as the write.")


class Churn(Model):
    """Extents that are written when they appear and freed when they go."""

    churn: Rate = Field(description="Extents toggled between in use and free per time.")
    extent: PositiveSize = Field(description="How large each is.")
    over: PositiveSize | None = Field(default=None, description="How much of the volume they share; all if absent.")
    start: Size = Field(default=0, alias="at", description="Where in the volume that part begins.")


WORKLOADS = ("writes", "trace", "churn")


def _which(value: Any) -> str | None:
    match value:
        case RandomWrites():
            return "<writes>"
        case TraceReplay():
            return "<trace>"
        case Churn():
            return "<churn>"
    word = sole_word(WORKLOADS)(value)
    return f"<{word}>" if word else None


Workload = Annotated[
    Annotated[RandomWrites, Tag("<writes>")]
    | Annotated[TraceReplay, Tag("<trace>")]
    | Annotated[Churn, Tag("<churn>")],
    Discriminator(_which, custom_error_type="which", custom_error_message="workload"),
]
