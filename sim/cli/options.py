"""Options that commands share, and what their values may look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

LARGEST_SEED: Final = 2**53 - 1  # integers in scenarios and in JSON end here

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Count(click.ParamType):  # type: ignore[type-arg]
    """A whole number in ASCII digits, without sign, underscores or leading blanks."""

    name = "number"

    def __init__(self, least: int, largest: int) -> None:
        self.least, self.largest = least, largest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a usage error says which numbers there are."""
        if isinstance(value, int):
            return value
        if not value:
            self.fail("the value is missing", param, ctx)
        if not re.fullmatch(r"[0-9]{1,19}", value) or not self.least <= int(value) <= self.largest:
            self.fail(f"{value!r} is not a whole number from {self.least} to {self.largest}", param, ctx)
        return int(value)


class Place(click.ParamType):  # type: ignore[type-arg]
    """A path that is not empty."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; a usage error when there is none."""
        if not str(value):
            self.fail("the value is missing", param, ctx)
        return Path(value)


class Setting(click.ParamType):  # type: ignore[type-arg]
    """`path=value`: where in the scenario, and the YAML text to put there."""

    name = "path=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it was given; a usage error when it has no path or no `=`."""
        path, equals, _ = value.partition("=")
        if not equals or not path.strip():
            self.fail(f"{value!r} is not path=value, for example links.wan.bandwidth='50 Mbit/s'", param, ctx)
        return str(value)


class TakesFiles(click.Command):
    """A command whose arguments are files: says what to do about a name that begins with a dash."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and explain an unknown option that is the name of a file."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as fault:
            raise click.UsageError(f"{fault.format_message()}{_about_dashes(words)}", ctx) from fault


def _about_dashes(words: list[str]) -> str:
    """What to say when one of these words is the name of a file."""
    files = [word for word in words if len(word) > 1 and word.startswith("-") and Path(word).is_file()]
    return f" The file of that name is written './{files[0]}'." if files else ""


def once(*names: str, kind: Any, default: Any = None, **more: Any) -> Decorator:
    """An option with a value that may be given once; `default` when it is not given at all."""

    def only_one(ctx: click.Context, param: click.Parameter, given: tuple[Any, ...]) -> Any:
        if len(given) > 1:
            raise click.BadParameter("given more than once", ctx, param)
        return given[0] if given else default

    return click.option(*names, type=kind, multiple=True, default=(), callback=only_one, **more)


def flag(*names: str, **more: Any) -> Decorator:
    """A switch that is off by default."""
    return click.option(*names, is_flag=True, default=False, **more)


settings = click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    default=(),
    help="Put a value into the scenario, e.g. --set run.until='2 h'; maps merge, null removes a key. "
    "May be repeated; the last one wins.",
)
seed = once("--seed", kind=Count(0, LARGEST_SEED), help="Use this seed instead of the scenario's.")
workers = once("--workers", kind=Count(1, 1024), help="Processes to use (default: one a core).")
checking = once(
    "--check",
    "checking",
    kind=click.Choice(["off", "cheap", "full"]),
    default="cheap",
    help="How closely the laws are watched (default: cheap). Results are the same.",
)
quiet = flag("--quiet", help="No progress.")
as_json = flag("--json", "as_json", help="Print results as one line of JSON for each scenario.")
