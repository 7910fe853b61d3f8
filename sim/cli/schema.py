"""`georep schema`: what editors need to complete and check scenarios."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.options import Place, once


@click.command("schema")
@once("--out", kind=Place(), metavar="FILE", help="Write it to FILE instead of printing it.")
def command(out: Path | None) -> int:
    """Print the JSON schema of scenarios.

    Scenario files point at it in their first line:
    # yaml-language-server: $schema=./scenario.schema.json
    """
    from sim.cli.status import OK
    from sim.results.wholefile import canonical_json, write_text
    from sim.scenario import json_schema

    text = canonical_json(json_schema())
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    return OK
