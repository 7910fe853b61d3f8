"""A block of lines cut into fields, and fields turned into numbers: no loop over the lines.

a number is digits and nothing else: no sign, blank, underscore or exponent; what does not fit is told, never wrapped
blank lines are not rows; line numbers count them all the same
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sim.world.traces.stream import Text

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

PAD = 24  # so that a window of 19 digits, or of 8 letters, never leaves the array
DIGITS_MAX = 19
FRACTION_MAX = 18
INT_MAX = (1 << 63) - 1
SHOWN_MAX = 40


@dataclass(frozen=True, slots=True)
class Fields:
    """One field of many rows: [starts, ends) in the padded bytes of the block."""

    data: Bytes
    starts: Ints
    ends: Ints

    def integers(self) -> tuple[Ints, Mask]:
        """Values, and where the field is not a whole number from 0 to 2**63 - 1 (the value is meaningless there)."""
        length = self.ends - self.starts
        width = int(min(length.max(initial=1), DIGITS_MAX))
        window = sliding_window_view(self.data, width)[self.ends - width]
        values, wrong = _horner(window, np.arange(width)[:, None] >= width - length)
        wrong |= (length <= 0) | (length > DIGITS_MAX) | (values > INT_MAX)
        return values.astype(np.int64), wrong

    def decimals(self, places: int) -> tuple[Ints, Mask]:
        """Values times 10**places, rounded down, exactly; and where the field is no decimal number, or too large."""
        dots = np.append(np.flatnonzero(self.data == ord(".")), self.data.size)
        dot = np.minimum(dots[np.searchsorted(dots, self.starts)], self.ends)
        whole, wrong = Fields(self.data, self.starts, dot).integers()
        scale = 10**places
        wrong |= whole >= INT_MAX // scale
        fraction, wrong_fraction = self._fraction(dot, places)
        return whole * scale + fraction, wrong | wrong_fraction

    def _fraction(self, dot: Ints, places: int) -> tuple[Ints, Mask]:
        length = self.ends - dot - 1  # -1: no dot
        width = int(np.clip(length.max(initial=0), places, FRACTION_MAX))
        window = sliding_window_view(self.data, max(width, 1))[np.minimum(dot + 1, self.data.size - PAD)]
        used = np.arange(max(width, 1))[:, None] < length
        _, wrong = _horner(window, used)
        values, _ = _horner(window[:, :places], used[:places])
        return values.astype(np.int64) * (length > 0), wrong | (length == 0) | (length > FRACTION_MAX)

    def raw(self, row: int) -> bytes:
        """One of them as it stands in the file."""
        return self.data[self.starts[row] : self.ends[row]].tobytes()

    def words(self) -> NDArray[np.uint64]:
        """The first eight bytes of each field as one integer, zeros behind the end."""
        letters = sliding_window_view(self.data, 8)[self.starts].copy()
        letters[np.arange(8) >= (self.ends - self.starts)[:, None]] = 0
        return np.ascontiguousarray(letters).view(np.uint64)[:, 0]

    def among(self, vocabulary: Sequence[bytes]) -> NDArray[np.int64]:
        """Which word of the vocabulary each field is, -1 where none."""
        found = np.full(self.starts.size, -1, dtype=np.int64)
        words, length = self.words(), self.ends - self.starts
        for number, word in enumerate(vocabulary):
            same = np.flatnonzero((length == len(word)) & (words == _packed(word)))
            for place in range(8, len(word)):
                same = same[self.data[self.starts[same] + place] == word[place]]
            found[same] = number
        return found


class Rows:
    """The lines of a block that are not blank, cut at a separator (a comma), or at runs of blanks when there is none.

    line: int64, the number of each line in the file. count: int64, how many fields it has.
    """

    __slots__ = ("_ends", "_first", "_starts", "count", "data", "line")

    def __init__(self, data: Bytes, starts: Ints, ends: Ints, first: Ints, count: Ints, line: Ints) -> None:
        self.data, self._starts, self._ends = data, starts, ends
        self._first, self.count, self.line = first, count, line

    @classmethod
    def of(cls, text: Text, separator: str = "") -> Rows:
        """Cut a block of lines."""
        data = np.frombuffer(b"\0" * PAD + text.data + b"\0" * PAD, dtype=np.uint8)
        newlines = np.flatnonzero(data == ord("\n"))
        starts, ends = _between(data, separator) if separator else _runs(data)
        begins = np.append(PAD, newlines + 1)[:-1]
        first = np.searchsorted(starts, begins)
        count = np.searchsorted(starts, newlines, side="right") - first
        if separator:
            count[newlines - (data[newlines - 1] == ord("\r")) == begins] = 0
        line = np.arange(text.first_line, text.first_line + newlines.size)
        return cls(data, starts, ends, first, count, line).pick(count > 0)

    def __len__(self) -> int:
        return int(self.line.size)

    def pick(self, chosen: Mask) -> Rows:
        """Only these rows."""
        return Rows(self.data, self._starts, self._ends, self._first[chosen], self.count[chosen], self.line[chosen])

    def field(self, number: int) -> Fields:
        """A field of every row, counted from 0; where a row is too short, its last one."""
        at = self._first + np.minimum(number, self.count - 1)
        return Fields(self.data, self._starts[at], self._ends[at])

    def text(self, row: int, number: int) -> str:
        """One field as text."""
        return self.field(number).raw(row).decode("utf-8", "replace")

    def shown(self, row: int, number: int) -> str:
        """One field as messages show it."""
        if number >= self.count[row]:
            return "the end of the line"
        text = self.text(row, number)
        return ascii(text) if len(text) <= SHOWN_MAX else ascii(text[:SHOWN_MAX]) + "..."

    def column(self, row: int, number: int) -> int:
        """Where in its line a field begins, counted from 1; behind the last field where the row is too short."""
        field = self.field(number)
        at = field.starts[row] if number < self.count[row] else field.ends[row]
        before = np.flatnonzero(self.data[:at] == ord("\n"))
        return int(at - (before[-1] if before.size else PAD - 1))


def _packed(word: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(word[:8].ljust(8, b"\0"), sys.byteorder))


def _horner(window: Bytes, used: Mask) -> tuple[NDArray[np.uint64], Mask]:
    """Numbers from rows of digits; `used` (digits, rows) says which bytes count. 19 digits fit 64 bits."""
    digits = np.ascontiguousarray(window.T) - np.uint8(ord("0"))
    digits[~used] = 0
    values = np.zeros(window.shape[0], dtype=np.uint64)
    for place in digits:
        values *= np.uint64(10)
        values += place
    return values, np.logical_or.reduce(digits > 9, axis=0)


def _between(data: Bytes, separator: str) -> tuple[Ints, Ints]:
    """Fields between single separators and line ends; a carriage return belongs to the line end."""
    at = np.flatnonzero((data == ord(separator)) | (data == ord("\n")))
    starts = np.append(PAD, at + 1)[:-1]
    ends = at - ((data[at] == ord("\n")) & (data[at - 1] == ord("\r")))
    return starts, ends


def _runs(data: Bytes) -> tuple[Ints, Ints]:
    """Fields between runs of blanks; the padding is blank, so edges come in pairs."""
    blank = data <= ord(" ")
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    return edges[::2], edges[1::2]
