"""`georep init`: a first scenario to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from sim.cli.options import Place

FIRST: Final = "first.scenario.yaml"
ENDING: Final = ".scenario.yaml"


@click.command("init")
@click.argument("path", type=Place(), default=FIRST)
def command(path: Path) -> int:
    """Write a first scenario to PATH, a file that does not exist yet.

    PATH may also be a folder; without it the file is first.scenario.yaml, here.
    """
    from sim.cli.ending import say
    from sim.cli.status import OK
    from sim.results.wholefile import write_text
    from sim.scenario import first_scenario

    target = path / FIRST if path.is_dir() else path
    write_text(target, first_scenario(), overwrite=False)
    click.echo(f"wrote {target}")
    say(f"next: georep run {target}")
    if not target.name.endswith(ENDING):
        say(f"note: georep check finds only files whose names end with {ENDING}")
    return OK
