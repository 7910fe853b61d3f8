"""Sizes that must fit into one another; every refusal shows the inequality with its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.replication import Forwarder, Replication, Secondary
from sim.scenario.schema import Volume
from sim.scenario.units import format_size

SECTOR = 512
MAX_BLOCKS = 2**36


def volumes(draft: Draft, report: Report) -> None:
    """A block is whole sectors, a volume whole blocks, a snapshot store at least one block."""
    for name, volume in draft.volumes.items():
        for check in (_whole_blocks, _not_too_many, _snapshot_store):
            attempt(check, report, ("volumes", name), volume)


def _whole_blocks(report: Report, path: Path, volume: Volume) -> None:
    if volume.block % SECTOR:
        report((*path, "block"), f"must be a multiple of 512 B (got {format_size(volume.block)})")
    elif volume.size % volume.block:
        below = volume.size // volume.block * volume.block
        report(
            (*path, "size"),
            f"{format_size(volume.size)} is not a multiple of the block {format_size(volume.block)}",
            f"write {format_size(below + volume.block)}" + (f" or {format_size(below)}" if below else ""),
        )  # fmt: skip


def _not_too_many(report: Report, path: Path, volume: Volume) -> None:
    if volume.size // volume.block > MAX_BLOCKS:
        report((*path, "size"), f"{volume.size // volume.block:,} blocks; at most 2^36", "use a larger block")


def _snapshot_store(report: Report, path: Path, volume: Volume) -> None:
    _at_least(report, (*path, "snapshot_store", "size"), "snapshot store", volume.snapshot_store.size, volume.block)


def replication(draft: Draft, report: Report) -> None:
    """A high-water mark fits into the volume and into every save volume; a chunk holds a block."""
    for name, group in draft.replication.items():
        path = ("replication", name)
        attempt(_on_volume, draft, report, path, group)
        if "high_water_mark" in group.model_fields_set:
            attempt(_mark_in_save_volume, report, path, group)
            for below, member in _members(group):
                attempt(_mark_in_member, report, (*path, *below), group, member)


def _members(group: Replication) -> Iterator[tuple[Path, Secondary | Forwarder]]:
    yield from ((("secondaries", name), secondary) for name, secondary in group.secondaries.items())
    yield from ((("forwarders", name), forwarder) for name, forwarder in group.forwarders.items())


def _on_volume(draft: Draft, report: Report, path: Path, group: Replication) -> None:
    volume = draft.volumes.get(group.volume)
    if volume is None:
        return
    attempt(_chunk, report, path, group, volume)
    attempt(_save_volume, report, path, group, volume)
    if "high_water_mark" in group.model_fields_set:
        attempt(_mark_holds_a_block, report, path, group, volume)
        attempt(_mark_in_volume, report, path, group, volume)
    for below, member in _members(group):
        attempt(_save_volume, report, (*path, *below), member, volume)


def _chunk(report: Report, path: Path, group: Replication, volume: Volume) -> None:
    _at_least(report, (*path, "chunk"), "chunk", group.chunk, volume.block)


def _save_volume(report: Report, path: Path, owner: Replication | Secondary | Forwarder, volume: Volume) -> None:
    _at_least(report, (*path, "save_volume", "size"), "save volume", owner.save_volume.size, volume.block)


def _mark_holds_a_block(report: Report, path: Path, group: Replication, volume: Volume) -> None:
    _at_least(report, (*path, "high_water_mark"), "high_water_mark", group.high_water_mark, volume.block)


def _mark_in_volume(report: Report, path: Path, group: Replication, volume: Volume) -> None:
    _not_over(report, path, group.high_water_mark, "volume", volume.size)


def _mark_in_save_volume(report: Report, path: Path, group: Replication) -> None:
    _not_over(report, path, group.high_water_mark, "save volume", group.save_volume.size)


def _mark_in_member(report: Report, path: Path, group: Replication, member: Secondary | Forwarder) -> None:
    size = member.save_volume.size
    if size is not None and group.high_water_mark > size:
        report(
            (*path, "save_volume", "size"),
            f"save volume {format_size(size)} < high_water_mark {format_size(group.high_water_mark)}",
            "a set of the source must fit",
        )


def _at_least(report: Report, path: Path, noun: str, size: int | None, block: int) -> None:
    if size is not None and size < block:
        report(path, f"{noun} {format_size(size)} < one block of {format_size(block)}", "make it larger")


def _not_over(report: Report, path: Path, mark: int, noun: str, room: int) -> None:
    if mark > room:
        report(
            (*path, "high_water_mark"), f"high_water_mark {format_size(mark)} > {noun} {format_size(room)}",
            f"write at most {format_size(room)}",
        )  # fmt: skip
