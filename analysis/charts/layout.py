"""Where the sites of a network go on a page: trees from left to right, what nobody routes to below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Place = tuple[float, float]  # how many steps from the left, how many rows from the top


def layered(
    roots: Sequence[str], steps: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]
) -> dict[str, Place]:
    """A place for each site: `roots` at the left, everything else one step to the right of what leads to it first.

    `steps` are (from, to) along routes, `others` the two sites of links that no route uses. Leaves have a row each, in
    the order in which they come; whoever leads to several stands in the middle of them.
    """
    children = _children(roots, list(steps), list(others))
    below = {site for own in children.values() for site in own}
    rows: dict[str, float] = {}
    places: dict[str, Place] = {}
    free = 0.0
    for top in [site for site in children if site not in below]:
        free = _rows(top, children, rows, free)
        places |= {site: (depth, rows[site]) for site, depth in _depths(top, children)}
    return places


def _children(
    roots: Sequence[str], steps: list[tuple[str, str]], others: list[tuple[str, str]]
) -> dict[str, list[str]]:
    """A forest: each site below the first that leads to it."""
    children: dict[str, list[str]] = {root: [] for root in roots}
    for site, next_site in _growing(children, steps):
        children[site].append(next_site)
    for site, next_site in _growing(children, [*others, *((there, here) for here, there in others)]):
        children[site].append(next_site)
    for site in (site for pair in [*steps, *others] for site in pair):
        if site not in children:
            children[site] = []
    return children


def _growing(children: dict[str, list[str]], edges: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Edges from what has a place to what has none, until there are no more; each end gets one."""
    grew = True
    while grew:
        grew = False
        for here, there in edges:
            if here in children and there not in children:
                children[there] = []
                grew = True
                yield here, there


def _rows(site: str, children: dict[str, list[str]], rows: dict[str, float], free: float) -> float:
    """Give a site and all below it their rows from `free` on; answers the next free one."""
    first = free
    for below in children[site]:
        free = _rows(below, children, rows, free)
    rows[site] = (rows[children[site][0]] + rows[children[site][-1]]) / 2 if children[site] else first
    return max(free, first + 1)


def _depths(root: str, children: dict[str, list[str]], depth: int = 0) -> Iterator[tuple[str, int]]:
    yield root, depth
    for below in children[root]:
        yield from _depths(below, children, depth + 1)
