"""Metrics of the network between the sites: what left the primary, what was sent again, what was cut or unreachable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from sim.records import BytesCarried, FaultBegan, RouteChanged
from sim.summary.catchup import ESTIMATORS
from sim.summary.faults import Cuts, unreachable
from sim.summary.sample import SECOND, OfWindows, Total
from sim.summary.story import Story
from sim.summary.traffic import RETRANSMISSION
from sim.summary.windows import Windows

BYPASS: Final = "bypass"


def primary_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """Bytes of each replication that left its primary's site."""
    mirrors = {mirror.name: mirror for mirror in story.mirrors}

    def leaves(transfer: BytesCarried) -> bool:
        mirror = mirrors.get(transfer.replication)
        return mirror is not None and transfer.source == mirror.generation_at(transfer.began_ns).began.primary

    left = story.traffic.carried(windows, lambda transfer: transfer.replication, leaves)
    for name in mirrors:
        yield Total({"replication": name}, left.get(name, 0))


def of_routes(which: int, *, from_primary: bool) -> OfWindows:
    """A metric of what the tree (0) or a star (1) carries, where there are forwarders."""

    def measured(story: Story, windows: Windows) -> Iterator[Total]:
        for mirror in story.mirrors:
            if any(one.routes.has_forwarders for one in mirror.generations):
                cost = story.tree_and_star(mirror, windows)[which]
                yield Total({"replication": mirror.name}, cost.from_primary if from_primary else cost.all_links)

    return measured


star_bytes: Final = of_routes(1, from_primary=False)
star_primary_bytes: Final = of_routes(1, from_primary=True)
tree_bytes: Final = of_routes(0, from_primary=False)
tree_primary_bytes: Final = of_routes(0, from_primary=True)


def retransmitted_share(story: Story, windows: Windows) -> Iterator[Total]:
    """How much of what each link carried had been carried before."""
    carried = story.traffic.carried(windows, lambda transfer: (transfer.link, transfer.cause == RETRANSMISSION))
    for link in sorted({link for link, _ in carried}):
        again, first = (carried.get((link, sent_again), Fraction(0)) for sent_again in (True, False))
        yield Total({"link": link}, again / (again + first) if again + first else None)


def link_down(story: Story, windows: Windows) -> Iterator[Total]:
    """How long each link was cut, in one direction or both."""
    cuts = Cuts(story.facts)
    for link in cuts.links:
        yield Total({"link": link}, Fraction(cuts.of_link(link).within(windows).length_ns, SECOND))


def unreachable_time(story: Story, windows: Windows) -> Iterator[Total]:
    """How long each member could not be reached."""
    names = {(mirror.name, secondary): name for mirror, secondary, name in story.arms}
    spans = [(span, names.get((fact.replication, fact.member), fact.member)) for span, fact in unreachable(story.facts)]
    for name in sorted({name for _, name in spans}):
        own = Windows.of([span for span, whose in spans if whose == name], story.until_ns)
        yield Total({"to": name}, Fraction(own.within(windows).length_ns, SECOND))


def faults(story: Story, windows: Windows) -> Iterator[Total]:
    """Faults that began, in all and by kind."""
    kinds = [fact.kind.replace("-", "_") for fact in story.facts.of(FaultBegan) if windows.holds(fact.time_ns)]
    yield Total({}, len(kinds))
    for kind in sorted(set(kinds)):
        yield Total({"kind": kind}, kinds.count(kind))


def bypasses(story: Story, windows: Windows) -> Iterator[Total]:
    """How often a member was fed past a forwarder that had failed."""
    yield Total({}, sum(windows.holds(fact.time_ns) for fact in story.facts.about(RouteChanged, cause=BYPASS)))


def catch_up(story: Story, windows: Windows) -> Iterator[Total]:
    """The longest that each secondary took to catch up after an outage."""
    for mirror, secondary, name in story.arms:
        catching_ups = story.catching_ups(mirror, secondary)
        took = [(ended, lasted) for one in catching_ups for ended, lasted in one.took_ns(one.outages.until_ns)]
        own = [lasted for ended, lasted in took if windows.holds(ended)]
        if own:
            yield Total({"to": name}, Fraction(max(own), SECOND))


def eta_error(statistic: Callable[[list[int]], Fraction]) -> OfWindows:
    """A metric of how wrong each estimator was."""

    def measured(story: Story, windows: Windows) -> Iterator[Total]:
        for mirror, secondary, name in story.arms:
            told = (one for part in story.catching_ups(mirror, secondary) for one in part.estimates)
            asked = [one for one in told if windows.holds(one.time_ns)]
            for estimator in ESTIMATORS:
                errors = [error for one in asked if (error := one.error_ns(estimator)) is not None]
                if errors:
                    yield Total({"to": name, "estimator": estimator}, statistic(errors) / SECOND)

    return measured


def _largest(errors: list[int]) -> Fraction:
    return Fraction(max(map(abs, errors)))


def _mean(errors: list[int]) -> Fraction:
    return Fraction(sum(map(abs, errors)), len(errors))


def _bias(errors: list[int]) -> Fraction:
    return Fraction(sum(errors), len(errors))


eta_error_max: Final = eta_error(_largest)
eta_error_mean: Final = eta_error(_mean)
eta_error_bias: Final = eta_error(_bias)
