"""What is not wrong in a scenario, but may not be what somebody meant; each on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sim.scenario.distributions import Constant
from sim.scenario.links import Link, Throttle, WayBack
from sim.scenario.replication import Replication
from sim.scenario.routes import feeders_of
from sim.scenario.schema import Scenario
from sim.scenario.timeline import Flap
from sim.scenario.units import format_bits_per_s, format_duration

OF_TCP: Final = ("loss", "queue_bdp", "window", "reorder")  # what an ideal line does not look at


def notes_on(scenario: Scenario) -> Iterator[str]:
    """All notes on a scenario that is right."""
    for name, link in scenario.links.items():
        yield from _without_effect(name, link)
        yield from _throttles(name, link)
    for name, group in scenario.replication.items():
        yield from _idle_forwarders(name, group)
    yield from _quick_people(scenario)
    for index, entry in enumerate(scenario.timeline):
        if isinstance(entry, Flap) and isinstance(entry.duration, Constant) and entry.duration.value <= entry.down:
            yield f"timeline[{index}] is down once: for {format_duration(entry.duration.value)} <= down"


def _quick_people(scenario: Scenario) -> Iterator[str]:
    """Times of people that are counted in, and are nothing."""
    said = scenario.operator
    times = {"operator": (said.detect, said.decide), "repair": (said.repair,)}
    for word, parts in times.items():
        used = [index for index, entry in enumerate(scenario.timeline) if word in entry.at.people]
        if used and all(isinstance(part, Constant) and not part.value for part in parts):
            keys = " and ".join(
                f"operator.{key}" for key in (("detect", "decide") if word == "operator" else ("repair",))
            )
            yield f"timeline[{used[0]}].at: '{word}' is no time at all: nobody wrote {keys}"


def _without_effect(name: str, link: Link) -> Iterator[str]:
    parts: list[tuple[str, Link | WayBack | None]] = [(f"links.{name}", link), (f"links.{name}.back", link.back)]
    for path, part in parts:
        said = [] if part is None else [key for key in OF_TCP if getattr(part, key) not in (None, _default(key))]
        if said and link.congestion_control == "ideal":
            why = "lan" if link.kind == "lan" else "congestion: ideal"
            yield f"{path}.{said[0]} changes nothing: {why} looks at none of {', '.join(OF_TCP)}"


def _default(key: str) -> object:
    return Link.model_fields[key].default


def _throttles(name: str, link: Link) -> Iterator[str]:
    ways = (link.direction(0), link.direction(1))
    throttles: list[Throttle] = [throttle for way in ways for throttle in way.throttles]
    for index, throttle in enumerate(throttles):
        bandwidths = [way.bandwidth for way in ways if throttle in way.throttles]
        if throttle not in throttles[:index] and all(0 < bandwidth <= throttle.rate for bandwidth in bandwidths):
            yield (
                f"links.{name}.throttle changes nothing: {format_bits_per_s(throttle.rate)} >= "
                f"the bandwidth {format_bits_per_s(max(bandwidths))}"
            )


def _idle_forwarders(name: str, group: Replication) -> Iterator[str]:
    feeding = set(feeders_of(group).values())
    for forwarder in group.forwarders:
        if forwarder not in feeding:
            yield f"replication.{name}.forwarders.{forwarder} feeds nobody: no via: names it first"
