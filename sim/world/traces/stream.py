"""A trace file as blocks of whole lines, from front to back: plain text or gzip, told apart by the first bytes.

memory is one block (2 MiB) and one line, whatever the size of the file
only regular files: a directory, a pipe or a device is refused before anything is read
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sim.world.traces.faults import TraceError

BLOCK_BYTES = 1 << 21
LINE_BYTES_MAX = 1 << 16
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PACKED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
KINDS = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))


@dataclass(frozen=True, slots=True)
class Text:
    """Whole lines, the last one ended by a newline; `first_line` counts from 1."""

    data: bytes
    first_line: int

    def head(self) -> str:
        """The first line, without its end."""
        return self.data[: self.data.index(b"\n")].decode("utf-8", "replace").rstrip("\r")

    def without_head(self) -> Text:
        """What follows the first line."""
        return Text(self.data[self.data.index(b"\n") + 1 :], self.first_line + 1)


class TraceFile:
    """A regular file that can be read from the front again and again, as long as it stays the same file."""

    def __init__(self, path: Path, shown: str | None = None) -> None:
        """`shown`: how messages name the file. Raises TraceError unless it is a regular file with something in it."""
        self.path = path
        self.shown = str(path) if shown is None else shown
        self._stamp = self._look()

    def blocks(self) -> Iterator[Text]:
        """Its lines in order, at least one. Raises TraceError for what is no text or gzip, and for a changed file."""
        if self._look() != self._stamp:
            raise self.wrong("the file changed while it was being replayed")
        try:
            with self.path.open("rb") as raw:
                yield from self._lines(raw)
        except OSError as fault:
            raise self.wrong(f"cannot be read: {fault.strerror or fault}") from fault

    def wrong(self, words: str, line: int = 0, column: int = 0) -> TraceError:
        """A TraceError about this file."""
        return TraceError(self.shown, line, column, words)

    def _look(self) -> tuple[int, int, int]:
        """What tells that a file is still the same; raises TraceError unless it is a regular file."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            words = "a link to a file that does not exist" if self.path.is_symlink() else "no such file"
            raise self.wrong(words) from None
        except (OSError, ValueError) as fault:  # ValueError: a name with a NUL
            raise self.wrong(f"cannot be read: {getattr(fault, 'strerror', None) or fault}") from fault
        if not stat.S_ISREG(found.st_mode):
            kind = next((name for is_kind, name in KINDS if is_kind(found.st_mode)), "a device")
            raise self.wrong(f"is {kind}; a trace is a regular file")
        if found.st_size == 0:
            raise self.wrong("the file is empty")
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _lines(self, raw: IO[bytes]) -> Iterator[Text]:
        rest, line = b"", 1
        for block in self._unpacked(raw):
            data = rest + block
            if line == 1:
                data = data.removeprefix(BYTE_ORDER_MARK)
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                text = self._checked(Text(data[:end], line))
                line += text.data.count(b"\n")
                yield text
            if len(rest) > LINE_BYTES_MAX:
                raise self.wrong(f"the line is longer than {LINE_BYTES_MAX} bytes; is this a text trace?", line)
        if rest:
            yield self._checked(Text(rest + b"\n", line))
        elif line == 1:
            raise self.wrong("the file is empty once unpacked")

    def _unpacked(self, raw: IO[bytes]) -> Iterator[bytes]:
        first = raw.read(6)
        raw.seek(0)
        for magic, name in PACKED.items():
            if first.startswith(magic):
                raise self.wrong(f"is {name}; a trace is plain text or gzip")
        if not first.startswith(GZIP):
            yield from iter(lambda: raw.read(BLOCK_BYTES), b"")
            return
        try:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield from iter(lambda: unpacked.read(BLOCK_BYTES), b"")
        except EOFError as fault:
            raise self.wrong("the gzip stream breaks off; was the file truncated?") from fault
        except (gzip.BadGzipFile, zlib.error) as fault:
            raise self.wrong("the gzip stream is damaged") from fault

    def _checked(self, text: Text) -> Text:
        at = text.data.find(b"\0")
        if at < 0:
            return text
        line = text.first_line + text.data.count(b"\n", 0, at)
        column = at - text.data.rfind(b"\n", 0, at)
        raise self.wrong("found a NUL byte, expected text; is the file binary or UTF-16?", line, column)
