"""`georep resolve`: a scenario as it is understood, with every default and where each value comes from."""

from __future__ import annotations

import click

from sim.cli import options


@click.command("resolve", cls=options.TakesFiles)
@click.argument("scenario", metavar="SCENARIO")
@options.settings
def command(scenario: str, settings: tuple[str, ...]) -> int:
    """Print SCENARIO with all defaults and their origin, and its routes ('-' reads standard input)."""
    from sim.cli.loading import load_all
    from sim.cli.status import OK
    from sim.scenario import resolve_text, routes_text

    loaded = load_all([scenario], settings)[0]
    click.echo(resolve_text(loaded) + routes_text(loaded), nl=False)
    return OK
