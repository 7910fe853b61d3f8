"""Links: what a line between two sites carries, loses and holds up, each way for itself.

what is written holds both ways; `back:` says what is different from the second site to the first
a wide-area line behaves as TCP does on it; a local one (`kind: lan`) just has a rate
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from sim.scenario.fields import (
    Bandwidth,
    Duration,
    LimitedBandwidth,
    Model,
    Name,
    Number,
    OneOrMore,
    PartShare,
    PositiveDuration,
    PositiveSize,
    Ratio,
    Share,
    Size,
    Text,
    Word,
)

Congestion = Literal["cubic", "reno", "ideal"]

CHUNK_HEADER: Final = 1024  # bytes; an ideal line has none
NOTHING: Final = Fraction(0)


class BandwidthProfile(Model):
    """A bandwidth that follows the clock, from a file of steps."""

    file: Text = Field(description="CSV of time and bandwidth, beside the scenario.")
    loop: PositiveDuration | None = Field(
        default=None, description="Begin again after this long; absent: the last step stays."
    )


class BandwidthFactor(Model):
    """What share of the bandwidth there is at which time, from a file of steps."""

    file: Text = Field(description="CSV of time and factor, beside the scenario.")
    loop: PositiveDuration | None = Field(
        default=None, description="Begin again after this long; absent: the last step stays."
    )


class Throttle(Model):
    """A token bucket: in any time t at most rate x t + burst passes (NUMBERS 1.3)."""

    rate: LimitedBandwidth = Field(description="Tokens per second: what passes for long.")
    burst: Size = Field(default=0, description="The bucket: what may pass at once after a rest.")
    begins: Duration = Field(default=0, alias="from", description="When it begins to hold, from the start of the run.")
    until: PositiveDuration | None = Field(default=None, description="When it ends; absent: never.")
    every: PositiveDuration | None = Field(default=None, description="Again after this long: 24 h for office hours.")


class WayBack(Model):
    """What is different from the second site to the first; what is absent is the same both ways."""

    bandwidth: Bandwidth | None = Field(default=None, description="Or the word unlimited.")
    loss: PartShare | None = Field(default=None, description="Share of the packets that are lost.")
    jitter: Duration | None = Field(default=None, description="By how much the delay of a transfer varies, either way.")
    queue_bdp: Number | None = Field(default=None, description="The queue before it, in bandwidth-delay products.")
    window: PositiveSize | None = Field(default=None, description="The receiver's window.")
    compression: Ratio | None = Field(default=None, description="How many times fewer bytes travel.")
    chunk_header: Size | None = Field(default=None, description="Bytes that travel with every chunk.")
    corrupt: PartShare | None = Field(default=None, description="Share of the chunks that arrive spoilt.")
    duplicate: Share | None = Field(default=None, description="Share of the chunks that arrive twice.")
    reorder: PartShare | None = Field(default=None, description="Share of the packets that arrive late.")
    throttle: Annotated[tuple[Throttle, ...], OneOrMore()] | None = Field(
        default=None, description="Token buckets; [] for none."
    )
    bandwidth_profile: BandwidthProfile | None = Field(default=None, description="A bandwidth that follows the clock.")
    bandwidth_factor: BandwidthFactor | None = Field(default=None, description="A share of it that does.")

    @property
    def throttles(self) -> tuple[Throttle, ...]:
        """The token buckets that are written here."""
        return self.throttle or ()


@dataclass(frozen=True, slots=True)
class LinkDirection:
    """One way over a link, everything settled; bandwidth 0: unlimited, or as `profile` says where there is one."""

    source: str
    destination: str
    kind: Literal["wan", "lan"]
    congestion: Congestion
    bandwidth: int  # bits per second
    rtt: int  # nanoseconds, there and back
    loss: Fraction
    jitter: int  # nanoseconds
    queue_bdp: Fraction
    window: int | None  # bytes
    compression: Fraction
    chunk_header: int  # bytes
    corrupt: Fraction
    duplicate: Fraction
    reorder: Fraction
    throttles: tuple[Throttle, ...]
    profile: BandwidthProfile | None
    factor: BandwidthFactor | None


class Link(Model):
    """A line between two sites."""

    between: tuple[Name, Name] = Field(description="The two sites.")
    bandwidth: Bandwidth | None = Field(
        default=None, description="In each direction, or the word unlimited; absent where a bandwidth_profile is given."
    )
    rtt: Duration = Field(default=0, description="Round-trip time without queues.")
    kind: Annotated[Literal["wan", "lan"], Word] = Field(
        default="wan", description="A wide-area line, or a local network: ideal congestion control."
    )
    congestion: Annotated[Congestion, Word] | None = Field(
        default=None, description="What TCP does on it: cubic (default), reno, or ideal: a plain rate (default of lan)."
    )
    loss: PartShare = Field(default=NOTHING, description="Share of the packets that are lost, each by itself.")
    jitter: Duration = Field(
        default=0, description="By how much the delay of a transfer varies, either way; drawn evenly, for each."
    )
    queue_bdp: Number = Field(
        default=Fraction(1), description="The queue before the line, in bandwidth-delay products; at least 30 kB."
    )
    window: PositiveSize | None = Field(default=None, description="The receiver's window; absent: large enough.")
    compression: Ratio = Field(default=Fraction(1), description="How many times fewer bytes travel: 2 halves them.")
    chunk_header: Size | None = Field(
        default=None, description="Bytes that travel with every chunk; absent: 1 KiB, or none where ideal."
    )
    corrupt: PartShare = Field(
        default=NOTHING, description="Share of the chunks that arrive spoilt, and are asked again."
    )
    duplicate: Share = Field(default=NOTHING, description="Share of the chunks that arrive twice.")
    reorder: PartShare = Field(default=NOTHING, description="Share of the packets so late that they look lost.")
    throttle: Annotated[tuple[Throttle, ...], OneOrMore()] = Field(
        default=(), description="Token buckets, one or several, for all hours or some."
    )
    bandwidth_profile: BandwidthProfile | None = Field(default=None, description="A bandwidth that follows the clock.")
    bandwidth_factor: BandwidthFactor | None = Field(
        default=None, description="A share of the bandwidth that follows the clock."
    )
    back: WayBack | None = Field(default=None, description="What is different from the second site to the first.")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A link has a bandwidth, or a profile of it."""
        schema = handler.resolve_ref_schema(handler(core))
        schema["anyOf"] = [{"required": ["bandwidth"]}, {"required": ["bandwidth_profile"]}]
        return schema

    @property
    def throttles(self) -> tuple[Throttle, ...]:
        """The token buckets from the first site to the second."""
        return self.throttle

    @property
    def congestion_control(self) -> Congestion:
        """What TCP does on it, settled: as written, else ideal on a local network and cubic elsewhere."""
        return self.congestion or ("ideal" if self.kind == "lan" else "cubic")

    @property
    def header(self) -> int:
        """Bytes that travel with every chunk from the first site to the second, settled."""
        if self.chunk_header is not None:
            return self.chunk_header
        return 0 if self.congestion_control == "ideal" else CHUNK_HEADER

    def direction(self, index: Literal[0, 1]) -> LinkDirection:
        """One way over it: 0 from the first site to the second, 1 back."""
        return LinkDirection(
            source=self.between[index],
            destination=self.between[1 - index],
            kind=self.kind,
            congestion=self.congestion_control,
            rtt=self.rtt,
            bandwidth=self._bandwidth(index) or 0,
            profile=self._profile(index),
            chunk_header=self._either(index, "chunk_header", self.header),
            throttles=self._either(index, "throttle", self.throttle),
            factor=self._either(index, "bandwidth_factor", self.bandwidth_factor),
            **{key: self._either(index, key, getattr(self, key)) for key in _ALIKE},
        )

    def direction_from(self, site: str) -> LinkDirection:
        """The way over it that leaves `site`."""
        return self.direction(0 if site == self.between[0] else 1)

    def other_end(self, site: str) -> str:
        """Where it leads from `site`."""
        return self.between[1] if site == self.between[0] else self.between[0]

    def _either(self, index: int, key: str, there: Any) -> Any:
        """What holds one way: what `back:` says, on the way back, if it says anything."""
        back = getattr(self.back, key) if index and self.back is not None else None
        return there if back is None else back

    def _bandwidth(self, index: int) -> int | None:
        if index and self.back is not None and self.back.bandwidth_profile is not None:
            return None
        return self._either(index, "bandwidth", self.bandwidth)  # type: ignore[no-any-return]

    def _profile(self, index: int) -> BandwidthProfile | None:
        if index and self.back is not None and self.back.bandwidth is not None:
            return None
        return self._either(index, "bandwidth_profile", self.bandwidth_profile)  # type: ignore[no-any-return]


_ALIKE: Final = ("loss", "jitter", "queue_bdp", "window", "compression", "corrupt", "duplicate", "reorder")
