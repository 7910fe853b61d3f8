"""`georep link`: what one transfer takes on a link, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli import options

if TYPE_CHECKING:
    from sim.transfers import Conditions, Explained, Transfer

FAULTS: Final = "sim.cli.link.faults"
MOST_QUEUE: Final = 1000


class Gathered(click.Option):
    """An option whose faults wait for those of the others."""

    def handle_parse_result(self, ctx: click.Context, opts: Any, args: list[str]) -> tuple[Any, list[str]]:
        """The value, or None and a fault in the context."""
        try:
            return super().handle_parse_result(ctx, opts, args)
        except click.UsageError as fault:
            ctx.meta.setdefault(FAULTS, []).append(fault.format_message())
            return None, args


class AllFaults(click.Command):
    """A command that says all that is wrong with its options at once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse. Raises UsageError with a line for each fault."""
        rest = super().parse_args(ctx, args)
        if faults := ctx.meta.get(FAULTS):
            raise click.UsageError("\n".join(faults), ctx)
        return rest


class Quantity(click.ParamType):  # type: ignore[type-arg]
    """A number with its unit, as in scenario files."""

    def __init__(self, name: str, example: str, read: Callable[[str], Any]) -> None:
        self.name, self.example, self._read = name, example, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value in base units; a usage error says what is wrong and what it may look like."""
        from sim.scenario.errors import BadValue, printable

        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except BadValue as fault:
            self.fail(printable(f"{fault}; for example '{self.example}'"), param, ctx)


def _bandwidth(text: str) -> int:
    from sim.scenario.units import parse_bits_per_s

    return parse_bits_per_s(text, positive=True)


def _rtt(text: str) -> float:
    from sim.scenario.errors import BadValue
    from sim.scenario.units import parse_duration

    found = parse_duration(text) / 1e9
    if found > 3600:
        raise BadValue(f"must be at most 1 h (got {text.strip()})")
    return found


def _loss(text: str) -> float:
    from sim.scenario.errors import BadValue
    from sim.scenario.units import parse_percent

    found = float(parse_percent(text))
    if found >= 1:
        raise BadValue(f"must be less than 100 % (got {text.strip()[:40]})", "else nothing ever arrives")
    return found


def _size(text: str) -> int:
    from sim.scenario.units import parse_size

    return parse_size(text, positive=True)


def _queue(text: str) -> float:
    from sim.scenario.errors import BadValue
    from sim.scenario.numbers import parse_number

    found = float(parse_number(text))
    if not 0 < found <= MOST_QUEUE:
        raise BadValue(f"must be more than 0, and at most {MOST_QUEUE:,} (got {text.strip()[:40]})")
    return found


BANDWIDTH: Final = Quantity("rate", "100 Mbit/s", _bandwidth)
RTT: Final = Quantity("time", "80 ms", _rtt)
LOSS: Final = Quantity("share", "0.1 %", _loss)
SIZE: Final = Quantity("size", "64 MiB", _size)
QUEUE: Final = Quantity("number", "1.5", _queue)
SEED: Final = options.Count(0, options.LARGEST_SEED)


class Chart(options.Place):
    """Where a chart goes: a name that ends in .svg."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; a usage error where it is named like another format."""
        path = super().convert(value, param, ctx)
        if path.suffix.lower() != ".svg":
            self.fail(f"charts are SVG: the name must end in .svg (got '{path.name[:40]}')", param, ctx)
        return path


def _option(*names: str, kind: Any, **more: Any) -> options.Decorator:
    return options.once(*names, kind=kind, cls=Gathered, **more)


@click.command("link", cls=AllFaults)
@_option(
    "--bandwidth",
    "bandwidth_bits_per_s",
    kind=BANDWIDTH,
    metavar="RATE",
    required=True,
    help="Of the bottleneck: '100 Mbit/s'.",
)
@_option(
    "--rtt",
    "rtt_seconds",
    kind=RTT,
    metavar="TIME",
    required=True,
    help="There and back, without queues: '80 ms'.",
)
@_option("--size", "size_bytes", kind=SIZE, metavar="SIZE", required=True, help="What is transferred: '64 MiB'.")
@_option(
    "--loss",
    kind=LOSS,
    metavar="SHARE",
    default=0.0,
    help="Of packets in the direction of the data (default: none).",
)
@_option(
    "--queue-bdp",
    kind=QUEUE,
    metavar="NUMBER",
    default=1.0,
    help="Queue before the bottleneck, in bandwidth times round trip (default: 1).",
)
@_option("--congestion", kind=click.Choice(["cubic", "reno", "ideal"]), default="cubic", help="Default: cubic.")
@_option(
    "--connection",
    kind=click.Choice(["fresh", "warm", "idle"]),
    default="fresh",
    help="New, straight after an equal transfer, or after a pause (default: fresh).",
)
@_option("--seed", kind=SEED, metavar="NUMBER", help="One draw of luck instead of the median over many.")
@_option("--chart", kind=Chart(), metavar="FILE.svg", help="Draw the rate over time into FILE.svg.")
@options.flag("--json", "as_json", help="Print the answer as one line of JSON.")
def command(*, seed: int | None, chart: Path | None, as_json: bool, **given: Any) -> int:
    """Say what one transfer takes on a link, and why: slow start, losses, or the pipe itself.

    The same connections carry what goes over the links of scenarios. Times are until the last byte has arrived.
    """
    from sim.cli.status import OK
    from sim.transfers import Conditions, explained

    if chart is not None:
        _refuse_unwritable(chart)
    conditions = Conditions(**given)
    found, shown = explained(conditions, seed)
    if chart is not None:
        _draw(chart, conditions, found, shown)
    click.echo(_json_line(conditions, found, seed) if as_json else _text(conditions, found, shown, seed))
    return OK


def _json_line(conditions: Conditions, found: Explained, seed: int | None) -> str:
    told = asdict(conditions) | asdict(found) | {"seed": seed, "slowdown": found.slowdown}
    if seed is not None:
        told |= {"p10_seconds": None, "p90_seconds": None}  # one draw has no spread
    return json.dumps(told, sort_keys=True, allow_nan=False)


def _text(conditions: Conditions, found: Explained, shown: Transfer, seed: int | None) -> str:
    from analysis.transferred import told
    from sim.cli.reporting import looks

    return told(conditions, found, shown, drawn=seed is not None, ascii_only=not _knows_blocks(), **looks())


def _knows_blocks() -> bool:
    try:
        "▁█".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _refuse_unwritable(path: Path) -> None:
    """Raises BadOutput where no chart can be written."""
    import tempfile

    from sim.results.wholefile import STAGE, BadOutput, reason

    try:
        if path.is_dir():
            raise BadOutput(f"{path}: is a folder; name a file in it")
        with tempfile.TemporaryDirectory(prefix=STAGE, dir=path.parent) as stage:
            (Path(stage) / path.name).touch()
    except OSError as fault:
        raise BadOutput(f"{path}: {reason(fault)}") from fault


def _draw(path: Path, conditions: Conditions, found: Explained, shown: Transfer) -> None:
    import tempfile

    from analysis.charts.transfer import transfer_rate
    from analysis.style import drawing, figure, save
    from analysis.transferred import circumstances, headline, slowdown
    from sim.results.wholefile import write_text
    from sim.summary import amount

    with drawing(), tempfile.TemporaryDirectory() as stage:
        drawn = figure()
        heading = f"{headline(conditions)}: {amount(found.seconds, 's')}"
        note = f"{circumstances(conditions)}; {slowdown(found)}"
        transfer_rate(conditions, shown, drawn.subplots(), heading=heading, note=note)
        write_text(path, save(drawn, Path(stage) / "chart.svg").read_text(encoding="utf-8"))
