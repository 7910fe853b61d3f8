"""Links: what is said of one goes together, there and back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.links import Link, Throttle, WayBack
from sim.scenario.nodes import Path
from sim.scenario.replication import Replication
from sim.scenario.units import format_duration, format_size

PACKET: Final = 1500  # bytes that a packet has on the wire

Way: TypeAlias = Link | WayBack


def ends(draft: Draft, report: Report) -> None:
    """A link joins two different sites, and no other link joins the same two."""
    joined: dict[frozenset[str], str] = {}
    for name, link in draft.links.items():
        attempt(_ends, report, name, link, joined)


def _ends(report: Report, name: str, link: Link, joined: dict[frozenset[str], str]) -> None:
    path = ("links", name, "between")
    if link.between[0] == link.between[1]:
        report(path, f"joins '{link.between[0]}' to itself", "a link joins two sites")
        return
    first = joined.setdefault(frozenset(link.between), name)
    if first != name:
        report(
            path, f"'{link.between[0]}' and '{link.between[1]}' are joined twice: '{first}' and '{name}'",
            "a link carries both directions; keep one, and write what is different in back:",
        )  # fmt: skip


def bandwidths(draft: Draft, report: Report) -> None:
    """A link has a bandwidth, or a profile of it, and each way at most one of them."""
    for name, link in draft.links.items():
        attempt(_has_bandwidth, draft, report, name, link)
    for path, way in ways(draft):
        attempt(_one_bandwidth, report, path, way)


def _has_bandwidth(draft: Draft, report: Report, name: str, link: Link) -> None:
    if link.bandwidth is None and link.bandwidth_profile is None:
        unknown = [key for key in draft.names("links", name) if key not in Link.model_fields]
        if not difflib.get_close_matches("bandwidth", unknown, n=1, cutoff=0.75):
            report(("links", name), "key 'bandwidth' is missing", at_key=True)


def _one_bandwidth(report: Report, path: Path, way: Way) -> None:
    if way.bandwidth is not None and way.bandwidth_profile is not None:
        report(
            (*path, "bandwidth_profile"), "'bandwidth' and 'bandwidth_profile' exclude each other",
            "keep one; bandwidth_factor goes with both", at_key=True,
        )  # fmt: skip


def kinds(draft: Draft, report: Report) -> None:
    """A local network has no congestion control."""
    for name, link in draft.links.items():
        attempt(_kind, report, name, link)


def _kind(report: Report, name: str, link: Link) -> None:
    if link.kind == "lan" and link.congestion_control != "ideal":
        report(
            ("links", name, "congestion"),
            f"a lan is ideal, not {link.congestion}",
            "leave out kind: lan, or congestion:",
        )


def windows(draft: Draft, report: Report) -> None:
    """A receiver's window holds a packet."""
    for path, way in ways(draft):
        attempt(_window, report, path, way)


def _window(report: Report, path: Path, way: Way) -> None:
    if way.window is not None and way.window < PACKET:
        report((*path, "window"), f"window {format_size(way.window)} < one packet of {PACKET} B", "e.g. 64 KiB")


def headers(draft: Draft, report: Report) -> None:
    """What travels with a chunk is smaller than the chunks are."""
    largest = max((chunk for group in draft.replication.values() if (chunk := _chunk(group))), default=None)
    for path, way in ways(draft):
        if largest is not None:
            attempt(_header, report, path, way, largest)


def _chunk(group: Replication) -> int | None:
    with suppress(NotUnderstood):
        return group.chunk
    return None


def _header(report: Report, path: Path, way: Way, largest: int) -> None:
    if way.chunk_header is not None and way.chunk_header > largest:
        report(
            (*path, "chunk_header"), f"chunk_header {format_size(way.chunk_header)} > chunk {format_size(largest)}",
            "it is added to every chunk; leave it out, or write e.g. 1 KiB",
        )  # fmt: skip


def throttles(draft: Draft, report: Report) -> None:
    """A throttle ends after it begins, and comes again only after it ended."""
    for path, way in ways(draft):
        attempt(_throttles, report, path, way)


def _throttles(report: Report, path: Path, way: Way) -> None:
    for index, throttle in enumerate(way.throttles):
        attempt(_throttle, report, (*path, "throttle", index), throttle)


def _throttle(report: Report, path: Path, throttle: Throttle) -> None:
    begins, until, every = throttle.begins, throttle.until, throttle.every
    if until is None:
        if every is not None:
            report(
                (*path, "every"), "'every' needs 'until': when does it end each time?", "e.g. from: 8 h, until: 18 h"
            )
    elif until <= begins:
        report(
            (*path, "until"), f"until {format_duration(until)} <= from {format_duration(begins)}",
            "over midnight, write e.g. from: 22 h, until: 30 h, every: 24 h",
        )  # fmt: skip
    elif every is not None and every < until - begins:
        held = format_duration(until - begins)
        report(
            (*path, "every"), f"every {format_duration(every)} < the {held} that it holds each time", "make it longer"
        )


def ways(draft: Draft) -> Iterator[tuple[Path, Way]]:
    """What is said of links, and of their way back."""
    for name, link in draft.links.items():
        yield ("links", name), link
        with suppress(NotUnderstood):
            if link.back is not None:
                yield ("links", name, "back"), link.back
