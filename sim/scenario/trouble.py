"""What goes wrong on links and at sites, at a given time (timeline.py) or at random (faults.py).

several at once combine: down wins, the smallest factor counts, losses are 1 - prod(1 - p), delays add
"""

from __future__ import annotations

from pydantic import Field

from sim.scenario.fields import Model, Name, PositiveDuration, PositivePartShare, PositiveShare


class OneWay(Model):
    """Trouble of a link may be that of one direction: a one-way partition."""

    from_site: Name | None = Field(
        default=None, alias="from", description="Only the direction that leaves this site; absent: both."
    )


class Slow(OneWay):
    """A brown-out."""

    factor: PositiveShare = Field(description="How much of the bandwidth is left.")


class Delaying(OneWay):
    """A detour."""

    extra: PositiveDuration = Field(description="Extra delay, one way.")


class Lossy(OneWay):
    """Packets are lost."""

    loss: PositivePartShare = Field(description="Share of the packets, beside what the link loses anyway.")


class Corrupting(OneWay):
    """Bits flip, in data or headers."""

    corrupt: PositivePartShare = Field(description="Share of the chunks that arrive spoilt; checksums tell.")


class Duplicating(OneWay):
    """Chunks arrive again."""

    duplicate: PositiveShare = Field(description="Share of the chunks that arrive twice.")


class Reordering(OneWay):
    """Packets overtake one another."""

    reorder: PositivePartShare = Field(description="Share of the packets so late that they look lost.")
