"""From the links of a scenario to those of the network: each way for itself, profiles read from their files."""

from __future__ import annotations

from pathlib import Path

from sim.scenario import schema
from sim.scenario.links import BandwidthFactor, BandwidthProfile, LinkDirection, Throttle
from sim.scenario.profile import load_bandwidth
from sim.world.network import DirectionSpec, LinkSpec, Steps, ThrottleSpec


def link_specs(scenario: schema.Scenario) -> list[LinkSpec]:
    """What the network is built from, by name. Raises BadInput for a profile that cannot be read."""
    base_dir = Path(scenario.base_dir)
    return [
        LinkSpec(
            name=name,
            between=link.between,
            there=_direction(link.direction(0), base_dir),
            back=_direction(link.direction(1), base_dir),
            congestion=link.congestion_control,
        )
        for name, link in sorted(scenario.links.items())
    ]


def _direction(way: LinkDirection, base_dir: Path) -> DirectionSpec:
    return DirectionSpec(
        bits_per_s=way.bandwidth,
        delay_ns=way.rtt // 2,
        loss=float(way.loss),
        queue_bdp=float(way.queue_bdp),
        window_bytes=way.window,
        jitter_ns=way.jitter,
        compression=way.compression,
        chunk_header_bytes=way.chunk_header,
        corrupt=float(way.corrupt),
        duplicate=float(way.duplicate),
        reorder=float(way.reorder),
        throttles=tuple(_throttle(throttle) for throttle in way.throttles),
        bandwidth=_steps(way.profile, base_dir),
        factor=_steps(way.factor, base_dir),
    )


def _throttle(throttle: Throttle) -> ThrottleSpec:
    return ThrottleSpec(
        bits_per_s=throttle.rate,
        burst_bytes=throttle.burst,
        from_ns=throttle.begins,
        until_ns=throttle.until,
        every_ns=throttle.every,
    )


def _steps(profile: BandwidthProfile | BandwidthFactor | None, base_dir: Path) -> Steps | None:
    if profile is None:
        return None
    steps = load_bandwidth(base_dir / profile.file)
    return Steps(steps.times_ns, steps.values, profile.loop)
