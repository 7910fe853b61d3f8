"""How a command line ends: what a user can cause becomes a message and an exit status, never a traceback.

stdout holds results only; everything said here goes to stderr
whatever cannot be written any more is thrown away in silence, also what the interpreter would flush at its exit
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, NoReturn

import click

from sim.cli.status import BAD_INPUT, BROKEN_PIPE, FELL_SHORT, INTERRUPTED


def guarded(act: Callable[[], int]) -> int:
    """Run `act` and write out what it printed; give the exit status, whatever happened."""
    _make_printable()
    _tidy_up_when_told_to_end()
    try:
        return _outcome(act)
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as fault:
        return _cannot_print(fault)
    finally:
        _let_go(sys.stdout)
        _let_go(sys.stderr)


def say(message: object) -> None:
    """Print a message for people."""
    click.echo(message, err=True)


def explain(fault: Exception) -> int:
    """Say what was wrong with what the user gave, or what broke here; give the exit status. Raises what is neither."""
    from sim.scenario.errors import BadInput
    from sim.world.errors import Livelock, ModelBroken

    if isinstance(fault, BadInput):
        say(fault)
        return BAD_INPUT
    if isinstance(fault, ModelBroken | Livelock):
        say(f"the simulator is wrong, not you: {fault}")
        return FELL_SHORT
    if isinstance(fault, MemoryError):
        say("not enough memory for this scenario: a smaller volume or working set needs less")
        return BAD_INPUT
    raise fault


def _outcome(act: Callable[[], int]) -> int:
    """The status of `act`, with everything printed that it wanted to say."""
    try:
        status = act()
    except click.exceptions.Exit as done:
        status = done.exit_code
    except click.ClickException as fault:
        fault.show()
        status = fault.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("stopped")
        status = INTERRUPTED
    except OSError:
        raise
    except Exception as fault:
        status = explain(fault)
    _flush()
    return status


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _make_printable() -> None:
    """Let no character of a name or a tick stop the output where the terminal knows only ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _tidy_up_when_told_to_end() -> None:
    """Let folders be tidied and workers be stopped when somebody ends this process politely."""

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        with suppress(ValueError, AttributeError):  # not in the main thread, or not on this platform
            signal.signal(getattr(signal, name), leave)


def _cannot_print(fault: OSError) -> int:
    """stdout took no more: say so, if stderr still listens."""
    if fault.errno == errno.EPIPE:
        return BROKEN_PIPE
    with suppress(OSError):
        say(f"{fault.filename or 'standard output'}: {os.strerror(fault.errno or errno.EIO)}".lower())
    return BAD_INPUT


def _let_go(stream: IO[str] | None) -> None:
    """Flush a stream for the last time; if that fails, point it nowhere to keep the interpreter's own flush quiet."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        _point_nowhere(stream)


def _point_nowhere(stream: IO[str]) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
