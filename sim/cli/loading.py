"""Scenarios that a command line names: all of them are looked at, and all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.ending import say
from sim.loading import load
from sim.scenario.errors import BadInput, printable

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

WILD = frozenset("*?[")


def load_all(names: Sequence[str], settings: Sequence[str]) -> list[Scenario]:
    """The scenarios of these files. Raises BadInput with all that is wrong in any of them."""
    loaded, wrong = load_each(names, settings)
    if wrong:
        raise BadInput("\n".join(wrong.values()))
    return list(loaded.values())


def load_each(names: Sequence[str], settings: Sequence[str]) -> tuple[dict[str, Scenario], dict[str, str]]:
    """The scenarios of these files by name, and what is wrong with those that cannot be used."""
    loaded: dict[str, Scenario] = {}
    wrong: dict[str, str] = {}
    for name in dict.fromkeys(names):
        try:
            loaded[name] = load(_matched(name), settings)
        except BadInput as fault:
            wrong[name] = str(fault)
    for scenario in loaded.values():
        for note in scenario.notes:
            say(f"{scenario.source}: note: {printable(note)}")
    return loaded, wrong


def _matched(name: str) -> str:
    """The name, unless it is a pattern that the shell found no file for."""
    if not WILD.isdisjoint(name) and not Path(name).exists():
        raise BadInput(f"{name}: no file matches this pattern")
    return name
