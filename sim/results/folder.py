"""An output folder: looked at before the run, changed only when everything new is safely on disk.

a folder holds nothing, an earlier result of georep, or what somebody else put there: then it is left alone
files are written and synced in a hidden folder beside their place, and only then put in place, the manifest last
when writing fails, what was there before is there after
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from sim.results.wholefile import STAGE, BadOutput, reason, sync

MANIFEST: Final = "manifest.json"
LARGEST_MANIFEST: Final = 64 * 2**20

Write = Callable[[Path], None]


class Folder:
    """The folder that will hold the results of a run, as a context: prepared on entry, tidied up at exit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._made: list[Path] = []
        self._lock: int | None = None
        self._stage: Path | None = None

    def __enter__(self) -> Folder:
        """Make the folder if it is missing, and prove that it can be written. Raises BadOutput."""
        try:
            self._prepare()
        except OSError as fault:
            self._tidy()
            raise BadOutput(f"{self.path}: {reason(fault)}; choose another folder with --out") from fault
        except BadOutput:
            self._tidy()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._tidy()

    def put(self, write: Write) -> None:
        """Let `write` fill a folder, then put its files in place together.

        Raises BadOutput; then nothing has changed.
        """
        assert self._stage is not None, "a folder is used inside its context"
        try:
            write(self._stage)
            names = _synced(self._stage)
            self._refuse_folders_in_the_way(names)
        except OSError as fault:
            raise BadOutput(f"{self._blamed(fault)}: {reason(fault)}; {self._kept()}") from fault
        try:
            self._move(names, _earlier_files(self.path))
        except OSError as fault:
            raise BadOutput(f"{self._blamed(fault)}: {reason(fault)}; the results are incomplete") from fault

    def _prepare(self) -> None:
        self._make()
        self._lock = _locked(self.path)
        _refuse_foreign(self.path)
        for left in self.path.glob(f"{STAGE}*"):
            shutil.rmtree(left, ignore_errors=True)  # of a process that was killed: nobody else holds the lock
        self._stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=self.path))

    def _make(self) -> None:
        missing = []
        for folder in (self.path, *self.path.parents):
            if folder.exists() or folder.is_symlink():
                break
            missing.append(folder)
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)

    def _refuse_folders_in_the_way(self, names: list[str]) -> None:
        for name in names:
            if (self.path / name).is_dir():
                raise BadOutput(f"{self.path / name}: a folder lies where a file should go; {self._kept()}")

    def _move(self, names: list[str], earlier: list[str]) -> None:
        """Put new files over old ones, drop those of the earlier result that have no successor; needs no space."""
        assert self._stage is not None
        for name in names:
            (self._stage / name).replace(self.path / name)
        for name in earlier:
            if name not in names and (self.path / name).is_file():
                (self.path / name).unlink()
        sync(self.path)

    def _blamed(self, fault: OSError) -> str:
        """The place a user knows, not the hidden one where writing went wrong."""
        name = Path(fault.filename).name if isinstance(fault.filename, str) else ""
        return str(self.path / name) if name and not name.startswith(STAGE) else str(self.path)

    def _kept(self) -> str:
        earlier = (self.path / MANIFEST).exists()
        return "nothing was written" + (", the earlier result is untouched" if earlier else "")

    def _tidy(self) -> None:
        if self._stage is not None:
            shutil.rmtree(self._stage, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()  # only what was made here, and only while it is empty
        self._stage, self._lock, self._made = None, None, []


def _refuse_foreign(path: Path) -> None:
    """Leave alone a folder that holds something and is no earlier result."""
    names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith(STAGE))
    if names and _earlier_manifest(path) is None:
        held = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise BadOutput(f"{path}: holds {held} and is no result of georep; choose another folder with --out")


def _earlier_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of an earlier result in this folder, if there is one."""
    manifest = path / MANIFEST
    try:
        if not manifest.is_file() or manifest.stat().st_size > LARGEST_MANIFEST:
            return None
        found = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    versions = found.get("versions") if isinstance(found, dict) else None
    return found if isinstance(versions, dict) and "georep" in versions else None


def _earlier_files(path: Path) -> list[str]:
    """Names of the files that an earlier result put here."""
    files = (_earlier_manifest(path) or {}).get("files")
    return sorted(name for name in files if name == Path(name).name) if isinstance(files, dict) else []


def _synced(stage: Path) -> list[str]:
    """Bring every file in a folder to the disk; their names, the manifest last."""
    names = sorted((file.name for file in stage.iterdir()), key=lambda name: (name == MANIFEST, name))
    for name in names:
        sync(stage / name)
    sync(stage)
    return names


def _locked(path: Path) -> int | None:
    """Hold a folder against another georep that would write into it; given back when the process ends."""
    try:
        import fcntl
    except ImportError:  # no such locks on this platform
        return None
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BadOutput(f"{path}: another georep is writing here; wait for it or choose another --out") from None
    except OSError:
        pass  # a file system without locks
    return handle
