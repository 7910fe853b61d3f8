"""Reading a text that a user named: only regular files, never more than a limit, always UTF-8.

size is checked by stat before a byte is read; a pipe, a device or a folder is refused, so nothing hangs
"""

from __future__ import annotations

import os
import re
import stat
import sys
import unicodedata
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sim.scenario.errors import Fault, ScenarioError

MAX_BYTES = 2**20
STDIN = "-"
ENDINGS = (".scenario.yaml", ".yaml", ".yml", ".gz", ".csv", ".csv.gz")
MANY = 100  # faults of one sort: nobody reads more

_LINE_END = re.compile(r"\r\n|\r|\n")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\uf8ff\ufeff\uffa0"
    "\ufff0-\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its name and folder, and how its values came into the scenario."""

    name: str
    text: str
    directory: Path = Path()
    layer: str = "file"  # file | extends | --set
    lines: tuple[str, ...] = ()  # as messages show them

    def __post_init__(self) -> None:
        if not self.lines:
            object.__setattr__(self, "lines", tuple(_LINE_END.split(self.text)))

    def fault(self, line: int, column: int, path: str, message: str, hint: str = "") -> Fault:
        """A fault at a place of this text, with its source line."""
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Fault(self.name, line, column, path, message, hint, shown)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character."""
        before = _LINE_END.split(self.text[:offset])
        return len(before), len(before[-1]) + 1


def why_unreadable(path: Path) -> tuple[str, str] | None:
    """What keeps `path` from being a regular file that can be opened, and a hint; None when nothing does."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ("is a link to nothing", "") if path.is_symlink() else ("no such file", _nearest(path))
    except OSError as error:
        return (f"cannot be read: {(error.strerror or 'unknown reason').lower()}", "")
    except ValueError:
        return ("is not a file name", "")
    if not stat.S_ISREG(mode):
        return (f"is {_what(mode)}, not a file", "")
    return None if os.access(path, os.R_OK) else ("cannot be read: permission denied", "")


def read_source(path: Path | str, layer: str = "file") -> Source:
    """The text of a file, or of standard input for `-`. Raises ScenarioError."""
    if str(path) == STDIN:
        name, data, directory = "<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), Path()
    else:
        name, data, directory = str(path), _read_regular(Path(path)), Path(path).parent
    if len(data) > MAX_BYTES:
        raise whole(name, "is larger than 1 MiB", "a scenario is a few pages of text")
    return Source(name, decode(name, data), directory, layer)


def whole(name: str, message: str, hint: str = "") -> ScenarioError:
    """A fault of a whole file."""
    return ScenarioError([Fault(name, 0, 0, "", message, hint)])


def decode(name: str, data: bytes) -> str:
    """UTF-8 bytes, with or without a byte order mark, as text. Raises ScenarioError."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        width = "UTF-32" if data[:4] in {b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"} else "UTF-16"
        raise whole(name, f"not UTF-8 (byte order mark of {width})", "save the file as UTF-8")
    if b"\x00" in data[:4]:
        raise whole(name, f"not UTF-8 (NUL byte at offset {data.index(0)}; UTF-16 or UTF-32?)", "save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        message = f"not UTF-8 (byte 0x{data[offset]:02X} at offset {offset}; Latin-1?)"
        raise whole(name, message, "save the file as UTF-8") from None


def character_faults(source: Source) -> list[Fault]:
    """Characters that cannot be seen, and tabs where indentation belongs."""
    found = islice(_INVISIBLE.finditer(source.text), MANY)
    faults = [_invisible(source, match.start()) for match in found]
    for number, line in enumerate(source.lines, start=1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent and line.strip():
            column = indent.index("\t") + 1
            faults.append(source.fault(number, column, "", f"tab at {number}:{column}", "use spaces"))
    return sorted(faults, key=lambda fault: (fault.line, fault.column))


def invisible_in(text: str) -> str | None:
    """A name for the first character of `text` that cannot be seen (line ends and tabs are fine)."""
    match = _INVISIBLE.search(text)
    return character_name(match[0]) if match else None


def character_name(char: str) -> str:
    """`control character U+0007`, or `invisible character U+200B (ZERO WIDTH SPACE)`."""
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    sort = {"Cc": "control", "Cs": "half of a surrogate pair, not a"}.get(category, "invisible")
    return f"{sort} character U+{ord(char):04X}" + (f" ({name})" if name else "")


def _invisible(source: Source, offset: int) -> Fault:
    line, column = source.place(offset)
    char = source.text[offset]
    hint = "write a plain space" if unicodedata.category(char) == "Zs" else "delete it"
    return source.fault(line, column, "", f"{character_name(char)} at col {column}, offset {offset}", hint)


def _read_regular(path: Path) -> bytes:
    if why := why_unreadable(path):
        raise whole(str(path), *why)
    if path.stat().st_size > MAX_BYTES:
        raise whole(str(path), "is larger than 1 MiB", "a scenario is a few pages of text")
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise whole(str(path), f"cannot be read: {(error.strerror or 'unknown reason').lower()}") from None


def _nearest(path: Path) -> str:
    """The same name with, or without, an ending that is easily forgotten."""
    names = [path.name + ending for ending in ENDINGS]
    names += [path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)]
    near = [path.with_name(name) for name in names if name and path.with_name(name).is_file()]
    return f"did you mean '{near[0]}'?" if near else ""


def _what(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "a socket"
