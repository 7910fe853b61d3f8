"""How many bytes each link had carried so far, as the corners of lines: transfers run evenly while they move."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sim.records import BytesCarried
from sim.summary import Story

Points = list[tuple[int, float]]


def carried(story: Story) -> Iterator[tuple[str, str, Points]]:
    """`wan_bytes.CAUSE`, the link, and (time_ns, bytes so far) at each begin and end of what it carried."""
    transfers: dict[tuple[str, str], list[BytesCarried]] = {}
    for transfer in story.facts.of(BytesCarried):
        transfers.setdefault((transfer.cause, transfer.link), []).append(transfer)
    for (cause, link), own in sorted(transfers.items()):
        yield f"wan_bytes.{cause}", link, _so_far([piece for one in own for piece in _pieces(story, one)])


class _Piece(NamedTuple):
    """A part of a transfer that ran evenly."""

    began_ns: int
    ended_ns: int
    carried_bytes: float


def _pieces(story: Story, transfer: BytesCarried) -> Iterator[_Piece]:
    """A transfer without the times at which its link was cut."""
    spans = story.traffic.moving(transfer) or [(transfer.began_ns, transfer.time_ns)]
    whole = sum(end - begin for begin, end in spans) or 1
    if len(spans) == 1:
        yield _Piece(*spans[0], transfer.carried_bytes)
        return
    for begin, end in spans:
        yield _Piece(begin, end, transfer.carried_bytes * (end - begin) / whole)


def _so_far(pieces: Sequence[_Piece]) -> Points:
    instants = sorted({0, *(piece.began_ns for piece in pieces), *(piece.ended_ns for piece in pieces)})
    waiting = deque(sorted(pieces, key=lambda piece: piece.began_ns))
    under_way: list[_Piece] = []
    done, points = 0.0, []
    for now in instants:
        while waiting and waiting[0].began_ns <= now:
            under_way.append(waiting.popleft())
        done += sum(piece.carried_bytes for piece in under_way if piece.ended_ns <= now)
        under_way = [piece for piece in under_way if piece.ended_ns > now]
        points.append((now, done + sum(_part_of(piece, now) for piece in under_way)))
    return points


def _part_of(piece: _Piece, now_ns: int) -> float:
    return piece.carried_bytes * (now_ns - piece.began_ns) / (piece.ended_ns - piece.began_ns)
