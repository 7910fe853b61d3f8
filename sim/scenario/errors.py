"""What is wrong with something a user gave, and where.

every message says what to change; all faults come at once, ordered by place
a traceback is never the answer to bad input
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_FAULTS = 20
SHOWN_COLUMNS = 100  # of a source line; the rest is cut away on both sides of the caret


class BadInput(Exception):
    """Something a user gave cannot be used; `str()` says what, where, and what to write instead."""


class BadValue(BadInput):
    """One value that cannot be used: what is wrong, what to write instead, and where in its text (from 0)."""

    def __init__(self, message: str, hint: str = "", offset: int = 0) -> None:
        super().__init__(message, hint, offset)
        self.message = message
        self.hint = hint
        self.offset = offset

    def __str__(self) -> str:
        """`what is wrong (hint)`."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with its place; line and column count from 1, line 0 means the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    source_line: str = ""

    def headline(self) -> str:
        """`file:line:column: path: what is wrong (hint)` on one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        where = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return printable(f"{place}: {where}{self.message}{hint}")

    def __str__(self) -> str:
        """The headline, and below it the source line with a caret."""
        if not self.source_line.strip():
            return self.headline()
        line = self.source_line.replace("\t", " ")
        text, caret = _window(printable(line.rstrip()), len(printable(line[: self.column - 1])))
        return f"{self.headline()}\n    {text}\n    {' ' * caret}^"


class ScenarioError(BadInput):
    """All that is wrong with a scenario, ordered by place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        """Each fault with its source line; of more than twenty the first ones, between how many there are in all."""
        lines = [str(fault) for fault in self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            count = f"{printable(self.faults[0].file)}: {len(self.faults)} faults, the first {SHOWN_FAULTS} of them:"
            lines = [count, *lines, f"... and {len(self.faults) - SHOWN_FAULTS} more"]
        return "\n".join(lines)


def printable(text: str) -> str:
    """The text with what a terminal would not show, or could not encode, written as U+XXXX."""
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)


def _window(text: str, caret: int) -> tuple[str, int]:
    """The part of a long line around the caret, and where the caret is in it."""
    if len(text) <= SHOWN_COLUMNS:
        return text, min(caret, len(text))
    begin = max(0, min(caret - SHOWN_COLUMNS // 2, len(text) - SHOWN_COLUMNS))
    cut = text[begin : begin + SHOWN_COLUMNS]
    return f"{'...' if begin else ''}{cut}", min(caret - begin, SHOWN_COLUMNS) + (3 if begin else 0)
