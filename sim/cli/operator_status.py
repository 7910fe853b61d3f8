"""`georep status`: what an operator of the replication would see at an instant of a run (L2114-2196)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario
    from sim.simulation import Glimpse


class Instant(click.ParamType):  # type: ignore[type-arg]
    """A time from the start of the run, with its unit: `3 h 20 min`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Nanoseconds; a usage error says what a time looks like."""
        from sim.scenario.errors import BadValue
        from sim.scenario.units import parse_duration

        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except BadValue as fault:
            self.fail(f"{fault.message}; for example 3h20min or '90 s'", param, ctx)


@click.command("status", cls=options.TakesFiles)
@click.argument("scenario", metavar="SCENARIO")
@options.once("--at", "at_ns", kind=Instant(), metavar="TIME", required=True, help="When, from the start of the run.")
@click.option("--to", "only", metavar="NAME", multiple=True, help="Tell of this secondary only. May be repeated.")
@options.seed
@options.settings
@options.quiet
@options.as_json
def command(
    scenario: str,
    at_ns: int,
    only: tuple[str, ...],
    seed: int | None,
    settings: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> int:
    """Print the status of every replication of SCENARIO at an instant of its run ('-' reads standard input).

    The run goes as far as that instant and no further; the same seed gives the same run as `georep run`.
    """
    from sim.cli.loading import load_all
    from sim.cli.status import OK
    from sim.summary.stands import described
    from sim.summary.status import status

    loaded = load_all([scenario], settings)[0]
    _refuse(loaded, at_ns, only)
    found = status(_glimpse(loaded, at_ns, seed, quiet), at_ns)
    if as_json:
        told = described(found) | {"scenario": loaded.name, "seed": loaded.run.seed if seed is None else seed}
        click.echo(json.dumps(told, sort_keys=True, allow_nan=False))
    else:
        from analysis.status import table
        from sim.cli.reporting import looks

        click.echo(table(found, only=only, **looks()))
    return OK


def _refuse(scenario: Scenario, at_ns: int, only: tuple[str, ...]) -> None:
    """Raises BadInput for a time after the end, and for a secondary that there is not."""
    from sim.scenario.errors import BadInput
    from sim.scenario.expect import nearest
    from sim.scenario.units import format_duration

    if not 0 <= at_ns <= scenario.run.until:
        until = format_duration(scenario.run.until)
        raise BadInput(
            f"{scenario.source}: nothing stands at {format_duration(at_ns)}: the run goes from 0 s to {until}"
        )
    mirrors = scenario.replication.values()
    known = list(dict.fromkeys(name for mirror in mirrors for name in (*mirror.secondaries, mirror.primary)))
    for name in only:
        if name not in known:
            raise BadInput(f"{scenario.source}: there is no secondary '{name}': {nearest(name, known)}")


def _glimpse(scenario: Scenario, at_ns: int, seed: int | None, quiet: bool) -> Glimpse:
    from sim import progress
    from sim.simulation import simulate_until

    with progress.told(scenario.name, at_ns, progress.simulated(at_ns), quiet=quiet) as tell:
        return simulate_until(scenario, at_ns, seed=seed, progress=tell)
