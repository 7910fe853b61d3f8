"""The group of commands: found by name, imported when asked for, with the nearest name for a slip of the finger."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from sim.cli.ending import guarded

COMMANDS: Final = {
    "run": "one run (or its replications) with a live progress bar, a summary and charts",
    "check": "every scenario below PATH with its expectations: a verdict table",
    "schema": "the JSON schema of scenarios, for editors",
    "init": "a first scenario to start from",
    "resolve": "a scenario with all defaults and where they come from",
    "status": "the replication status table, as an operator would see it at an instant",
    "link": "what one transfer takes on a link, and why",
}
MODULES: Final = {"status": "operator_status"}  # where a command's module is called otherwise
COMPLETION: Final = "_GEOREP_COMPLETE"
LATER: Final = ("sweep", "plan", "report", "trace", "fuzz", "diff")


class Commands(click.Group):
    """Commands by name; each lives in the module of its name, or as `MODULES` says, and is its attribute `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sim.cli.{MODULES.get(cmd_name, cmd_name)}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run, or the nearest name to the one that does not exist."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(f"No such command {name!r}. {_advice(name)}".strip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table above: help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Any = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run one command line and leave with its exit status."""
        words = sys.argv[1:] if args is None else list(args)
        sys.exit(guarded(lambda: self._carry_out(words, prog_name or "georep")))

    def _carry_out(self, words: list[str], prog_name: str) -> int:
        _complete(self, prog_name)
        with self.make_context(prog_name, words) as ctx:
            return int(self.invoke(ctx) or 0)


def _complete(group: click.Group, prog_name: str) -> None:
    """Answer a shell that asks for completions, and leave."""
    if asked := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        raise click.exceptions.Exit(shell_complete(group, {}, prog_name, COMPLETION, asked))


def _advice(name: str) -> str:
    """What to say about a name that is no command."""
    if name in LATER:
        return f"'{name}' is not in this version yet."
    from difflib import get_close_matches

    near = get_close_matches(name, [*COMMANDS, *LATER], n=1, cutoff=0.5)
    if not near:
        return ""
    return f"Did you mean '{near[0]}'?" + (" (It is not in this version yet.)" if near[0] in LATER else "")


def _print_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Print the version and leave; reading it costs time, so only when it is wanted."""
    if wanted:
        from sim import __version__

        click.echo(f"georep {__version__}")
        ctx.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    default=False,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and leave.",
)
def georep() -> None:
    """How far behind is my replica, and what would a disaster cost now?

    georep runs the real replication code - snapshots, bit maps, delta sets, replay - inside a simulation
    that a YAML file describes, and says how it went.
    """
