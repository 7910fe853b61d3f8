"""A workload that replays a trace, as the scenario says it, becomes a write source."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sim.world.traces.blocks import BlockRange
from sim.world.traces.faults import told_of
from sim.world.traces.formats import Options, chunks
from sim.world.traces.generic import Columns
from sim.world.traces.replay import Stretch, replayed
from sim.world.traces.source import BEFORE_THE_RUN_NS, TraceSource
from sim.world.traces.stream import TraceFile
from sim.world.traces.tape import Tape

if TYPE_CHECKING:
    from sim.scenario.schema import TraceReplay


def open_trace_source(
    name: str, workload: TraceReplay, base_dir: Path, block_bytes: int, n_blocks: int, source_index: int
) -> TraceSource:
    """The writes of the trace that `workload` names, relative to `base_dir`, onto a volume of `n_blocks` blocks.

    `source_index` (0 to 65535) is this source's number in the run. The file is checked, and its first block read, at
    once; later lines when the run comes to them. Raises TraceError.
    """
    with told_of(name):
        tape, blocks = _opened(workload, base_dir, block_bytes, n_blocks)
    return TraceSource(name, tape, blocks, source_index)


def look_at_beginning(workload: TraceReplay, base_dir: Path, block_bytes: int, n_blocks: int, until_ns: int) -> None:
    """Read the first block of the trace that `workload` names, as a run of `until_ns` would. Raises TraceError."""
    tape, blocks = _opened(workload, base_dir, block_bytes, n_blocks)
    for writes in islice(tape.peek(BEFORE_THE_RUN_NS, until_ns), 1):
        next(blocks.expand(writes), None)


def _opened(workload: TraceReplay, base_dir: Path, block_bytes: int, n_blocks: int) -> tuple[Tape, BlockRange]:
    file = TraceFile(base_dir / workload.trace, workload.trace)
    options = _options(workload)
    blocks = _range(file, workload, block_bytes, n_blocks)
    try:
        stretch = Stretch(workload.time_scale, workload.size_scale, loop=workload.repeat == "loop")
    except ValueError as fault:
        raise file.wrong(str(fault)) from None
    return Tape(replayed(file.shown, lambda: chunks(file, workload.format, options), stretch)), blocks


def _options(workload: TraceReplay) -> Options:
    columns = None if workload.columns is None else Columns(**workload.columns.model_dump())
    return Options(workload.wait_unit, workload.event, workload.device, columns)


def _range(file: TraceFile, workload: TraceReplay, block_bytes: int, n_blocks: int) -> BlockRange:
    """The blocks from `at`, as many as `over` says, else to the end of the volume."""
    start, unaligned = divmod(workload.start, block_bytes)
    if unaligned:
        raise file.wrong(
            f"`at` is {workload.start} bytes, which is not a whole number of blocks of {block_bytes} bytes"
        )
    rest = n_blocks - start
    blocks = rest if workload.over is None else -(-workload.over // block_bytes)
    if rest < 1 or blocks > rest:
        room = n_blocks * block_bytes
        raise file.wrong(f"`at` and `over` reach byte {(start + blocks) * block_bytes} of a volume of {room} bytes")
    return BlockRange(file.shown, block_bytes, start, blocks, wrap=workload.wrap)
