"""One text file, written so that it is there whole or not at all; and JSON that is the same for the same value."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from sim.scenario.errors import BadInput

STAGE: Final = ".georep-"  # how names of files and folders begin that are not finished yet


class BadOutput(BadInput):
    """Results cannot be written where they should go; `str()` says where, why, and what was kept."""


def canonical_json(value: object) -> str:
    """JSON that is the same for the same value: sorted keys, ASCII, no NaN, a newline at the end."""
    return json.dumps(value, sort_keys=True, indent=2, allow_nan=False, default=_plain) + "\n"


def write_text(path: Path, text: str, *, overwrite: bool = True) -> None:
    """Write one file so that it is there whole or not at all. Raises BadOutput."""
    try:
        if not overwrite and (path.exists() or path.is_symlink()):
            raise BadOutput(f"{path}: exists already; it is left as it is")
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a device or a pipe cannot be replaced
            return
        with tempfile.TemporaryDirectory(prefix=STAGE, dir=path.parent) as stage:
            staged = Path(stage) / path.name
            staged.write_text(text, encoding="utf-8", newline="\n")
            sync(staged)
            staged.replace(path)
    except OSError as fault:
        raise BadOutput(f"{path}: {reason(fault)}") from fault


def _plain(value: Any) -> Any:
    """A numpy number as a Python number."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as fault:
        if fault.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(handle)


def reason(fault: OSError) -> str:
    """Why the system refused, in words that fit behind a path."""
    if isinstance(fault, FileExistsError | NotADirectoryError):
        return "is a file, or leads through one, not a folder"
    if isinstance(fault, FileNotFoundError):
        return "the folder does not exist"
    return (fault.strerror or str(fault)).lower()
