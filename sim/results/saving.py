"""The files of a result: canonical JSON, Parquet without a clock in it, charts; the manifest knows them all.

the same result gives the same bytes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.folder import MANIFEST
from sim.results.wholefile import canonical_json

if TYPE_CHECKING:
    from pandas import DataFrame

Draw = Callable[[Path], object]


def write(
    folder: Path,
    *,
    manifest: Mapping[str, Any],
    summary: Mapping[str, Any],
    tables: Mapping[str, DataFrame],
    draw: Draw | None,
) -> None:
    """Fill `folder`: summary.json, a Parquet file for each table, what `draw` draws, and the manifest of it all."""
    _write_json(folder / "summary.json", summary)
    for name, table in tables.items():
        write_parquet(folder / f"{name}.parquet", table)
    if draw is not None:
        draw(folder)
    files = {file.name: _digest(file) for file in sorted(folder.iterdir())}
    _write_json(folder / MANIFEST, {**manifest, "files": files})


def write_parquet(path: Path, table: DataFrame) -> None:
    """Write a table; its bytes depend on the table alone (and the version of pyarrow)."""
    import pyarrow
    from pyarrow import parquet

    arrow = pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    with path.open("wb") as file:
        parquet.write_table(arrow, file, compression="zstd")


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(canonical_json(value), encoding="utf-8", newline="\n")


def _digest(file: Path) -> str:
    return blake2b(file.read_bytes(), digest_size=16).hexdigest()
