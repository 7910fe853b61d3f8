"""The command line: `georep COMMAND`. Commands are imported when they are asked for, what they need when they run."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process; ends with its exit status."""
    from sim.cli.group import georep

    georep.main(prog_name="georep")
