"""Metrics that count what happened in a window of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, TypeVar

from sim.records import ChunksDiscarded, CopyBegan, CopyFinished, DeltaSetCut, SnapshotDeleted, SnapshotTaken
from sim.summary.sample import Total
from sim.summary.story import Story
from sim.summary.windows import Windows

GIVEN_UP: Final = "store_full"


def delta_sets(story: Story, windows: Windows) -> Iterator[Total]:
    """Sets cut, in all and by cause."""
    return _by_cause(_happened(story.facts.of(DeltaSetCut), windows))


def full_copies(story: Story, windows: Windows) -> Iterator[Total]:
    """Whole copies that had to be made again, in all and by why."""
    began = [copy for copy in story.facts.about(CopyBegan, cause="full_copy") if windows.holds(copy.time_ns)]
    yield Total({}, len(began))
    for why in sorted({copy.why for copy in began}):
        yield Total({"cause": why}, sum(copy.why == why for copy in began))


def copies_begun(story: Story, windows: Windows) -> Iterator[Total]:
    """Whole copies that were begun, in all and by cause."""
    return _by_cause(_happened(story.facts.of(CopyBegan), windows))


def copies_finished(story: Story, windows: Windows) -> Iterator[Total]:
    """Whole copies that came to their end, in all and by cause."""
    return _by_cause(_happened(story.facts.of(CopyFinished), windows))


def snapshots_taken(story: Story, windows: Windows) -> Iterator[Total]:
    """Snapshots that were taken, in all and by cause."""
    return _by_cause(_happened(story.facts.of(SnapshotTaken), windows))


def snapshots_deleted(story: Story, windows: Windows) -> Iterator[Total]:
    """Snapshots that were deleted because somebody wanted so, in all and by cause."""
    gone = _happened(story.facts.of(SnapshotDeleted), windows)
    return _by_cause([fact for fact in gone if fact.cause != GIVEN_UP])


def snapshots_given_up(story: Story, windows: Windows) -> Iterator[Total]:
    """Snapshots that had to go because their store was full."""
    yield Total(
        {}, len([fact for fact in _happened(story.facts.of(SnapshotDeleted), windows) if fact.cause == GIVEN_UP])
    )


def chunks_discarded(story: Story, windows: Windows) -> Iterator[Total]:
    """Chunks that receivers threw away, in all and by cause."""
    discarded = _happened(story.facts.of(ChunksDiscarded), windows)
    yield Total({}, sum(fact.chunks for fact in discarded))
    for cause in sorted({fact.cause for fact in discarded}):
        yield Total({"cause": cause}, sum(fact.chunks for fact in discarded if fact.cause == cause))


class _Caused(Protocol):
    @property
    def time_ns(self) -> int: ...

    @property
    def cause(self) -> str: ...


Caused = TypeVar("Caused", bound=_Caused)


def _happened(facts: Sequence[Caused], windows: Windows) -> list[Caused]:
    return [fact for fact in facts if windows.holds(fact.time_ns)]


def _by_cause(facts: Sequence[_Caused]) -> Iterator[Total]:
    yield Total({}, len(facts))
    for cause in sorted({fact.cause for fact in facts}):
        yield Total({"cause": cause}, sum(fact.cause == cause for fact in facts))
